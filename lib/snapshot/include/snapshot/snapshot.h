/* A snapshot: everything that answers requests, immutable, in columns.
 *
 * There are two objects of this one kind. A release snapshot is loaded from a
 * numbered, frozen release and from nothing else: it has counts per cell and
 * month and the columns of incidents are NULL in it. A revision snapshot is what
 * analysts see: one row for each incident. Readers get a const pointer and
 * iterate; nothing in a snapshot ever changes, so any thread may read. */
#ifndef GK_SNAPSHOT_SNAPSHOT_H
#define GK_SNAPSHOT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/status.h"
#include "geo/geojson.h"
#include "geo/types.h"

enum gk_snapshot_kind { GK_SNAPSHOT_RELEASE, GK_SNAPSHOT_REVISION, GK_SNAPSHOT_KINDS };

/* Classes of dwelling, as denominators. */
enum gk_class { GK_CLASS_VILLA, GK_CLASS_FLAT, GK_CLASS_HOLIDAY, GK_CLASSES };

/* Kinds of offence; the first GK_CLASSES concern that class of dwelling. */
enum gk_kind {
    GK_KIND_VILLA,
    GK_KIND_FLAT,
    GK_KIND_HOLIDAY,
    GK_KIND_OTHER,
    GK_KIND_CELLAR,
    GK_KINDS
};

/* "villa", "flat", "holiday", "other", "cellar"; static. */
const char *gk_kind_name(enum gk_kind kind);

/* Text that stays where it is: an offset and length into snapshot->text. */
struct gk_span {
    uint32_t offset, length;
};

/* Compressed sparse rows: item i has values[start[i]] up to values[start[i + 1]]. */
struct gk_rows {
    uint32_t *start; /* item count + 1 */
    uint32_t *value;
};

/* A closed box in CRS84. */
struct gk_box_e7 {
    struct gk_lonlat_e7 min, max;
};

/* Shapes that share one box of struct gk_shapes, so that a search can skip them. */
enum { GK_SHAPES_BLOCK = 64 };

/* Positions in lon/lat and, exact as they are stored, in EPSG:3006, for exact
 * tests and drawing: flat rings as in gk_polygons; first point repeated. */
struct gk_shapes {
    uint32_t count;          /* shapes */
    uint32_t *polygon_start; /* count + 1: into ring_start */
    uint32_t *ring_start;    /* into point_start; shell first */
    uint32_t *point_start;   /* into points */
    struct gk_lonlat_e7 *points;
    struct gk_cm32 *points_cm;   /* the same points */
    struct gk_box_e7 *box;       /* of each shape */
    struct gk_box_e7 *block_box; /* of shapes i * GK_SHAPES_BLOCK and on */
    struct gk_box_cm32 *box_cm, *block_box_cm;
    struct gk_span *geojson; /* the MultiPolygon of each shape, ready to print */
};

struct gk_code_info {
    char code[5];
    enum gk_kind kind;
    int8_t attempt; /* 0 completed, 1 attempt, -1 the code covers both */
};

struct gk_definition_info {
    const char *name, *title_sv, *title_en, *description_sv, *description_en;
    uint64_t code_mask[4];    /* bit i: code index i is counted */
    bool classes[GK_CLASSES]; /* classes at risk: the denominator */
    bool kinds[GK_KINDS];
};

struct gk_set_info {
    const char *name, *title_sv, *title_en;
    bool is_base;
    uint32_t first_district, district_count; /* districts of a set are consecutive, by code */
};

/* Of a municipality and month (release), or computed (revision): what only the
 * whole municipality may tell. */
struct gk_municipality_month {
    uint32_t district; /* index */
    int32_t month;
    int32_t count, unlocated;
};
/* As kind of a municipality's year: attempts, of all kinds together. */
#define GK_KIND_ATTEMPTED GK_KINDS

struct gk_municipality_kind {
    uint32_t district; /* index */
    int32_t year;
    enum gk_kind kind; /* or GK_KIND_ATTEMPTED, after the kinds */
    int32_t count;
};

/* Of map tiles; see snapshot/tiles.h. A zoom above GK_TILE_ZOOM_MAX: none. */
struct gk_tiles {
    uint32_t *cell;         /* cell indices by their point's place in the order of tiles */
    uint64_t *code;         /* that place: gk_world_morton() of the point */
    uint8_t cells_zoom;     /* from which on every tile can hold its cells one by one */
    uint8_t incidents_zoom; /* the same for incidents; revision only */
    uint8_t *set_zoom;      /* for the districts of each set */
    uint8_t watch_zoom;     /* for watch areas */
};

