/* The order of features by keys: `sortby`. */
#ifndef GK_API_SORTBY_H
#define GK_API_SORTBY_H

#include "filter.h"
#include "selection.h"

struct gk_sort_key {
    enum gk_property property;
    bool is_descending;
};

struct gk_sort {
    struct gk_sort_key key[GK_SORT_KEYS_MAX];
    size_t count;
};

/* Whether features may be put in order by a column. Not by what is the same for all;
 * and watch areas not by counts and rates: they are not ranked (rule 7). */
bool gk_is_sortable(const struct gk_view *view, const struct gk_column *column);

/* Reads "a,-b". GK_INVALID names what is allowed. */
GK_CHECKED enum gk_status gk_sort_read(struct gk_sort *sort, const struct gk_filter *filter,
                                       struct gk_text text, struct gk_error *error);

/* Puts `count` features in order: by the keys, nulls last, then as they stand in the
 * layer. `*work` grows. GK_INVALID when it takes too much, GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_sort_features(const struct gk_sort *sort, struct gk_filter *filter,
                                           uint32_t *feature, uint32_t count, uint64_t *work,
                                           struct gk_error *error);

#endif
