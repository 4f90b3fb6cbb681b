/* Clusters: sums, centroids, merging two. Which two is decided in merge.c. */
#include "cluster.h"

#include <stdlib.h>

static int64_t floor_divide(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient;
}

struct gk_spot gk_cluster_centroid(const struct gk_cluster *cluster)
{
    const struct gk_cm *sum = cluster->dwellings > 0 ? &cluster->weighted : &cluster->plain;
    int64_t weight = gk_cluster_weight(cluster);
    return (struct gk_spot){(int32_t)floor_divide(sum->e, weight),
                            (int32_t)floor_divide(sum->n, weight)};
}

enum gk_status gk_cluster_add(struct gk_lattice_work *work, int32_t district, int32_t cell,
                              int32_t *index)
{
    if (work->cluster_count == work->cluster_capacity) {
        size_t capacity = work->cluster_capacity < 64 ? 64 : work->cluster_capacity * 2;
        struct gk_cluster *grown = realloc(work->clusters, capacity * sizeof *grown);
        if (grown == NULL)
            return GK_NO_MEMORY;
        work->clusters = grown;
        work->cluster_capacity = capacity;
    }
    *index = (int32_t)work->cluster_count++;
    work->clusters[*index] = (struct gk_cluster){
        .lowest = {UINT64_MAX, INT32_MAX},
        .district = district,
        .cell = cell,
        .merged_into = GK_CLUSTER_NONE,
    };
    return GK_OK;
}

void gk_cluster_take(struct gk_lattice_work *work, int32_t index, size_t member)
{
    struct gk_member *m = &work->members[member];
    struct gk_cluster *cluster = &work->clusters[index];
    m->cluster = index;
    if (gk_unit_key_compare(m->key, cluster->lowest) < 0)
        cluster->lowest = m->key;
    cluster->dwellings += m->dwellings;
    cluster->addresses += m->addresses;
    cluster->weighted.e += (int64_t)m->centre.e * m->dwellings;
    cluster->weighted.n += (int64_t)m->centre.n * m->dwellings;
    cluster->plain.e += m->centre.e;
    cluster->plain.n += m->centre.n;
    cluster->unit_count++;
}

void gk_cluster_merge(struct gk_lattice_work *work, int32_t a, int32_t b)
{
    struct gk_cluster *from = &work->clusters[a];
    struct gk_cluster *to = &work->clusters[b];
    if (gk_unit_key_compare(from->lowest, to->lowest) < 0)
        to->lowest = from->lowest;
    to->dwellings += from->dwellings;
    to->addresses += from->addresses;
    to->weighted.e += from->weighted.e;
    to->weighted.n += from->weighted.n;
    to->plain.e += from->plain.e;
    to->plain.n += from->plain.n;
    to->unit_count += from->unit_count;
    from->merged_into = b;
}
