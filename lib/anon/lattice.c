/* Building and updating the lattice: input checks, the order of the steps, and
 * the result. Growing is in grow.c, merging in merge.c. */
#include "anon/lattice.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "cluster.h"
#include "geo/square.h"

enum {
    MIN_DWELLINGS_LEAST = 8, /* fewer would not be anonymous */
    MIN_ADDRESSES_LEAST = 3,
    RULE_MOST = 1000000,
    RADIUS_MOST_CM = 10000000,
    COUNT_MOST = INT32_MAX - 1,
    TWO_THREADS_LEAST = 200 /* units: below, starting a thread costs more */
};

static enum gk_status check_rule(const struct gk_lattice_rule *rule, struct gk_error *error)
{
    if (rule->square_side_cm != 5000 && rule->square_side_cm != 6250 &&
        rule->square_side_cm != 12500)
        return gk_error_set(error, GK_INVALID,
                            "build lattice: squares of %d cm, not 5000, 6250 or 12500",
                            (int)rule->square_side_cm);
    if (rule->min_dwellings < MIN_DWELLINGS_LEAST || rule->min_dwellings > RULE_MOST)
        return gk_error_set(error, GK_INVALID, "build lattice: at least %d dwellings, not %d",
                            (int)MIN_DWELLINGS_LEAST, (int)rule->min_dwellings);
    if (rule->min_addresses != 0 &&
        (rule->min_addresses < MIN_ADDRESSES_LEAST || rule->min_addresses > RULE_MOST))
        return gk_error_set(error, GK_INVALID,
                            "build lattice: at least %d addresses (0 without any), not %d",
                            (int)MIN_ADDRESSES_LEAST, (int)rule->min_addresses);
    if (rule->max_radius_cm < 0 || rule->max_radius_cm > RADIUS_MOST_CM)
        return gk_error_set(error, GK_INVALID, "build lattice: radius out of range");
    return GK_OK;
}

static bool is_within_extent(struct gk_cm at)
{
    return at.e >= -GK_ANON_EXTENT_CM && at.e <= GK_ANON_EXTENT_CM && at.n >= -GK_ANON_EXTENT_CM &&
           at.n <= GK_ANON_EXTENT_CM;
}

static int member_compare(const void *x, const void *y)
{
    const struct gk_member *a = x;
    const struct gk_member *b = y;
    if (a->key.district != b->key.district)
        return a->key.district < b->key.district ? -1 : 1;
    return (a->key.morton > b->key.morton) - (a->key.morton < b->key.morton);
}

/* Messages name the row and never a place. */
static enum gk_status read_units(struct gk_lattice_work *work, const struct gk_unit *units,
                                 size_t count, struct gk_error *error)
{
    int64_t dwellings = 0;
    int64_t addresses = 0;
    for (size_t i = 0; i < count; i++) {
        const struct gk_unit *unit = &units[i];
        struct gk_cm at = gk_square_centre(unit->square, work->rule.square_side_cm);
        if (unit->district < 0 || unit->dwellings < 0 || unit->addresses < 0)
            return gk_error_set(error, GK_INVALID, "build lattice: unit %zu has a negative number",
                                i);
        if (!is_within_extent(at))
            return gk_error_set(error, GK_INVALID, "build lattice: unit %zu is out of range", i);
        dwellings += unit->dwellings;
        addresses += unit->addresses;
        work->members[i] = (struct gk_member){
            .key = {gk_square_morton(unit->square), unit->district},
            .input = (int32_t)i,
            .dwellings = unit->dwellings,
            .addresses = unit->addresses,
            .centre = {(int32_t)at.e, (int32_t)at.n},
            .cluster = GK_CLUSTER_NONE,
        };
    }
    if (dwellings > INT32_MAX || addresses > INT32_MAX)
        return gk_error_set(error, GK_INVALID, "build lattice: more than 2^31 dwellings in all");
    qsort(work->members, count, sizeof *work->members, member_compare);
    for (size_t i = 1; i < count; i++)
        if (member_compare(&work->members[i - 1], &work->members[i]) == 0)
            return gk_error_set(error, GK_INVALID, "build lattice: unit %d and %d are the same",
                                (int)work->members[i - 1].input, (int)work->members[i].input);
    return GK_OK;
}

