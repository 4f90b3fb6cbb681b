/* `lattice build` and `lattice show`: a new version of the lattice from the
 * newest dwellings, and what a stored one is like. The algorithm is lib/anon's;
 * here it gets its input and its result is written in one transaction. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "lattice_members.h"
#include "lattice_summary.h"
#include "lattice_write.h"
#include "store/places.h"
#include "stored_lattice.h"

enum { MAX_RADIUS_CM = 200000 };

/* --- Reporting ------------------------------------------------------------------ */

static void put_displacement(struct gk_report *report, const char *name,
                             const struct gk_displacement *moved, const char *const texts[3])
{
    gk_report_group_begin(report, name);
    gk_report_double(report, "median_m", moved->median_m, 0, texts[0]);
    gk_report_double(report, "p90_m", moved->p90_m, 0, texts[1]);
    gk_report_double(report, "most_m", moved->max_m, 0, texts[2]);
    gk_report_group_end(report);
}

static void put_numbers(struct gk_report *report, const struct gk_lattice_summary *summary,
                        const struct gk_lattice_version *version, int64_t merges)
{
    static const char *const all[] = {"dwelling to its cell's point: median {} m",
                                      ", 90 % within {} m", ", at most {} m"};
    static const char *const town[] = {" (town {}", " / {}", " / {}"};
    static const char *const country[] = {", country {}", " / {}", " / {})\n"};
    bool has_addresses = version->min_addresses > 0;
    gk_report_i64(report, "lattice_version", version->version, "lattice version {}: ");
    gk_report_i64(report, "cells", summary->cells, "{} cells of ");
    gk_report_i64(report, "dwellings", summary->dwellings, "{} dwellings in ");
    gk_report_i64(report, "squares", summary->units, "{} squares of ");
    gk_report_double(report, "square_m", version->square_dm / 10.0, 1, "{} m\n");
    gk_report_i64(report, "k", version->k,
                  has_addresses
                      ? "every cell has at least {} dwellings"
                      : "every cell has at least {} dwellings; the source has no addresses\n");
    gk_report_i64(report, "min_addresses", version->min_addresses,
                  has_addresses ? " at {} addresses\n" : NULL);
    gk_report_group_begin(report, "dwellings_per_cell");
    gk_report_i64(report, "least", summary->cell_min, "dwellings per cell: least {}");
    gk_report_i64(report, "median", summary->cell_median, ", median {}");
    gk_report_i64(report, "p90", summary->cell_p90, ", 90 % at most {}");
    gk_report_i64(report, "most", summary->cell_max, ", most {}\n");
    gk_report_group_end(report);
    put_displacement(report, "displacement", &summary->all, all);
    put_displacement(report, "displacement_town", &summary->town, town);
    put_displacement(report, "displacement_country", &summary->country, country);
    gk_report_i64(report, "merges", merges, "cells merged in this version: {}\n");
}

/* --- Building ------------------------------------------------------------------------ */

static enum gk_status check_result(const struct gk_lattice *built,
                                   const struct gk_lattice_version *version, struct gk_error *error)
{
    for (size_t i = 0; i < built->cell_count; i++)
        if (built->cells[i].merged_into == GK_CELL_NONE && built->cells[i].is_deficient)
            return gk_error_set(error, GK_REJECTED,
                                "build the lattice: there are fewer than %d dwellings at %d "
                                "addresses in all",
                                version->k, version->min_addresses);
    return GK_OK;
}

static enum gk_status plan_version(struct gk_lattice_version *version, bool *is_built,
                                   struct gk_store *store, const struct gk_places *places,
                                   const struct gk_options *options, struct gk_error *error)
{
    if (places->source_id == 0)
        return gk_error_set(error, GK_CONFLICT,
                            "build the lattice: there are no dwellings yet; import them first");
    if (places->lattice_version > 0 && places->source_square_dm != places->lattice_square_dm)
        return gk_error_set(error, GK_CONFLICT,
                            "build the lattice: the newest dwellings have squares of %g m, the "
                            "lattice has %g m",
                            places->source_square_dm / 10.0, places->lattice_square_dm / 10.0);
    *version = (struct gk_lattice_version){
        .version = places->lattice_version + 1,
        .source_id = places->source_id,
        .square_dm = places->source_square_dm,
        .k = (int32_t)options->k,
        .min_addresses = places->source_has_addresses ? (int32_t)options->min_addresses : 0};
    enum gk_status status =
        gk_definition_classes(&version->classes, store, options->public_definition, error);
    *is_built = places->lattice_version > 0 && places->lattice_source_id == places->source_id &&
                places->lattice_k == version->k &&
                places->lattice_min_addresses == version->min_addresses &&
                places->lattice_classes == version->classes;
    return status;
}

