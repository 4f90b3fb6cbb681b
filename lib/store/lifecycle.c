/* Calls the functions that take an import or a release back. */
#include "store/lifecycle.h"

static enum gk_status take_reverted(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    *(struct gk_reverted *)context =
        (struct gk_reverted){.revision = (int32_t)gk_store_get_i64(row, 0),
                             .removed = gk_store_get_i64(row, 1),
                             .restored = gk_store_get_i64(row, 2),
                             .returned = gk_store_get_i64(row, 3),
                             .data_through_day = gk_store_get_day(row, 4)};
    return GK_OK;
}

static enum gk_status take_number(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    *(int32_t *)context = (int32_t)gk_store_get_i64(row, 0);
    return GK_OK;
}

/* A number that there is not is a mistake of the caller, not a refusal of the data:
 * looked at first, because functions of the database know only refusals. */
static enum gk_status check_number(struct gk_store *store, const char *sql, const char *what,
                                   int32_t number, struct gk_error *error)
{
    const struct gk_store_value value = gk_store_i64(number);
    int32_t found = 0;
    enum gk_status status = gk_store_query(store, sql, &value, 1, take_number, &found, error);
    if (status == GK_OK && found == 0)
        return gk_error_set(error, GK_NOT_FOUND,
                            "%s %d does not exist: \"grannkarta %ss\" lists those that do", what,
                            (int)number, what);
    return status;
}

enum gk_status gk_store_revert(struct gk_reverted *reverted, struct gk_store *store,
                               int32_t revision, struct gk_error *error)
{
    struct gk_store_value value = gk_store_i64(revision);
    int32_t made = 0;
    *reverted = (struct gk_reverted){0};
    enum gk_status status = check_number(store, "SELECT id FROM revision WHERE id = $1::int",
                                         "revision", revision, error);
    if (status == GK_OK)
        status =
            gk_store_query(store, "SELECT revert($1::int)", &value, 1, take_number, &made, error);
    value = gk_store_i64(made);
    if (status == GK_OK)
        status = gk_store_query(store,
                                "SELECT id, rows_removed, rows_changed, rows_new, data_through"
                                " FROM revision WHERE id = $1::int",
                                &value, 1, take_reverted, reverted, error);
    return status;
}

enum gk_status gk_store_withdraw(int32_t *newest, struct gk_store *store, int32_t release,
                                 struct gk_error *error)
{
    const struct gk_store_value value = gk_store_i64(release);
    *newest = 0;
    enum gk_status status =
        check_number(store, "SELECT id FROM release WHERE id = $1::int", "release", release, error);
    return status == GK_OK ? gk_store_query(store, "SELECT withdraw($1::int)", &value, 1,
                                            take_number, newest, error)
                           : status;
}
