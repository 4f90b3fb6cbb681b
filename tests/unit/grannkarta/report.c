/* What commands answer and how far they are. Expected texts are written out by
 * hand from report.h and progress.h; the JSON was checked with Python's json. */
#include "report.h"
#include "progress.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct gk_report report;
static struct gk_error error;

/* What gk_report_print() writes; the caller frees it. */
static char *printed(bool as_json, enum gk_status status)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(gk_report_print(&report, out, as_json, status, &error), GK_OK);
    fclose(out);
    gk_report_release(&report);
    return text;
}

static void put_one_of_each(void)
{
    gk_report_init(&report, "try it");
    gk_report_count(&report, "read", 1234567, "read {}");
    gk_report_i64(&report, "year", 2024, "   year {}\n");
    gk_report_double(&report, "median_m", 12.25, 1, "median {} m");
    gk_report_bool(&report, "is_far", true, ", far");
    gk_report_bool(&report, "is_near", false, ", near");
    gk_report_null(&report, "p90_m", ", no more is known\n");
    gk_report_text(&report, "name", "\"Å\" {}", "name {}\n");
    gk_report_text(&report, "other", NULL, "other {}\n");
    gk_report_day(&report, "day", 0, "{}");
    gk_report_month(&report, "month", 1, " {}");
    gk_report_utc(&report, "made", 0, " {}\n");
    gk_report_i64(&report, "hidden", -5, NULL);
}

START_TEST(text_and_json_say_the_same_values)
{
    put_one_of_each();
    char *text = printed(false, GK_OK);
    ck_assert_str_eq(text, "read 1,234,567   year 2024\nmedian 12.3 m, far, no more is known\n"
                           "name \"Å\" {}\n1970-01-01 1970-02 1970-01-01T00:00:00Z\n");
    free(text);
    put_one_of_each();
    text = printed(true, GK_OK);
    ck_assert_str_eq(text,
                     "{\"command\":\"try it\",\"read\":1234567,\"year\":2024,\"median_m\":12.3,"
                     "\"is_far\":true,\"is_near\":false,\"p90_m\":null,\"name\":\"\\\"Å\\\" {}\","
                     "\"other\":null,\"day\":\"1970-01-01\",\"month\":\"1970-02\","
                     "\"made\":\"1970-01-01T00:00:00Z\",\"hidden\":-5,\"status\":\"OK\"}\n");
    free(text);
}
END_TEST

static void put_a_list(bool is_cut)
{
    gk_report_init(&report, "list");
    gk_report_list_begin(&report, "things");
    for (int i = 1; i <= 2; i++) {
        gk_report_row_begin(&report);
        gk_report_i64(&report, "id", i, "thing {}\n");
        if (is_cut && i == 2)
            return;
        gk_report_row_end(&report);
    }
    gk_report_list_end(&report);
    gk_report_group_begin(&report, "more");
    gk_report_i64(&report, "id", 3, NULL);
    gk_report_group_end(&report);
    gk_report_note(&report, "%d \"left\" out", 7);
    gk_report_note(&report, "and more");
}

START_TEST(lists_groups_and_notes_nest)
{
    put_a_list(false);
    char *text = printed(false, GK_OK);
    ck_assert_str_eq(text, "thing 1\nthing 2\n7 \"left\" out\nand more\n");
    free(text);
    put_a_list(false);
    text = printed(true, GK_OK);
    ck_assert_str_eq(text, "{\"command\":\"list\",\"things\":[{\"id\":1},{\"id\":2}],"
                           "\"more\":{\"id\":3},\"notes\":[\"7 \\\"left\\\" out\",\"and more\"],"
                           "\"status\":\"OK\"}\n");
    free(text);
}
END_TEST

START_TEST(a_failure_in_the_middle_of_a_list_is_still_one_object)
{
    put_a_list(true);
    gk_error_set(&error, GK_REJECTED, "it is \"bad\"");
    char *text = printed(true, GK_REJECTED);
    ck_assert_str_eq(text, "{\"command\":\"list\",\"things\":[{\"id\":1},{\"id\":2}],"
                           "\"status\":\"REJECTED\",\"message\":\"it is \\\"bad\\\"\"}\n");
    free(text);
}
END_TEST

/* One line of progress; the caller releases it. */
static const char *line_of(struct gk_buf *buf, const struct gk_progress_state *state,
                           enum gk_progress_style style)
{
    gk_buf_init(buf, 1024);
    gk_buf_put_progress(buf, state, style);
    ck_assert_int_eq(gk_buf_status(buf), GK_OK);
    return buf->data;
}

#define UNKNOWN .share = -1
#define LINE_IS(style, expected, ...)                                                              \
    do {                                                                                           \
        struct gk_buf buf_;                                                                        \
        const struct gk_progress_state state_ = {.command = "c", .step = "reading", __VA_ARGS__};  \
        ck_assert_str_eq(line_of(&buf_, &state_, style), expected);                                \
        gk_buf_release(&buf_);                                                                     \
    } while (0)

