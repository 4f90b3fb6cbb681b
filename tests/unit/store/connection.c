/* lib/store against a real PostgreSQL: a private cluster made for this program.
 * Expected values of types are PostgreSQL's own, asked for as text. */
#include "store/connection.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/date.h"
#include "store/migrate.h"
#include "unit.h"

static char folder[64], conninfo[256];

static void start_cluster(void)
{
    char command[512];
    snprintf(folder, sizeof folder, "/tmp/gk-unit-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(command, sizeof command,
             "set -e; deploy/private-cluster start %s --fast >/dev/null;"
             "deploy/setup-database -h $(readlink %s/cluster)/s -U postgres; readlink %s/cluster",
             folder, folder, folder);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    char home[128] = "";
    ck_assert_int_eq(fscanf(pipe, "%100s", home), 1);
    ck_assert_int_eq(pclose(pipe), 0);
    snprintf(conninfo, sizeof conninfo, "host=%s/s dbname=grannkarta", home);
}

static void destroy_cluster(void)
{
    char command[256];
    snprintf(command, sizeof command, "deploy/private-cluster destroy %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static struct gk_store *open_as(enum gk_store_role role)
{
    struct gk_store *store;
    struct gk_error error;
    gk_error_clear(&error);
    ck_assert_msg(gk_store_open(&store, conninfo, role, "test", &error) == GK_OK, "%s",
                  error.message);
    return store;
}

struct seen {
    int rows;
    int64_t i64[8];
    double f64[2];
    int32_t day, hour, early_hour;
    int64_t utc;
    char text[64];
    size_t length, empty_length;
    bool is_null;
};

static enum gk_status take_types(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct seen *seen = context;
    seen->rows++;
    for (int i = 0; i < 4; i++)
        seen->i64[i] = gk_store_get_i64(row, i);
    seen->f64[0] = gk_store_get_f64(row, 4);
    seen->f64[1] = gk_store_get_f64(row, 5);
    seen->day = gk_store_get_day(row, 6);
    seen->hour = gk_store_get_hour(row, 7);
    seen->early_hour = gk_store_get_hour(row, 8);
    seen->utc = gk_store_get_utc(row, 9);
    snprintf(seen->text, sizeof seen->text, "%s", gk_store_get_text(row, 10));
    (void)gk_store_get_bytes(row, 11, &seen->length);
    (void)gk_store_get_bytes(row, 12, &seen->empty_length);
    seen->is_null = gk_store_is_null(row, 13);
    seen->i64[4] = gk_store_get_i64(row, 13);
    return GK_OK;
}

START_TEST(every_type_is_read_as_it_is)
{
    struct gk_store *store = open_as(GK_STORE_READER);
    struct gk_error error;
    struct seen seen = {0};
    enum gk_status status = gk_store_query(
        store,
        "SELECT (-2)::int2, (-3)::int4, 9007199254740993::int8, true, 0.5::float4, (-0.1)::float8,"
        " DATE '2024-02-29', TIMESTAMP '2024-02-29 23:00', TIMESTAMP '1969-12-31 22:30',"
        " TIMESTAMPTZ '1969-12-31 23:59:59.5+00', 'åäö'::text, '\\x00ff00'::bytea,"
        " ''::bytea, NULL::int4",
        NULL, 0, take_types, &seen, &error);
    ck_assert_int_eq(status, GK_OK);
    ck_assert_int_eq(seen.rows, 1);
    ck_assert_int_eq(seen.i64[0], -2);
    ck_assert_int_eq(seen.i64[1], -3);
    ck_assert_int_eq(seen.i64[2], 9007199254740993);
    ck_assert_int_eq(seen.i64[3], 1);
    ck_assert_double_eq(seen.f64[0], 0.5);
    ck_assert_double_eq(seen.f64[1], -0.1);
    ck_assert_int_eq(seen.day, gk_day_from_civil((struct gk_civil){2024, 2, 29}));
    ck_assert_int_eq(seen.hour, seen.day * 24 + 23);
    ck_assert_int_eq(seen.early_hour, -2);
    ck_assert_int_eq(seen.utc, -1);
    ck_assert_str_eq(seen.text, "åäö");
    ck_assert_uint_eq(seen.length, 3);
    ck_assert_uint_eq(seen.empty_length, 0);
    ck_assert(seen.is_null);
    ck_assert_int_eq(seen.i64[4], 0);
    gk_store_close(store);
}
END_TEST

static enum gk_status take_as_number(void *context, struct gk_store_row *row,
                                     struct gk_error *error)
{
    (void)error;
    (void)gk_store_get_i64(row, *(int *)context);
    return GK_OK;
}

static enum gk_status count_rows(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)row, (void)error;
    ++*(int *)context;
    return GK_OK;
}

START_TEST(a_getter_of_another_type_ends_the_query)
{
    struct gk_store *store = open_as(GK_STORE_READER);
    struct gk_error error;
    for (int column = -1; column < 4; column++) {
        enum gk_status status = gk_store_query(store, "SELECT 'x'::text, 1.5::float8, 1.5::numeric",
                                               NULL, 0, take_as_number, &column, &error);
        ck_assert_int_eq(status, GK_INTERNAL);
    }
    int rows = 0;
    ck_assert_int_eq(gk_store_query(store, "SELECT 1", NULL, 0, count_rows, &rows, &error), GK_OK);
    ck_assert_int_eq(rows, 1);
    gk_store_close(store);
}
END_TEST

START_TEST(parameters_arrive_as_they_were_given)
{
    struct gk_store *store = open_as(GK_STORE_READER);
    struct gk_error error;
    const struct gk_store_value values[] = {
        gk_store_i64(INT64_MIN),     gk_store_f64(-0.1), gk_store_text("'; DROP TABLE x; --"),
        gk_store_bytes("\0\377", 2), gk_store_null(),    gk_store_text(NULL),
        gk_store_bytes("", 0)};
    int rows = 0;
    enum gk_status status = gk_store_query(
        store,
        "SELECT 1 WHERE $1 = -9223372036854775808 AND $2 = -0.1::float8"
        " AND $3 = '''; DROP TABLE x; --' AND $4 = '\\x00ff'::bytea AND $5::int IS NULL"
        " AND $6::text IS NULL AND $7 = ''::bytea",
        values, 7, count_rows, &rows, &error);
    ck_assert_msg(status == GK_OK, "%s", error.message);
    ck_assert_int_eq(rows, 1);
    struct gk_store_value many[33];
    for (int i = 0; i < 33; i++)
        many[i] = gk_store_null();
    ck_assert_int_eq(gk_store_query(store, "SELECT 1", many, 33, NULL, NULL, &error), GK_INTERNAL);
    gk_store_close(store);
}
END_TEST

static enum gk_status stop_at_three(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)row;
    return ++*(int *)context == 3 ? gk_error_set(error, GK_TOO_LARGE, "enough") : GK_OK;
}

