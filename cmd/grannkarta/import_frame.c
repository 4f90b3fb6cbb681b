/* The frame of the imports of places. */
#include "import_frame.h"

#include <stdio.h>
#include <string.h>

#include "store/places.h"

/* How many refused features a dry run tells one by one. */
enum { REFUSALS_SAID_MAX = 100 };

/* --- Features -------------------------------------------------------------------- */

enum gk_status gk_import_area(struct gk_buf *buf, struct gk_import *import, OGRFeatureH feature,
                              struct gk_error *error)
{
    struct gk_vector_repair repair;
    struct gk_report *report = import->report;
    enum gk_status status = gk_vector_area(buf, &import->vector, feature, &repair, error);
    if (status != GK_OK || !repair.is_repaired)
        return status;
    if (import->repaired++ == 0)
        gk_report_list_begin(report, "repairs");
    gk_report_row_begin(report);
    gk_report_i64(report, "feature", import->read, "feature {} repaired");
    gk_report_text(report, "reason", repair.reason, ": {}");
    gk_report_double(report, "before_m2", repair.before_m2, 2, "; {} m2 before");
    gk_report_double(report, "after_m2", repair.after_m2, 2, ", {} m2 after\n");
    gk_report_row_end(report);
    return GK_OK;
}

static enum gk_status take_next(const struct gk_import_kind *kind, void *context,
                                struct gk_import *import, bool *is_end, struct gk_error *error)
{
    OGRFeatureH feature;
    enum gk_status status = gk_vector_next(&feature, &import->vector, error);
    *is_end = feature == NULL;
    if (feature == NULL)
        return status;
    import->read++;
    if (status == GK_OK)
        status = kind->take(context, import, feature, error);
    OGR_F_Destroy(feature);
    if (status != GK_REJECTED)
        return status;
    if (gk_import_rejects_count(import->rejects) == 0)
        snprintf(import->first_reason, sizeof import->first_reason, "feature %lld: %.300s",
                 (long long)import->read, error->message);
    gk_import_rejects_add(import->rejects, import->read, error->message);
    if (import->is_dry_run && gk_import_rejects_count(import->rejects) <= REFUSALS_SAID_MAX)
        gk_report_note(import->report, "feature %lld refused: %s", (long long)import->read,
                       error->message);
    gk_error_clear(error);
    return GK_OK;
}

/* What is refused leaves everything as it was, unless the user chose to skip. */
static enum gk_status judge_rejects(struct gk_import *import, struct gk_error *error)
{
    int64_t rejected = gk_import_rejects_count(import->rejects);
    bool skips = strcmp(import->values[GK_IMPORT_ON_REJECT].text, "skip") == 0;
    enum gk_status listed = gk_import_rejects_end(import->rejects, error);
    if (import->read == 0)
        return gk_error_set(error, GK_REJECTED, "the file has no features");
    if (rejected == 0 || (skips && listed != GK_OK))
        return listed;
    if (skips && rejected < import->read)
        return GK_OK;
    const char *name = gk_import_rejects_name(import->rejects);
    if (name == NULL)
        return gk_error_set(error, GK_REJECTED,
                            "%lld of %lld features were refused; nothing would be imported; %.300s",
                            (long long)rejected, (long long)import->read, import->first_reason);
    return gk_error_set(error, GK_REJECTED,
                        "%lld of %lld features were refused (%s%.100s) and nothing was imported; "
                        "%.300s",
                        (long long)rejected, (long long)import->read,
                        listed == GK_OK ? "see " : "no list could be written to ", name,
                        import->first_reason);
}

static enum gk_status read_all(const struct gk_import_kind *kind, void *context,
                               struct gk_import *import, struct gk_error *error)
{
    struct gk_progress *progress = import->arguments->progress;
    enum gk_status status = GK_OK;
    bool is_end = false;
    gk_progress_begin(progress, "reading", kind->unit, import->vector.feature_count);
    while (status == GK_OK && !is_end) {
        status = take_next(kind, context, import, &is_end, error);
        gk_progress_at(progress, import->read);
    }
    if (status == GK_OK)
        gk_progress_end(progress);
    if (import->repaired > 0)
        gk_report_list_end(import->report);
    return status;
}

/* --- What is said of the file ---------------------------------------------------------- */

