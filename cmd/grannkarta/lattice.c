/* `lattice build` and `lattice show`: a new version of the lattice from the
 * newest dwellings, and what a stored one is like. The algorithm is lib/anon's;
 * here it gets its input and its result is written in one transaction. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "command.h"
#include "geo/square.h"
#include "geo/wkb.h"
#include "lattice_summary.h"
#include "store/places.h"
#include "stored_lattice.h"

enum { OUTLINE_MAX_BYTES = 64 * 1024 * 1024, MAX_RADIUS_CM = 200000 };

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

/* --- Writing ---------------------------------------------------------------------- */

static enum gk_status write_cells(struct gk_store *store, const struct gk_lattice *built,
                                  size_t old_count, int32_t version, struct gk_error *error)
{
    struct gk_copy *copy = NULL;
    enum gk_status status = gk_cells_copy(&copy, store, error);
    if (status != GK_OK)
        return status;
    for (size_t i = old_count; i < built->cell_count; i++) {
        const struct gk_lattice_cell *cell = &built->cells[i];
        bool lives = cell->merged_into == GK_CELL_NONE;
        const struct gk_stored_cell row = {cell->id, cell->point, cell->district,
                                           lives ? 0 : cell->merged_into, lives ? 0 : version};
        gk_copy_cell(copy, version, &row);
    }
    return gk_copy_end(copy, NULL, error);
}

static enum gk_status write_merges(struct gk_store *store, const struct gk_lattice *built,
                                   const struct gk_stored_lattice *old, int32_t version,
                                   struct gk_error *error)
{
    enum gk_status status = GK_OK;
    for (size_t i = 0; i < old->cell_count && status == GK_OK; i++)
        if (old->cells[i].merged_into == GK_CELL_NONE &&
            built->cells[i].merged_into != GK_CELL_NONE)
            status = gk_cell_merge(store, built->cells[i].id, built->cells[i].merged_into, version,
                                   error);
    return status;
}

struct new_unit {
    struct gk_square square;
    int32_t district, cell;
};

static int by_key(const void *a, const void *b)
{
    const struct new_unit *p = a, *q = b;
    if (p->square.e != q->square.e)
        return p->square.e < q->square.e ? -1 : 1;
    if (p->square.n != q->square.n)
        return p->square.n < q->square.n ? -1 : 1;
    return (p->district > q->district) - (p->district < q->district);
}

/* In the order of the table's key: its index then grows at one end only, which
 * takes a third of the time. */
static enum gk_status write_units(struct gk_store *store, const struct gk_lattice *built,
                                  const struct gk_stored_lattice *old, struct gk_error *error)
{
    struct gk_copy *copy = NULL;
    struct new_unit *units = malloc((built->unit_count + 1) * sizeof *units);
    if (units == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "write the lattice: out of memory");
    size_t count = 0;
    for (size_t i = 0; i < built->unit_count; i++)
        if (old->units[i].cell == GK_CELL_NONE)
            units[count++] = (struct new_unit){old->units[i].square, old->units[i].district,
                                               built->cell_of_unit[i]};
    qsort(units, count, sizeof *units, by_key);
    enum gk_status status = gk_units_copy(&copy, store, error);
    if (status == GK_OK) {
        for (size_t i = 0; i < count; i++)
            gk_copy_unit(copy, units[i].square, units[i].district, units[i].cell);
        status = gk_copy_end(copy, NULL, error);
    }
    free(units);
    return status;
}

/* The units of each living cell, one after the other: order[start[c]] up to
 * order[start[c + 1]] for cell c + 1. */
static bool group_units(const struct gk_lattice *built, uint32_t **order, uint32_t **start)
{
    *order = malloc((built->unit_count + 1) * sizeof **order);
    *start = calloc(built->cell_count + 2, sizeof **start);
    if (*order == NULL || *start == NULL)
        return false;
    for (size_t i = 0; i < built->unit_count; i++)
        (*start)[built->cell_of_unit[i] + 1]++;
    for (size_t c = 1; c < built->cell_count + 2; c++)
        (*start)[c] += (*start)[c - 1];
    /* start[id] now is where cell id begins; filling moves it to where it ends. */
    for (size_t i = 0; i < built->unit_count; i++)
        (*order)[(*start)[built->cell_of_unit[i]]++] = (uint32_t)i;
    return true;
}

static int by_square(const void *a, const void *b)
{
    const struct gk_square *p = a, *q = b;
    if (p->n != q->n)
        return p->n < q->n ? -1 : 1;
    return (p->e > q->e) - (p->e < q->e);
}

/* A square that two districts share is in a cell's outline once. */
static size_t without_repeats(struct gk_square *squares, size_t count)
{
    size_t kept = 0;
    qsort(squares, count, sizeof *squares, by_square);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || by_square(&squares[i], &squares[kept - 1]) != 0)
            squares[kept++] = squares[i];
    return kept;
}

/* What writing a cell needs, made once. */
struct cell_writer {
    struct gk_copy *copy;
    const struct gk_stored_lattice *old;
    struct gk_square *squares; /* room for all units */
    struct gk_buf ewkb;
    int32_t version, side_cm;
};

