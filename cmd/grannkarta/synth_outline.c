/* Borders of groups of mesh cells as rings.
 *
 * Edges between cells of different labels are followed with the own label on
 * the left: shells come out counter-clockwise, holes clockwise. Where two own
 * cells touch only at a corner the path crosses over, so that no ring passes a
 * point twice. Neighbours get the same points, so nothing overlaps or gapes. */
#include "synth.h"

#include <stdlib.h>
#include <string.h>

enum { EAST, NORTH, WEST, SOUTH };

struct tracer {
    const struct gk_synth_mesh *mesh;
    const int32_t *labels;
    uint8_t *seen; /* bit d of cell i: the edge in direction d with i on its left */
    struct gk_cm *points;
    size_t count, capacity;
};

static int32_t label_at(const struct tracer *tracer, int32_t x, int32_t y)
{
    const struct gk_synth_mesh *mesh = tracer->mesh;
    if (x < 0 || y < 0 || x >= mesh->columns || y >= mesh->rows)
        return -1;
    return tracer->labels[(size_t)y * (size_t)mesh->columns + (size_t)x];
}

/* The cell left (side 0) or right (side 1) of the edge from a vertex. */
static void cell_beside(int32_t x, int32_t y, int direction, int side, int32_t *cx, int32_t *cy)
{
    static const int8_t beside[4][2][2] = {[EAST] = {{0, 0}, {0, -1}},
                                           [NORTH] = {{-1, 0}, {0, 0}},
                                           [WEST] = {{-1, -1}, {-1, 0}},
                                           [SOUTH] = {{0, -1}, {-1, -1}}};
    *cx = x + beside[direction][side][0];
    *cy = y + beside[direction][side][1];
}

static bool is_border(const struct tracer *tracer, int32_t x, int32_t y, int direction,
                      int32_t label)
{
    int32_t lx, ly, rx, ry;
    cell_beside(x, y, direction, 0, &lx, &ly);
    cell_beside(x, y, direction, 1, &rx, &ry);
    return label_at(tracer, lx, ly) == label && label_at(tracer, rx, ry) != label;
}

static enum gk_status put_point(struct tracer *tracer, struct gk_cm point)
{
    if (tracer->count == tracer->capacity) {
        size_t capacity = tracer->capacity * 2 + 64;
        void *more = realloc(tracer->points, capacity * sizeof *tracer->points);
        if (more == NULL)
            return GK_NO_MEMORY;
        tracer->points = more;
        tracer->capacity = capacity;
    }
    tracer->points[tracer->count++] = point;
    return GK_OK;
}

/* Follows one ring from vertex (x, y) into `points`, closed. */
static enum gk_status follow(struct tracer *tracer, int32_t x, int32_t y, int direction,
                             int32_t label)
{
    int32_t x0 = x, y0 = y;
    int first = direction;
    tracer->count = 0;
    do {
        enum gk_status status = put_point(tracer, gk_synth_vertex(tracer->mesh, x, y));
        if (status != GK_OK)
            return status;
        int32_t cx, cy;
        cell_beside(x, y, direction, 0, &cx, &cy);
        tracer->seen[(size_t)cy * (size_t)tracer->mesh->columns + (size_t)cx] |=
            (uint8_t)(1U << direction);
        x += (direction == EAST) - (direction == WEST);
        y += (direction == NORTH) - (direction == SOUTH);
        int next = (direction + 3) & 3; /* right, straight on, left */
        for (int k = 0; k < 3 && !is_border(tracer, x, y, next, label); k++)
            next = (next + 1) & 3;
        direction = next;
    } while (x != x0 || y != y0 || direction != first);
    return put_point(tracer, tracer->points[0]);
}

static bool is_shell(const struct tracer *tracer)
{
    int64_t area = 0;
    struct gk_cm o = tracer->points[0];
    for (size_t i = 0; i + 1 < tracer->count; i++) {
        struct gk_cm p = tracer->points[i], q = tracer->points[i + 1];
        /* in decimetres: a country in centimetres squared is near 2^63 */
        area += (p.e - o.e) / 10 * ((q.n - o.n) / 10) - (q.e - o.e) / 10 * ((p.n - o.n) / 10);
    }
    return area > 0;
}

static enum gk_status keep_ring(struct tracer *tracer, struct gk_synth_outline *outline)
{
    size_t n = outline->count;
    struct gk_cm **rings = reallocarray(outline->rings, n + 1, sizeof(struct gk_cm *));
    if (rings == NULL)
        return GK_NO_MEMORY;
    outline->rings = rings;
    size_t *lengths = realloc(outline->lengths, (n + 1) * sizeof *lengths);
    if (lengths == NULL)
        return GK_NO_MEMORY;
    outline->lengths = lengths;
    struct gk_cm *ring = malloc(tracer->count * sizeof *ring);
    if (ring == NULL)
        return GK_NO_MEMORY;
    memcpy(ring, tracer->points, tracer->count * sizeof *ring);
    size_t at = n;
    if (is_shell(tracer) && n > 0) { /* the shell stands first */
        rings[n] = rings[0];
        lengths[n] = lengths[0];
        at = 0;
    }
    rings[at] = ring;
    lengths[at] = tracer->count;
    outline->count++;
    return GK_OK;
}

enum gk_status gk_synth_trace(const struct gk_synth_mesh *mesh, const int32_t *labels,
                              struct gk_synth_outline *outlines, size_t label_count)
{
    struct tracer tracer = {.mesh = mesh, .labels = labels};
    size_t cells = (size_t)mesh->columns * (size_t)mesh->rows;
    enum gk_status status = GK_NO_MEMORY;
    tracer.seen = calloc(cells, 1);
    if (tracer.seen == NULL)
        goto out;
    status = GK_OK;
    for (size_t i = 0; i < cells && status == GK_OK; i++) {
        int32_t label = labels[i], x = (int32_t)(i % (size_t)mesh->columns),
                y = (int32_t)(i / (size_t)mesh->columns);
        if (label < 0 || (size_t)label >= label_count)
            continue;
        for (int d = 0; d < 4 && status == GK_OK; d++) {
            int32_t vx = x + (d == NORTH || d == WEST), vy = y + (d == WEST || d == SOUTH);
            if ((tracer.seen[i] >> d & 1) != 0 || !is_border(&tracer, vx, vy, d, label))
                continue;
            status = follow(&tracer, vx, vy, d, label);
            if (status == GK_OK)
                status = keep_ring(&tracer, &outlines[label]);
        }
    }
out:
    free(tracer.seen);
    free(tracer.points);
    return status;
}

void gk_synth_outline_release(struct gk_synth_outline *outline)
{
    for (size_t i = 0; i < outline->count; i++)
        free(outline->rings[i]);
    free(outline->rings);
    free(outline->lengths);
    *outline = (struct gk_synth_outline){0};
}
