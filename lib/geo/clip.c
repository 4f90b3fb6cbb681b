/* Clipping to a rectangle that keeps rings valid: where a polygon leaves the
 * rectangle and comes back, its pieces become polygons of their own (not one
 * ring with edges to and fro along the border, as Sutherland and Hodgman's).
 *
 * The rectangle lies between world units, so no vertex is ever on its border:
 * every ring falls into chains that enter and leave. The polygon's inside is on
 * the left of its chains; so who goes on from where a chain leaves, along the
 * border with the rectangle on the left, comes to the chain that continues the
 * piece. Coordinates here are twice the world's, seen from the tile's corner:
 * points are even, the border odd. */
#include "geo/clip.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct point {
    double x, y;
};

/* A run of points inside, from border to border; positions along the border. */
struct chain {
    uint32_t first, end; /* of inside */
    double enters, leaves;
    bool is_used;
};

struct ring {
    uint32_t first, end; /* of inside or of joined */
    bool is_hole;
};

/* One growing array after another: what and how many. */
struct array {
    void *data;
    uint32_t count, capacity;
};

struct gk_clip {
    double low, high, side; /* of the rectangle, both axes */
    double scale, limit;    /* grid units per coordinate; grid units may not pass it */
    int64_t x0, y0;         /* twice the world's coordinates of the tile's corner */
    struct array in;        /* struct point: a ring as it came, shell positive */
    struct array inside;    /* struct point: chains and whole rings */
    struct array chains;    /* struct chain, later sorted by where they enter */
    struct array wholes;    /* struct ring over inside */
    struct array joined;    /* struct point: rings put together */
    struct array pieces;    /* struct ring over joined */
    struct array points;    /* struct gk_grid_point: the answer */
    struct array starts;    /* uint32_t */
    bool has_any;           /* something of the feature is in the rectangle */
    struct point any;       /* where */
    bool corner_inside;     /* by parity, over the rings of a polygon */
    enum gk_status status;
};

static void *push(struct gk_clip *clip, struct array *array, size_t size)
{
    enum { FIRST = 256 };
    if (array->count == array->capacity) {
        uint32_t capacity = array->capacity == 0 ? FIRST : array->capacity * 2;
        void *data = capacity < array->capacity ? NULL : realloc(array->data, capacity * size);
        if (data == NULL) {
            clip->status = GK_NO_MEMORY;
            array->count = 0; /* what follows is thrown away, but has a place */
            return array->data;
        }
        array->data = data;
        array->capacity = capacity;
    }
    return (char *)array->data + (size_t)array->count++ * size;
}

static void push_point(struct gk_clip *clip, struct array *array, struct point p)
{
    *(struct point *)push(clip, array, sizeof p) = p;
}

enum gk_status gk_clip_create(struct gk_clip **out)
{
    struct gk_clip *clip = calloc(1, sizeof *clip);
    if (clip == NULL)
        return GK_NO_MEMORY;
    /* So that there is always a place to push to. */
    struct array *const arrays[] = {&clip->in,     &clip->inside, &clip->joined, &clip->chains,
                                    &clip->wholes, &clip->pieces, &clip->points, &clip->starts};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        push(clip, arrays[i], sizeof(struct chain));
        arrays[i]->count = 0;
    }
    /* Arrays of smaller elements have more room than they know of. */
    if (clip->status != GK_OK) {
        gk_clip_free(clip);
        return GK_NO_MEMORY;
    }
    *out = clip;
    return GK_OK;
}

void gk_clip_free(struct gk_clip *clip)
{
    if (clip == NULL)
        return;
    free(clip->in.data);
    free(clip->inside.data);
    free(clip->chains.data);
    free(clip->wholes.data);
    free(clip->joined.data);
    free(clip->pieces.data);
    free(clip->points.data);
    free(clip->starts.data);
    free(clip);
}

