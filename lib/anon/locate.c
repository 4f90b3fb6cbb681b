/* The cell of a place: the nearest unit with dwellings, its own district first.
 *
 * Two orders of the units: by district, with a tree for each, and all of them
 * by key with one tree. In both a unit's place is its key when distances tie. */
#include "anon/lattice.h"

#include <stdlib.h>

#include "cluster.h"
#include "geo/square.h"

enum { DISTANCE_MOST_CM = 10000000 };

struct located {
    struct gk_unit_key key;
    struct gk_spot centre;
    int32_t cell;
};

struct layer {
    struct gk_packed tree;
    int32_t *cells; /* of each spot */
    int32_t district;
};

struct gk_locator {
    int32_t square_side_cm;
    int64_t max_d2;
    struct layer all;
    struct layer *districts; /* by district */
    size_t district_count;
};

static int by_key(const void *x, const void *y)
{
    return gk_unit_key_compare(((const struct located *)x)->key, ((const struct located *)y)->key);
}

static int by_district(const void *x, const void *y)
{
    const struct located *a = x;
    const struct located *b = y;
    if (a->key.district != b->key.district)
        return a->key.district < b->key.district ? -1 : 1;
    return by_key(x, y);
}

static void layer_release(struct layer *layer)
{
    gk_packed_release(&layer->tree);
    free(layer->cells);
}

static enum gk_status layer_build(struct layer *layer, const struct located *located, size_t count)
{
    enum gk_status status = GK_NO_MEMORY;
    struct gk_spot *spots = calloc(count + 1, sizeof *spots);
    layer->cells = calloc(count + 1, sizeof *layer->cells);
    if (spots != NULL && layer->cells != NULL) {
        for (size_t i = 0; i < count; i++) {
            spots[i] = located[i].centre;
            layer->cells[i] = located[i].cell;
        }
        status = gk_packed_build(&layer->tree, spots, NULL, count);
    }
    free(spots);
    return status;
}

static enum gk_status build_districts(struct gk_locator *locator, const struct located *located,
                                      size_t count)
{
    size_t districts = 0;
    size_t end;
    for (size_t i = 0; i < count; i++)
        districts += i == 0 || located[i].key.district != located[i - 1].key.district;
    locator->districts = calloc(districts + 1, sizeof *locator->districts);
    if (locator->districts == NULL)
        return GK_NO_MEMORY;
    for (size_t first = 0; first < count; first = end) {
        struct layer *layer = &locator->districts[locator->district_count++];
        layer->district = located[first].key.district;
        for (end = first + 1; end < count && located[end].key.district == layer->district; end++)
            ;
        if (layer_build(layer, located + first, end - first) != GK_OK)
            return GK_NO_MEMORY;
    }
    return GK_OK;
}

enum gk_status gk_locator_build(struct gk_locator **locator, const struct gk_unit *units,
                                size_t count, int32_t square_side_cm, int64_t max_distance_cm)
{
    *locator = NULL;
    if (square_side_cm < 1 || max_distance_cm < 0 || max_distance_cm > DISTANCE_MOST_CM ||
        count > INT32_MAX - 1)
        return GK_INVALID;
    enum gk_status status = GK_NO_MEMORY;
    size_t used = 0;
    struct gk_locator *made = calloc(1, sizeof *made);
    struct located *located = calloc(count + 1, sizeof *located);
    if (made == NULL || located == NULL)
        goto out;
    made->square_side_cm = square_side_cm;
    made->max_d2 = max_distance_cm * max_distance_cm;
    for (size_t i = 0; i < count; i++) {
        struct gk_cm at = gk_square_centre(units[i].square, square_side_cm);
        if (units[i].dwellings <= 0)
            continue;
        if (units[i].district < 0 || at.e < -GK_ANON_EXTENT_CM || at.e > GK_ANON_EXTENT_CM ||
            at.n < -GK_ANON_EXTENT_CM || at.n > GK_ANON_EXTENT_CM) {
            status = GK_INVALID;
            goto out;
        }
        located[used++] = (struct located){
            .key = {gk_square_morton(units[i].square), units[i].district},
            .centre = {(int32_t)at.e, (int32_t)at.n},
            .cell = units[i].cell,
        };
    }
    qsort(located, used, sizeof *located, by_key);
    if (layer_build(&made->all, located, used) != GK_OK)
        goto out;
    qsort(located, used, sizeof *located, by_district);
    status = build_districts(made, located, used);
out:
    free(located);
    if (status == GK_OK)
        *locator = made;
    else
        gk_locator_free(made);
    return status;
}

void gk_locator_free(struct gk_locator *locator)
{
    if (locator == NULL)
        return;
    layer_release(&locator->all);
    for (size_t i = 0; i < locator->district_count; i++)
        layer_release(&locator->districts[i]);
    free(locator->districts);
    free(locator);
}

static int32_t nearest_cell(const struct layer *layer, struct gk_spot from, int64_t max_d2)
{
    const struct gk_packed *tree = &layer->tree;
    struct gk_packed_walk walk;
    size_t best = SIZE_MAX;
    size_t leaf;
    int64_t bound = max_d2;
    gk_packed_walk_begin(&walk, tree, from);
    while (gk_packed_walk_next(&walk, bound, &leaf)) {
        for (unsigned bits = tree->present[leaf]; bits != 0; bits &= bits - 1) {
            size_t spot = leaf * GK_PACKED_LEAF + (unsigned)__builtin_ctz(bits);
            int64_t d2 = gk_spot_d2(from, tree->spots[spot]);
            if (d2 < bound || (d2 == bound && spot < best)) {
                best = spot;
                bound = d2;
            }
        }
    }
    return best == SIZE_MAX ? GK_CELL_NONE : layer->cells[best];
}

int32_t gk_locator_find(const struct gk_locator *locator, struct gk_cm place, int32_t district)
{
    int64_t reach = GK_ANON_EXTENT_CM + DISTANCE_MOST_CM;
    if (place.e < -reach || place.e > reach || place.n < -reach || place.n > reach)
        return GK_CELL_NONE;
    struct gk_cm centre =
        gk_square_centre(gk_square_at(place, locator->square_side_cm), locator->square_side_cm);
    struct gk_spot from = {(int32_t)centre.e, (int32_t)centre.n};
    size_t low = 0;
    size_t high = locator->district_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (locator->districts[middle].district < district)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < locator->district_count && locator->districts[low].district == district) {
        int32_t cell = nearest_cell(&locator->districts[low], from, locator->max_d2);
        if (cell != GK_CELL_NONE)
            return cell;
    }
    return nearest_cell(&locator->all, from, locator->max_d2);
}
