/* What public answers should be, and pages held against it; see verify/http-*.sql. */
#include "store/verify_http.h"

#include <stdlib.h>
#include <string.h>

#include "verify_sql.h"

static enum gk_status run_script(struct gk_store *store, const char *name, struct gk_error *error)
{
    const char *sql = gk_verify_sql(name);
    if (sql == NULL)
        return gk_error_set(error, GK_INTERNAL, "verify: there is no question \"%s\"", name);
    return gk_store_execute(store, sql, error);
}

static enum gk_status ask(struct gk_store *store, const char *name,
                          const struct gk_store_value *values, size_t count,
                          gk_store_row_function *function, void *context, struct gk_error *error)
{
    const char *sql = gk_verify_sql(name);
    if (sql == NULL)
        return gk_error_set(error, GK_INTERNAL, "verify: there is no question \"%s\"", name);
    return gk_store_query(store, sql, values, count, function, context, error);
}

/* A body that PostgreSQL cannot read is the answer's fault, and is not repeated. */
static enum gk_status blame_body(enum gk_status status, struct gk_error *error)
{
    if (status != GK_DATABASE && status != GK_INVALID && status != GK_REJECTED)
        return status;
    return gk_error_set(error, GK_REJECTED,
                        "verify: an answer of the daemon cannot be read (SQLSTATE %.5s)",
                        error->sqlstate);
}

static enum gk_status take_release(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct gk_verify_release *release = context;
    (void)error;
    release->id = (int32_t)gk_store_get_i64(row, 0);
    release->first_month = (int32_t)gk_store_get_i64(row, 1);
    release->through_month = (int32_t)gk_store_get_i64(row, 2);
    return GK_OK;
}

enum gk_status gk_verify_http_begin(struct gk_verify_release *release, struct gk_store *store,
                                    struct gk_error *error)
{
    *release = (struct gk_verify_release){0};
    enum gk_status status = run_script(store, "http-begin", error);
    if (status != GK_OK)
        return status;
    return gk_store_query(
        store,
        "SELECT id, ((extract(year FROM first_month) - 1970) * 12 + extract(month FROM first_month)"
        " - 1)::int, ((extract(year FROM through_month) - 1970) * 12"
        " + extract(month FROM through_month) - 1)::int FROM w_release",
        NULL, 0, take_release, release, error);
}

/* --- Expectations ------------------------------------------------------------------ */

/* The different counts, with their intervals. */
struct counts {
    int64_t *count;
    size_t length, capacity;
};

static enum gk_status take_count(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct counts *counts = context;
    if (counts->length == counts->capacity) {
        size_t capacity = counts->capacity > 0 ? counts->capacity * 2 : 256;
        int64_t *more = realloc(counts->count, capacity * sizeof *more);
        if (more == NULL)
            return gk_error_set(error, GK_NO_MEMORY, "verify the answers: out of memory");
        counts->count = more;
        counts->capacity = capacity;
    }
    counts->count[counts->length++] = gk_store_get_i64(row, 0);
    return GK_OK;
}

static enum gk_status write_intervals(struct gk_store *store, gk_verify_interval_function *interval,
                                      struct gk_error *error)
{
    struct counts counts = {.count = NULL};
    struct gk_copy *copy = NULL;
    enum gk_status status =
        gk_store_query(store, "SELECT DISTINCT count FROM w_place WHERE count IS NOT NULL", NULL, 0,
                       take_count, &counts, error);
    if (status == GK_OK)
        status = gk_copy_begin(&copy, store,
                               "COPY w_interval (count, lower, upper) FROM STDIN (FORMAT binary)",
                               3, error);
    if (status == GK_OK) {
        for (size_t i = 0; i < counts.length; i++) {
            double lower = 0, upper = 0;
            interval(counts.count[i], &lower, &upper);
            gk_copy_row(copy);
            gk_copy_i64(copy, counts.count[i]);
            gk_copy_f64(copy, lower);
            gk_copy_f64(copy, upper);
        }
        status = gk_copy_end(copy, NULL, error);
    }
    free(counts.count);
    return status;
}

enum gk_status gk_verify_expect(struct gk_store *store, int32_t first_month, int32_t last_month,
                                bool only_municipalities, gk_verify_interval_function *interval,
                                struct gk_error *error)
{
    const struct gk_store_value months[] = {gk_store_i64(first_month), gk_store_i64(last_month),
                                            gk_store_i64(only_municipalities)};
    enum gk_status status = gk_store_execute(store, "TRUNCATE w_period", error);
    if (status == GK_OK)
        status = gk_store_query(store,
                                "INSERT INTO w_period SELECT"
                                " (DATE '1970-01-01' + make_interval(months => $1::int))::date,"
                                " (DATE '1970-01-01' + make_interval(months => $2::int))::date,"
                                " $3::bigint = 1",
                                months, 3, NULL, NULL, error);
    if (status == GK_OK)
        status = run_script(store, "http-places", error);
    if (status == GK_OK)
        status = write_intervals(store, interval, error);
    if (status == GK_OK)
        status = run_script(store, "http-expect", error);
    return status;
}