void gk_clip_begin(struct gk_clip *clip, struct gk_tile tile)
{
    int64_t side = GK_WORLD_UNITS * 2 >> tile.z;
    int64_t buffer = side * GK_TILE_BUFFER / GK_TILE_EXTENT;
    clip->x0 = side * (int64_t)tile.x;
    clip->y0 = side * (int64_t)tile.y;
    clip->low = (double)(-buffer - (buffer + 1) % 2);
    clip->high = (double)side - clip->low;
    clip->side = clip->high - clip->low;
    clip->scale = (double)GK_TILE_EXTENT / (double)side;
    clip->points.count = clip->starts.count = 0;
    clip->has_any = false;
    clip->status = GK_OK;
}

/* --- Rings as they come ---------------------------------------------------------- */

/* The ring into `in`, without the repeated point, in the wanted direction. */
static void take_ring(struct gk_clip *clip, const struct gk_world *points, uint32_t count,
                      bool is_hole)
{
    double area = 0;
    clip->in.count = 0;
    for (uint32_t i = 0; i + 1 < count; i++) {
        struct point p = {(double)(points[i].x * 2 - clip->x0),
                          (double)(points[i].y * 2 - clip->y0)};
        struct point q = {(double)(points[i + 1].x * 2 - clip->x0),
                          (double)(points[i + 1].y * 2 - clip->y0)};
        area += p.x * q.y - q.x * p.y;
        push_point(clip, &clip->in, p);
    }
    if ((area < 0) == is_hole)
        return;
    struct point *in = clip->in.data;
    for (uint32_t i = 0, j = clip->in.count; i + 1 < j; i++) {
        struct point kept = in[i];
        in[i] = in[--j];
        in[j] = kept;
    }
}

static bool is_within(const struct gk_clip *clip, struct point p)
{
    return p.x > clip->low && p.x < clip->high && p.y > clip->low && p.y < clip->high;
}

/* Turns `odd` once for every edge that passes to the right of the corner. */
static void count_crossing(struct gk_clip *clip, struct point a, struct point b)
{
    if ((a.y > clip->low) == (b.y > clip->low))
        return;
    double x = a.x + (b.x - a.x) * ((clip->low - a.y) / (b.y - a.y));
    if (x > clip->low)
        clip->corner_inside = !clip->corner_inside;
}

/* Distance along the border from the corner (low, low), first along x. */
static double border_position(const struct gk_clip *clip, struct point p)
{
    double along_x = fmin(fmax(p.x - clip->low, 0), clip->side);
    double along_y = fmin(fmax(p.y - clip->low, 0), clip->side);
    double off[] = {fabs(p.y - clip->low), fabs(p.x - clip->high), fabs(p.y - clip->high),
                    fabs(p.x - clip->low)};
    double position[] = {along_x, clip->side + along_y, 3 * clip->side - along_x,
                         4 * clip->side - along_y};
    int nearest = 0;
    for (int i = 1; i < 4; i++)
        nearest = off[i] < off[nearest] ? i : nearest;
    return position[nearest];
}

/* The part of an edge inside the rectangle, as [from, to] of its length (Liang
 * and Barsky); false for none. */
static bool edge_within(const struct gk_clip *clip, struct point a, struct point b, double *from,
                        double *to)
{
    double d[] = {b.x - a.x, b.y - a.y}, p[] = {a.x, a.y};
    *from = 0;
    *to = 1;
    for (int axis = 0; axis < 2; axis++) {
        if (d[axis] == 0) {
            if (p[axis] < clip->low || p[axis] > clip->high)
                return false;
            continue;
        }
        double enters = ((d[axis] > 0 ? clip->low : clip->high) - p[axis]) / d[axis];
        double leaves = ((d[axis] > 0 ? clip->high : clip->low) - p[axis]) / d[axis];
        *from = fmax(*from, enters);
        *to = fmin(*to, leaves);
    }
    return *from < *to;
}

static struct point along(struct point a, struct point b, double t)
{
    return (struct point){a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t};
}

static struct chain *last_chain(struct gk_clip *clip)
{
    return (struct chain *)clip->chains.data + clip->chains.count - 1;
}

