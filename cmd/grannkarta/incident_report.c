/* What an import of incidents tells. */
#include "incident_report.h"

#include <math.h>
#include <stdlib.h>

#include "base/date.h"

/* Metres that are told apart; months since 1970. */
enum { METRES_MAX = 20000, MONTHS_MAX = 130 * 12 };

struct moved {
    int64_t count;
    int64_t by_metre[METRES_MAX + 1];
};

struct gk_incident_report {
    struct moved town, country;
    int64_t unlocated[GK_UNLOCATED_COUNT];
    int64_t outside;
    int64_t by_month[MONTHS_MAX];
    int32_t latest_report, latest_end; /* days */
};

enum gk_status gk_incident_report_create(struct gk_incident_report **report)
{
    *report = calloc(1, sizeof **report);
    if (*report == NULL)
        return GK_NO_MEMORY;
    (*report)->latest_report = (*report)->latest_end = INT32_MIN;
    return GK_OK;
}

void gk_incident_report_free(struct gk_incident_report *report)
{
    free(report);
}

void gk_incident_report_add(struct gk_incident_report *report,
                            const struct gk_incident_input *input,
                            const struct gk_incident_location *location)
{
    int32_t month = gk_month_from_hour(input->from_hour);
    int32_t end = gk_day_from_hour(input->to_hour);
    report->unlocated[location->why]++;
    report->outside += location->is_outside;
    if (month >= 0 && month < MONTHS_MAX)
        report->by_month[month]++;
    if (input->reported > report->latest_report)
        report->latest_report = input->reported;
    if (end > report->latest_end)
        report->latest_end = end;
    if (location->why != GK_LOCATED)
        return;
    struct moved *moved = location->is_country ? &report->country : &report->town;
    moved->count++;
    moved->by_metre[(int)fmin(location->moved_m + 0.5, METRES_MAX)]++;
}

int64_t gk_incident_report_unlocated(const struct gk_incident_report *report)
{
    return report->unlocated[GK_UNLOCATED_MISSING] + report->unlocated[GK_UNLOCATED_OUTSIDE] +
           report->unlocated[GK_UNLOCATED_FAR];
}

int32_t gk_incident_report_data_through(const struct gk_incident_report *report)
{
    return report->latest_report != INT32_MIN ? report->latest_report : report->latest_end;
}

/* --- Telling ----------------------------------------------------------------------- */

/* The metre that `tenths` of ten of the rows reach; `b` may be NULL. */
static int quantile(const struct moved *a, const struct moved *b, int64_t tenths)
{
    int64_t count = a->count + (b != NULL ? b->count : 0), seen = 0;
    for (int m = 0; m <= METRES_MAX; m++) {
        seen += a->by_metre[m] + (b != NULL ? b->by_metre[m] : 0);
        if (seen * 10 >= count * tenths)
            return m;
    }
    return METRES_MAX;
}

/* `texts`: for the median, for the 90 %, for neither. */
static void put_part(struct gk_report *out, const char *name, const struct moved *moved,
                     const char *const texts[3])
{
    gk_report_group_begin(out, name);
    if (moved->count < GK_MOVED_LEAST) {
        gk_report_null(out, "median_m", texts[2]);
        gk_report_null(out, "p90_m", NULL);
    } else {
        gk_report_i64(out, "median_m", quantile(moved, NULL, 5), texts[0]);
        gk_report_i64(out, "p90_m", quantile(moved, NULL, 9), texts[1]);
    }
    gk_report_group_end(out);
}

static void put_moved(struct gk_report *out, const struct gk_incident_report *report)
{
    static const char *const in_town[] = {"town {} / ", "{}", "town -"};
    static const char *const in_country[] = {", country {} / ", "{})\n", ", country -)\n"};
    const struct moved *town = &report->town, *country = &report->country;
    gk_report_group_begin(out, "moved");
    if (town->count + country->count < GK_MOVED_LEAST) {
        gk_report_null(out, "median_m", NULL);
        gk_report_null(out, "p90_m", NULL);
        gk_report_i64(out, "located_at_least", GK_MOVED_LEAST,
                      "moved to its cell: fewer than {} located, too few to say\n");
    } else {
        gk_report_i64(out, "median_m", quantile(town, country, 5),
                      "moved to its cell: median {} m, ");
        gk_report_i64(out, "p90_m", quantile(town, country, 9), "90 % within {} m (");
        put_part(out, "town", town, in_town);
        put_part(out, "country", country, in_country);
    }
    gk_report_group_end(out);
}

/* The last closed month that the data cover, against the one before it. */
static void put_months(struct gk_report *out, const struct gk_incident_report *report,
                       const struct gk_incident_totals *totals)
{
    int32_t month =
        totals->data_through == INT32_MIN ? 0 : gk_month_from_day(totals->data_through + 1) - 1;
    gk_report_say(out, "against the month before: ");
    if (month < 1 || month >= MONTHS_MAX || report->by_month[month - 1] == 0) {
        gk_report_null(out, "month_change_percent", "nothing to compare with");
    } else {
        double change = 100.0 * (double)(report->by_month[month] - report->by_month[month - 1]) /
                        (double)report->by_month[month - 1];
        gk_report_double(out, "month_change_percent", change, 0, change < 0 ? "{} %" : "+{} %");
    }
    gk_report_say(out, "; outside the municipality: ");
    if (totals->knows_municipalities)
        gk_report_count(out, "outside_municipality", report->outside, "{}\n");
    else
        gk_report_null(out, "outside_municipality", "not known (no set kommun)\n");
}

static void put_unlocated(struct gk_report *out, const struct gk_incident_report *report,
                          const struct gk_incident_totals *totals)
{
    bool is_said = gk_incident_report_unlocated(report) > 0;
    gk_report_group_begin(out, "unlocated_why");
    gk_report_count(out, "without_coordinates", report->unlocated[GK_UNLOCATED_MISSING],
                    is_said ? "unlocated: without coordinates {}" : NULL);
    gk_report_count(out, "outside_sweden", report->unlocated[GK_UNLOCATED_OUTSIDE],
                    is_said ? ", outside Sweden {}" : NULL);
    gk_report_count(out, "reach_m", totals->max_distance_m,
                    is_said ? ", farther from any dwelling than {} m:" : NULL);
    gk_report_count(out, "far_from_dwellings", report->unlocated[GK_UNLOCATED_FAR],
                    is_said ? " {}\n" : NULL);
    gk_report_group_end(out);
}

void gk_incident_report_put(struct gk_report *out, const struct gk_incident_report *report,
                            const struct gk_incident_totals *totals)
{
    gk_report_count(out, "read", totals->read, "read {}");
    gk_report_count(out, "new", totals->counts.added, "   new {}");
    gk_report_count(out, "duplicate", totals->counts.duplicate, "   duplicate {}");
    gk_report_count(out, "changed", totals->counts.changed,
                    totals->counts.changed > 0 ? "   changed {}" : NULL);
    gk_report_count(out, "rejected", totals->rejected, "   rejected {}");
    gk_report_text(out, "rejects_file", totals->rejected > 0 ? totals->rejects_name : NULL,
                   " ({})");
    gk_report_count(out, "unlocated", gk_incident_report_unlocated(report), "   unlocated {}\n");
    put_moved(out, report);
    put_months(out, report, totals);
    put_unlocated(out, report, totals);
}
