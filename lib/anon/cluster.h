/* What the steps of the lattice share (private): members and clusters.
 *
 * A member is a unit in the order of (district, key); a cluster is a set of
 * members: a cell, or what is not yet enough for one. */
#ifndef GK_ANON_CLUSTER_H
#define GK_ANON_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "anon/lattice.h"
#include "packed.h"

enum { GK_CLUSTER_NONE = -1 };

/* The key of a unit: Morton code, then district. */
struct gk_unit_key {
    uint64_t morton;
    int32_t district;
};

struct gk_member {
    struct gk_unit_key key;
    int32_t input; /* index in the caller's array */
    int32_t dwellings;
    int32_t addresses;
    struct gk_spot centre;
    int32_t cluster; /* GK_CLUSTER_NONE while open */
};

struct gk_cluster {
    struct gk_unit_key lowest; /* its id in the order of merges */
    int64_t dwellings;
    int64_t addresses;
    struct gk_cm weighted; /* sum of centre * dwellings */
    struct gk_cm plain;    /* sum of centres, for clusters without dwellings */
    int32_t unit_count;
    int32_t district;    /* its step 7 is done there */
    int32_t cell;        /* id of the existing cell, or GK_CELL_NONE */
    int32_t merged_into; /* GK_CLUSTER_NONE while it lives */
};

struct gk_lattice_work {
    struct gk_lattice_rule rule;
    struct gk_member *members;
    size_t member_count;
    struct gk_cluster *clusters;
    size_t cluster_count;
    size_t cluster_capacity;
};

/* Three-way comparison of keys. */
static inline int gk_unit_key_compare(struct gk_unit_key a, struct gk_unit_key b)
{
    if (a.morton != b.morton)
        return a.morton < b.morton ? -1 : 1;
    return (a.district > b.district) - (a.district < b.district);
}

/* Rule 2: enough dwellings and enough addresses. */
static inline bool gk_rule_holds(const struct gk_lattice_rule *rule, int64_t dwellings,
                                 int64_t addresses)
{
    return dwellings >= rule->min_dwellings && addresses >= rule->min_addresses;
}

static inline bool gk_cluster_is_cell(const struct gk_lattice_work *work,
                                      const struct gk_cluster *cluster)
{
    return gk_rule_holds(&work->rule, cluster->dwellings, cluster->addresses);
}

/* What a cluster weighs in a merge: its dwellings; without any, its units. */
static inline int64_t gk_cluster_weight(const struct gk_cluster *cluster)
{
    return cluster->dwellings > 0 ? cluster->dwellings : cluster->unit_count;
}

/* The weighted mean of its square centres, floored to whole centimetres. */
struct gk_spot gk_cluster_centroid(const struct gk_cluster *cluster);

/* A new cluster without members; its index, or GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_cluster_add(struct gk_lattice_work *work, int32_t district,
                                         int32_t cell, int32_t *index);

/* Puts a member into a cluster. */
void gk_cluster_take(struct gk_lattice_work *work, int32_t index, size_t member);

/* Merges cluster a into b. */
void gk_cluster_merge(struct gk_lattice_work *work, int32_t a, int32_t b);

/* Steps 2 to 5 for the open members [first, first + count), all of one district:
 * every one of them is in a cluster after. */
GK_CHECKED enum gk_status gk_lattice_grow(struct gk_lattice_work *work, size_t first, size_t count);

/* Step 7 among `count` living clusters: the deficient merge until none is left
 * or only one cluster. */
GK_CHECKED enum gk_status gk_lattice_merge(struct gk_lattice_work *work, const int32_t *clusters,
                                           size_t count);

#endif