START_TEST(a_line_has_count_rate_and_time_left)
{
    LINE_IS(GK_PROGRESS_LOG, "reading: 120,000 rows (12 %), 24,000 rows/s, 37 s left",
            .unit = "rows", .done = 120000, .total = 1000000, .seconds = 5, UNKNOWN);
    LINE_IS(GK_PROGRESS_LOG, "reading: 500 rows (25 %), 50 rows/s, 30 s left", .unit = "rows",
            .done = 500, .share = 0.25, .seconds = 10);
    LINE_IS(GK_PROGRESS_TERMINAL, "reading: 500 rows, 50 rows/s", .unit = "rows", .done = 500,
            .seconds = 10, UNKNOWN);
    LINE_IS(GK_PROGRESS_LOG, "reading: 0 rows (0 %), 0 rows/s", .unit = "rows", .total = 9,
            UNKNOWN);
    LINE_IS(GK_PROGRESS_LOG, "reading: 1,000,000 rows in 12 s", .unit = "rows", .done = 1000000,
            .seconds = 12.3, .is_end = true, UNKNOWN);
    LINE_IS(GK_PROGRESS_LOG, "reading: 2 min 5 s", .seconds = 125, UNKNOWN);
    LINE_IS(GK_PROGRESS_LOG, "reading: 40 %, 3 s", .seconds = 3, .share = 0.4);
    LINE_IS(GK_PROGRESS_LOG, "reading: 2 h 1 min", .seconds = 7260, .is_end = true, UNKNOWN);
}
END_TEST

START_TEST(more_done_than_announced_is_all_of_it)
{
    LINE_IS(GK_PROGRESS_LOG, "reading: 20 rows (100 %), 2 rows/s, 0 s left", .unit = "rows",
            .done = 20, .total = 10, .seconds = 10, UNKNOWN);
}
END_TEST

START_TEST(an_event_is_a_json_object)
{
    LINE_IS(GK_PROGRESS_JSON,
            "{\"event\":\"progress\",\"command\":\"c\",\"step\":\"reading\",\"unit\":\"rows\","
            "\"done\":120000,\"seconds\":5,\"share\":0.12,\"per_second\":24000,"
            "\"seconds_left\":37}",
            .unit = "rows", .done = 120000, .total = 1000000, .seconds = 5, UNKNOWN);
    LINE_IS(GK_PROGRESS_JSON,
            "{\"event\":\"progress\",\"command\":\"c\",\"step\":\"reading\",\"unit\":null,"
            "\"seconds\":5,\"share\":null,\"per_second\":null,\"seconds_left\":null}",
            .seconds = 5, UNKNOWN);
    LINE_IS(GK_PROGRESS_JSON,
            "{\"event\":\"step_end\",\"command\":\"c\",\"step\":\"reading\",\"unit\":\"rows\","
            "\"done\":7,\"seconds\":0.5}",
            .unit = "rows", .done = 7, .seconds = 0.5, .is_end = true, UNKNOWN);
}
END_TEST

START_TEST(thousands_are_grouped_at_every_size)
{
    static const struct {
        int64_t number;
        const char *text;
    } rows[] = {{0, "0"},
                {999, "999"},
                {1000, "1,000"},
                {1000000, "1,000,000"},
                {-1234, "-1,234"},
                {INT64_MAX, "9,223,372,036,854,775,807"},
                {INT64_MIN, "-9,223,372,036,854,775,808"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gk_buf buf;
        gk_buf_init(&buf, 64);
        gk_buf_put_grouped(&buf, rows[i].number);
        ck_assert_str_eq(buf.data, rows[i].text);
        gk_buf_release(&buf);
    }
}
END_TEST

/* What a whole run writes. Nothing here lasts until a tick. */
static char *run(enum gk_progress_style style, bool ends)
{
    char *text = NULL;
    size_t length;
    struct gk_progress *progress;
    FILE *out = open_memstream(&text, &length);
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(gk_progress_create(&progress, out, "c", style), GK_OK);
    gk_progress_begin(progress, "opening", NULL, 0);
    gk_progress_begin(progress, "reading", "rows", 0);
    gk_progress_at(progress, 3);
    gk_progress_part(progress, 1, 2);
    if (ends)
        gk_progress_end(progress);
    gk_progress_free(progress);
    fclose(out);
    return text;
}

START_TEST(only_a_step_that_ended_and_counted_leaves_a_line)
{
    char *text = run(GK_PROGRESS_LOG, true);
    const char *start = "reading: 3 rows in ";
    ck_assert(strncmp(text, start, strlen(start)) == 0);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
    text = run(GK_PROGRESS_LOG, false);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(without_progress_nothing_happens)
{
    gk_progress_begin(NULL, "reading", "rows", 1);
    gk_progress_at(NULL, 1);
    gk_progress_part(NULL, 1, 2);
    gk_progress_end(NULL);
    gk_progress_free(NULL);
}
END_TEST

GK_UNIT_MAIN("report", text_and_json_say_the_same_values, lists_groups_and_notes_nest,
             a_failure_in_the_middle_of_a_list_is_still_one_object,
             a_line_has_count_rate_and_time_left, more_done_than_announced_is_all_of_it,
             an_event_is_a_json_object, thousands_are_grouped_at_every_size,
             only_a_step_that_ended_and_counted_leaves_a_line, without_progress_nothing_happens)
