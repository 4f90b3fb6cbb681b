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

/* --- Printing ---------------------------------------------------------------------- */

/* 12480 as "12 480". */
static void put_grouped(struct gk_buf *buf, int64_t number)
{
    if (number >= 1000) {
        put_grouped(buf, number / 1000);
        gk_buf_printf(buf, " %03lld", (long long)(number % 1000));
    } else {
        gk_buf_put_i64(buf, number);
    }
}

static void put_count(struct gk_buf *buf, const char *name, int64_t count)
{
    gk_buf_printf(buf, "%s ", name);
    put_grouped(buf, count);
}

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

static void put_part(struct gk_buf *buf, const char *name, const struct moved *moved)
{
    if (moved->count < GK_MOVED_LEAST)
        gk_buf_printf(buf, "%s -", name);
    else
        gk_buf_printf(buf, "%s %d / %d", name, quantile(moved, NULL, 5), quantile(moved, NULL, 9));
}

static void put_moved(struct gk_buf *buf, const struct gk_incident_report *report)
{
    const struct moved *town = &report->town, *country = &report->country;
    if (town->count + country->count < GK_MOVED_LEAST) {
        gk_buf_printf(buf, "moved to its cell: fewer than %d located, too few to say\n",
                      GK_MOVED_LEAST);
        return;
    }
    gk_buf_printf(buf, "moved to its cell: median %d m, 90 %% within %d m (",
                  quantile(town, country, 5), quantile(town, country, 9));
    put_part(buf, "town", town);
    put_part(buf, ", country", country);
    gk_buf_puts(buf, ")\n");
}

/* The last closed month that the data cover, against the one before it. */
static void put_months(struct gk_buf *buf, const struct gk_incident_report *report,
                       const struct gk_incident_totals *totals)
{
    int32_t month =
        totals->data_through == INT32_MIN ? 0 : gk_month_from_day(totals->data_through + 1) - 1;
    gk_buf_puts(buf, "against the month before: ");
    if (month < 1 || month >= MONTHS_MAX || report->by_month[month - 1] == 0)
        gk_buf_puts(buf, "nothing to compare with");
    else
        gk_buf_printf(buf, "%+.0f %%",
                      100.0 * (double)(report->by_month[month] - report->by_month[month - 1]) /
                          (double)report->by_month[month - 1]);
    gk_buf_puts(buf, "; outside the municipality: ");
    if (totals->knows_municipalities)
        put_grouped(buf, report->outside);
    else
        gk_buf_puts(buf, "not known (no set kommun)");
    gk_buf_puts(buf, "\n");
}

void gk_buf_put_incident_report(struct gk_buf *buf, const struct gk_incident_report *report,
                                const struct gk_incident_totals *totals)
{
    int64_t unlocated = gk_incident_report_unlocated(report);
    put_count(buf, "read", totals->read);
    put_count(buf, "   new", totals->counts.added);
    put_count(buf, "   duplicate", totals->counts.duplicate);
    if (totals->counts.changed > 0)
        put_count(buf, "   changed", totals->counts.changed);
    put_count(buf, "   rejected", totals->rejected);
    if (totals->rejected > 0)
        gk_buf_printf(buf, " (%s)", totals->rejects_name);
    put_count(buf, "   unlocated", unlocated);
    gk_buf_puts(buf, "\n");
    put_moved(buf, report);
    put_months(buf, report, totals);
    if (unlocated == 0)
        return;
    put_count(buf, "unlocated: without coordinates", report->unlocated[GK_UNLOCATED_MISSING]);
    put_count(buf, ", outside Sweden", report->unlocated[GK_UNLOCATED_OUTSIDE]);
    put_count(buf, ", farther from any dwelling than", totals->max_distance_m);
    put_count(buf, " m:", report->unlocated[GK_UNLOCATED_FAR]);
    gk_buf_puts(buf, "\n");
}
