/* The ground: a mesh of jagged cells, and which municipality owns each.
 *
 * Bromölla has the bounding box of the real municipality and roughly its shape;
 * Storby lies to its west in square regions, as many as its dwellings need, and
 * shares the border. Both outlines are invented. */
#include "synth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BOX_COLUMNS = 68, /* EPSG:3006 E 461200-474800 */
    BOX_ROWS = 127,   /* EPSG:3006 N 6207500-6232900 */
    REGION_DWELLINGS = 60000,
    REGION_SIDE = 150, /* cells, for that many dwellings */
    REGION_COLUMNS_MAX = 5,
    REGION_SIDE_MIN = 20
};

static const struct gk_cm box_corner = {46120000, 620750000};

const struct gk_synth_municipality gk_synth_municipalities[GK_SYNTH_OWNERS] = {
    [GK_SYNTH_NOWHERE] = {"", "", "", ""},
    [GK_SYNTH_BROMOLLA] = {"1272", "Bromölla (syntetisk)", "Bromölla", "5100"},
    [GK_SYNTH_STORBY] = {"1299", "Storby (påhittad)", "Storby", "5000"},
};

uint64_t gk_synth_hash(uint64_t seed, int64_t a, int64_t b)
{
    uint64_t z = seed * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)a;
    for (int i = 0; i < 2; i++) {
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
        z = (z ^ (z >> 31)) + (i == 0 ? (uint64_t)b * UINT64_C(0xD1342543DE82EF95) : 0);
    }
    return z;
}

int32_t gk_synth_noise(uint64_t seed, int32_t x, int32_t y, int shift)
{
    int32_t side = 1 << shift, x0 = x >> shift, y0 = y >> shift, fx = x & (side - 1),
            fy = y & (side - 1);
    int32_t corner[4];
    for (int i = 0; i < 4; i++)
        corner[i] = (int32_t)(gk_synth_hash(seed, x0 + (i & 1), y0 + (i >> 1)) & 1023);
    int64_t low = (int64_t)corner[0] * (side - fx) + (int64_t)corner[1] * fx;
    int64_t high = (int64_t)corner[2] * (side - fx) + (int64_t)corner[3] * fx;
    return (int32_t)((low * (side - fy) + high * fy) >> (2 * shift));
}

/* West and east end of Bromölla by row of the box, in cells. */
static const struct {
    int32_t row, left, right;
} outline[] = {{0, 22, 34},  {10, 6, 56},  {20, 0, 62},  {30, 4, 68},   {40, 12, 64},
               {60, 16, 52}, {80, 20, 56}, {90, 22, 58}, {110, 26, 54}, {127, 34, 46}};

static void bromolla_row(const struct gk_synth_mesh *mesh, int32_t row, int32_t *left,
                         int32_t *right)
{
    size_t i = 1;
    while (outline[i].row < row)
        i++;
    int32_t span = outline[i].row - outline[i - 1].row, at = row - outline[i - 1].row;
    *left = outline[i - 1].left + (outline[i].left - outline[i - 1].left) * at / span;
    *right = outline[i - 1].right + (outline[i].right - outline[i - 1].right) * at / span;
    if (row == 20 || row == 30 || row < 2 || row > 124) /* the box is touched on all sides */
        return;
    *left += gk_synth_noise(mesh->seed ^ 11, row, 0, 2) / 400;
    *right -= gk_synth_noise(mesh->seed ^ 12, row, 0, 2) / 400;
}

/* Storby's regions as plain squares, without the noise on their outline. */
static bool in_regions(const struct gk_synth_mesh *mesh, int32_t x, int32_t y)
{
    if (x >= mesh->west || x < 0 || y < 0)
        return false;
    int32_t column = (mesh->west - 1 - x) / mesh->region_side, row = y / mesh->region_side;
    return column < mesh->region_columns &&
           row * mesh->region_columns + column < mesh->region_count;
}

static uint8_t owner_of(const struct gk_synth_mesh *mesh, int32_t x, int32_t y)
{
    int32_t left = 0, right = 0;
    if (y < BOX_ROWS)
        bromolla_row(mesh, y, &left, &right);
    int32_t in_box = x - mesh->west;
    if (in_box >= left && in_box < right)
        return GK_SYNTH_BROMOLLA;
    if (in_box >= left)
        return GK_SYNTH_NOWHERE;
    int32_t dx = gk_synth_noise(mesh->seed ^ 13, x, y, 4) * 6 / 1024;
    int32_t dy = gk_synth_noise(mesh->seed ^ 14, x, y, 4) * 6 / 1024;
    if (in_box >= -8 && y < BOX_ROWS)
        return y + 3 < mesh->region_side ? GK_SYNTH_STORBY : GK_SYNTH_NOWHERE;
    return in_regions(mesh, x - dx, y) && in_regions(mesh, x, y + dy) ? GK_SYNTH_STORBY
                                                                      : GK_SYNTH_NOWHERE;
}