/* The clusters of the living old cells, and their units in them. */
static enum gk_status take_old_cells(struct gk_lattice_work *work, const struct gk_unit *units,
                                     const struct gk_lattice_cell *old, size_t old_count,
                                     struct gk_error *error)
{
    enum gk_status status = GK_OK;
    int32_t *cluster_of_cell = calloc(old_count + 1, sizeof *cluster_of_cell);
    if (cluster_of_cell == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < old_count && status == GK_OK; i++) {
        cluster_of_cell[i + 1] = GK_CLUSTER_NONE;
        if ((size_t)old[i].id != i + 1 || old[i].district < 0)
            status = gk_error_set(error, GK_INVALID, "build lattice: old cell %zu is not in order",
                                  i + 1);
        else if (old[i].merged_into == GK_CELL_NONE)
            status = gk_cluster_add(work, old[i].district, old[i].id, &cluster_of_cell[i + 1]);
    }
    for (size_t i = 0; i < work->member_count && status == GK_OK; i++) {
        int32_t cell = units[work->members[i].input].cell;
        if (cell == GK_CELL_NONE)
            continue;
        if (cell < 1 || (size_t)cell > old_count || cluster_of_cell[cell] == GK_CLUSTER_NONE)
            status = gk_error_set(error, GK_INVALID,
                                  "build lattice: unit %d is of cell %d, which does not live",
                                  (int)work->members[i].input, (int)cell);
        else
            gk_cluster_take(work, cluster_of_cell[cell], i);
    }
    for (size_t i = 0; i < work->cluster_count && status == GK_OK; i++)
        if (work->clusters[i].unit_count == 0)
            status = gk_error_set(error, GK_INVALID, "build lattice: cell %d has no units",
                                  (int)work->clusters[i].cell);
    free(cluster_of_cell);
    return status;
}

/* Where the district of member `first` ends. */
static size_t district_end(const struct gk_lattice_work *work, size_t first)
{
    size_t end = first + 1;
    while (end < work->member_count &&
           work->members[end].key.district == work->members[first].key.district)
        end++;
    return end;
}

/* Members [first, end): whole districts. */
static enum gk_status grow_range(struct gk_lattice_work *work, size_t first, size_t end)
{
    for (size_t next; first < end; first = next) {
        next = district_end(work, first);
        if (gk_lattice_grow(work, first, next - first) != GK_OK)
            return GK_NO_MEMORY;
    }
    return GK_OK;
}

/* The districts of a country's second half, with clusters of their own: growing
 * one district touches nothing of another. */
struct half {
    struct gk_lattice_work work;
    size_t first;
    enum gk_status status;
};

static void *grow_half(void *context)
{
    struct half *half = context;
    half->status = grow_range(&half->work, half->first, half->work.member_count);
    return NULL;
}

/* Puts the half's clusters behind the others, as if they had grown one after
 * the other: the result does not tell. */
static enum gk_status append_half(struct gk_lattice_work *work, const struct half *half)
{
    size_t before = work->cluster_count, count = half->work.cluster_count;
    struct gk_cluster *all = realloc(work->clusters, (before + count + 1) * sizeof *all);
    if (all == NULL)
        return GK_NO_MEMORY;
    work->clusters = all;
    work->cluster_capacity = before + count + 1;
    work->cluster_count = before + count;
    for (size_t i = 0; i < count; i++)
        all[before + i] = half->work.clusters[i];
    for (size_t i = half->first; i < work->member_count; i++)
        work->members[i].cluster += (int32_t)before;
    return GK_OK;
}

/* On two threads when all units are new and many: updates have few. */
static enum gk_status grow_all(struct gk_lattice_work *work)
{
    struct half half = {
        .work = {.rule = work->rule, .members = work->members, .member_count = work->member_count}};
    pthread_t thread;
    if (work->cluster_count > 0 || work->member_count < TWO_THREADS_LEAST)
        return grow_range(work, 0, work->member_count);
    half.first = district_end(work, work->member_count / 2);
    bool is_beside = pthread_create(&thread, NULL, grow_half, &half) == 0;
    enum gk_status status = grow_range(work, 0, half.first);
    if (is_beside)
        pthread_join(thread, NULL);
    else
        (void)grow_half(&half);
    if (status == GK_OK)
        status = half.status;
    if (status == GK_OK)
        status = append_half(work, &half);
    free(half.work.clusters);
    return status;
}

