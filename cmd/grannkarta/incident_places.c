/* Where an incident belongs. Loading what locating needs, and locating. */
#include "incident_places.h"

#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "anon/lattice.h"
#include "district_index.h"
#include "geo/crs.h"
#include "geo/square.h"
#include "store/incidents.h"

enum { NAME_MAX_BYTES = 128, LARGE_BLOCK_BYTES = 256 * 1024 };

/* Fewer than 200 dwellings within 500 m: as lattice_summary.h says it. */
enum { NEAR_CM = 50000, COUNTRY_BELOW = 200 };
enum ground { GROUND_NOT_ASKED, GROUND_TOWN, GROUND_COUNTRY };

/* What a cell is for the incidents in it. There are hundreds of thousands. */
struct cell_facts {
    struct gk_square point;
    int32_t merged_into;  /* 0: it lives */
    int32_t municipality; /* 0: none */
};

struct gk_incident_places {
    struct gk_district_index base, municipalities;
    struct gk_locator *locator;
    int32_t version;
    int32_t square_side_cm;
    struct cell_facts *cells; /* index = id - 1 */
    unsigned char *grounds;   /* of each cell, enum ground */
    size_t cell_count, cell_capacity;
    int32_t old_versions[GK_OLD_LATTICES_MAX];
    struct gk_locator *old_locators[GK_OLD_LATTICES_MAX];
    int32_t old_cells[GK_OLD_LATTICES_MAX]; /* of the last incident */
    size_t old_count;
    struct gk_transform *projected, *degrees; /* NULL: the coordinates are EPSG:3006 */
    char last_name[NAME_MAX_BYTES];           /* files name the same municipality row after row */
    size_t last_length;
    int32_t last_municipality;
};

/* --- Loading ------------------------------------------------------------------------ */

static enum gk_status add_old_version(void *context, int32_t version, struct gk_error *error)
{
    struct gk_incident_places *places = context;
    if (places->old_count == GK_OLD_LATTICES_MAX)
        return gk_error_set(error, GK_TOO_LARGE, "more than %d lattices are in use",
                            GK_OLD_LATTICES_MAX);
    places->old_versions[places->old_count++] = version;
    return GK_OK;
}

static enum gk_status no_memory(struct gk_error *error)
{
    return gk_error_set(error, GK_NO_MEMORY, "load the lattice: out of memory");
}

static enum gk_status add_cell(void *context, const struct gk_stored_cell *row,
                               struct gk_error *error)
{
    struct gk_incident_places *places = context;
    if (row->id != (int32_t)places->cell_count + 1)
        return gk_error_set(error, GK_INTERNAL, "cell %zu is missing", places->cell_count + 1);
    if (places->cell_count == places->cell_capacity) {
        size_t capacity = places->cell_capacity > 0 ? places->cell_capacity * 2 : 4096;
        void *cells = realloc(places->cells, capacity * sizeof *places->cells);
        if (cells == NULL)
            return no_memory(error);
        places->cells = cells;
        places->cell_capacity = capacity;
    }
    places->cells[places->cell_count++] = (struct cell_facts){row->point, row->merged_into, 0};
    return GK_OK;
}

/* Every cell, and the municipality that its point is in. */
static enum gk_status load_cells(struct gk_incident_places *places, struct gk_store *store,
                                 struct gk_error *error)
{
    enum gk_status status = gk_cells_each(store, add_cell, places, error);
    if (status != GK_OK)
        return status;
    places->grounds = calloc(places->cell_count + 1, 1);
    if (places->grounds == NULL)
        return no_memory(error);
    for (size_t i = 0; i < places->cell_count; i++) {
        struct gk_cm point = gk_square_centre(places->cells[i].point, places->square_side_cm);
        int32_t municipality = gk_district_index_at(&places->municipalities, point);
        places->cells[i].municipality = municipality < 0 ? 0 : municipality;
    }
    return GK_OK;
}

struct unit_reader {
    const struct gk_incident_places *places;
    struct gk_locator *locator;
};

static enum gk_status add_unit(void *context, const struct gk_located_unit *row,
                               struct gk_error *error)
{
    const struct unit_reader *reader = context;
    const struct gk_incident_places *places = reader->places;
    struct gk_unit unit = {row->square, row->district, row->dwellings, 0, row->cell};
    for (int32_t into = row->cell; into > 0; into = places->cells[into - 1].merged_into) {
        if ((size_t)into > places->cell_count)
            return gk_error_set(error, GK_INTERNAL, "cell %d of a unit does not exist", into);
        unit.cell = into;
    }
    enum gk_status status = gk_locator_add(reader->locator, &unit);
    return status == GK_OK
               ? GK_OK
               : gk_error_set(error, status, "load the lattice: %s", gk_status_text(status));
}

