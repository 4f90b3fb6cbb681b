/* What an import of incidents tells: counts, how far incidents were moved, the
 * last month against the one before. Numbers of many rows only: how far one row
 * was moved would say where it was. Pure but for the printing. */
#ifndef GK_CMD_INCIDENT_REPORT_H
#define GK_CMD_INCIDENT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "incident_places.h"
#include "report.h"
#include "store/incidents.h"

/* Fewer than this have no median. */
enum { GK_MOVED_LEAST = 20 };

struct gk_incident_report;

GK_CHECKED enum gk_status gk_incident_report_create(struct gk_incident_report **report);

/* NULL is allowed. */
void gk_incident_report_free(struct gk_incident_report *report);

/* Counts one accepted row. */
void gk_incident_report_add(struct gk_incident_report *report,
                            const struct gk_incident_input *input,
                            const struct gk_incident_location *location);

/* Accepted rows without a cell. */
int64_t gk_incident_report_unlocated(const struct gk_incident_report *report);

/* Of these, those that lie outside Sweden. */
int64_t gk_incident_report_outside(const struct gk_incident_report *report);

/* NULL, or when most of the places that were given lie outside Sweden what their
 * numbers look like, and the CRS that fits; static. */
const char *gk_incident_report_misplaced(const struct gk_incident_report *report);

/* The last day that the data can be complete for: the latest report, else the
 * latest end; INT32_MIN when there is no row. */
int32_t gk_incident_report_data_through(const struct gk_incident_report *report);

/* Counts a row that the list of codes leaves out, and one with nothing in it. */
void gk_incident_report_skip(struct gk_incident_report *report);
void gk_incident_report_blank(struct gk_incident_report *report);

/* Counts a row of a month that a retention erased: it is not taken. */
void gk_incident_report_expire(struct gk_incident_report *report);

/* What the report does not count itself. */
struct gk_incident_totals {
    int64_t read, rejected;
    struct gk_incident_counts counts;
    const char *what;         /* the file is: "CSV with semicolons" */
    const char *rejects_path; /* NULL: there is no list */
    bool has_skipping;        /* a list of codes may leave rows out */
    int32_t kept_from;        /* first month that retentions left */
    int32_t data_through;
    bool knows_municipalities;
    int64_t max_distance_m;
};

/* Puts all of it into what the command answers. */
void gk_incident_report_put(struct gk_report *out, const struct gk_incident_report *report,
                            const struct gk_incident_totals *totals);

#endif