struct cluster_in_district {
    int32_t district;
    int32_t cluster;
};

static int district_compare(const void *x, const void *y)
{
    const struct cluster_in_district *a = x;
    const struct cluster_in_district *b = y;
    if (a->district != b->district)
        return a->district < b->district ? -1 : 1;
    return (a->cluster > b->cluster) - (a->cluster < b->cluster);
}

/* Step 7: in each district, then across. */
static enum gk_status merge_all(struct gk_lattice_work *work)
{
    enum gk_status status = GK_NO_MEMORY;
    size_t count = work->cluster_count;
    struct cluster_in_district *order = calloc(count + 1, sizeof *order);
    int32_t *clusters = calloc(count + 1, sizeof *clusters);
    if (order == NULL || clusters == NULL)
        goto out;
    for (size_t i = 0; i < count; i++)
        order[i] = (struct cluster_in_district){work->clusters[i].district, (int32_t)i};
    qsort(order, count, sizeof *order, district_compare);
    for (size_t i = 0; i < count; i++)
        clusters[i] = order[i].cluster;
    size_t end;
    for (size_t first = 0; first < count; first = end) {
        for (end = first + 1; end < count && order[end].district == order[first].district; end++)
            ;
        if (gk_lattice_merge(work, clusters + first, end - first) != GK_OK)
            goto out;
    }
    size_t living = 0;
    for (size_t i = 0; i < count; i++)
        if (work->clusters[i].merged_into == GK_CLUSTER_NONE)
            clusters[living++] = (int32_t)i;
    status = gk_lattice_merge(work, clusters, living);
out:
    free(order);
    free(clusters);
    return status;
}

/* The living cluster that a cluster became part of; chains are made short. */
static int32_t living_cluster(struct gk_lattice_work *work, int32_t cluster)
{
    int32_t root = cluster;
    while (work->clusters[root].merged_into != GK_CLUSTER_NONE)
        root = work->clusters[root].merged_into;
    while (cluster != root) {
        int32_t next = work->clusters[cluster].merged_into;
        work->clusters[cluster].merged_into = root;
        cluster = next;
    }
    return root;
}

struct new_cell {
    struct gk_unit_key lowest;
    int32_t cluster;
};

static int new_cell_compare(const void *x, const void *y)
{
    return gk_unit_key_compare(((const struct new_cell *)x)->lowest,
                               ((const struct new_cell *)y)->lowest);
}

/* Ids for the living clusters that have none, in the order of their lowest
 * keys, from old_count + 1. Allocates the cells. */
static enum gk_status number_cells(struct gk_lattice *lattice, struct gk_lattice_work *work,
                                   size_t old_count)
{
    size_t count = 0;
    struct new_cell *fresh = calloc(work->cluster_count + 1, sizeof *fresh);
    if (fresh == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < work->cluster_count; i++) {
        const struct gk_cluster *cluster = &work->clusters[i];
        if (cluster->merged_into == GK_CLUSTER_NONE && cluster->cell == GK_CELL_NONE)
            fresh[count++] = (struct new_cell){cluster->lowest, (int32_t)i};
    }
    qsort(fresh, count, sizeof *fresh, new_cell_compare);
    for (size_t i = 0; i < count; i++)
        work->clusters[fresh[i].cluster].cell = (int32_t)(old_count + i + 1);
    free(fresh);
    lattice->new_cell_count = count;
    lattice->cell_count = old_count + count;
    lattice->cells = calloc(lattice->cell_count + 1, sizeof *lattice->cells);
    return lattice->cells == NULL ? GK_NO_MEMORY : GK_OK;
}

static void fill_cells(struct gk_lattice *lattice, struct gk_lattice_work *work,
                       const struct gk_lattice_cell *old, size_t old_count)
{
    for (size_t i = 0; i < old_count; i++)
        lattice->cells[i] = old[i];
    for (size_t i = 0; i < work->cluster_count; i++) {
        const struct gk_cluster *cluster = &work->clusters[i];
        if (cluster->cell == GK_CELL_NONE)
            continue;
        struct gk_lattice_cell *cell = &lattice->cells[cluster->cell - 1];
        int32_t root = living_cluster(work, (int32_t)i);
        bool is_living = root == (int32_t)i;
        cell->id = cluster->cell;
        cell->merged_into = is_living ? GK_CELL_NONE : work->clusters[root].cell;
        cell->dwellings = is_living ? cluster->dwellings : 0;
        cell->addresses = is_living ? cluster->addresses : 0;
        cell->is_deficient = is_living && !gk_cluster_is_cell(work, cluster);
        lattice->merge_count += !is_living;
    }
}