/* The locator of a version. Squares that came after it have no dwellings in its
 * source, and no part in it. */
static enum gk_status load_locator(struct gk_incident_places *places, struct gk_locator **locator,
                                   struct gk_store *store, const struct gk_lattice_version *lattice,
                                   int64_t max_distance_m, struct gk_error *error)
{
    enum gk_status status =
        gk_locator_create(locator, lattice->square_dm * 10, max_distance_m * 100);
    if (status != GK_OK)
        return gk_error_set(error, status, "load the lattice: %s", gk_status_text(status));
    struct unit_reader reader = {places, *locator};
    return gk_located_units_each(store, lattice->source_id, lattice->classes, add_unit, &reader,
                                 error);
}

static enum gk_status load_old_locators(struct gk_incident_places *places, struct gk_store *store,
                                        int64_t max_distance_m, struct gk_error *error)
{
    struct gk_lattice_version lattice;
    enum gk_status status = gk_revision_lattices_each(store, add_old_version, places, error);
    for (size_t i = 0; i < places->old_count && status == GK_OK; i++) {
        status = gk_lattice_read(&lattice, store, places->old_versions[i], error);
        if (status == GK_OK)
            status = load_locator(places, &places->old_locators[i], store, &lattice, max_distance_m,
                                  error);
    }
    return status;
}

static enum gk_status open_transforms(struct gk_incident_places *places,
                                      const struct gk_incident_places_options *options,
                                      struct gk_error *error)
{
    enum gk_status status = GK_OK;
    if (options->projected != NULL && strcmp(options->projected, "EPSG:3006") != 0)
        status = gk_transform_create(&places->projected, options->projected, "EPSG:3006", error);
    if (status == GK_OK)
        status = gk_transform_create(&places->degrees,
                                     options->degrees != NULL ? options->degrees : "EPSG:4326",
                                     "EPSG:3006", error);
    return status;
}

static enum gk_status load(struct gk_incident_places *places, struct gk_store *store,
                           const struct gk_incident_places_options *options, struct gk_error *error)
{
    struct gk_places known;
    enum gk_status status = gk_places_read(&known, store, error);
    if (status == GK_OK && known.lattice_version == 0)
        status = gk_error_set(error, GK_CONFLICT,
                              "there is no lattice yet: `grannkarta lattice build` first");
    places->version = known.lattice_version;
    if (status == GK_OK)
        status = open_transforms(places, options, error);
    if (status == GK_OK)
        status = gk_district_index_load(&places->base, store, "", error);
    if (status == GK_OK)
        status = gk_district_index_load(&places->municipalities, store, "kommun", error);
    malloc_trim(0); /* of the outlines, which are small blocks */
    struct gk_lattice_version lattice = {0};
    if (status == GK_OK)
        status = gk_lattice_read(&lattice, store, places->version, error);
    places->square_side_cm = lattice.square_dm * 10;
    if (status == GK_OK)
        status = load_cells(places, store, error);
    if (status == GK_OK)
        status =
            load_locator(places, &places->locator, store, &lattice, options->max_distance_m, error);
    if (status == GK_OK)
        status = load_old_locators(places, store, options->max_distance_m, error);
    return status;
}

enum gk_status gk_incident_places_open(struct gk_incident_places **places, struct gk_store *store,
                                       const struct gk_incident_places_options *options,
                                       struct gk_error *error)
{
    /* Large blocks are mapped one by one, grow in place and go back when freed. Left to
     * itself malloc() begins to keep them, and the peak is twice what is used. */
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
    *places = calloc(1, sizeof **places);
    if (*places == NULL)
        return no_memory(error);
    enum gk_status status = load(*places, store, options, error);
    if (status != GK_OK) {
        gk_incident_places_close(*places);
        *places = NULL;
    }
    return status;
}

void gk_incident_places_close(struct gk_incident_places *places)
{
    if (places == NULL)
        return;
    gk_district_index_release(&places->base);
    gk_district_index_release(&places->municipalities);
    gk_locator_free(places->locator);
    for (size_t i = 0; i < places->old_count; i++)
        gk_locator_free(places->old_locators[i]);
    gk_transform_free(places->projected);
    gk_transform_free(places->degrees);
    free(places->cells);
    free(places->grounds);
    free(places);
}