/* --- Work beside the database's ------------------------------------------------------
 *
 * The cells grow while PostGIS finds what areas touch, and are summarised while
 * they are written; both need only memory. */

struct beside {
    pthread_t thread;
    bool is_running;
    enum gk_status status;
    struct gk_error error;
    const struct gk_stored_lattice *old;
    const struct gk_lattice_version *version;
    struct gk_lattice built;
    struct gk_unit *units; /* with their new cells */
    struct gk_lattice_summary summary;
};

static void *grow(void *context)
{
    struct beside *beside = context;
    const struct gk_lattice_rule rule = {beside->version->square_dm * 10, beside->version->k,
                                         beside->version->min_addresses, MAX_RADIUS_CM};
    const struct gk_stored_lattice *old = beside->old;
    beside->status = gk_lattice_build(&beside->built, old->units, old->unit_count, old->cells,
                                      old->cell_count, &rule, &beside->error);
    return NULL;
}

static void *summarise(void *context)
{
    struct beside *beside = context;
    const struct gk_lattice *built = &beside->built;
    beside->units = malloc((built->unit_count + 1) * sizeof *beside->units);
    beside->status = beside->units == NULL ? GK_NO_MEMORY : GK_OK;
    for (size_t i = 0; i < built->unit_count && beside->units != NULL; i++) {
        beside->units[i] = beside->old->units[i];
        beside->units[i].cell = built->cell_of_unit[i];
    }
    if (beside->status == GK_OK)
        beside->status =
            gk_lattice_summarise(&beside->summary, beside->units, built->unit_count, built->cells,
                                 built->cell_count, beside->version->square_dm * 10);
    if (beside->status != GK_OK)
        gk_error_set(&beside->error, beside->status, "summarise the lattice: %s",
                     gk_status_text(beside->status));
    return NULL;
}

/* Starts it, or does it at once when there is no thread to be had. */
static void start_beside(struct beside *beside, void *(*work)(void *))
{
    beside->is_running = pthread_create(&beside->thread, NULL, work, beside) == 0;
    if (!beside->is_running)
        (void)work(beside);
}

/* Waits for it; its failure counts when `status` is none. */
static enum gk_status end_beside(struct beside *beside, enum gk_status status,
                                 struct gk_error *error)
{
    if (beside->is_running)
        pthread_join(beside->thread, NULL);
    beside->is_running = false;
    if (status != GK_OK || beside->status == GK_OK)
        return status;
    if (error != NULL)
        *error = beside->error;
    return beside->status;
}

static enum gk_status write_built(struct gk_store *store, const struct gk_places *places,
                                  struct beside *beside, const struct gk_members *members,
                                  const struct gk_arguments *arguments, struct gk_error *error)
{
    enum gk_status status = check_result(&beside->built, beside->version, error);
    if (status != GK_OK)
        return status;
    gk_progress_begin(arguments->progress, "writing cells", NULL, 0);
    start_beside(beside, summarise);
    status = gk_lattice_write(store, places->base_set, &beside->built, beside->old, beside->version,
                              members, error);
    status = end_beside(beside, status, error);
    if (status == GK_OK)
        status = gk_store_execute(store, "COMMIT", error);
    if (status == GK_OK)
        put_numbers(arguments->report, &beside->summary, beside->version,
                    (int64_t)beside->built.merge_count);
    return status;
}