static enum gk_status write_lattice_cell(struct cell_writer *writer, int32_t id,
                                         const uint32_t *units, size_t count,
                                         struct gk_error *error)
{
    int64_t dwellings[GK_CLASS_COUNT] = {0}, addresses = 0;
    for (size_t i = 0; i < count; i++) {
        for (int c = 0; c < GK_CLASS_COUNT; c++)
            dwellings[c] += writer->old->classes[units[i]][c];
        addresses += writer->old->units[units[i]].addresses;
        writer->squares[i] = writer->old->units[units[i]].square;
    }
    for (int c = 0; c < GK_CLASS_COUNT; c++)
        if (dwellings[c] > INT32_MAX || addresses > INT32_MAX)
            return gk_error_set(error, GK_REJECTED, "cell %d has more than 2^31 dwellings", id);
    struct gk_polygons outline;
    enum gk_status status = gk_outline(&outline, writer->squares,
                                       without_repeats(writer->squares, count), writer->side_cm);
    if (status != GK_OK)
        return gk_error_set(error, status, "outline of cell %d: %s", id, gk_status_text(status));
    gk_buf_clear(&writer->ewkb);
    gk_buf_put_ewkb(&writer->ewkb, &outline);
    gk_polygons_release(&outline);
    status = gk_buf_status(&writer->ewkb);
    if (status != GK_OK)
        return gk_error_set(error, status, "outline of cell %d: %s", id, gk_status_text(status));
    gk_copy_lattice_cell(writer->copy, writer->version, id, dwellings, addresses, writer->ewkb.data,
                         writer->ewkb.length);
    return GK_OK;
}

static enum gk_status write_lattice_cells(struct gk_store *store, const struct gk_lattice *built,
                                          const struct gk_stored_lattice *old,
                                          const struct gk_lattice_version *version,
                                          struct gk_error *error)
{
    uint32_t *order = NULL, *start = NULL;
    struct cell_writer writer = {
        .old = old, .version = version->version, .side_cm = version->square_dm * 10};
    gk_buf_init(&writer.ewkb, OUTLINE_MAX_BYTES);
    writer.squares = malloc((built->unit_count + 1) * sizeof *writer.squares);
    enum gk_status status = GK_OK;
    if (writer.squares == NULL || !group_units(built, &order, &start)) {
        status = GK_NO_MEMORY;
        gk_error_set(error, status, "write the lattice: out of memory");
    }
    if (status == GK_OK)
        status = gk_lattice_cells_copy(&writer.copy, store, error);
    for (size_t i = 0; i < built->cell_count && status == GK_OK; i++)
        if (built->cells[i].merged_into == GK_CELL_NONE)
            status = write_lattice_cell(&writer, (int32_t)i + 1, order + start[i],
                                        start[i + 1] - start[i], error);
    if (status == GK_OK)
        status = gk_copy_end(writer.copy, NULL, error);
    else
        gk_copy_abort(writer.copy);
    gk_buf_release(&writer.ewkb);
    free(writer.squares);
    free(order);
    free(start);
    return status;
}

static enum gk_status write_version(struct gk_store *store, const struct gk_places *places,
                                    const struct gk_lattice *built,
                                    const struct gk_stored_lattice *old,
                                    const struct gk_lattice_version *version,
                                    struct gk_error *error)
{
    enum gk_status status = gk_lattice_insert(store, version, places->base_set, error);
    if (status == GK_OK)
        status = write_cells(store, built, old->cell_count, version->version, error);
    if (status == GK_OK)
        status = write_merges(store, built, old, version->version, error);
    if (status == GK_OK)
        status = write_units(store, built, old, error);
    if (status == GK_OK)
        status = write_lattice_cells(store, built, old, version, error);
    if (status == GK_OK)
        status = gk_places_changed(store, version->version, error);
    return status;
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

/* The built lattice in terms of the units, for the summary. */
static enum gk_status report_built(struct gk_report *report, const struct gk_lattice *built,
                                   struct gk_stored_lattice *old,
                                   const struct gk_lattice_version *version, struct gk_error *error)
{
    struct gk_lattice_summary summary;
    for (size_t i = 0; i < built->unit_count; i++)
        old->units[i].cell = built->cell_of_unit[i];
    enum gk_status status =
        gk_lattice_summarise(&summary, old->units, built->unit_count, built->cells,
                             built->cell_count, version->square_dm * 10);
    if (status != GK_OK)
        return gk_error_set(error, status, "summarise the lattice: %s", gk_status_text(status));
    put_numbers(report, &summary, version, (int64_t)built->merge_count);
    return GK_OK;
}

static enum gk_status build_in(struct gk_store *store, const struct gk_options *options,
                               const struct gk_arguments *arguments, struct gk_error *error)
{
    struct gk_places places;
    struct gk_lattice_version version = {.version = 0};
    struct gk_stored_lattice old = {.units = NULL};
    struct gk_lattice built = {.cells = NULL};
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
        const struct gk_lattice_rule rule = {version.square_dm * 10, version.k,
                                             version.min_addresses, MAX_RADIUS_CM};
        gk_progress_begin(arguments->progress, "growing cells", NULL, 0);
        status = gk_lattice_build(&built, old.units, old.unit_count, old.cells, old.cell_count,
                                  &rule, error);
    }
    if (status == GK_OK)
        status = check_result(&built, &version, error);
    gk_progress_begin(arguments->progress, "writing cells", NULL, 0);
    if (status == GK_OK)
        status = write_version(store, &places, &built, &old, &version, error);
    if (status == GK_OK)
        status = gk_store_execute(store, "COMMIT", error);
    if (status == GK_OK)
        status = report_built(arguments->report, &built, &old, &version, error);
    gk_lattice_release(&built);
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