/* Marks the piece of `owner` around `start` in `piece`; returns its size. */
static size_t flood(const struct gk_synth_mesh *mesh, size_t start, int32_t mark, int32_t *piece,
                    size_t *stack)
{
    size_t top = 0, size = 0;
    stack[top++] = start;
    piece[start] = mark;
    while (top > 0) {
        size_t cell = stack[--top];
        size++;
        int32_t x = (int32_t)(cell % (size_t)mesh->columns),
                y = (int32_t)(cell / (size_t)mesh->columns);
        for (int d = 0; d < 4; d++) {
            int32_t nx = x + (d == 0) - (d == 1), ny = y + (d == 2) - (d == 3);
            if (nx < 0 || ny < 0 || nx >= mesh->columns || ny >= mesh->rows)
                continue;
            size_t next = (size_t)ny * (size_t)mesh->columns + (size_t)nx;
            if (piece[next] >= 0 || mesh->owner[next] != mesh->owner[start])
                continue;
            piece[next] = mark;
            stack[top++] = next;
        }
    }
    return size;
}

/* Keeps the largest piece of each municipality, so that each is one polygon. */
static enum gk_status keep_largest(struct gk_synth_mesh *mesh)
{
    size_t cells = (size_t)mesh->columns * (size_t)mesh->rows;
    int32_t *piece = mesh->district, best[GK_SYNTH_OWNERS] = {0};
    size_t *stack = calloc(cells, sizeof *stack), largest[GK_SYNTH_OWNERS] = {0};
    if (stack == NULL)
        return GK_NO_MEMORY;
    memset(piece, 0xff, cells * sizeof *piece);
    int32_t mark = 0;
    for (size_t i = 0; i < cells; i++) {
        uint8_t owner = mesh->owner[i];
        if (owner == GK_SYNTH_NOWHERE || piece[i] >= 0)
            continue;
        size_t size = flood(mesh, i, mark, piece, stack);
        if (size > largest[owner]) {
            largest[owner] = size;
            best[owner] = mark;
        }
        mark++;
    }
    for (size_t i = 0; i < cells; i++)
        if (mesh->owner[i] != GK_SYNTH_NOWHERE && piece[i] != best[mesh->owner[i]])
            mesh->owner[i] = GK_SYNTH_NOWHERE;
    memset(piece, 0xff, cells * sizeof *piece);
    free(stack);
    return GK_OK;
}

enum gk_status gk_synth_mesh_build(struct gk_synth_mesh *mesh, const struct gk_synth_plan *plan)
{
    memset(mesh, 0, sizeof *mesh);
    mesh->seed = plan->seed;
    int64_t regions = (plan->dwellings + REGION_DWELLINGS / 2) / REGION_DWELLINGS;
    mesh->region_count = (int32_t)(regions < 1 ? 1 : regions);
    int32_t columns = (int32_t)ceil(sqrt((double)mesh->region_count));
    mesh->region_columns = columns > REGION_COLUMNS_MAX ? REGION_COLUMNS_MAX : columns;
    double share = (double)plan->dwellings / (double)mesh->region_count / REGION_DWELLINGS;
    int32_t side = (int32_t)(REGION_SIDE * sqrt(share) + 0.5);
    mesh->region_side = side < REGION_SIDE_MIN ? REGION_SIDE_MIN : side;
    int32_t region_rows = (mesh->region_count + mesh->region_columns - 1) / mesh->region_columns;
    mesh->west = mesh->region_columns * mesh->region_side;
    mesh->columns = mesh->west + BOX_COLUMNS;
    mesh->rows = region_rows * mesh->region_side;
    if (mesh->rows < BOX_ROWS)
        mesh->rows = BOX_ROWS;
    mesh->origin =
        (struct gk_cm){box_corner.e - (int64_t)mesh->west * GK_SYNTH_CELL_CM, box_corner.n};
    size_t cells = (size_t)mesh->columns * (size_t)mesh->rows;
    mesh->owner = calloc(cells, sizeof *mesh->owner);
    mesh->district = calloc(cells, sizeof *mesh->district);
    mesh->first = calloc(cells + 1, sizeof *mesh->first);
    if (mesh->owner == NULL || mesh->district == NULL || mesh->first == NULL)
        return GK_NO_MEMORY;
    for (int32_t y = 0; y < mesh->rows; y++)
        for (int32_t x = 0; x < mesh->columns; x++)
            mesh->owner[(size_t)y * (size_t)mesh->columns + (size_t)x] = owner_of(mesh, x, y);
    return keep_largest(mesh);
}

