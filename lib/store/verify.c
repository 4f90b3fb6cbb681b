/* Running the questions of lib/store/verify, and the one condition on kinds of
 * dwelling that SQL cannot say well. The stored reports are in verification.c. */
#include "store/verify.h"

#include <stdlib.h>
#include <string.h>

#include "verify_sql.h"

static enum gk_status no_question(const char *name, struct gk_error *error)
{
    return gk_error_set(error, GK_INTERNAL, "verify: there is no question \"%s\"", name);
}

enum gk_status gk_verify_begin(struct gk_store *store, const struct gk_verify_settings *settings,
                               struct gk_error *error)
{
    const char *begin = gk_verify_sql("begin"), *lines = gk_verify_sql("lines");
    const struct gk_store_value values[] = {gk_store_i64(settings->k),
                                            gk_store_i64(settings->min_addresses),
                                            gk_store_i64(settings->watch_min_dwellings)};
    const struct gk_store_value expected = gk_store_text(gk_verify_lines());
    if (begin == NULL || lines == NULL)
        return no_question("begin", error);
    enum gk_status status = gk_store_execute(store, "BEGIN ISOLATION LEVEL REPEATABLE READ", error);
    if (status == GK_OK)
        status = gk_store_execute(store, lines, error);
    if (status == GK_OK)
        status = gk_store_execute(store, begin, error);
    if (status == GK_OK)
        status = gk_store_query(store, "INSERT INTO v_parameter SELECT $1::int, $2::int, $3::int",
                                values, 3, NULL, NULL, error);
    if (status == GK_OK)
        status = gk_store_query(store,
                                "INSERT INTO v_expected SELECT line"
                                " FROM unnest(string_to_array($1, E'\\n')) line WHERE line <> ''",
                                &expected, 1, NULL, NULL, error);
    return status;
}

enum gk_status gk_verify_end(struct gk_store *store, struct gk_error *error)
{
    return gk_store_execute(store, "ROLLBACK", error);
}

/* --- Checks -------------------------------------------------------------------- */

/* Names an object that does not hold, while there is room. */
static void add_failure(struct gk_verify_outcome *outcome, const char *object)
{
    size_t length = strlen(outcome->objects), more = strlen(object);
    if (outcome->failed++ >= GK_VERIFY_NAMED_MAX || length + more + 3 > sizeof outcome->objects)
        return;
    if (length > 0) {
        memcpy(outcome->objects + length, ", ", 3);
        length += 2;
    }
    memcpy(outcome->objects + length, object, more + 1);
}

static enum gk_status take_row(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct gk_verify_outcome *outcome = context;
    const char *what = gk_store_get_text(row, 0);
    int64_t number = gk_store_get_i64(row, 2);
    if (strcmp(what, "tested") == 0)
        outcome->tested += number;
    else if (strcmp(what, "skipped") == 0)
        outcome->skipped += number;
    else if (strcmp(what, "noted") == 0)
        outcome->noted += number;
    else if (strcmp(what, "failed") == 0)
        add_failure(outcome, gk_store_get_text(row, 1));
    else
        return gk_error_set(error, GK_INTERNAL, "verify: a row says neither of four words");
    return GK_OK;
}

/* --- Kinds that few homes must have taken --------------------------------------- */

/* A knapsack: best[w] is the most hits of cells with at most w homes in all. */
int64_t gk_verify_most_hits(const int64_t *hits, const int64_t *homes, size_t count,
                            int64_t capacity)
{
    if (capacity <= 0)
        return 0;
    int64_t *best = calloc((size_t)capacity + 1, sizeof *best);
    if (best == NULL)
        return -1;
    for (size_t i = 0; i < count; i++)
        for (int64_t w = capacity; w >= homes[i]; w--)
            if (best[w - homes[i]] + hits[i] > best[w])
                best[w] = best[w - homes[i]] + hits[i];
    int64_t most = best[capacity];
    free(best);
    return most;
}

enum { GROUP_NAME_MAX = 96 };

/* One kind, or two together, of one municipality's year in one release: its cells as
 * they come. */
struct kind_group {
    struct gk_verify_outcome *outcome;
    char name[GROUP_NAME_MAX], kind[16];
    int64_t count, k, unlocated, reachable;
    int64_t *hits, *homes; /* of the cells that have fewer homes than k */
    size_t cells, capacity;
};