static void begin_chain(struct gk_clip *clip, struct point at)
{
    struct chain *chain = push(clip, &clip->chains, sizeof *chain);
    *chain = (struct chain){.first = clip->inside.count, .enters = border_position(clip, at)};
    push_point(clip, &clip->inside, at);
}

static void end_chain(struct gk_clip *clip, struct point at)
{
    push_point(clip, &clip->inside, at);
    if (clip->chains.count == 0) /* after a failure */
        return;
    last_chain(clip)->end = clip->inside.count;
    last_chain(clip)->leaves = border_position(clip, at);
}

static void take_edge(struct gk_clip *clip, struct point a, struct point b)
{
    double from, to;
    bool a_within = is_within(clip, a), b_within = is_within(clip, b);
    count_crossing(clip, a, b);
    if (a_within && b_within) {
        push_point(clip, &clip->inside, b);
        return;
    }
    if (!edge_within(clip, a, b, &from, &to))
        return;
    if (!a_within)
        begin_chain(clip, along(a, b, from));
    if (b_within)
        push_point(clip, &clip->inside, b);
    else
        end_chain(clip, along(a, b, to));
}

static void take_whole(struct gk_clip *clip, bool is_hole)
{
    struct ring *ring = push(clip, &clip->wholes, sizeof *ring);
    uint32_t first = clip->inside.count;
    const struct point *in = clip->in.data;
    for (uint32_t i = 0; i < clip->in.count; i++)
        push_point(clip, &clip->inside, in[i]);
    *ring = (struct ring){first, clip->inside.count, is_hole};
    for (uint32_t i = 0; i < clip->in.count; i++)
        count_crossing(clip, in[i], in[i + 1 < clip->in.count ? i + 1 : 0]);
}

/* Cuts the ring in `in` into chains, or takes it whole. */
static void cut_ring(struct gk_clip *clip, bool is_hole)
{
    const struct point *in = clip->in.data;
    uint32_t n = clip->in.count, outside = 0;
    while (outside < n && is_within(clip, in[outside]))
        outside++;
    if (n < 3)
        return;
    if (outside == n) {
        take_whole(clip, is_hole);
        return;
    }
    /* From a vertex outside, so that no chain goes over the end. */
    for (uint32_t i = 0; i < n; i++)
        take_edge(clip, in[(outside + i) % n], in[(outside + i + 1) % n]);
}

/* --- Chains into pieces -------------------------------------------------------------- */

