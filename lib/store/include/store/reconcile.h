/* Totals of years and municipalities beside official ones. */
#ifndef GK_STORE_RECONCILE_H
#define GK_STORE_RECONCILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "store/connection.h"

/* One official total; texts are borrowed. */
struct gk_official {
    int64_t line; /* of the table it came from */
    int32_t year;
    const char *municipality; /* its code or its name */
    const char *what;         /* an offence code, a kind of dwelling, or a definition */
    int64_t count;
};

/* The same with ours beside it; texts are borrowed inside the callback. */
struct gk_reconciled {
    int64_t line;
    int32_t year;
    const char *municipality; /* as given */
    const char *code;         /* of the municipality; NULL: it is not known */
    const char *what;         /* as given */
    bool is_known;            /* `what` is */
    int64_t theirs, ours;
    int64_t unlocated; /* of ours */
};

typedef enum gk_status gk_reconciled_function(void *context, const struct gk_reconciled *row,
                                              struct gk_error *error);

/* What explains differences. */
struct gk_reconcile_basis {
    int32_t data_through_day;
    int32_t kept_from_month; /* INT32_MIN: no retention */
    int64_t rejected;        /* rows that imports which stand rejected */
    int64_t homeless;        /* incidents that belong to no municipality, any year */
};

/* Begins staging: gk_copy_official() for each, then gk_copy_end(). Inside a
 * transaction that the caller ends; importer's role. */
GK_CHECKED enum gk_status gk_reconcile_stage(struct gk_copy **copy, struct gk_store *store,
                                             struct gk_error *error);

/* Stages one total. */
void gk_copy_official(struct gk_copy *copy, const struct gk_official *official);

/* Calls `function` for each, by line. A year is that of the report
 * (`is_by_event` false; that of the end where it is not known), or of the middle
 * of the interval. */
GK_CHECKED enum gk_status gk_reconcile(struct gk_store *store, bool is_by_event,
                                       gk_reconciled_function *function, void *context,
                                       struct gk_reconcile_basis *basis, struct gk_error *error);

#endif