int32_t gk_incident_places_version(const struct gk_incident_places *places)
{
    return places->version;
}

const int32_t *gk_incident_places_old_versions(const struct gk_incident_places *places,
                                               size_t *count)
{
    *count = places->old_count;
    return places->old_versions;
}

bool gk_incident_places_knows_municipalities(const struct gk_incident_places *places)
{
    return places->municipalities.count > 0;
}

/* --- Locating ------------------------------------------------------------------------ */

/* The place in EPSG:3006; false when it is none in Sweden. */
static bool take_place(struct gk_cm *place, struct gk_incident_places *places,
                       enum gk_place_kind kind, double x, double y)
{
    struct gk_transform *transform = kind == GK_PLACE_DEGREES ? places->degrees : places->projected;
    if (transform != NULL && gk_transform_forward(transform, &x, &y, 1) > 0)
        return false;
    const struct gk_en en = {x, y};
    if (!isfinite(x) || !isfinite(y) || !gk_en_is_in_sweden(en))
        return false;
    *place = gk_cm_from_en(en);
    return true;
}

static int32_t municipality_named(struct gk_incident_places *places, const char *text,
                                  size_t length)
{
    if (length == 0 || length > sizeof places->last_name)
        return 0;
    if (length == places->last_length && memcmp(text, places->last_name, length) == 0)
        return places->last_municipality;
    int32_t found = gk_district_index_named(&places->municipalities, text, length);
    memcpy(places->last_name, text, length);
    places->last_length = length;
    places->last_municipality = found < 0 ? 0 : found;
    return places->last_municipality;
}

/* Asked once a cell, and only of those that have an incident. */
static bool is_in_country(struct gk_incident_places *places, int32_t cell)
{
    unsigned char *ground = &places->grounds[cell - 1];
    if (*ground == GROUND_NOT_ASKED)
        *ground = gk_locator_dwellings_near(places->locator, places->cells[cell - 1].point, NEAR_CM,
                                            COUNTRY_BELOW) < COUNTRY_BELOW
                      ? GROUND_COUNTRY
                      : GROUND_TOWN;
    return *ground == GROUND_COUNTRY;
}

static void find_old_cells(struct gk_incident_location *location, struct gk_incident_places *places,
                           struct gk_cm place, int32_t district)
{
    for (size_t i = 0; i < places->old_count; i++) {
        int32_t cell = gk_locator_find(places->old_locators[i], place, district);
        places->old_cells[i] = cell == GK_CELL_NONE ? 0 : cell;
        if (places->old_cells[i] != location->cell)
            location->old_cells = places->old_cells;
    }
}

void gk_incident_locate(struct gk_incident_location *location, struct gk_incident_places *places,
                        const struct gk_incident_input *input, const char *municipality,
                        size_t municipality_length)
{
    struct gk_cm place = {0, 0};
    *location = (struct gk_incident_location){.why = GK_UNLOCATED_MISSING};
    int32_t named = municipality_named(places, municipality, municipality_length);
    location->municipality = named;
    if (input->place_kind == GK_PLACE_NONE)
        return;
    if (!take_place(&place, places, input->place_kind, input->x, input->y)) {
        location->why = take_place(&place, places, input->place_kind, input->y, input->x)
                            ? GK_UNLOCATED_SWAPPED
                            : GK_UNLOCATED_OUTSIDE;
        return;
    }
    int32_t own = gk_district_index_at(&places->municipalities, place);
    int32_t district = gk_district_index_at(&places->base, place);
    int32_t cell = gk_locator_find(places->locator, place, district);
    location->is_outside = own < 0;
    location->cell = cell == GK_CELL_NONE ? 0 : cell;
    find_old_cells(location, places, place, district);
    if (cell == GK_CELL_NONE) {
        location->why = GK_UNLOCATED_FAR;
        if (named == 0 && own >= 0)
            location->municipality = own;
        return;
    }
    const struct cell_facts *facts = &places->cells[cell - 1];
    struct gk_cm point = gk_square_centre(facts->point, places->square_side_cm);
    location->why = GK_LOCATED;
    location->municipality = facts->municipality;
    location->is_country = is_in_country(places, cell);
    location->moved_m = hypot((double)(place.e - point.e), (double)(place.n - point.n)) / 100;
}
