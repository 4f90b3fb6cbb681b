/* What `verify` computes itself: intervals against R (tests/golden/garwood.tsv), the
 * most hits that few homes can have taken against every subset, and numbers and
 * escapes of the page as Swedish and English write them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "unit.h"
#include "verify_interval.h"
#include "verify_page.h"

START_TEST(intervals_are_those_of_r)
{
    FILE *file = fopen("tests/golden/garwood.tsv", "r");
    ck_assert_ptr_nonnull(file);
    char line[512];
    int rows = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        double count, denominator, per, confidence, lower, upper, tolerance;
        if (sscanf(line, "%lf %lf %lf %lf %lf %lf %lf", &count, &denominator, &per, &confidence,
                   &lower, &upper, &tolerance) != 7 ||
            confidence < 0.949 || confidence > 0.951)
            continue;
        double low, high;
        gk_verify_interval((int64_t)count, &low, &high);
        /* The table's own tolerance (some rows are from printed tables). */
        ck_assert_double_le(fabs(low * per / denominator - lower),
                            fmax(tolerance, 1e-9) * (1 + lower));
        ck_assert_double_le(fabs(high * per / denominator - upper),
                            fmax(tolerance, 1e-9) * (1 + upper));
        rows++;
    }
    fclose(file);
    ck_assert_int_gt(rows, 10);
}
END_TEST

/* Every subset of at most 12 cells. */
static int64_t most_of_subsets(const int64_t *hits, const int64_t *homes, size_t count,
                               int64_t capacity)
{
    int64_t most = 0;
    for (unsigned set = 0; set < 1u << count; set++) {
        int64_t hit = 0, home = 0;
        for (size_t i = 0; i < count; i++)
            if ((set >> i & 1) != 0) {
                hit += hits[i];
                home += homes[i];
            }
        if (home <= capacity && hit > most)
            most = hit;
    }
    return most;
}

START_TEST(the_most_hits_of_few_homes_are_those_of_the_best_subset)
{
    struct gk_random random;
    gk_random_init(&random, 3, 0);
    for (int round = 0; round < 300; round++) {
        int64_t hits[12], homes[12];
        size_t count = (size_t)gk_random_below(&random, 13);
        for (size_t i = 0; i < count; i++) {
            hits[i] = (int64_t)gk_random_below(&random, 6);
            homes[i] = 1 + (int64_t)gk_random_below(&random, 7);
        }
        int64_t capacity = (int64_t)gk_random_below(&random, 12);
        ck_assert_int_eq(gk_verify_most_hits(hits, homes, count, capacity),
                         most_of_subsets(hits, homes, count, capacity));
    }
}
END_TEST

static void expect_said(const char *expected, bool is_swedish, const char *text,
                        const double *numbers)
{
    struct gk_buf buf;
    gk_buf_init(&buf, 1000);
    struct gk_page page = {&buf, NULL, is_swedish};
    gk_page_say(&page, text, text, numbers);
    ck_assert_str_eq(buf.data, expected);
    gk_buf_release(&buf);
}

START_TEST(numbers_are_written_as_each_language_does)
{
    expect_said("17\u00a0600 av 1420", true, "{n} av {n}", (double[]){17600, 1420});
    expect_said("1,234,567", false, "{n}", (double[]){1234567});
    expect_said("66,1\u00a0%", true, "{p}", (double[]){0.6612});
    expect_said("100.0\u00a0%", false, "{p}", (double[]){0.99999});
    expect_said("0.0\u00a0%", false, "{p}", (double[]){0});
    expect_said("2022-01 till 2025-12", true, "{m} till {m}",
                (double[]){2022 * 12, 2025 * 12 + 11});
}
END_TEST

START_TEST(texts_from_elsewhere_are_escaped)
{
    struct gk_buf buf;
    gk_buf_init(&buf, 1000);
    struct gk_page page = {&buf, NULL, true};
    gk_page_text(&page, "<b title=\"x\">å & ö</b>");
    ck_assert_str_eq(buf.data, "&lt;b title=&quot;x&quot;&gt;å &amp; ö&lt;/b&gt;");
    gk_buf_release(&buf);
}
END_TEST

/* A report of everything that a report can hold, in the worst case. */
START_TEST(the_page_holds_a_report_of_failures)
{
    struct gk_verify_report *report = calloc(1, sizeof *report);
    struct gk_buf buf;
    gk_buf_init(&buf, 1 << 20);
    report->title = "A <title>";
    report->publisher = "B & C";
    for (enum gk_verify_check check = 0; check < GK_VERIFY_CHECKS; check++) {
        report->finding[check].is_run = true;
        report->finding[check].outcome.failed = 1000000;
        memset(report->finding[check].outcome.objects, '<', GK_VERIFY_OBJECTS_MAX - 1);
    }
    gk_verify_put_page(&buf, report, true);
    gk_verify_put_text(&buf, report);
    gk_verify_put_json(&buf, report);
    ck_assert_int_eq(gk_buf_status(&buf), GK_OK);
    ck_assert_ptr_nonnull(strstr(buf.data, "A &lt;title&gt;"));
    ck_assert_ptr_nonnull(strstr(buf.data, "Stoppa publiceringen"));
    ck_assert_ptr_null(strstr(buf.data, "Alla kontroller"));
    gk_buf_release(&buf);
    free(report);
}
END_TEST

GK_UNIT_MAIN("verify", intervals_are_those_of_r,
             the_most_hits_of_few_homes_are_those_of_the_best_subset,
             numbers_are_written_as_each_language_does, texts_from_elsewhere_are_escaped,
             the_page_holds_a_report_of_failures)
