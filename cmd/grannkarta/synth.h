/* The invented municipalities of `grannkarta synth`, in memory.
 *
 * Everything comes from the seed through base/random.h, in integers and in
 * basic arithmetic, so that the files are the same on every machine. The parts:
 * synth_mesh.c (the ground: a mesh of jagged 200 m cells, and who owns them),
 * synth_town.c and synth_country.c (addresses), synth_districts.c and
 * synth_outline.c (districts as groups of mesh cells), synth_watch.c,
 * synth_incidents.c (the crime model), synth_csv.c and synth_vector.c (files). */
#ifndef GK_CMD_SYNTH_H
#define GK_CMD_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/random.h"
#include "base/status.h"
#include "geo/types.h"
#include "progress.h"

enum {
    GK_SYNTH_CELL_CM = 20000,  /* side of a mesh cell */
    GK_SYNTH_JITTER_CM = 5500, /* farthest a mesh vertex moves, per axis */
    GK_SYNTH_WATCH_MAX = 30,
    GK_SYNTH_LAST_YEAR = 2025,
    GK_SYNTH_YEARS_MAX = 20
};

/* What is asked for. */
struct gk_synth_plan {
    uint64_t seed;
    int64_t dwellings;            /* of the larger neighbour */
    int64_t incidents;            /* good rows of the larger neighbour's file */
    int years;                    /* whole years up to GK_SYNTH_LAST_YEAR */
    struct gk_progress *progress; /* NULL: nothing is said */
};

enum gk_synth_class { GK_SYNTH_VILLA, GK_SYNTH_FLAT, GK_SYNTH_HOLIDAY, GK_SYNTH_CLASSES };

/* Municipalities; NOWHERE is sea or another country's ground. */
enum gk_synth_owner { GK_SYNTH_NOWHERE, GK_SYNTH_BROMOLLA, GK_SYNTH_STORBY, GK_SYNTH_OWNERS };

struct gk_synth_municipality {
    const char *code;
    const char *name;
    const char *town;        /* its largest locality */
    const char *case_prefix; /* of case numbers */
};

/* Names and codes by enum gk_synth_owner. */
extern const struct gk_synth_municipality gk_synth_municipalities[GK_SYNTH_OWNERS];

/* A mesh of columns x rows cells; cell (x, y) has index y * columns + x. Its
 * corners are moved by a hash of their place, so that borders are jagged and
 * what neighbours share is exactly the same points. */
struct gk_synth_mesh {
    uint64_t seed;
    struct gk_cm origin; /* where vertex (0, 0) would be, unmoved */
    int32_t columns, rows;
    int32_t west;        /* columns west of Bromölla's bounding box */
    int32_t region_side; /* cells along the side of one of Storby's regions */
    int32_t region_columns, region_count;
    uint8_t *owner;    /* enum gk_synth_owner of each cell */
    int32_t *district; /* index in gk_synth.districts, -1 for none */
    uint32_t *first;   /* addresses of cell i: first[i] up to first[i + 1] */
};

/* An address point. */
struct gk_synth_address {
    struct gk_cm at;
    uint32_t street; /* of gk_synth_put_street() */
    uint16_t number;
    uint16_t dwellings;
    uint8_t letter; /* 0 or 'A'.. */
    uint8_t class;
    uint8_t owner;
    uint8_t watch; /* 1 + index in gk_synth.watches, 0 for none */
};

/* A locality. */
struct gk_synth_place {
    char name[48];
    enum gk_synth_owner owner;
    struct gk_cm centre;
    int64_t dwellings;
    int flat_permille; /* of the dwellings */
    int64_t radius_cm; /* how far it reaches, once built */
};

/* Rings of one area: shell first, counter-clockwise, closed; then holes. */
struct gk_synth_outline {
    struct gk_cm **rings;
    size_t *lengths; /* points, the last repeats the first */
    size_t count;
};

struct gk_synth_district {
    char code[16];
    char name[80];
    enum gk_synth_owner owner;
    int64_t inhabitants;
    int64_t dwellings;
    struct gk_synth_outline outline;
};