/* Whoever leaves out k - 1 homes, the rest must have room for every hit. */
static enum gk_status close_group(struct kind_group *group, struct gk_error *error)
{
    if (group->name[0] == '\0')
        return GK_OK;
    int64_t most = gk_verify_most_hits(group->hits, group->homes, group->cells, group->k - 1);
    if (most < 0)
        return gk_error_set(error, GK_NO_MEMORY, "verify kinds of dwelling: out of memory");
    if (group->count > group->reachable - most + group->unlocated)
        add_failure(group->outcome, group->name);
    group->cells = 0;
    group->reachable = 0;
    return GK_OK;
}

static enum gk_status add_cell(struct kind_group *group, int64_t hits, int64_t homes,
                               struct gk_error *error)
{
    if (homes <= 0)
        return GK_OK;
    group->reachable += hits;
    if (homes >= group->k)
        return GK_OK;
    if (group->cells == group->capacity) {
        size_t capacity = group->capacity > 0 ? group->capacity * 2 : 256;
        int64_t *more_hits = realloc(group->hits, capacity * sizeof *more_hits);
        if (more_hits != NULL)
            group->hits = more_hits;
        int64_t *more_homes = realloc(group->homes, capacity * sizeof *more_homes);
        if (more_homes != NULL)
            group->homes = more_homes;
        if (more_hits == NULL || more_homes == NULL)
            return gk_error_set(error, GK_NO_MEMORY, "verify kinds of dwelling: out of memory");
        group->capacity = capacity;
    }
    group->hits[group->cells] = hits;
    group->homes[group->cells++] = homes;
    return GK_OK;
}

static enum gk_status take_kind(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct kind_group *group = context;
    const char *name = gk_store_get_text(row, 0), *kind = gk_store_get_text(row, 1);
    if (strcmp(name, group->name) != 0 || strcmp(kind, group->kind) != 0) {
        enum gk_status status = close_group(group, error);
        if (status != GK_OK)
            return status;
        if (strlen(name) >= sizeof group->name || strlen(kind) >= sizeof group->kind)
            return gk_error_set(error, GK_INTERNAL, "verify kinds: a name is too long");
        memcpy(group->name, name, strlen(name) + 1);
        memcpy(group->kind, kind, strlen(kind) + 1);
        group->count = gk_store_get_i64(row, 2);
        group->k = gk_store_get_i64(row, 3);
        group->unlocated = gk_store_get_i64(row, 4);
    }
    return add_cell(group, gk_store_get_i64(row, 5), gk_store_get_i64(row, 6), error);
}

static enum gk_status check_kinds(struct gk_verify_outcome *outcome, struct gk_store *store,
                                  struct gk_error *error)
{
    struct kind_group group = {.outcome = outcome};
    const char *sql = gk_verify_sql("kinds-forced");
    if (sql == NULL)
        return no_question("kinds-forced", error);
    enum gk_status status = gk_store_query(store, sql, NULL, 0, take_kind, &group, error);
    if (status == GK_OK)
        status = close_group(&group, error);
    free(group.hits);
    free(group.homes);
    return status;
}

enum gk_status gk_verify_check(struct gk_verify_outcome *outcome, struct gk_store *store,
                               const char *name, struct gk_error *error)
{
    memset(outcome, 0, sizeof *outcome);
    const char *sql = gk_verify_sql(name);
    if (sql == NULL)
        return no_question(name, error);
    enum gk_status status = gk_store_query(store, sql, NULL, 0, take_row, outcome, error);
    if (status == GK_OK && strcmp(name, "kinds") == 0)
        status = check_kinds(outcome, store, error);
    return status;
}

/* --- Numbers ---------------------------------------------------------------------- */

struct numbers {
    gk_verify_number_function *function;
    void *context;
};

static enum gk_status take_number(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct numbers *numbers = context;
    return numbers->function(numbers->context, gk_store_get_text(row, 0), gk_store_get_f64(row, 1),
                             error);
}

enum gk_status gk_verify_numbers(struct gk_store *store, gk_verify_number_function *function,
                                 void *context, struct gk_error *error)
{
    struct numbers numbers = {function, context};
    const char *sql = gk_verify_sql("numbers");
    if (sql == NULL)
        return no_question("numbers", error);
    return gk_store_query(store, sql, NULL, 0, take_number, &numbers, error);
}
