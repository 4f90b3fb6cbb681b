/* The features of a collection without a server: what /collections/{c}/items
 * answers to the same question, value by value, for a program that holds a
 * snapshot and writes files.
 *
 * It goes the way of the handlers (parameters, columns, periods, geometry text,
 * rounding), so a file and an answer cannot differ. Who asks follows from the
 * snapshot: a release is read as the public reads it, a revision as an analyst. */
#ifndef GK_API_EXPORT_H
#define GK_API_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/status.h"
#include "http/server.h"
#include "snapshot/snapshot.h"

/* A query parameter of /items, by its name there; `release`, `revision`, `limit`
 * and `cursor` have no meaning here. */
struct gk_export_parameter {
    const char *name, *value;
};

/* What is asked for. Borrowed while gk_export_open() runs. */
struct gk_export_question {
    const char *collection; /* "cells", "districts-regso", ... */
    const char *language;   /* of titles and labels: "sv" or "en" */
    int epsg;               /* geometry in this one if the service has it; 0: degrees */
    const struct gk_export_parameter *parameters;
    size_t parameter_count; /* less than GK_PARAMETERS_MAX */
};

enum gk_export_type {
    GK_EXPORT_INTEGER,
    GK_EXPORT_NUMBER,
    GK_EXPORT_TEXT,
    GK_EXPORT_DATE, /* integer: a day */
    GK_EXPORT_TIME, /* integer: a wall-clock hour in Sweden */
    GK_EXPORT_BOOLEAN
};

/* A property: its name in answers, and what it is (rule 5). Static texts. */
struct gk_export_field {
    const char *name;
    enum gk_export_type type;
    const char *kind; /* "count", "rate", ... */
    const char *unit; /* "" for none */
    const char *label, *text;
};

/* What the answer is of. Texts live as long as the export. */
struct gk_export_about {
    const char *name, *title, *text;
    const char *geometry;   /* "MultiPolygon", "Polygon" or "Point" */
    int epsg;               /* of coordinates; 0: CRS84 */
    bool is_northing_first; /* of coordinates, as the CRS's authority has them */
    const struct gk_export_field *fields;
    size_t field_count;
    uint64_t features; /* how many will come */

    enum gk_snapshot_kind kind;
    int32_t number; /* of the release or the revision */
    int64_t made_utc;
    int32_t data_through_day, dwellings_year, k, min_addresses;

    bool has_counts; /* the rest is only of layers with counts */
    const char *definition, *definition_title, *definition_text;
    bool is_covered; /* false: the data do not cover the period, counts are null */
    struct gk_period period;
};

/* One value; nothing when !has. Numbers are rounded as in answers. */
struct gk_export_value {
    bool has;
    int64_t integer; /* INTEGER, DATE, TIME, BOOLEAN */
    double number;
    struct gk_text text; /* not NUL-terminated */
};

/* One feature; borrowed until the next call. */
struct gk_export_feature {
    int64_t id;
    const char *geometry;                 /* GeoJSON, NUL-terminated; NULL: it has no place */
    const struct gk_export_value *values; /* field_count of them */
};

struct gk_export;

/* Opens a collection of a snapshot, which outlives the export. What the handler
 * of /items would say: GK_NOT_FOUND, GK_UNAUTHORIZED (incidents of a release),
 * GK_INVALID for a parameter; GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_export_open(struct gk_export **exported,
                                         const struct gk_snapshot *snapshot,
                                         const struct gk_export_question *question,
                                         struct gk_error *error);

/* NULL is allowed. */
void gk_export_close(struct gk_export *exported);

/* What it is; lives as long as the export. */
const struct gk_export_about *gk_export_about(const struct gk_export *exported);

/* The next feature, in the order of answers; *has false behind the last. GK_NO_MEMORY,
 * GK_TOO_LARGE. */
GK_CHECKED enum gk_status gk_export_next(struct gk_export *exported, bool *has,
                                         struct gk_export_feature *feature, struct gk_error *error);

/* Appends the names of the collections in a snapshot, with commas between. */
void gk_export_put_collections(struct gk_buf *buf, const struct gk_snapshot *snapshot);

#endif
