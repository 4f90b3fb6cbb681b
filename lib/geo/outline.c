/* The outline of a set of squares, in integers only.
 *
 * Every side of a square without a neighbour is a boundary edge, directed so
 * that the square is on its left. Following edges and turning left wherever two
 * squares touch at a corner only keeps to one 4-connected part; a loop that
 * comes back to such a corner is cut there, so that every ring is simple. Each
 * loop belongs to the part of the square that it follows: no ring has to be
 * searched for its polygon.
 *
 * Sides of a square are counted 0 south, 1 east, 2 north, 3 west, in the
 * direction of the walk; side k ends in corner k (south-east, north-east,
 * north-west, south-west). Edge k of square i is number 4 i + k. */
#include "geo/square.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = 1 << 28, INSERTION_MAX = 48 };

struct ring {
    struct gk_cm first; /* the smallest vertex; the ring begins there */
    uint32_t start;     /* into vertices */
    uint32_t length;    /* vertices, the first once */
    uint32_t part;
    bool is_hole;
};

struct outline {
    uint32_t count;
    uint64_t *keys;      /* sorted: north in the high half, east in the low, both biased */
    uint32_t *below;     /* first square of the row south that is not west of this one */
    uint32_t *above;     /* the same in the row north */
    unsigned char *near; /* bit k: neighbour over side k; bit 4 + k: over corner k */
    uint32_t *part;      /* 4-connected part + 1; parts in order of their first square */
    uint32_t *mark;      /* per edge: 0, or 1 + the length of the path when it was walked */
    struct gk_cm *path;  /* corners of the loop being walked, in squares */
    uint32_t path_length;
    struct gk_cm *vertices; /* of finished rings, in squares */
    uint32_t vertex_count;
    struct ring *rings;
    uint32_t ring_count;
    uint32_t part_count;
    uint32_t edge_count;
};

static uint64_t key_of(struct gk_square s)
{
    const uint32_t bias = UINT32_C(1) << 31;
    return (uint64_t)((uint32_t)s.n ^ bias) << 32 | ((uint32_t)s.e ^ bias);
}

