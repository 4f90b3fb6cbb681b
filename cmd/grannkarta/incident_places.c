/* Where an incident belongs. Loading what locating needs, and locating. */
#include "incident_places.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "anon/lattice.h"
#include "district_index.h"
#include "geo/crs.h"
#include "geo/square.h"
#include "lattice_summary.h"
#include "store/incidents.h"
#include "stored_lattice.h"

enum { NAME_MAX_BYTES = 128 };

/* What a cell is for the incidents in it. */
struct cell_facts {
    struct gk_cm point;
    int32_t municipality; /* 0: none */
    bool is_country;
};

struct gk_incident_places {
    struct gk_district_index base, municipalities;
    struct gk_locator *locator;
    int32_t version;
    struct cell_facts *cells; /* index = id - 1 */
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

/* Facts of every living cell; a merged one is located to no more. */
static enum gk_status fill_facts(struct gk_incident_places *places,
                                 const struct gk_stored_lattice *stored, int32_t side_cm,
                                 struct gk_error *error)
{
    unsigned char *is_country = malloc(stored->unit_count + 1);
    places->cells = calloc(stored->cell_count + 1, sizeof *places->cells);
    enum gk_status status = GK_NO_MEMORY;
    if (is_country != NULL && places->cells != NULL)
        status = gk_lattice_find_country(is_country, stored->units, stored->unit_count, side_cm);
    for (size_t i = 0; i < stored->cell_count && status == GK_OK; i++) {
        struct gk_cm point = gk_square_centre(stored->cells[i].point, side_cm);
        int32_t municipality = gk_district_index_at(&places->municipalities, point);
        places->cells[i] = (struct cell_facts){point, municipality < 0 ? 0 : municipality, false};
    }
    for (size_t i = 0; i < stored->unit_count && status == GK_OK; i++) {
        const struct gk_unit *unit = &stored->units[i];
        if (unit->cell == GK_CELL_NONE)
            continue;
        const struct gk_lattice_cell *cell = &stored->cells[unit->cell - 1];
        if (unit->square.e == cell->point.e && unit->square.n == cell->point.n)
            places->cells[unit->cell - 1].is_country = is_country[i] != 0;
    }
    free(is_country);
    return status == GK_OK
               ? GK_OK
               : gk_error_set(error, status, "load the lattice: %s", gk_status_text(status));
}

/* The locator of a version; with `has_facts` also the facts of the cells. */
static enum gk_status load_locator(struct gk_incident_places *places, struct gk_locator **locator,
                                   struct gk_store *store, int32_t version, int64_t max_distance_m,
                                   bool has_facts, struct gk_error *error)
{
    struct gk_lattice_version lattice;
    struct gk_stored_lattice stored = {.units = NULL};
    enum gk_status status = gk_lattice_read(&lattice, store, version, error);
    if (status == GK_OK)
        status = gk_stored_lattice_load(&stored, store, lattice.source_id, lattice.classes, error);
    /* Squares that came after this version have no part in it. */
    size_t kept = 0;
    for (size_t i = 0; i < stored.unit_count; i++)
        if (stored.units[i].cell != GK_CELL_NONE)
            stored.units[kept++] = stored.units[i];
    stored.unit_count = kept;
    if (status == GK_OK && has_facts)
        status = fill_facts(places, &stored, lattice.square_dm * 10, error);
    if (status == GK_OK) {
        status = gk_locator_build(locator, stored.units, stored.unit_count, lattice.square_dm * 10,
                                  max_distance_m * 100);
        if (status != GK_OK)
            gk_error_set(error, status, "load the lattice: %s", gk_status_text(status));
    }
    gk_stored_lattice_release(&stored);
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
    if (status == GK_OK)
        status = load_locator(places, &places->locator, store, places->version,
                              options->max_distance_m, true, error);
    if (status == GK_OK)
        status = gk_revision_lattices_each(store, add_old_version, places, error);
    for (size_t i = 0; i < places->old_count && status == GK_OK; i++)
        status = load_locator(places, &places->old_locators[i], store, places->old_versions[i],
                              options->max_distance_m, false, error);
    return status;
}

enum gk_status gk_incident_places_open(struct gk_incident_places **places, struct gk_store *store,
                                       const struct gk_incident_places_options *options,
                                       struct gk_error *error)
{
    *places = calloc(1, sizeof **places);
    if (*places == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "load the lattice: out of memory");
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
    location->why = GK_LOCATED;
    location->municipality = facts->municipality;
    location->is_country = facts->is_country;
    location->moved_m =
        hypot((double)(place.e - facts->point.e), (double)(place.n - facts->point.n)) / 100;
}