struct gk_synth_watch {
    char name[64];
    char slug[64];
    int32_t since_day;
    bool is_approved;
    int64_t dwellings;
    int districts;        /* how many it straddles */
    struct gk_cm ring[9]; /* counter-clockwise, closed */
};

struct gk_synth {
    struct gk_synth_plan plan;
    struct gk_synth_mesh mesh;
    struct gk_synth_address *addresses; /* by mesh cell once built */
    size_t address_count, address_capacity;
    struct gk_synth_place *places;
    size_t place_count, place_capacity;
    uint32_t street_count;
    struct gk_synth_district *districts; /* set regso */
    size_t district_count;
    struct gk_synth_district municipalities[GK_SYNTH_OWNERS]; /* set kommun */
    struct gk_synth_watch watches[GK_SYNTH_WATCH_MAX];
    size_t watch_count;
    int64_t dwellings[GK_SYNTH_OWNERS][GK_SYNTH_CLASSES];
};

/* Makes everything but the incidents. Release with gk_synth_release(), also
 * after a failure. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_synth_build(struct gk_synth *synth, const struct gk_synth_plan *plan);

void gk_synth_release(struct gk_synth *synth);

/* --- the ground -------------------------------------------------------- */

/* 64 mixed bits of a seed and a pair of numbers: the same for ever. */
uint64_t gk_synth_hash(uint64_t seed, int64_t a, int64_t b);

/* Smooth noise in [0, 1024), one value a lattice point every 2^shift cells. */
int32_t gk_synth_noise(uint64_t seed, int32_t x, int32_t y, int shift);

/* Lays out the mesh and its owners. */
GK_CHECKED enum gk_status gk_synth_mesh_build(struct gk_synth_mesh *mesh,
                                              const struct gk_synth_plan *plan);

/* The moved vertex (x, y). */
struct gk_cm gk_synth_vertex(const struct gk_synth_mesh *mesh, int32_t x, int32_t y);

/* The cell that holds `at`, -1 outside the mesh. Every place is in one cell. */
int64_t gk_synth_mesh_find(const struct gk_synth_mesh *mesh, struct gk_cm at);

/* True for cells of Bromölla that are lake. */
bool gk_synth_is_water(const struct gk_synth_mesh *mesh, int64_t cell);

/* The cells of a region: 0 is Bromölla, 1.. Storby's. Half-open. */
struct gk_synth_box {
    int32_t x0, y0, x1, y1;
};
struct gk_synth_box gk_synth_region(const struct gk_synth_mesh *mesh, int32_t region);

/* --- addresses --------------------------------------------------------- */

/* Places, their dwellings, and the country around; sorts addresses by cell. */
GK_CHECKED enum gk_status gk_synth_settle(struct gk_synth *synth);

/* Adds an address if `at` is ground of `owner`; *added says whether it was. */
GK_CHECKED enum gk_status gk_synth_add(struct gk_synth *synth,
                                       const struct gk_synth_address *address, bool *added);

/* Fills one place with blocks of streets until it has its dwellings. */
GK_CHECKED enum gk_status gk_synth_build_town(struct gk_synth *synth, struct gk_synth_place *place,
                                              struct gk_random *random);

/* Roads, hamlets, farms and holiday homes of one region. `places` are those of
 * the region. */
GK_CHECKED enum gk_status gk_synth_build_country(struct gk_synth *synth, struct gk_synth_box region,
                                                 enum gk_synth_owner owner,
                                                 const struct gk_synth_place *places,
                                                 size_t place_count, int64_t homes,
                                                 int64_t holiday_homes, struct gk_random *random);

/* Appends the street's name, the address text, an invented place name. */
void gk_synth_put_street(struct gk_buf *buf, uint32_t street);
void gk_synth_put_number(struct gk_buf *buf, const struct gk_synth_address *address);
void gk_synth_put_place_name(struct gk_buf *buf, uint64_t number);

/* --- areas ------------------------------------------------------------- */

/* Parts the municipalities into districts and names them. */
GK_CHECKED enum gk_status gk_synth_part(struct gk_synth *synth);

/* Gives what a cut parted from its neighbours to their district. */
GK_CHECKED enum gk_status gk_synth_gather(struct gk_synth *synth);