START_TEST(a_callback_can_end_an_endless_result)
{
    struct gk_store *store = open_as(GK_STORE_READER);
    struct gk_error error;
    int rows = 0;
    enum gk_status status = gk_store_query(store, "SELECT generate_series(1, 100000000000)", NULL,
                                           0, stop_at_three, &rows, &error);
    ck_assert_int_eq(status, GK_TOO_LARGE);
    ck_assert_str_eq(error.message, "enough");
    ck_assert_int_eq(rows, 3);
    rows = 0;
    ck_assert_int_eq(gk_store_query(store, "SELECT 1", NULL, 0, count_rows, &rows, &error), GK_OK);
    gk_store_close(store);
}
END_TEST

START_TEST(errors_carry_the_sqlstate_and_no_rows)
{
    struct gk_store *store = open_as(GK_STORE_OWNER);
    struct gk_error error;
    ck_assert_int_eq(gk_store_execute(store, "SELECT nothing", &error), GK_DATABASE);
    ck_assert_str_eq(error.sqlstate, "42703");
    ck_assert_int_eq(gk_store_execute(store,
                                      "CREATE TEMPORARY TABLE t (a text UNIQUE);"
                                      "INSERT INTO t VALUES ('Storgatan 1'), ('Storgatan 1')",
                                      &error),
                     GK_DATABASE);
    ck_assert_str_eq(error.sqlstate, "23505");
    ck_assert_ptr_null(strstr(error.message, "Storgatan"));
    ck_assert_int_eq(gk_store_execute(store, "DO $$BEGIN RAISE 'a rule'; END$$", &error),
                     GK_REJECTED);
    ck_assert_str_eq(error.message, "a rule");
    gk_store_close(store);
}
END_TEST

