/* What the public answers of a daemon should be, computed from the release in the
 * database alone, and pages of answers held against it. PostgreSQL reads the
 * JSON and PostGIS the geometry, so that nothing of the service's own code does.
 * Inside the transaction of gk_verify_begin(). */
#ifndef GK_STORE_VERIFY_HTTP_H
#define GK_STORE_VERIFY_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "store/connection.h"

/* The release that the public should see; id 0: none. Months since 1970-01. */
struct gk_verify_release {
    int32_t id, first_month, through_month;
};

/* Prepares; finds the newest standing release. */
GK_CHECKED enum gk_status gk_verify_http_begin(struct gk_verify_release *release,
                                               struct gk_store *store, struct gk_error *error);

/* The interval of a count, as the caller computes it. */
typedef void gk_verify_interval_function(int64_t count, double *lower, double *upper);

/* Computes what every collection should answer for the months first to last, or
 * only that of municipalities. */
GK_CHECKED enum gk_status gk_verify_expect(struct gk_store *store, int32_t first_month,
                                           int32_t last_month, bool only_municipalities,
                                           gk_verify_interval_function *interval,
                                           struct gk_error *error);

/* What is wrong with features of an answer. */
enum gk_verify_wrong {
    GK_VERIFY_STRANGER, /* a feature that should not be there */
    GK_VERIFY_MORE,     /* something that is not declared */
    GK_VERIFY_LESS,     /* something declared is not there */
    GK_VERIFY_WRONG,    /* another value */
    GK_VERIFY_FEW,      /* fewer than k homes or too few addresses */
    GK_VERIFY_SHAPE,    /* not drawn as it should be */
    GK_VERIFY_WRONGS
};

/* Called for each finding; id -1: the page itself, or a feature without number. */
typedef void gk_verify_wrong_function(void *context, enum gk_verify_wrong wrong, int64_t id);

/* What a page says of itself. */
struct gk_verify_page {
    int64_t matched, features; /* matched -1: it does not say */
    struct gk_buf next;        /* address of the next page; empty: none */
};

/* Holds a body against what is expected of the collection. `is_items`: features
 * that were asked for one by one, put together. GK_REJECTED when it is no JSON. */
GK_CHECKED enum gk_status gk_verify_page(struct gk_verify_page *page, struct gk_store *store,
                                         const char *collection, const struct gk_buf *body,
                                         bool is_items, gk_verify_wrong_function *function,
                                         void *context, struct gk_error *error);

/* As gk_verify_page(), for incidents as an analyst gets them; ids are of cells. */
GK_CHECKED enum gk_status gk_verify_incidents(struct gk_verify_page *page, struct gk_store *store,
                                              const struct gk_buf *body,
                                              gk_verify_wrong_function *function, void *context,
                                              struct gk_error *error);

/* How many features were expected of a collection, how many pages had, and how
 * many different ones; since gk_verify_expect(). */
GK_CHECKED enum gk_status gk_verify_seen(int64_t *expected, int64_t *seen, int64_t *different,
                                         struct gk_store *store, const char *collection,
                                         struct gk_error *error);

typedef enum gk_status gk_verify_id_function(void *context, int64_t id, struct gk_error *error);

/* Calls the function with the id of up to `count` expected features, always the same. */
GK_CHECKED enum gk_status gk_verify_sample(struct gk_store *store, const char *collection,
                                           int64_t count, gk_verify_id_function *function,
                                           void *context, struct gk_error *error);

typedef enum gk_status gk_verify_collection_function(void *context, const char *name, bool is_there,
                                                     bool is_wanted, bool is_incidents,
                                                     struct gk_error *error);

/* Calls the function for each collection that a body of /collections has or should
 * have; the name is "other" for one that should not be there. */
GK_CHECKED enum gk_status gk_verify_collections(struct gk_store *store, const struct gk_buf *body,
                                                gk_verify_collection_function *function,
                                                void *context, struct gk_error *error);

#endif