struct gk_snapshot {
    enum gk_snapshot_kind kind;
    int32_t number; /* of the release or the revision, at least 1 */
    int32_t places; /* generation of places; 0: never changes (asked for by number, a release) */
    bool has_own_places;             /* revision: shown with the places it was made with */
    int64_t made_utc;                /* timeStamp of every answer */
    int32_t first_month, last_month; /* closed months that the data cover, both included */
    int32_t data_through_day;        /* last day covered; not before the end of last_month */

    /* Lattice. */
    int32_t lattice_version, square_side_cm, k, min_addresses, dwellings_year;

    /* Definitions: a release has exactly one, a revision all; `initial` is the
     * one used when none is asked for. */
    struct gk_code_info *codes;
    uint32_t code_count;
    struct gk_definition_info *definitions;
    uint32_t definition_count, initial_definition;

    /* Cells, in Hilbert order of their points. */
    uint32_t cell_count;
    int32_t *cell_id;
    uint32_t *cell_by_id; /* cell indices, by ascending id */
    int32_t *cell_dwellings[GK_CLASSES];
    int32_t *cell_addresses;
    struct gk_lonlat_e7 *cell_point;
    struct gk_cm32 *cell_point_cm; /* the same */
    float *cell_radius_m;          /* farthest corner of its squares from its point */
    struct gk_shapes cell_shapes;

    /* What happened: rows of cell c are row_start[c] up to row_start[c + 1], by
     * time. In a release a row is a month with a count; in a revision one
     * incident, at the middle hour of its interval. */
    uint32_t *row_start;
    uint32_t row_count;
    int32_t *row_hour;   /* release: first hour of the month */
    int32_t *row_events; /* release: count; revision: Antal */
    int64_t *row_sum;    /* row_count + 1: sums of row_events before each row */

    /* Revision only, NULL in a release; same rows. */
    int64_t *row_id;
    int32_t *row_from, *row_to;      /* wall-clock hours */
    int32_t *row_reported;           /* day; INT32_MIN: unknown */
    uint8_t *row_code;               /* index into codes */
    uint32_t *row_by_id;             /* row indices, by ascending id */
    uint32_t located_count;          /* rows after it are unlocated: they have no cell */
    int32_t *unlocated_municipality; /* district index of each unlocated row, -1: none */

    /* Districts of all sets, and their cells. */
    struct gk_set_info *sets;
    uint32_t set_count;
    uint32_t district_count;
    int32_t *district_id;
    struct gk_span *district_code, *district_name;
    int32_t *district_inhabitants; /* -1: unknown */
    int16_t *district_inhabitants_year;
    double *district_misplaced;
    struct gk_shapes district_shapes;
    struct gk_rows district_cells;
    struct gk_municipality_month *municipality_months; /* by district, month; release only */
    uint32_t municipality_month_count;
    struct gk_municipality_kind *municipality_kinds; /* by district, year, kind; release only */
    uint32_t municipality_kind_count;

    /* Watch areas: in a release those it froze; in a revision all, approved or
     * not, ended or not. By slug: ids come from imports and may not give an
     * order, so resume after the index of a key, not after a greater id. */
    uint32_t watch_count;
    int32_t *watch_id;
    struct gk_span *watch_slug, *watch_name;
    int32_t *watch_started; /* day; INT32_MIN: unknown */
    int32_t *watch_ended;   /* day; INT32_MIN: not ended, and always in a release */
    double *watch_households;
    bool *watch_approved;
    struct gk_shapes watch_shapes;
    struct gk_rows watch_cells; /* the cover */

    /* Base squares with dwellings, of cell c: square_start[c] up to [c + 1]. */
    uint32_t *square_start;
    struct gk_square *square;
    int32_t *square_dwellings[GK_CLASSES];

    struct gk_tiles tiles;

    const char *text; /* what spans point into */
    size_t text_length;
};

/* The text of a span; not NUL-terminated. */
static inline const char *gk_span_text(const struct gk_snapshot *s, struct gk_span span)
{
    return s->text + span.offset;
}

/* Frees a snapshot; for tests. The service frees through the holder. */
void gk_snapshot_free(struct gk_snapshot *snapshot);

#endif