START_TEST(a_lost_connection_is_unavailable)
{
    struct gk_store *store = open_as(GK_STORE_READER);
    struct gk_error error;
    enum gk_status status = gk_store_execute(
        store, "RESET ROLE; SELECT pg_terminate_backend(pg_backend_pid())", &error);
    ck_assert_int_eq(status, GK_UNAVAILABLE);
    ck_assert_int_eq(gk_store_query(store, "SELECT 1", NULL, 0, NULL, NULL, &error),
                     GK_UNAVAILABLE);
    struct gk_copy *copy;
    ck_assert_int_eq(gk_copy_begin(&copy, store, "COPY t FROM STDIN (FORMAT binary)", 1, &error),
                     GK_UNAVAILABLE);
    gk_store_close(store);
    ck_assert_int_eq(gk_store_open(&store, "host=/nowhere", GK_STORE_READER, "test", &error),
                     GK_UNAVAILABLE);
    ck_assert_ptr_null(store);
}
END_TEST

START_TEST(a_role_is_taken_and_no_more)
{
    struct gk_store *store = open_as(GK_STORE_READER);
    struct gk_error error;
    int rows = 0;
    ck_assert_int_eq(gk_store_query(store,
                                    "SELECT 1 WHERE current_user = 'grannkarta_reader'"
                                    " AND session_user = 'grannkarta'"
                                    " AND current_setting('timezone') = 'UTC'"
                                    " AND current_setting('application_name') = 'test'",
                                    NULL, 0, count_rows, &rows, &error),
                     GK_OK);
    ck_assert_int_eq(rows, 1);
    ck_assert_int_eq(gk_store_execute(store, "SET ROLE grannkarta_owner", &error), GK_DATABASE);
    gk_store_close(store);
    char as_daemon[300];
    snprintf(as_daemon, sizeof as_daemon, "%s user=grannkarta", conninfo);
    ck_assert_int_eq(gk_store_open(&store, as_daemon, GK_STORE_IMPORTER, "test", &error),
                     GK_DATABASE);
}
END_TEST

/* --- COPY ------------------------------------------------------------------- */

static struct gk_copy *begin_copy(struct gk_store *store)
{
    struct gk_error error;
    struct gk_copy *copy;
    ck_assert_int_eq(
        gk_store_execute(store,
                         "DROP TABLE IF EXISTS pg_temp.c; CREATE TEMPORARY TABLE c (a int2, b int4,"
                         " c int8, d float8, e date, f timestamp, g bool, h text, i bytea)",
                         &error),
        GK_OK);
    ck_assert_int_eq(gk_copy_begin(&copy, store, "COPY c FROM STDIN (FORMAT binary)", 9, &error),
                     GK_OK);
    return copy;
}

static void put_row(struct gk_copy *copy, int32_t i)
{
    gk_copy_row(copy);
    gk_copy_i16(copy, -7);
    gk_copy_i32(copy, i);
    gk_copy_i64(copy, INT64_MAX);
    gk_copy_f64(copy, -0.1);
    gk_copy_day(copy, gk_day_from_civil((struct gk_civil){1999, 12, 31}));
    gk_copy_hour(copy, -1);
    gk_copy_bool(copy, true);
    gk_copy_text(copy, "åäö", 6);
    gk_copy_null(copy);
}

START_TEST(copied_rows_are_what_was_put)
{
    struct gk_store *store = open_as(GK_STORE_OWNER);
    struct gk_error error;
    struct gk_copy *copy = begin_copy(store);
    for (int32_t i = 0; i < 20000; i++)
        put_row(copy, i);
    int64_t rows = 0;
    ck_assert_msg(gk_copy_end(copy, &rows, &error) == GK_OK, "%s", error.message);
    ck_assert_int_eq(rows, 20000);
    int found = 0;
    ck_assert_int_eq(gk_store_query(store,
                                    "SELECT 1 FROM c WHERE a = -7 AND c = 9223372036854775807"
                                    " AND d = -0.1::float8 AND e = '1999-12-31'"
                                    " AND f = '1969-12-31 23:00' AND g AND h = 'åäö' AND i IS NULL"
                                    " HAVING count(*) = 20000 AND sum(b) = 199990000",
                                    NULL, 0, count_rows, &found, &error),
                     GK_OK);
    ck_assert_int_eq(found, 1);
    gk_store_close(store);
}
END_TEST

