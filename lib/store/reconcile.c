/* Official totals are staged and joined with sums of the incidents that count now. */
#include "store/reconcile.h"

#include <string.h>

#include "base/date.h"

enum gk_status gk_reconcile_stage(struct gk_copy **copy, struct gk_store *store,
                                  struct gk_error *error)
{
    enum gk_status status = gk_store_execute(
        store,
        "CREATE TEMPORARY TABLE official (line bigint, year integer, municipality text,"
        " what text, count bigint) ON COMMIT DROP",
        error);
    if (status != GK_OK)
        return status;
    return gk_copy_begin(copy, store,
                         "COPY official (line, year, municipality, what, count)"
                         " FROM STDIN (FORMAT binary)",
                         5, error);
}

void gk_copy_official(struct gk_copy *copy, const struct gk_official *official)
{
    gk_copy_row(copy);
    gk_copy_i64(copy, official->line);
    gk_copy_i32(copy, official->year);
    gk_copy_text(copy, official->municipality, strlen(official->municipality));
    gk_copy_text(copy, official->what, strlen(official->what));
    gk_copy_i64(copy, official->count);
}

struct rows {
    gk_reconciled_function *function;
    void *context;
};

static enum gk_status take_row(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct rows *rows = context;
    const struct gk_reconciled reconciled = {
        .line = gk_store_get_i64(row, 0),
        .year = (int32_t)gk_store_get_i64(row, 1),
        .municipality = gk_store_get_text(row, 2),
        .code = gk_store_is_null(row, 3) ? NULL : gk_store_get_text(row, 3),
        .what = gk_store_get_text(row, 4),
        .is_known = gk_store_get_i64(row, 5) != 0,
        .theirs = gk_store_get_i64(row, 6),
        .ours = gk_store_get_i64(row, 7),
        .unlocated = gk_store_get_i64(row, 8),
    };
    return rows->function(rows->context, &reconciled, error);
}

static enum gk_status take_basis(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct gk_reconcile_basis *basis = context;
    basis->data_through_day = gk_store_get_day(row, 0);
    basis->kept_from_month =
        gk_store_is_null(row, 1) ? INT32_MIN : gk_month_from_day(gk_store_get_day(row, 1));
    basis->rejected = gk_store_get_i64(row, 2);
    basis->homeless = gk_store_get_i64(row, 3);
    return GK_OK;
}

static enum gk_status read_basis(struct gk_reconcile_basis *basis, struct gk_store *store,
                                 struct gk_error *error)
{
    *basis = (struct gk_reconcile_basis){.data_through_day = INT32_MIN};
    enum gk_status status =
        gk_store_query(store,
                       "SELECT data_through, (SELECT max(kept_from) FROM revision),"
                       "  (SELECT coalesce(sum(rows_rejected), 0)::bigint FROM revision),"
                       "  (SELECT coalesce(sum(count), 0)::bigint FROM incident"
                       "    WHERE revision_out IS NULL AND municipality_id IS NULL)"
                       "  FROM revision ORDER BY id DESC LIMIT 1",
                       NULL, 0, take_basis, basis, error);
    if (status == GK_OK && basis->data_through_day == INT32_MIN)
        return gk_error_set(error, GK_REJECTED,
                            "there is nothing to compare: no incidents were imported");
    return status;
}

enum gk_status gk_reconcile(struct gk_store *store, bool is_by_event,
                            gk_reconciled_function *function, void *context,
                            struct gk_reconcile_basis *basis, struct gk_error *error)
{
    struct rows rows = {function, context};
    const struct gk_store_value value = gk_store_i64(is_by_event);
    enum gk_status status = read_basis(basis, store, error);
    if (status != GK_OK)
        return status;
    return gk_store_query(
        store,
        "WITH total AS ("
        "  SELECT extract(year FROM CASE WHEN $1::bigint = 1 THEN event_month(from_hour, to_hour)"
        "      ELSE coalesce(reported, to_hour::date) END)::int AS year, d.code, i.code_id,"
        "    sum(i.count) AS count, coalesce(sum(i.count) FILTER (WHERE cell_id IS NULL), 0)"
        "      AS unlocated"
        "   FROM incident i JOIN district d ON d.id = i.municipality_id"
        "  WHERE revision_out IS NULL GROUP BY 1, 2, 3),"
        " asked AS ("
        "  SELECT o.*, (SELECT d.code FROM district d WHERE d.set_name = 'kommun'"
        "      AND (d.code = o.municipality OR lower(d.name) IN"
        "        (lower(o.municipality), lower(o.municipality) || ' kommun'))"
        "      ORDER BY d.valid_from DESC, d.id LIMIT 1) AS code,"
        "    ARRAY(SELECT c.id FROM offence_code c WHERE c.code = lpad(o.what, 4, '0')"
        "      OR c.kind = CASE lower(o.what) WHEN 'lägenhet' THEN 'flat' ELSE lower(o.what) END"
        "      OR c.id IN (SELECT code_id FROM definition_code WHERE definition = lower(o.what)))"
        "      AS code_ids"
        "   FROM official o)"
        " SELECT a.line, a.year, a.municipality, a.code, a.what, a.code_ids <> '{}', a.count,"
        "   coalesce(sum(t.count), 0)::bigint, coalesce(sum(t.unlocated), 0)::bigint"
        "  FROM asked a LEFT JOIN total t"
        "    ON t.year = a.year AND t.code = a.code AND t.code_id = ANY (a.code_ids)"
        "  GROUP BY a.line, a.year, a.municipality, a.code, a.what, a.code_ids, a.count"
        "  ORDER BY a.line",
        &value, 1, take_row, &rows, error);
}
