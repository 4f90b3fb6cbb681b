/* `publish`, `releases` and `revisions`: freezing what the public may see, and
 * what there is to freeze. */
#include "command.h"
#include "store/releases.h"

/* What was erased had contents; how much is not known any more, and was not 0. */
static void put_contents(struct gk_report *report, const struct gk_release_row *row)
{
    if (row->is_erased) {
        gk_report_null(report, "incidents", NULL);
        gk_report_null(report, "cells", NULL);
        gk_report_null(report, "unlocated", NULL);
        gk_report_null(report, "watch_areas", NULL);
        return;
    }
    gk_report_i64(report, "incidents", row->located, "  {} incidents");
    gk_report_i64(report, "cells", row->cells, " in {} cells");
    gk_report_i64(report, "unlocated", row->unlocated, ", {} without a place");
    gk_report_i64(report, "watch_areas", row->watch_areas, "  {} watch areas");
}

/* One line of the list of releases. */
static enum gk_status put_release(void *context, const struct gk_release_row *row,
                                  struct gk_error *error)
{
    (void)error;
    struct gk_report *report = context;
    gk_report_row_begin(report);
    gk_report_i64(report, "release", row->id, "release {}");
    gk_report_month(report, "from", row->first_month, "  {}");
    gk_report_month(report, "through", row->through_month, " to {}");
    gk_report_text(report, "definition", row->definition, "  definition {}");
    put_contents(report, row);
    gk_report_i64(report, "revision", row->revision, "  revision {}");
    gk_report_i64(report, "lattice_version", row->lattice_version, "  lattice {}");
    gk_report_utc(report, "made", row->created_utc, "  made {}");
    gk_report_bool(report, "is_withdrawn", row->is_withdrawn, "  withdrawn");
    gk_report_bool(report, "is_erased", row->is_erased, "  erased");
    gk_report_say(report, "\n");
    gk_report_row_end(report);
    return GK_OK;
}

static enum gk_status put_revision(void *context, const struct gk_revision_row *row,
                                   struct gk_error *error)
{
    (void)error;
    struct gk_report *report = context;
    gk_report_row_begin(report);
    gk_report_i64(report, "revision", row->id, "revision {}");
    gk_report_text(report, "kind", row->kind, "  {}");
    if (row->reverts > 0)
        gk_report_i64(report, "reverts", row->reverts, " of {}");
    gk_report_i64(report, "read", row->rows_read, "  read {}");
    gk_report_i64(report, "new", row->rows_new, "  new {}");
    gk_report_i64(report, "duplicate", row->rows_duplicate, "  duplicate {}");
    gk_report_i64(report, "changed", row->rows_changed, "  changed {}");
    gk_report_i64(report, "unlocated", row->rows_unlocated, "  unlocated {}");
    gk_report_i64(report, "rejected", row->rows_rejected, "  rejected {}");
    gk_report_i64(report, "removed", row->rows_removed,
                  row->rows_removed > 0 ? "  removed {}" : NULL);
    gk_report_day(report, "data_through", row->data_through_day, "  data through {}");
    gk_report_utc(report, "made", row->created_utc, "  made {}");
    gk_report_bool(report, "is_erased", row->is_erased, "  erased");
    gk_report_say(report, "\n");
    gk_report_row_end(report);
    return GK_OK;
}

/* `id` 0: all of them. */
static enum gk_status put_releases(struct gk_report *report, struct gk_store *store, int32_t id,
                                   struct gk_error *error)
{
    gk_report_list_begin(report, "releases");
    enum gk_status status = gk_store_releases(store, id, put_release, report, error);
    gk_report_list_end(report);
    return status;
}

enum { FLAG_THROUGH, FLAG_FROM, FLAG_DEFINITION };
static const struct gk_flag publish_flags[] = {
    [FLAG_THROUGH] = {.name = "through",
                      .kind = GK_FLAG_MONTH,
                      .help = "last month of the release; its data must be complete",
                      .is_required = true},
    [FLAG_FROM] = {.name = "from",
                   .kind = GK_FLAG_MONTH,
                   .help = "first month; default that of the last release, else the first with an "
                           "incident"},
    [FLAG_DEFINITION] = {.name = "definition",
                         .kind = GK_FLAG_TEXT,
                         .help = "definition of burglary; default the option public_definition"},
    {.name = NULL},
};

static enum gk_status publish(const struct gk_options *options,
                              const struct gk_arguments *arguments, struct gk_error *error)
{
    const struct gk_flag_value *values = arguments->values;
    int32_t through = (int32_t)values[FLAG_THROUGH].number;
    int32_t from = (int32_t)values[FLAG_FROM].number, id = 0;
    const char *definition = values[FLAG_DEFINITION].text;
    struct gk_store *store = NULL;
    enum gk_status status =
        gk_command_open_store(&store, options, GK_STORE_IMPORTER, "grannkarta publish", error);
    gk_progress_begin(arguments->progress, "freezing the release", NULL, 0);
    if (status == GK_OK)
        status = gk_store_publish(&id, store, through, values[FLAG_FROM].count > 0 ? &from : NULL,
                                  definition != NULL ? definition : options->public_definition,
                                  (int32_t)options->watch_min_dwellings, error);
    if (status == GK_OK)
        status = put_releases(arguments->report, store, id, error);
    gk_store_close(store);
    return status;
}

static enum gk_status list_releases(const struct gk_options *options,
                                    const struct gk_arguments *arguments, struct gk_error *error)
{
    struct gk_store *store = NULL;
    enum gk_status status =
        gk_command_open_store(&store, options, GK_STORE_IMPORTER, "grannkarta releases", error);
    if (status == GK_OK)
        status = put_releases(arguments->report, store, 0, error);
    gk_store_close(store);
    return status;
}

static enum gk_status list_revisions(const struct gk_options *options,
                                     const struct gk_arguments *arguments, struct gk_error *error)
{
    struct gk_store *store = NULL;
    enum gk_status status =
        gk_command_open_store(&store, options, GK_STORE_IMPORTER, "grannkarta revisions", error);
    gk_report_list_begin(arguments->report, "revisions");
    if (status == GK_OK)
        status = gk_store_revisions(store, put_revision, arguments->report, error);
    gk_report_list_end(arguments->report);
    gk_store_close(store);
    return status;
}

const struct gk_command gk_command_publish = {
    .name = "publish",
    .operands = "",
    .help = "freeze the newest data as a release, which the public then sees",
    .usage = "A release is cells, months and counts under one definition, and never changes.\n"
             "Refused: a month whose data are not complete, a definition that leaves out a kind\n"
             "of dwelling that cells were closed with, or that differs from the one under which\n"
             "these months were published before.\n",
    .flags = publish_flags,
    .has_report = true,
    .run = publish,
};

const struct gk_command gk_command_releases = {
    .name = "releases",
    .operands = "",
    .help = "list what was published, newest first",
    .has_report = true,
    .run = list_releases,
};

const struct gk_command gk_command_revisions = {
    .name = "revisions",
    .operands = "",
    .help = "list what was imported, newest first",
    .has_report = true,
    .run = list_revisions,
};
