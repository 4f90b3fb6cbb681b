/* `migrate`: the database's schema to what this program was built with. */
#include "command.h"
#include "store/migrate.h"

enum { NAME_MAX_BYTES = 256 };

struct applied {
    struct gk_report *report;
    int count;
};

static void put_name(struct gk_report *report, const char *name,
                     const struct gk_migration *migration, const char *text)
{
    struct gk_buf buf;
    gk_buf_init(&buf, NAME_MAX_BYTES);
    gk_buf_printf(&buf, "%04d_%s", (int)migration->number, migration->slug);
    gk_report_text(report, name, buf.data, text);
    gk_buf_release(&buf);
}

static void put_applied(void *context, const struct gk_migration *migration)
{
    struct applied *applied = context;
    applied->count++;
    gk_report_row_begin(applied->report);
    put_name(applied->report, "migration", migration, "applied {}\n");
    gk_report_row_end(applied->report);
}

static enum gk_status migrate(const struct gk_options *options,
                              const struct gk_arguments *arguments, struct gk_error *error)
{
    struct applied applied = {.report = arguments->report};
    struct gk_store *store = NULL;
    size_t known;
    const struct gk_migration *migrations = gk_migrations(&known);
    enum gk_status status =
        gk_store_open(&store, options->database, GK_STORE_OWNER, "grannkarta migrate", error);
    gk_progress_begin(arguments->progress, "migrating", NULL, 0);
    gk_report_list_begin(applied.report, "applied");
    if (status == GK_OK)
        status = gk_store_migrate(store, put_applied, &applied, error);
    gk_report_list_end(applied.report);
    if (status == GK_OK)
        put_name(applied.report, "schema", &migrations[known - 1],
                 applied.count > 0 ? "the schema is at {}\n"
                                   : "the schema is at {}: nothing to do\n");
    gk_store_close(store);
    return status;
}

const struct gk_command gk_command_migrate = {
    .name = "migrate",
    .operands = "",
    .help = "bring the database's schema to what this program needs",
    .usage = "Safe to run twice, and by two at once. Goes forward only: take a backup first.\n"
             "Refuses a database that is newer, or whose applied migrations differ.\n",
    .has_report = true,
    .run = migrate,
};