static void insertion_sort(uint64_t *keys, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        uint32_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

/* By bytes from the lowest; bytes that are the same in all keys are passed over. */
static void radix_sort(uint64_t *keys, uint64_t *other, uint32_t count)
{
    uint64_t all_or = 0, all_and = UINT64_MAX, *from = keys;
    for (uint32_t i = 0; i < count; i++) {
        all_or |= keys[i];
        all_and &= keys[i];
    }
    for (unsigned shift = 0; shift < 64; shift += 8) {
        uint32_t start[257] = {0};
        if (((all_or ^ all_and) >> shift & 0xFFU) == 0)
            continue;
        for (uint32_t i = 0; i < count; i++)
            start[(from[i] >> shift & 0xFFU) + 1]++;
        for (unsigned b = 1; b < 256; b++)
            start[b] += start[b - 1];
        for (uint32_t i = 0; i < count; i++)
            other[start[from[i] >> shift & 0xFFU]++] = from[i];
        uint64_t *swap = from;
        from = other;
        other = swap;
    }
    if (from != keys)
        memcpy(keys, from, count * sizeof *keys);
}

/* Sorts the keys; false when one is there twice. */
static bool sort_keys(struct outline *o, uint64_t *spare)
{
    if (o->count <= INSERTION_MAX)
        insertion_sort(o->keys, o->count);
    else
        radix_sort(o->keys, spare, o->count);
    for (uint32_t i = 1; i < o->count; i++)
        if (o->keys[i] == o->keys[i - 1])
            return false;
    return true;
}

/* Which of the three squares around `key`, a key in another row, are there.
 * `at` is the first one not west of it; bits 0 same, 1 east, 2 west. */
static unsigned look(const struct outline *o, uint32_t at, uint64_t key)
{
    unsigned found = 0;
    bool same = at < o->count && o->keys[at] == key;
    uint32_t next = at + same;
    found |= same ? 1U : 0U;
    /* The lowest half must not carry over into the row. */
    if ((uint32_t)key != UINT32_MAX && next < o->count && o->keys[next] == key + 1)
        found |= 2U;
    if ((uint32_t)key != 0 && at > 0 && o->keys[at - 1] == key - 1)
        found |= 4U;
    return found;
}

static void find_neighbours(struct outline *o)
{
    const uint64_t row = UINT64_C(1) << 32;
    uint32_t below = 0, above = 0;
    o->edge_count = 0;
    for (uint32_t i = 0; i < o->count; i++) {
        uint64_t key = o->keys[i];
        unsigned near = 0;
        if (i > 0 && (uint32_t)key != 0 && o->keys[i - 1] == key - 1)
            near |= 8U;
        if (i + 1 < o->count && (uint32_t)key != UINT32_MAX && o->keys[i + 1] == key + 1)
            near |= 2U;
        if (key >= row) {
            while (o->keys[below] < key - row)
                below++;
            unsigned found = look(o, below, key - row);
            near |= (found & 1U) | (found & 2U) << 3 | (found & 4U) << 5;
        }
        if (key <= UINT64_MAX - row) {
            while (above < o->count && o->keys[above] < key + row)
                above++;
            unsigned found = look(o, above, key + row);
            near |= (found & 1U) << 2 | (found & 2U) << 4 | (found & 4U) << 4;
        }
        o->below[i] = below;
        o->above[i] = above;
        o->near[i] = (unsigned char)near;
        o->edge_count += 4U - (uint32_t)__builtin_popcount(near & 15U);
    }
}

static bool is_near(const struct outline *o, uint32_t i, unsigned bit)
{
    return ((unsigned)o->near[i] >> bit & 1U) != 0;
}

static uint32_t over_side(const struct outline *o, uint32_t i, unsigned side)
{
    switch (side) {
    case 0:
        return o->below[i];
    case 1:
        return i + 1;
    case 2:
        return o->above[i];
    default:
        return i - 1;
    }
}

static uint32_t over_corner(const struct outline *o, uint32_t i, unsigned corner)
{
    switch (corner) {
    case 0:
        return o->below[i] + is_near(o, i, 0);
    case 1:
        return o->above[i] + is_near(o, i, 2);
    case 2:
        return o->above[i] - 1;
    default:
        return o->below[i] - 1;
    }
}

/* Numbers the 4-connected parts; `stack` has room for every square. */
static void find_parts(struct outline *o, uint32_t *stack)
{
    for (uint32_t first = 0; first < o->count; first++) {
        if (o->part[first] != 0)
            continue;
        uint32_t depth = 0;
        o->part[first] = ++o->part_count;
        stack[depth++] = first;
        while (depth > 0) {
            uint32_t i = stack[--depth];
            for (unsigned side = 0; side < 4; side++) {
                if (!is_near(o, i, side))
                    continue;
                uint32_t j = over_side(o, i, side);
                if (o->part[j] != 0)
                    continue;
                o->part[j] = o->part_count;
                stack[depth++] = j;
            }
        }
    }
}

static struct gk_cm corner_of(const struct outline *o, uint32_t i, unsigned corner)
{
    const int64_t bias = INT64_C(1) << 31;
    return (struct gk_cm){(int64_t)(uint32_t)o->keys[i] - bias + (corner < 2),
                          (int64_t)(o->keys[i] >> 32) - bias + (corner == 1 || corner == 2)};
}

static bool same_point(struct gk_cm a, struct gk_cm b)
{
    return a.e == b.e && a.n == b.n;
}

static bool point_less(struct gk_cm a, struct gk_cm b)
{
    return a.n != b.n ? a.n < b.n : a.e < b.e;
}

/* Cuts the path off from `from` on and keeps that as a ring, which then begins
 * at its smallest vertex. There a shell leaves east and a hole leaves north. */
static void finish_ring(struct outline *o, uint32_t from, uint32_t part)
{
    const struct gk_cm *corners = o->path + from;
    uint32_t length = o->path_length - from, least = 0;
    for (uint32_t i = 1; i < length; i++)
        if (point_less(corners[i], corners[least]))
            least = i;
    struct gk_cm *to = o->vertices + o->vertex_count;
    memcpy(to, corners + least, (length - least) * sizeof *to);
    memcpy(to + (length - least), corners, least * sizeof *to);
    o->rings[o->ring_count++] = (struct ring){.first = to[0],
                                              .start = o->vertex_count,
                                              .length = length,
                                              .part = part,
                                              .is_hole = to[1].n != to[0].n};
    o->vertex_count += length;
    o->path_length = from;
}

/* Adds a corner to the path. At a corner where the square `opposite` touches,
 * the loop may have been here before, along that square: then what lies between
 * is a ring of its own. Its mark is old when the path at it is another corner. */
static void add_corner(struct outline *o, uint32_t i, unsigned side, bool touches)
{
    struct gk_cm corner = corner_of(o, i, side);
    if (touches) {
        uint32_t opposite = over_corner(o, i, side);
        uint32_t mark = o->mark[4 * (size_t)opposite + (side + 2) % 4];
        if (mark != 0 && mark <= o->path_length && same_point(o->path[mark - 1], corner))
            finish_ring(o, mark - 1, o->part[i] - 1);
    }
    o->path[o->path_length++] = corner;
}

static void walk_loop(struct outline *o, uint32_t first, unsigned first_side)
{
    uint32_t i = first;
    unsigned side = first_side;
    o->path_length = 0;
    do {
        unsigned ahead = (side + 1) % 4;
        bool touches = is_near(o, i, 4 + side);
        o->mark[4 * (size_t)i + side] = o->path_length + 1;
        if (!is_near(o, i, ahead)) {
            add_corner(o, i, side, touches);
            side = ahead;
        } else if (touches) {
            add_corner(o, i, side, false);
            i = over_corner(o, i, side);
            side = (side + 3) % 4;
        } else {
            i = over_side(o, i, ahead);
        }
    } while (i != first || side != first_side);
    finish_ring(o, 0, o->part[first] - 1);
}

static void walk_all(struct outline *o)
{
    for (uint32_t i = 0; i < o->count; i++)
        for (unsigned side = 0; side < 4; side++)
            if (!is_near(o, i, side) && o->mark[4 * (size_t)i + side] == 0)
                walk_loop(o, i, side);
}

static int compare_rings(const void *left, const void *right)
{
    const struct ring *a = left, *b = right;
    if (a->part != b->part)
        return a->part < b->part ? -1 : 1;
    if (a->is_hole != b->is_hole)
        return a->is_hole ? 1 : -1;
    return point_less(a->first, b->first) ? -1 : point_less(b->first, a->first);
}

/* Copies the rings out in order, in centimetres and closed. */
static enum gk_status write_polygons(struct outline *o, struct gk_polygons *polygons,
                                     int32_t side_cm)
{
    for (uint32_t r = 1; r < o->ring_count; r++)
        if (compare_rings(&o->rings[r - 1], &o->rings[r]) > 0) {
            qsort(o->rings, o->ring_count, sizeof *o->rings, compare_rings);
            break;
        }
    size_t points = (size_t)o->vertex_count + o->ring_count;
    struct gk_polygons out = {.points = malloc(points * sizeof *out.points),
                              .point_start = malloc((o->ring_count + 1) * sizeof(uint32_t)),
                              .ring_start = malloc((o->part_count + 1) * sizeof(uint32_t)),
                              .ring_count = o->ring_count,
                              .polygon_count = o->part_count};
    if (out.points == NULL || out.point_start == NULL || out.ring_start == NULL) {
        gk_polygons_release(&out);
        return GK_NO_MEMORY;
    }
    uint32_t at = 0;
    for (uint32_t r = 0; r < o->ring_count; r++) {
        const struct ring *ring = &o->rings[r];
        if (!ring->is_hole)
            out.ring_start[ring->part] = r;
        out.point_start[r] = at;
        for (uint32_t i = 0; i <= ring->length; i++) {
            struct gk_cm v = o->vertices[ring->start + (i < ring->length ? i : 0)];
            out.points[at++] = (struct gk_cm){v.e * side_cm, v.n * side_cm};
        }
    }
    out.point_start[o->ring_count] = at;
    out.ring_start[o->part_count] = o->ring_count;
    *polygons = out;
    return GK_OK;
}

/* One allocation for the arrays whose size follows from the count of squares:
 * outlines are made by the million, of a few squares each. */
static void *allocate_squares(struct outline *o)
{
    size_t n = o->count;
    unsigned char *block = calloc(n, sizeof(uint64_t) + 7 * sizeof(uint32_t) + 1);
    if (block == NULL)
        return NULL;
    o->keys = (uint64_t *)(void *)block;
    o->mark = (uint32_t *)(void *)(block + n * sizeof(uint64_t));
    o->part = o->mark + 4 * n;
    o->below = o->part + n;
    o->above = o->below + n;
    o->near = (unsigned char *)(o->above + n);
    return block;
}

/* The same for what follows from the count of edges: every edge ends in at most
 * one corner, and a ring has at least four. */
static void *allocate_rings(struct outline *o)
{
    size_t n = o->edge_count;
    unsigned char *block = malloc(2 * n * sizeof(struct gk_cm) + (n / 4 + 1) * sizeof(struct ring));
    if (block == NULL)
        return NULL;
    o->path = (struct gk_cm *)(void *)block;
    o->vertices = o->path + n;
    o->rings = (struct ring *)(void *)(o->vertices + n);
    return block;
}

enum gk_status gk_outline(struct gk_polygons *polygons, const struct gk_square *squares,
                          size_t count, int32_t side_cm)
{
    *polygons = (struct gk_polygons){0};
    if (count == 0 || side_cm <= 0)
        return GK_INVALID;
    if (count > COUNT_MAX)
        return GK_TOO_LARGE;
    enum gk_status status = GK_NO_MEMORY;
    struct outline o = {.count = (uint32_t)count};
    void *rings = NULL, *arrays = allocate_squares(&o);
    if (arrays == NULL)
        goto out;
    for (uint32_t i = 0; i < o.count; i++)
        o.keys[i] = key_of(squares[i]);
    /* The marks are not in use yet: room for a second set of keys. */
    if (!sort_keys(&o, (uint64_t *)(void *)o.mark)) {
        status = GK_INVALID;
        goto out;
    }
    find_neighbours(&o);
    rings = allocate_rings(&o);
    if (rings == NULL)
        goto out;
    find_parts(&o, o.mark);
    memset(o.mark, 0, 4 * count * sizeof *o.mark);
    walk_all(&o);
    status = write_polygons(&o, polygons, side_cm);
out:
    free(rings);
    free(arrays);
    return status;
}

void gk_polygons_release(struct gk_polygons *polygons)
{
    free(polygons->points);
    free(polygons->point_start);
    free(polygons->ring_start);
    *polygons = (struct gk_polygons){0};
}