struct gk_cm gk_synth_vertex(const struct gk_synth_mesh *mesh, int32_t x, int32_t y)
{
    uint64_t bits = gk_synth_hash(mesh->seed ^ 15, x, y);
    int32_t span = 2 * GK_SYNTH_JITTER_CM + 1;
    int32_t de = (int32_t)((bits & 0xffffffff) % (uint64_t)span) - GK_SYNTH_JITTER_CM;
    int32_t dn = (int32_t)((bits >> 32) % (uint64_t)span) - GK_SYNTH_JITTER_CM;
    int32_t in_box = x - mesh->west;
    if (in_box >= 0 && y <= BOX_ROWS) { /* the box of Bromölla is exact */
        if (in_box == 0 || in_box == BOX_COLUMNS)
            de = 0;
        if (y == 0 || y == BOX_ROWS)
            dn = 0;
    }
    return (struct gk_cm){mesh->origin.e + (int64_t)x * GK_SYNTH_CELL_CM + de,
                          mesh->origin.n + (int64_t)y * GK_SYNTH_CELL_CM + dn};
}

/* Whether a ray to the east from `p` crosses a-b, half-open: of cells that
 * share a border, a point on it is in exactly one. */
static bool crosses(struct gk_cm p, struct gk_cm a, struct gk_cm b)
{
    if (a.n > b.n) {
        struct gk_cm swap = a;
        a = b;
        b = swap;
    }
    return a.n <= p.n && p.n < b.n && (p.e - a.e) * (b.n - a.n) < (b.e - a.e) * (p.n - a.n);
}

static bool in_cell(const struct gk_synth_mesh *mesh, int32_t x, int32_t y, struct gk_cm p)
{
    struct gk_cm v[4] = {gk_synth_vertex(mesh, x, y), gk_synth_vertex(mesh, x + 1, y),
                         gk_synth_vertex(mesh, x + 1, y + 1), gk_synth_vertex(mesh, x, y + 1)};
    bool inside = false;
    for (int i = 0; i < 4; i++)
        inside ^= crosses(p, v[i], v[(i + 1) & 3]);
    return inside;
}

int64_t gk_synth_mesh_find(const struct gk_synth_mesh *mesh, struct gk_cm at)
{
    static const int8_t around[9][2] = {{0, 0}, {1, 0},  {-1, 0}, {0, 1},  {0, -1},
                                        {1, 1}, {1, -1}, {-1, 1}, {-1, -1}};
    if (at.e < mesh->origin.e - GK_SYNTH_CELL_CM || at.n < mesh->origin.n - GK_SYNTH_CELL_CM)
        return -1;
    int64_t x0 = (at.e - mesh->origin.e + GK_SYNTH_CELL_CM) / GK_SYNTH_CELL_CM - 1;
    int64_t y0 = (at.n - mesh->origin.n + GK_SYNTH_CELL_CM) / GK_SYNTH_CELL_CM - 1;
    if (x0 > mesh->columns || y0 > mesh->rows)
        return -1;
    for (int i = 0; i < 9; i++) {
        int32_t x = (int32_t)x0 + around[i][0], y = (int32_t)y0 + around[i][1];
        if (x >= 0 && y >= 0 && x < mesh->columns && y < mesh->rows && in_cell(mesh, x, y, at))
            return (int64_t)y * mesh->columns + x;
    }
    return -1;
}

bool gk_synth_is_water(const struct gk_synth_mesh *mesh, int64_t cell)
{
    int32_t x = (int32_t)(cell % mesh->columns) - mesh->west, y = (int32_t)(cell / mesh->columns);
    return x >= 0 && x < 25 && y >= 42 && y < 80;
}

struct gk_synth_box gk_synth_region(const struct gk_synth_mesh *mesh, int32_t region)
{
    if (region == 0)
        return (struct gk_synth_box){mesh->west, 0, mesh->west + BOX_COLUMNS, BOX_ROWS};
    int32_t column = (region - 1) % mesh->region_columns, row = (region - 1) / mesh->region_columns;
    int32_t x1 = mesh->west - column * mesh->region_side, y0 = row * mesh->region_side;
    return (struct gk_synth_box){x1 - mesh->region_side, y0, x1, y0 + mesh->region_side};
}
