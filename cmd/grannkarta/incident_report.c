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
    int64_t outside, skipped, blank, expired, corrections, moved_hours;
    /* Outside Sweden, by what such numbers often are. */
    int64_t looks_rt90, looks_zone, looks_degrees, looks_sweref;
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

void gk_incident_report_expire(struct gk_incident_report *report)
{
    report->expired++;
}

void gk_incident_report_skip(struct gk_incident_report *report)
{
    report->skipped++;
}

void gk_incident_report_blank(struct gk_incident_report *report)
{
    report->blank++;
}

/* Numbers that are no place in Sweden may be one in another CRS: only said, as
 * advice. The ranges are those of the national map systems. */
static void count_looks(struct gk_incident_report *report, const struct gk_incident_input *input)
{
    double x = input->x, y = input->y;
    if (input->place_kind != GK_PLACE_PROJECTED) {
        report->looks_sweref += y >= 6100000 && y <= 7700000 && x >= 250000 && x <= 930000;
        return;
    }
    bool is_swedish = y >= 6000000 && y <= 7800000;
    report->looks_rt90 += is_swedish && x >= 1200000 && x <= 1900000;
    report->looks_zone += is_swedish && x >= 20000 && x < 200000;
    report->looks_degrees += y >= 54 && y <= 70 && x >= 9 && x <= 26;
}

void gk_incident_report_add(struct gk_incident_report *report,
                            const struct gk_incident_input *input,
                            const struct gk_incident_location *location)
{
    int32_t month = gk_month_from_hour(input->from_hour);
    int32_t end = gk_day_from_hour(input->to_hour);
    report->unlocated[location->why]++;
    report->outside += location->is_outside;
    report->corrections += input->count <= 0;
    report->moved_hours += input->is_moved;
    if (location->why == GK_UNLOCATED_OUTSIDE)
        count_looks(report, input);
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
    if (month < 1 || month >= MONTHS_MAX || report->by_month[month - 1] == 0) {
        gk_report_null(out, "month_change_percent",
                       "against the month before: nothing to compare with");
    } else {
        double change = 100.0 * (double)(report->by_month[month] - report->by_month[month - 1]) /
                        (double)report->by_month[month - 1];
        gk_report_month(out, "month_compared", month, "rows of {}, against the month before: ");
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

/* Rows before the coarsening: how many there were to be located at all. */
static void put_rows(struct gk_report *out, const struct gk_incident_report *report,
                     const struct gk_incident_totals *totals)
{
    int64_t located = report->unlocated[GK_LOCATED];
    int64_t outside = report->unlocated[GK_UNLOCATED_OUTSIDE];
    gk_report_text(out, "file", totals->what, "file: {}");
    gk_report_count(out, "with_coordinates",
                    located + outside + report->unlocated[GK_UNLOCATED_FAR],
                    "; with coordinates {}");
    gk_report_count(out, "located", located, ", located {}");
    gk_report_count(out, "not_burglary", report->skipped,
                    totals->has_skipping ? "; not burglary, left out {}" : NULL);
    gk_report_count(out, "blank_rows", report->blank, report->blank > 0 ? "; blank rows {}" : NULL);
    gk_report_say(out, "\n");
    if (report->expired > 0)
        gk_report_month(out, "kept_from", totals->kept_from,
                        "older than the retention (before {})");
    gk_report_count(out, "expired", report->expired,
                    report->expired > 0 ? ", not taken: {}\n" : NULL);
}

static void put_by_month(struct gk_report *out, const struct gk_incident_report *report)
{
    gk_report_list_begin(out, "by_month");
    for (int32_t month = 0; month < MONTHS_MAX; month++) {
        if (report->by_month[month] == 0)
            continue;
        gk_report_row_begin(out);
        gk_report_month(out, "month", month, NULL);
        gk_report_count(out, "rows", report->by_month[month], NULL);
        gk_report_row_end(out);
    }
    gk_report_list_end(out);
}

/* What is as it should not be and was taken all the same. */
static void put_oddities(struct gk_report *out, const struct gk_incident_report *report)
{
    gk_report_count(
        out, "corrections", report->corrections,
        report->corrections > 0
            ? "corrections: rows with a count of 0 or less: {}; they are kept, and sums "
              "go down by them\n"
            : NULL);
    gk_report_count(out, "moved_hours", report->moved_hours,
                    report->moved_hours > 0
                        ? "summer time: rows with a time in the hour that is skipped in March: {}; "
                          "it was read as the hour after\n"
                        : NULL);
}

const char *gk_incident_report_misplaced(const struct gk_incident_report *report)
{
    int64_t outside = report->unlocated[GK_UNLOCATED_OUTSIDE];
    int64_t inside = report->unlocated[GK_LOCATED] + report->unlocated[GK_UNLOCATED_FAR];
    if (outside <= inside)
        return NULL;
    if (report->looks_rt90 * 2 > outside)
        return "most places are outside Sweden and look like RT 90: --crs 3021?";
    if (report->looks_zone * 2 > outside)
        return "most places are outside Sweden and look like a local zone of SWEREF 99: --crs 3007 "
               "to 3018?";
    if (report->looks_degrees * 2 > outside)
        return "most places are outside Sweden and look like degrees: --map "
               "latitude=COLUMN,longitude=COLUMN?";
    if (report->looks_sweref * 2 > outside)
        return "most places are outside Sweden and look like SWEREF 99 TM: --crs 3006, or --map "
               "northing=COLUMN,easting=COLUMN?";
    return "most places are outside Sweden: is --crs right?";
}

int64_t gk_incident_report_outside(const struct gk_incident_report *report)
{
    return report->unlocated[GK_UNLOCATED_OUTSIDE];
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
    gk_report_text(out, "rejects_file", totals->rejects_path, " ({})");
    gk_report_count(out, "unlocated", gk_incident_report_unlocated(report), "   unlocated {}\n");
    put_rows(out, report, totals);
    put_moved(out, report);
    put_months(out, report, totals);
    put_by_month(out, report);
    put_unlocated(out, report, totals);
    put_oddities(out, report);
    if (gk_incident_report_misplaced(report) != NULL)
        gk_report_note(out, "%s", gk_incident_report_misplaced(report));
}
