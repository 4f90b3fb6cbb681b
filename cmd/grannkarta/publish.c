/* `publish`, `releases` and `revisions`: freezing what the public may see, and
 * what there is to freeze. */
#include <stdio.h>

#include "base/date.h"
#include "command.h"
#include "store/releases.h"

enum { TEXT_MAX_BYTES = 64 };

/* The text of a month, day or instant; freed by gk_buf_release(). */
static const char *text_of(struct gk_buf *buf)
{
    return buf->data != NULL ? buf->data : "";
}

static enum gk_status print_release(void *context, const struct gk_release_row *row,
                                    struct gk_error *error)
{
    (void)context, (void)error;
    struct gk_buf from, through, created;
    gk_buf_init(&from, TEXT_MAX_BYTES);
    gk_buf_init(&through, TEXT_MAX_BYTES);
    gk_buf_init(&created, TEXT_MAX_BYTES);
    gk_buf_put_month(&from, row->first_month);
    gk_buf_put_month(&through, row->through_month);
    gk_buf_put_utc(&created, row->created_utc);
    printf("release %d  %s to %s  definition %s  %lld incidents in %lld cells, %lld without a "
           "place  %d watch areas  revision %d  lattice %d  made %s%s\n",
           (int)row->id, text_of(&from), text_of(&through), row->definition,
           (long long)row->located, (long long)row->cells, (long long)row->unlocated,
           (int)row->watch_areas, (int)row->revision, (int)row->lattice_version, text_of(&created),
           row->is_withdrawn ? "  withdrawn" : "");
    gk_buf_release(&from);
    gk_buf_release(&through);
    gk_buf_release(&created);
    return GK_OK;
}

static enum gk_status print_revision(void *context, const struct gk_revision_row *row,
                                     struct gk_error *error)
{
    (void)context, (void)error;
    struct gk_buf through, created;
    gk_buf_init(&through, TEXT_MAX_BYTES);
    gk_buf_init(&created, TEXT_MAX_BYTES);
    gk_buf_put_day(&through, row->data_through_day);
    gk_buf_put_utc(&created, row->created_utc);
    printf("revision %d  %s  read %lld  new %lld  duplicate %lld  changed %lld  unlocated %lld  "
           "rejected %lld  data through %s  made %s\n",
           (int)row->id, row->kind, (long long)row->rows_read, (long long)row->rows_new,
           (long long)row->rows_duplicate, (long long)row->rows_changed,
           (long long)row->rows_unlocated, (long long)row->rows_rejected, text_of(&through),
           text_of(&created));
    gk_buf_release(&through);
    gk_buf_release(&created);
    return GK_OK;
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
    if (status == GK_OK)
        status = gk_store_publish(&id, store, through, values[FLAG_FROM].count > 0 ? &from : NULL,
                                  definition != NULL ? definition : options->public_definition,
                                  (int32_t)options->watch_min_dwellings, error);
    if (status == GK_OK)
        status = gk_store_releases(store, id, print_release, NULL, error);
    gk_store_close(store);
    return status;
}

static enum gk_status list_releases(const struct gk_options *options,
                                    const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)arguments;
    struct gk_store *store = NULL;
    enum gk_status status =
        gk_command_open_store(&store, options, GK_STORE_IMPORTER, "grannkarta releases", error);
    if (status == GK_OK)
        status = gk_store_releases(store, 0, print_release, NULL, error);
    gk_store_close(store);
    return status;
}

static enum gk_status list_revisions(const struct gk_options *options,
                                     const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)arguments;
    struct gk_store *store = NULL;
    enum gk_status status =
        gk_command_open_store(&store, options, GK_STORE_IMPORTER, "grannkarta revisions", error);
    if (status == GK_OK)
        status = gk_store_revisions(store, print_revision, NULL, error);
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
    .run = publish,
};

const struct gk_command gk_command_releases = {
    .name = "releases",
    .operands = "",
    .help = "list what was published, newest first",
    .run = list_releases,
};

const struct gk_command gk_command_revisions = {
    .name = "revisions",
    .operands = "",
    .help = "list what was imported, newest first",
    .run = list_revisions,
};