static enum gk_status build_in(struct gk_store *store, const struct gk_options *options,
                               const struct gk_arguments *arguments, struct gk_error *error)
{
    struct gk_places places;
    struct gk_lattice_version version = {.version = 0};
    struct gk_stored_lattice old = {.units = NULL};
    struct gk_members members = {.blocks = NULL};
    struct beside beside = {.old = &old, .version = &version};
    bool is_built = false;
    enum gk_status status = gk_places_read(&places, store, error);
    if (status == GK_OK)
        status = plan_version(&version, &is_built, store, &places, options, error);
    if (status == GK_OK && is_built) {
        gk_report_i64(arguments->report, "lattice_version", places.lattice_version,
                      "lattice version {} is of the newest dwellings already: nothing to do\n");
        return GK_OK;
    }
    gk_progress_begin(arguments->progress, "reading dwellings", NULL, 0);
    if (status == GK_OK)
        status = gk_stored_lattice_load(&old, store, version.source_id, version.classes, error);
    if (status == GK_OK) {
        gk_progress_begin(arguments->progress, "growing cells", NULL, 0);
        start_beside(&beside, grow);
        status = gk_members_find(&members, store, version.source_id, &old, error);
        status = end_beside(&beside, status, error);
    }
    if (status == GK_OK)
        status = write_built(store, &places, &beside, &members, arguments, error);
    gk_lattice_release(&beside.built);
    free(beside.units);
    gk_members_release(&members);
    gk_stored_lattice_release(&old);
    return status;
}

static enum gk_status run_build(const struct gk_options *options,
                                const struct gk_arguments *arguments, struct gk_error *error)
{
    struct gk_store *store = NULL;
    enum gk_status status = gk_command_open_store(&store, options, GK_STORE_IMPORTER,
                                                  "grannkarta lattice build", error);
    if (status == GK_OK)
        status = gk_places_begin(store, error);
    if (status == GK_OK)
        status = build_in(store, options, arguments, error);
    gk_store_close(store);
    return status;
}

/* --- Showing ---------------------------------------------------------------------------- */

static int64_t count_merges(const struct gk_stored_lattice *stored, int32_t version)
{
    int64_t merges = 0;
    for (size_t i = 0; i < stored->cell_count; i++)
        merges += stored->merged_version[i] == version;
    return merges;
}

static enum gk_status run_show(const struct gk_options *options,
                               const struct gk_arguments *arguments, struct gk_error *error)
{
    struct gk_store *store = NULL;
    struct gk_places places;
    struct gk_lattice_version version;
    struct gk_stored_lattice stored = {.units = NULL};
    struct gk_lattice_summary summary;
    enum gk_status status =
        gk_command_open_store(&store, options, GK_STORE_IMPORTER, "grannkarta lattice show", error);
    if (status == GK_OK)
        status = gk_places_read(&places, store, error);
    if (status == GK_OK && places.lattice_version == 0)
        status = gk_error_set(error, GK_NOT_FOUND,
                              "there is no lattice yet; `grannkarta lattice build` makes one");
    if (status == GK_OK)
        status = gk_lattice_read(&version, store, places.lattice_version, error);
    if (status == GK_OK)
        status = gk_stored_lattice_load(&stored, store, version.source_id, version.classes, error);
    /* Squares that are no units yet have no cell: they are not of this version. */
    size_t kept = 0;
    for (size_t i = 0; i < stored.unit_count; i++)
        if (stored.units[i].cell != GK_CELL_NONE)
            stored.units[kept++] = stored.units[i];
    if (status == GK_OK)
        status = gk_lattice_summarise(&summary, stored.units, kept, stored.cells, stored.cell_count,
                                      version.square_dm * 10);
    if (status == GK_OK)
        put_numbers(arguments->report, &summary, &version, count_merges(&stored, version.version));
    gk_stored_lattice_release(&stored);
    gk_store_close(store);
    return status;
}

const struct gk_command gk_command_lattice_build = {
    .name = "lattice build",
    .operands = "",
    .help = "make cells from the newest dwellings: a new version of the lattice",
    .usage = "Every cell has at least k dwellings of the classes that option public_definition\n"
             "counts, at min_addresses addresses, inside one district of the base set where that\n"
             "can be had. Cells never split: later versions only add and merge.\n",
    .has_report = true,
    .run = run_build,
};

const struct gk_command gk_command_lattice_show = {
    .name = "lattice show",
    .operands = "",
    .help = "print what the newest lattice is like",
    .has_report = true,
    .run = run_show,
};