static int compare_chains(const void *a, const void *b)
{
    const struct chain *x = a, *y = b;
    if (x->enters != y->enters)
        return x->enters < y->enters ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

/* The chain that begins at or after a position of the border, going round. */
static uint32_t chain_after(const struct gk_clip *clip, double position)
{
    const struct chain *chain = clip->chains.data;
    uint32_t low = 0, high = clip->chains.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (chain[middle].enters < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low == clip->chains.count ? 0 : low;
}

/* The corners between two positions of the border. */
static void push_corners(struct gk_clip *clip, double from, double to)
{
    double side = clip->side;
    struct point corner[] = {{clip->high, clip->low},
                             {clip->high, clip->high},
                             {clip->low, clip->high},
                             {clip->low, clip->low}};
    if (to < from)
        to += 4 * side;
    for (int i = 0; i < 8; i++)
        if (from < (i + 1) * side && (i + 1) * side < to)
            push_point(clip, &clip->joined, corner[i % 4]);
}

static void join_piece(struct gk_clip *clip, uint32_t start)
{
    struct chain *chain = clip->chains.data;
    const struct point *inside = clip->inside.data;
    uint32_t first = clip->joined.count, at = start;
    do {
        chain[at].is_used = true;
        for (uint32_t i = chain[at].first; i < chain[at].end; i++)
            push_point(clip, &clip->joined, inside[i]);
        uint32_t next = chain_after(clip, chain[at].leaves);
        push_corners(clip, chain[at].leaves, chain[next].enters);
        at = next;
    } while (at != start && !chain[at].is_used);
    *(struct ring *)push(clip, &clip->pieces, sizeof(struct ring)) =
        (struct ring){first, clip->joined.count, false};
}

static void join_chains(struct gk_clip *clip)
{
    if (clip->chains.count > 1)
        qsort(clip->chains.data, clip->chains.count, sizeof(struct chain), compare_chains);
    for (uint32_t i = 0; i < clip->chains.count; i++)
        if (!((const struct chain *)clip->chains.data)[i].is_used)
            join_piece(clip, i);
}

/* The rectangle itself: all of it is inside the polygon. */
static void take_rectangle(struct gk_clip *clip)
{
    uint32_t first = clip->joined.count;
    push_point(clip, &clip->joined, (struct point){clip->low, clip->low});
    push_point(clip, &clip->joined, (struct point){clip->high, clip->low});
    push_point(clip, &clip->joined, (struct point){clip->high, clip->high});
    push_point(clip, &clip->joined, (struct point){clip->low, clip->high});
    *(struct ring *)push(clip, &clip->pieces, sizeof(struct ring)) =
        (struct ring){first, clip->joined.count, false};
}

/* Moves whole shells to the pieces, before their holes are looked for. */
static void take_shells(struct gk_clip *clip)
{
    const struct ring *whole = clip->wholes.data;
    const struct point *inside = clip->inside.data;
    for (uint32_t r = 0; r < clip->wholes.count; r++) {
        if (whole[r].is_hole)
            continue;
        uint32_t first = clip->joined.count;
        for (uint32_t i = whole[r].first; i < whole[r].end; i++)
            push_point(clip, &clip->joined, inside[i]);
        *(struct ring *)push(clip, &clip->pieces, sizeof(struct ring)) =
            (struct ring){first, clip->joined.count, false};
    }
}

/* --- Onto the grid ---------------------------------------------------------------------- */

static bool is_in_ring(const struct point *p, const struct ring *ring, struct point at)
{
    bool inside = false;
    for (uint32_t i = ring->first, j = ring->end - 1; i < ring->end; j = i++)
        if ((p[i].y > at.y) != (p[j].y > at.y) &&
            at.x < (p[j].x - p[i].x) * ((at.y - p[i].y) / (p[j].y - p[i].y)) + p[i].x)
            inside = !inside;
    return inside;
}

static struct gk_grid_point snap(const struct gk_clip *clip, struct point p)
{
    return (struct gk_grid_point){(int32_t)floor(p.x * clip->scale + 0.5),
                                  (int32_t)floor(p.y * clip->scale + 0.5)};
}

static int64_t turn(struct gk_grid_point a, struct gk_grid_point b, struct gk_grid_point c)
{
    return (int64_t)(b.x - a.x) * (c.y - b.y) - (int64_t)(b.y - a.y) * (c.x - b.x);
}

static int64_t ring_area(const struct gk_grid_point *p, uint32_t n)
{
    int64_t area = 0;
    for (uint32_t i = 0, j = n - 1; i < n; j = i++)
        area += (int64_t)p[j].x * p[i].y - (int64_t)p[i].x * p[j].y;
    return area;
}

/* Appends a point and takes back those that it leaves without meaning: doubles,
 * points on a straight line, ends of spikes. */
static void push_grid_point(struct gk_clip *clip, uint32_t first, struct gk_grid_point p)
{
    struct gk_grid_point *at = clip->points.data;
    uint32_t n = clip->points.count;
    while (n > first) {
        bool is_double = at[n - 1].x == p.x && at[n - 1].y == p.y;
        if (!is_double && (n - first < 2 || turn(at[n - 2], at[n - 1], p) != 0))
            break;
        n--;
    }
    clip->points.count = n;
    *(struct gk_grid_point *)push(clip, &clip->points, sizeof p) = p;
}

/* The same where the ring closes; its points are [first, n). */
static uint32_t close_ring(struct gk_grid_point *p, uint32_t *first, uint32_t n)
{
    while (n - *first >= 3) {
        if (turn(p[n - 2], p[n - 1], p[*first]) == 0)
            n--;
        else if (turn(p[n - 1], p[*first], p[*first + 1]) == 0)
            (*first)++;
        else
            break;
    }
    return n;
}

/* A ring to the answer, unless nothing of it is left; whether it was taken. */
static bool put_ring(struct gk_clip *clip, const struct point *p, const struct ring *ring)
{
    uint32_t begin = clip->points.count;
    for (uint32_t i = ring->first; i < ring->end; i++)
        push_grid_point(clip, begin, snap(clip, p[i]));
    struct gk_grid_point *grid = clip->points.data;
    uint32_t first = begin, n = close_ring(grid, &first, clip->points.count);
    int64_t area = n - first < 3 ? 0 : ring_area(grid + first, n - first);
    if (ring->is_hole ? area >= 0 : area <= 0) {
        clip->points.count = begin;
        return false;
    }
    memmove(grid + begin, grid + first, (n - first) * sizeof *grid);
    clip->points.count = begin + n - first;
    *(uint32_t *)push(clip, &clip->starts, sizeof(uint32_t)) = begin;
    return true;
}

static void put_pieces(struct gk_clip *clip)
{
    const struct point *joined = clip->joined.data, *inside = clip->inside.data;
    const struct ring *piece = clip->pieces.data, *whole = clip->wholes.data;
    for (uint32_t i = 0; i < clip->pieces.count; i++) {
        if (!clip->has_any && piece[i].end > piece[i].first) {
            clip->has_any = true;
            clip->any = joined[piece[i].first];
        }
        if (!put_ring(clip, joined, &piece[i]))
            continue;
        for (uint32_t h = 0; h < clip->wholes.count; h++)
            if (whole[h].is_hole &&
                (clip->pieces.count == 1 || is_in_ring(joined, &piece[i], inside[whole[h].first])))
                (void)put_ring(clip, inside, &whole[h]);
    }
}

enum gk_status gk_clip_add(struct gk_clip *clip, const struct gk_world *points,
                           const uint32_t *start, uint32_t rings)
{
    clip->inside.count = clip->chains.count = clip->wholes.count = 0;
    clip->joined.count = clip->pieces.count = 0;
    clip->corner_inside = false;
    for (uint32_t r = 0; r < rings; r++) {
        take_ring(clip, points + start[r], start[r + 1] - start[r], r > 0);
        cut_ring(clip, r > 0);
    }
    if (clip->status != GK_OK)
        return clip->status;
    take_shells(clip);
    join_chains(clip);
    if (clip->pieces.count == 0 && clip->corner_inside)
        take_rectangle(clip);
    if (clip->status == GK_OK)
        put_pieces(clip);
    return clip->status;
}

/* A square of one unit where the feature is, all inside what was clipped to. */
static void put_unit(struct gk_clip *clip)
{
    struct gk_grid_point p = snap(clip, clip->any);
    p.x = p.x < GK_TILE_EXTENT + GK_TILE_BUFFER ? p.x : p.x - 1;
    p.y = p.y < GK_TILE_EXTENT + GK_TILE_BUFFER ? p.y : p.y - 1;
    struct gk_grid_point unit[] = {p, {p.x + 1, p.y}, {p.x + 1, p.y + 1}, {p.x, p.y + 1}};
    *(uint32_t *)push(clip, &clip->starts, sizeof(uint32_t)) = 0;
    for (int i = 0; i < 4; i++)
        *(struct gk_grid_point *)push(clip, &clip->points, sizeof *unit) = unit[i];
}

struct gk_clipped gk_clip_end(struct gk_clip *clip)
{
    if (clip->has_any && clip->starts.count == 0)
        put_unit(clip);
    uint32_t rings = clip->starts.count;
    *(uint32_t *)push(clip, &clip->starts, sizeof(uint32_t)) = clip->points.count;
    return (struct gk_clipped){clip->points.data, clip->starts.data, rings};
}