/* The cell of each unit and, step 8, the points of the new cells. */
static enum gk_status fill_units(struct gk_lattice *lattice, struct gk_lattice_work *work,
                                 const struct gk_unit *units, size_t old_count)
{
    struct nearest {
        int64_t d2; /* -1: none yet */
        struct gk_unit_key key;
    } *nearest = calloc(lattice->new_cell_count + 1, sizeof *nearest);
    lattice->cell_of_unit = calloc(work->member_count + 1, sizeof *lattice->cell_of_unit);
    lattice->unit_count = work->member_count;
    if (nearest == NULL || lattice->cell_of_unit == NULL) {
        free(nearest);
        return GK_NO_MEMORY;
    }
    for (size_t i = 0; i < lattice->new_cell_count; i++)
        nearest[i].d2 = -1;
    for (size_t i = 0; i < work->member_count; i++) {
        const struct gk_member *m = &work->members[i];
        const struct gk_cluster *cluster = &work->clusters[living_cluster(work, m->cluster)];
        lattice->cell_of_unit[m->input] = cluster->cell;
        if ((size_t)cluster->cell <= old_count)
            continue;
        struct nearest *best = &nearest[(size_t)cluster->cell - old_count - 1];
        int64_t d2 = gk_spot_d2(m->centre, gk_cluster_centroid(cluster));
        if (best->d2 >= 0 &&
            (d2 > best->d2 || (d2 == best->d2 && gk_unit_key_compare(m->key, best->key) > 0)))
            continue;
        *best = (struct nearest){d2, m->key};
        lattice->cells[cluster->cell - 1].point = units[m->input].square;
        lattice->cells[cluster->cell - 1].district = m->key.district;
    }
    free(nearest);
    return GK_OK;
}

enum gk_status gk_lattice_build(struct gk_lattice *lattice, const struct gk_unit *units,
                                size_t unit_count, const struct gk_lattice_cell *old,
                                size_t old_count, const struct gk_lattice_rule *rule,
                                struct gk_error *error)
{
    *lattice = (struct gk_lattice){0};
    struct gk_lattice_work work = {.rule = *rule, .member_count = unit_count};
    enum gk_status status = check_rule(rule, error);
    if (status != GK_OK)
        return status;
    if (unit_count > COUNT_MOST || old_count > COUNT_MOST - unit_count)
        return gk_error_set(error, GK_INVALID, "build lattice: too many units");
    work.members = calloc(unit_count + 1, sizeof *work.members);
    status = work.members == NULL ? GK_NO_MEMORY : read_units(&work, units, unit_count, error);
    if (status == GK_OK)
        status = take_old_cells(&work, units, old, old_count, error);
    if (status == GK_OK)
        status = grow_all(&work);
    if (status == GK_OK)
        status = merge_all(&work);
    if (status == GK_OK)
        status = number_cells(lattice, &work, old_count);
    if (status == GK_OK) {
        fill_cells(lattice, &work, old, old_count);
        status = fill_units(lattice, &work, units, old_count);
    }
    free(work.members);
    free(work.clusters);
    if (status != GK_OK)
        gk_lattice_release(lattice);
    return status == GK_NO_MEMORY ? gk_error_set(error, status, "build lattice: out of memory")
                                  : status;
}

void gk_lattice_release(struct gk_lattice *lattice)
{
    free(lattice->cells);
    free(lattice->cell_of_unit);
    *lattice = (struct gk_lattice){0};
}

int32_t gk_lattice_living_cell(const struct gk_lattice_cell *cells, size_t count, int32_t id)
{
    /* A chain is at most as long as there are cells; a ring is no cell. */
    for (size_t steps = 0; steps < count; steps++) {
        if (id < 1 || (size_t)id > count)
            return GK_CELL_NONE;
        if (cells[id - 1].merged_into == GK_CELL_NONE)
            return id;
        id = cells[id - 1].merged_into;
    }
    return GK_CELL_NONE;
}