/* Traces the borders of every label in 0..label_count - 1 of the mesh's cells
 * (-1: none) into outlines[label]. Each label must be one connected piece. */
GK_CHECKED enum gk_status gk_synth_trace(const struct gk_synth_mesh *mesh, const int32_t *labels,
                                         struct gk_synth_outline *outlines, size_t label_count);

void gk_synth_outline_release(struct gk_synth_outline *outline);

/* Makes the watch areas and marks their addresses. */
GK_CHECKED enum gk_status gk_synth_watch(struct gk_synth *synth);

/* --- incidents --------------------------------------------------------- */

struct gk_synth_incident {
    const struct gk_synth_address *address;
    int64_t e_mm, n_mm;             /* the exact place, within the plot */
    int64_t from_minute, to_minute; /* wall clock, since 1970-01-01 00:00 */
    int32_t reported_day;
    uint16_t code; /* Brå */
    uint16_t count;
    uint32_t serial; /* of the case number, within its year */
};

/* Takes one incident; anything but GK_OK stops the generator with it. */
typedef enum gk_status gk_synth_sink(void *context, const struct gk_synth_incident *incident);

/* Relative frequencies, for tests and the manifest: of each month (January
 * first) by kind, and the share of each kind. */
enum gk_synth_kind {
    GK_SYNTH_KIND_VILLA,
    GK_SYNTH_KIND_FLAT,
    GK_SYNTH_KIND_HOLIDAY,
    GK_SYNTH_KIND_CELLAR,
    GK_SYNTH_KIND_OTHER,
    GK_SYNTH_KINDS
};
extern const uint16_t gk_synth_season[GK_SYNTH_KINDS][12];
extern const uint16_t gk_synth_share[GK_SYNTH_OWNERS][GK_SYNTH_KINDS];
extern const char *const gk_synth_kind_names[GK_SYNTH_KINDS];

/* How much likelier a second burglary within 100 m and 7 days is than by chance
 * (Malmö 2009-14: 2.83), in hundredths. */
enum { GK_SYNTH_NEAR_REPEAT_PERCENT = 283 };

/* The kind a code stands for, and whether it is an attempt. */
enum gk_synth_kind gk_synth_kind_of(uint16_t code);

/* Rows of a municipality's file: plan.incidents for Storby, 14 a year for
 * Bromölla. */
int64_t gk_synth_incident_count(const struct gk_synth_plan *plan, enum gk_synth_owner owner);

/* Generates exactly that many incidents by day of their beginning; memory does
 * not grow with their number. */
GK_CHECKED enum gk_status gk_synth_incidents(const struct gk_synth *synth,
                                             enum gk_synth_owner owner, gk_synth_sink *sink,
                                             void *context);

/* --- files ------------------------------------------------------------- */

/* What a CSV file got, for the manifest. */
struct gk_synth_csv_report {
    int64_t good;
    int64_t by_kind[GK_SYNTH_KINDS];
    int64_t attempted;
    struct gk_buf dirty; /* one line each: row number and what is wrong */
};

/* incidents.csv: SWEREF coordinates, UTF-8 with BOM, CRLF; or
 * incidents-latlon.csv: degrees with decimal comma, Windows-1252, LF. */
GK_CHECKED enum gk_status gk_synth_write_csv(const struct gk_synth *synth,
                                             enum gk_synth_owner owner, const char *path,
                                             struct gk_synth_csv_report *report,
                                             struct gk_error *error);

/* The layers, replacing files that exist. */
GK_CHECKED enum gk_status gk_synth_write_vectors(const struct gk_synth *synth,
                                                 const char *directory, struct gk_error *error);

/* EPSG:3006 to CRS84, for the file in degrees. */
struct gk_synth_degrees;
GK_CHECKED enum gk_status gk_synth_degrees_open(struct gk_synth_degrees **degrees,
                                                struct gk_error *error);
GK_CHECKED enum gk_status gk_synth_degrees_of(struct gk_synth_degrees *degrees, struct gk_en at,
                                              struct gk_lonlat *out);
void gk_synth_degrees_close(struct gk_synth_degrees *degrees);

#endif