START_TEST(an_abandoned_or_wrong_copy_takes_nothing)
{
    struct gk_store *store = open_as(GK_STORE_OWNER);
    struct gk_error error;
    struct gk_copy *copy = begin_copy(store);
    put_row(copy, 1);
    gk_copy_abort(copy);
    gk_copy_abort(NULL);
    copy = begin_copy(store);
    gk_copy_row(copy);
    gk_copy_i32(copy, 1);
    ck_assert_int_eq(gk_copy_end(copy, NULL, &error), GK_INTERNAL); /* too few values */
    copy = begin_copy(store);
    put_row(copy, 1);
    gk_copy_null(copy);
    ck_assert_int_eq(gk_copy_end(copy, NULL, &error), GK_INTERNAL); /* too many */
    copy = begin_copy(store);
    gk_copy_row(copy);
    for (int i = 0; i < 9; i++)
        gk_copy_i64(copy, 1);
    ck_assert_int_eq(gk_copy_end(copy, NULL, &error), GK_DATABASE); /* wrong types */
    ck_assert_str_eq(error.sqlstate, "22P03");
    int rows = 0;
    ck_assert_int_eq(gk_store_query(store, "SELECT 1 FROM c", NULL, 0, count_rows, &rows, &error),
                     GK_OK);
    ck_assert_int_eq(rows, 0);
    ck_assert_int_eq(gk_copy_begin(&copy, store, "SELECT 1", 1, &error), GK_INTERNAL);
    ck_assert_int_eq(gk_copy_begin(&copy, store, "COPY none FROM STDIN", 1, &error), GK_DATABASE);
    gk_store_close(store);
}
END_TEST

/* --- Migrations ----------------------------------------------------------------- */

#define SUM(digit) digit digit digit digit digit digit digit digit
#define SUM64(digit)                                                                               \
    SUM(digit) SUM(digit) SUM(digit) SUM(digit) SUM(digit) SUM(digit) SUM(digit) SUM(digit)

START_TEST(a_failing_migration_leaves_those_before_and_nothing_of_itself)
{
    static const struct gk_migration migrations[] = {
        {1, "one", SUM64("1"), "CREATE TABLE grannkarta.one (a int);"},
        {2, "two", SUM64("2"), "CREATE TABLE grannkarta.two (a int); SELECT 1 / 0;"},
        {2, "two", SUM64("2"), "CREATE TABLE grannkarta.two (a int); COMMIT;"},
    };
    struct gk_store *store = open_as(GK_STORE_OWNER);
    struct gk_error error;
    ck_assert_int_eq(gk_store_check_schema(store, &error), GK_CONFLICT);
    ck_assert_int_eq(gk_store_migrate_with(store, migrations, 2, NULL, NULL, &error), GK_DATABASE);
    ck_assert_str_eq(error.sqlstate, "22012");
    ck_assert_ptr_nonnull(strstr(error.message, "0002_two"));
    int rows = 0;
    ck_assert_int_eq(gk_store_query(store,
                                    "SELECT 1 WHERE to_regclass('grannkarta.one') IS NOT NULL"
                                    " AND to_regclass('grannkarta.two') IS NULL"
                                    " AND (SELECT array_agg(number) = '{1}' FROM migration)",
                                    NULL, 0, count_rows, &rows, &error),
                     GK_OK);
    ck_assert_int_eq(rows, 1);
    ck_assert_int_eq(gk_store_check_schema(store, &error), GK_CONFLICT);
    const struct gk_migration commits[] = {migrations[0], migrations[2]};
    ck_assert_int_eq(gk_store_migrate_with(store, commits, 2, NULL, NULL, &error), GK_INTERNAL);
    gk_store_close(store);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_type_is_read_as_it_is,
        a_getter_of_another_type_ends_the_query,
        parameters_arrive_as_they_were_given,
        a_callback_can_end_an_endless_result,
        errors_carry_the_sqlstate_and_no_rows,
        a_lost_connection_is_unavailable,
        a_role_is_taken_and_no_more,
        copied_rows_are_what_was_put,
        an_abandoned_or_wrong_copy_takes_nothing,
        a_failing_migration_leaves_those_before_and_nothing_of_itself,
    };
    Suite *suite = suite_create("store");
    TCase *tcase = tcase_create("store");
    tcase_set_timeout(tcase, 300);
    tcase_add_unchecked_fixture(tcase, start_cluster, destroy_cluster);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
