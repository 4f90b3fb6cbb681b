/* What a report of `verify` holds, and its two plain forms: text and JSON. */
#include "verify_report.h"

#include <string.h>

#include "base/date.h"
#include "base/json.h"

static const struct gk_verify_check_info infos[GK_VERIFY_CHECKS] = {
#define GK_VERIFY_CHECK(symbol, id, part, title_sv, title_en, proves_sv, proves_en)                \
    [GK_VERIFY_##symbol] = {id, GK_VERIFY_##part, title_sv, title_en, proves_sv, proves_en},
#include "verify_checks.def"
#undef GK_VERIFY_CHECK
};

const struct gk_verify_check_info *gk_verify_check_info(enum gk_verify_check check)
{
    return &infos[check];
}

enum gk_status gk_verify_report_add(void *context, const char *name, double number,
                                    struct gk_error *error)
{
    struct gk_verify_report *report = context;
    size_t length = strlen(name);
    if (report->number_count == GK_VERIFY_NUMBERS_MAX || length > GK_VERIFY_NUMBER_NAME_MAX)
        return gk_error_set(error, GK_INTERNAL, "verify: too many numbers, or too long a name");
    memcpy(report->number[report->number_count].name, name, length + 1);
    report->number[report->number_count++].number = number;
    return GK_OK;
}

double gk_verify_number(const struct gk_verify_report *report, const char *name)
{
    for (size_t i = 0; i < report->number_count; i++)
        if (strcmp(report->number[i].name, name) == 0)
            return report->number[i].number;
    return 0;
}

enum gk_verify_result gk_verify_result(const struct gk_verify_report *report,
                                       enum gk_verify_check check)
{
    const struct gk_verify_finding *finding = &report->finding[check];
    if (finding->outcome.failed > 0)
        return GK_VERIFY_FAIL;
    return finding->is_run && finding->outcome.tested > 0 ? GK_VERIFY_PASS
                                                          : GK_VERIFY_NOT_APPLICABLE;
}

enum gk_verify_reason gk_verify_reason(const struct gk_verify_report *report,
                                       enum gk_verify_check check)
{
    const struct gk_verify_finding *finding = &report->finding[check];
    if (!finding->is_run)
        return report->url[0] == '\0' ? GK_BECAUSE_NO_HTTP : GK_BECAUSE_NO_TOKEN;
    return finding->outcome.skipped > 0 ? GK_BECAUSE_ERASED : GK_BECAUSE_NOTHING;
}

size_t gk_verify_count(const struct gk_verify_report *report, enum gk_verify_result result)
{
    size_t count = 0;
    for (enum gk_verify_check check = 0; check < GK_VERIFY_CHECKS; check++)
        count += gk_verify_result(report, check) == result;
    return count;
}

/* --- Text ---------------------------------------------------------------------- */

static const char *const reasons[] = {
    [GK_BECAUSE_NOTHING] = "there is nothing of the kind yet",
    [GK_BECAUSE_ERASED] = "retention or a purge has erased what to compare with",
    [GK_BECAUSE_NO_HTTP] = "not asked: --no-http",
    [GK_BECAUSE_NO_TOKEN] = "not asked: no --token-file",
};

static void put_check_text(struct gk_buf *buf, const struct gk_verify_report *report,
                           enum gk_verify_check check)
{
    static const char *const words[] = {"pass", "FAIL", "-"};
    const struct gk_verify_outcome *outcome = &report->finding[check].outcome;
    enum gk_verify_result result = gk_verify_result(report, check);
    gk_buf_printf(buf, "%-5s %-16s %s", words[result], infos[check].id, infos[check].title_en);
    if (result == GK_VERIFY_NOT_APPLICABLE)
        gk_buf_printf(buf, ": %s\n", reasons[gk_verify_reason(report, check)]);
    else
        gk_buf_printf(buf, ": %lld looked at\n", (long long)outcome->tested);
    if (result == GK_VERIFY_FAIL) {
        gk_buf_printf(buf, "      %lld not so: ", (long long)outcome->failed);
        gk_buf_puts(buf, outcome->objects);
        gk_buf_puts(buf, outcome->failed > GK_VERIFY_NAMED_MAX ? ", ...\n" : "\n");
    }
    if (outcome->skipped > 0 && result != GK_VERIFY_NOT_APPLICABLE)
        gk_buf_printf(buf, "      %lld not looked at: %s\n", (long long)outcome->skipped,
                      reasons[GK_BECAUSE_ERASED]);
    if (outcome->noted > 0)
        gk_buf_printf(buf, "      %lld counted besides\n", (long long)outcome->noted);
}

static void put_part_text(struct gk_buf *buf, const struct gk_verify_report *report,
                          enum gk_verify_part part)
{
    for (enum gk_verify_check check = 0; check < GK_VERIFY_CHECKS; check++)
        if (infos[check].part == part)
            put_check_text(buf, report, check);
}

static long long whole(const struct gk_verify_report *report, const char *name)
{
    return (long long)gk_verify_number(report, name);
}

static void put_displacement_text(struct gk_buf *buf, const char *where,
                                  const struct gk_displacement *displacement)
{
    if (displacement->dwellings > 0)
        gk_buf_printf(
            buf, "  %-8s %9lld dwellings: median %.0f m, 90 %% within %.0f m, at most %.0f m\n",
            where, (long long)displacement->dwellings, displacement->median_m, displacement->p90_m,
            displacement->max_m);
}

static void put_numbers_text(struct gk_buf *buf, const struct gk_verify_report *report)
{
    gk_buf_printf(
        buf, "cells %lld, dwellings in a cell: least %lld, quartiles %lld %lld %lld, most %lld\n",
        whole(report, "cells"), whole(report, "cell_least"), whole(report, "cell_quarter"),
        whole(report, "cell_half"), whole(report, "cell_three_quarters"),
        whole(report, "cell_most"));
    if (report->has_lattice) {
        gk_buf_puts(buf, "from a home to the point of its cell:\n");
        put_displacement_text(buf, "all", &report->lattice.all);
        put_displacement_text(buf, "town", &report->lattice.town);
        put_displacement_text(buf, "country", &report->lattice.country);
    }
    gk_buf_printf(buf,
                  "cells with a count in the last 12 months: %lld; with as many as dwellings: %lld "
                  "(in the whole release %lld)\n",
                  whole(report, "cells_hit_year"), whole(report, "cells_all_year"),
                  whole(report, "cells_all_whole"));
    gk_buf_printf(buf, "cells with 1 to %lld dwellings of some kind: %lld\n",
                  whole(report, "k") - 1, whole(report, "cells_few_of_a_kind"));
    gk_buf_printf(buf, "incidents of the release: %lld, of them without a place %lld\n",
                  whole(report, "count"), whole(report, "unlocated"));
    gk_buf_puts(buf,
                "k does not hide that all, or none, of a cell's homes were hit; who knows of "
                "a burglary from\nelsewhere can find its cell. More in the page: --html FILE.\n");
}

void gk_verify_put_text(struct gk_buf *buf, const struct gk_verify_report *report)
{
    gk_buf_printf(buf, "grannkarta %s, ", GK_VERSION);
    gk_buf_put_utc(buf, report->made_utc);
    gk_buf_printf(
        buf, ": release %lld, revision %lld, lattice version %lld, k %lld, addresses %lld\n",
        whole(report, "release"), whole(report, "revision"), whole(report, "lattice_version"),
        whole(report, "k"), whole(report, "min_addresses"));
    gk_buf_puts(buf, "\nWhat is stored\n");
    put_part_text(buf, report, GK_VERIFY_STORE);
    gk_buf_puts(buf, "\nWhat is answered");
    if (report->url[0] != '\0') {
        gk_buf_puts(buf, " at ");
        gk_buf_puts(buf, report->url);
        gk_buf_printf(buf, " (%lld features)", (long long)report->features);
    }
    gk_buf_puts(buf, "\n");
    put_part_text(buf, report, GK_VERIFY_HTTP);
    put_part_text(buf, report, GK_VERIFY_ANALYST);
    if (report->is_sampled)
        gk_buf_printf(
            buf, "large collections were sampled: %lld features of each, the same every time\n",
            (long long)report->sample_features);
    gk_buf_puts(buf, "\nWhat remains\n");
    put_numbers_text(buf, report);
    gk_buf_printf(buf, "\n%zu passed, %zu failed, %zu not applicable\n",
                  gk_verify_count(report, GK_VERIFY_PASS), gk_verify_count(report, GK_VERIFY_FAIL),
                  gk_verify_count(report, GK_VERIFY_NOT_APPLICABLE));
}

/* --- JSON ------------------------------------------------------------------------ */

static void put_check_json(struct gk_json *json, const struct gk_verify_report *report,
                           enum gk_verify_check check)
{
    static const char *const parts[] = {"store", "http", "analyst"};
    static const char *const words[] = {"pass", "fail", "not-applicable"};
    const struct gk_verify_outcome *outcome = &report->finding[check].outcome;
    enum gk_verify_result result = gk_verify_result(report, check);
    gk_json_object_begin(json);
    gk_json_member(json, "id", infos[check].id);
    gk_json_member(json, "part", parts[infos[check].part]);
    gk_json_member(json, "result", words[result]);
    if (result == GK_VERIFY_NOT_APPLICABLE)
        gk_json_member(json, "reason", reasons[gk_verify_reason(report, check)]);
    gk_json_member_i64(json, "tested", outcome->tested);
    gk_json_member_i64(json, "failed", outcome->failed);
    gk_json_member_i64(json, "skipped", outcome->skipped);
    gk_json_member_i64(json, "noted", outcome->noted);
    gk_json_member(json, "objects", outcome->objects);
    gk_json_member(json, "title_sv", infos[check].title_sv);
    gk_json_member(json, "title_en", infos[check].title_en);
    gk_json_member(json, "proves_sv", infos[check].proves_sv);
    gk_json_member(json, "proves_en", infos[check].proves_en);
    gk_json_object_end(json);
}

static void put_displacement_json(struct gk_json *json, const char *key,
                                  const struct gk_displacement *displacement)
{
    gk_json_key(json, key);
    gk_json_object_begin(json);
    gk_json_member_i64(json, "dwellings", displacement->dwellings);
    gk_json_key(json, "median_m");
    gk_json_double(json, displacement->median_m, 1);
    gk_json_key(json, "p90_m");
    gk_json_double(json, displacement->p90_m, 1);
    gk_json_key(json, "max_m");
    gk_json_double(json, displacement->max_m, 1);
    gk_json_object_end(json);
}

static void put_numbers_json(struct gk_json *json, const struct gk_verify_report *report)
{
    gk_json_key(json, "numbers");
    gk_json_object_begin(json);
    for (size_t i = 0; i < report->number_count; i++) {
        gk_json_key(json, report->number[i].name);
        gk_json_double(json, report->number[i].number, 3);
    }
    gk_json_object_end(json);
    if (!report->has_lattice)
        return;
    gk_json_key(json, "displacement");
    gk_json_object_begin(json);
    put_displacement_json(json, "all", &report->lattice.all);
    put_displacement_json(json, "town", &report->lattice.town);
    put_displacement_json(json, "country", &report->lattice.country);
    gk_json_object_end(json);
}

void gk_verify_put_json(struct gk_buf *buf, const struct gk_verify_report *report)
{
    struct gk_json json;
    struct gk_buf made;
    gk_buf_init(&made, 64);
    gk_buf_put_utc(&made, report->made_utc);
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_member(&json, "software", "grannkarta " GK_VERSION);
    gk_json_member(&json, "made", made.data);
    gk_json_key(&json, "passed");
    gk_json_bool(&json, gk_verify_count(report, GK_VERIFY_FAIL) == 0);
    gk_json_member(&json, "url", report->url);
    gk_json_member_i64(&json, "features", report->features);
    gk_json_key(&json, "is_sampled");
    gk_json_bool(&json, report->is_sampled);
    gk_json_member_i64(&json, "sample_features", report->sample_features);
    gk_json_key(&json, "checks");
    gk_json_array_begin(&json);
    for (enum gk_verify_check check = 0; check < GK_VERIFY_CHECKS; check++)
        put_check_json(&json, report, check);
    gk_json_array_end(&json);
    put_numbers_json(&json, report);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
    gk_buf_release(&made);
}