static void report_file(struct gk_import *import)
{
    struct gk_report *report = import->report;
    const struct gk_vector *vector = &import->vector;
    int64_t rejected = gk_import_rejects_count(import->rejects);
    gk_report_text(report, "crs", vector->crs_name, NULL);
    gk_report_bool(report, "has_unknown_datum", vector->is_without_datum,
                   "the CRS of the file names no datum that is known: taken for SWEREF 99\n");
    gk_report_count(report, "flattened", vector->flattened,
                    vector->flattened > 0 ? "heights or measures left out in {} features\n" : NULL);
    gk_report_count(report, "stroked", vector->stroked,
                    vector->stroked > 0 ? "curves drawn as lines in {} features\n" : NULL);
    gk_report_count(report, "collections", vector->collected,
                    vector->collected > 0 ? "collections of areas taken as one area: {}\n" : NULL);
    gk_report_count(report, "repaired", import->repaired,
                    import->repaired > 0 ? "repaired {}\n" : NULL);
    gk_report_count(report, "rejected", rejected, rejected > 0 ? "rejected {}" : NULL);
    const char *list = gk_import_rejects_name(import->rejects);
    gk_report_text(report, "rejects_file", list, " ({})");
    gk_report_say(report, rejected > 0 ? "\n" : "");
}

/* --- One run ----------------------------------------------------------------------------- */

static enum gk_status open_file(const struct gk_import_kind *kind, void *context,
                                struct gk_import *import, struct gk_error *error)
{
    const struct gk_flag_value *values = import->values;
    const char *path = import->arguments->operands[0];
    const struct gk_vector_options options = {
        .layer = values[GK_IMPORT_LAYER].text,
        .encoding = values[GK_IMPORT_ENCODING].text,
        .epsg = values[GK_IMPORT_CRS].count > 0 ? values[GK_IMPORT_CRS].number : 0,
        .swaps_axes = values[GK_IMPORT_SWAP_AXES].count > 0,
        .repairs = kind->has_areas && values[GK_IMPORT_REPAIR].count > 0};
    enum gk_status status = gk_vector_open(&import->vector, path, &options, error);
    if (status == GK_OK && import->vector.feature_count == 0)
        status = gk_error_set(error, GK_REJECTED, "the file has no features");
    if (status == GK_OK)
        status = gk_import_rejects_open(&import->rejects, path, import->is_dry_run, error);
    if (status == GK_OK && kind->prepare != NULL)
        status = kind->prepare(context, import, error);
    return status;
}

/* One transaction; a dry run does all of it and takes it back. */
static enum gk_status import_in(const struct gk_import_kind *kind, void *context,
                                struct gk_import *import, struct gk_error *error)
{
    enum gk_status status = gk_places_begin(import->store, error);
    if (status == GK_OK && kind->begin != NULL)
        status = kind->begin(context, import, error);
    if (status == GK_OK)
        status = read_all(kind, context, import, error);
    if (status == GK_OK) {
        report_file(import);
        status = judge_rejects(import, error);
    }
    gk_progress_begin(import->arguments->progress, "comparing and storing", NULL, 0);
    if (status == GK_OK && kind->store != NULL)
        status = kind->store(context, import, error);
    if (status == GK_OK)
        status = gk_store_execute(import->store, import->is_dry_run ? "ROLLBACK" : "COMMIT", error);
    return status;
}

enum gk_status gk_import_run(const struct gk_import_kind *kind, void *context,
                             const struct gk_options *options, const struct gk_arguments *arguments,
                             struct gk_error *error)
{
    struct gk_import import = {.options = options,
                               .arguments = arguments,
                               .values = arguments->values,
                               .report = arguments->report,
                               .is_dry_run = arguments->values[GK_IMPORT_DRY_RUN].count > 0};
    enum gk_status status = open_file(kind, context, &import, error);
    if (status == GK_OK)
        status = gk_command_open_store(&import.store, options, GK_STORE_IMPORTER,
                                       kind->application_name, error);
    if (status == GK_OK)
        status = import_in(kind, context, &import, error);
    if (status == GK_OK && kind->report != NULL)
        kind->report(context, &import);
    if (status == GK_OK && import.is_dry_run)
        gk_report_note(import.report, "dry run: nothing was written to the database");
    if (kind->release != NULL)
        kind->release(context);
    gk_store_close(import.store);
    gk_vector_close(&import.vector);
    gk_import_rejects_free(import.rejects);
    return status;
}