/* --- Pages ---------------------------------------------------------------------------- */

struct page_reader {
    struct gk_verify_page *page;
    gk_verify_wrong_function *function;
    void *context;
};

static enum gk_status take_line(void *context, struct gk_store_row *row, struct gk_error *error)
{
    static const char *const wrongs[GK_VERIFY_WRONGS] = {"stranger", "more", "less",
                                                         "wrong",    "few",  "shape"};
    const struct page_reader *reader = context;
    const char *what = gk_store_get_text(row, 0);
    int64_t number = gk_store_get_i64(row, 1);
    (void)error;
    if (strcmp(what, "matched") == 0)
        reader->page->matched = number;
    else if (strcmp(what, "features") == 0)
        reader->page->features = number;
    else if (strcmp(what, "next") == 0 && reader->page->next.length == 0)
        gk_buf_puts(&reader->page->next, gk_store_get_text(row, 2));
    for (enum gk_verify_wrong wrong = 0; wrong < GK_VERIFY_WRONGS; wrong++)
        if (strcmp(what, wrongs[wrong]) == 0)
            reader->function(reader->context, wrong, number);
    return GK_OK;
}

static struct gk_store_value text_of(const struct gk_buf *body)
{
    return (struct gk_store_value){.type = GK_STORE_TEXT,
                                   .data = body->data != NULL ? body->data : "",
                                   .length = body->length};
}

static void clear_page(struct gk_verify_page *page)
{
    page->matched = -1;
    page->features = 0;
    gk_buf_clear(&page->next);
}

enum gk_status gk_verify_page(struct gk_verify_page *page, struct gk_store *store,
                              const char *collection, const struct gk_buf *body, bool is_items,
                              gk_verify_wrong_function *function, void *context,
                              struct gk_error *error)
{
    struct page_reader reader = {page, function, context};
    const struct gk_store_value values[] = {gk_store_text(collection), text_of(body),
                                            gk_store_i64(is_items)};
    clear_page(page);
    return blame_body(ask(store, "http-page", values, 3, take_line, &reader, error), error);
}

enum gk_status gk_verify_incidents(struct gk_verify_page *page, struct gk_store *store,
                                   const struct gk_buf *body, gk_verify_wrong_function *function,
                                   void *context, struct gk_error *error)
{
    struct page_reader reader = {page, function, context};
    const struct gk_store_value value = text_of(body);
    clear_page(page);
    return blame_body(ask(store, "http-incidents", &value, 1, take_line, &reader, error), error);
}

struct seen {
    int64_t expected, seen, different;
};

static enum gk_status take_seen(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct seen *seen = context;
    (void)error;
    seen->expected = gk_store_get_i64(row, 0);
    seen->seen = gk_store_get_i64(row, 1);
    seen->different = gk_store_get_i64(row, 2);
    return GK_OK;
}

enum gk_status gk_verify_seen(int64_t *expected, int64_t *seen, int64_t *different,
                              struct gk_store *store, const char *collection,
                              struct gk_error *error)
{
    struct seen counts = {0, 0, 0};
    const struct gk_store_value value = gk_store_text(collection);
    enum gk_status status =
        gk_store_query(store,
                       "SELECT (SELECT count(*) FROM w_expected WHERE collection = $1), count(*),"
                       " count(DISTINCT id) FROM w_seen WHERE collection = $1",
                       &value, 1, take_seen, &counts, error);
    *expected = counts.expected;
    *seen = counts.seen;
    *different = counts.different;
    return status;
}

/* --- Samples and collections -------------------------------------------------------------- */

struct sample {
    gk_verify_id_function *function;
    void *context;
};

static enum gk_status take_id(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct sample *sample = context;
    return sample->function(sample->context, gk_store_get_i64(row, 0), error);
}

enum gk_status gk_verify_sample(struct gk_store *store, const char *collection, int64_t count,
                                gk_verify_id_function *function, void *context,
                                struct gk_error *error)
{
    struct sample sample = {function, context};
    const struct gk_store_value values[] = {gk_store_text(collection), gk_store_i64(count)};
    return gk_store_query(store,
                          "SELECT id FROM w_expected WHERE collection = $1"
                          " ORDER BY hashint8extended(id, 20260101), id LIMIT $2",
                          values, 2, take_id, &sample, error);
}

struct collections {
    gk_verify_collection_function *function;
    void *context;
};

static enum gk_status take_collection(void *context, struct gk_store_row *row,
                                      struct gk_error *error)
{
    const struct collections *collections = context;
    return collections->function(collections->context, gk_store_get_text(row, 0),
                                 gk_store_get_i64(row, 1) != 0, gk_store_get_i64(row, 2) != 0,
                                 gk_store_get_i64(row, 3) != 0, error);
}

enum gk_status gk_verify_collections(struct gk_store *store, const struct gk_buf *body,
                                     gk_verify_collection_function *function, void *context,
                                     struct gk_error *error)
{
    struct collections collections = {function, context};
    const struct gk_store_value value = text_of(body);
    return blame_body(
        ask(store, "http-collections", &value, 1, take_collection, &collections, error), error);
}
