/* `migrate`: the database's schema to what this program was built with. */
#include <stdio.h>

#include "command.h"
#include "store/migrate.h"

static void print_applied(void *context, const struct gk_migration *migration)
{
    int *count = context;
    ++*count;
    printf("applied %04d_%s\n", (int)migration->number, migration->slug);
}

static enum gk_status migrate(const struct gk_options *options,
                              const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)arguments;
    struct gk_store *store = NULL;
    int count = 0;
    size_t known;
    const struct gk_migration *migrations = gk_migrations(&known);
    enum gk_status status =
        gk_store_open(&store, options->database, GK_STORE_OWNER, "grannkarta migrate", error);
    if (status == GK_OK)
        status = gk_store_migrate(store, print_applied, &count, error);
    if (status == GK_OK)
        printf("the schema is at %04d_%s%s\n", (int)migrations[known - 1].number,
               migrations[known - 1].slug, count == 0 ? ": nothing to do" : "");
    gk_store_close(store);
    return status;
}

const struct gk_command gk_command_migrate = {
    .name = "migrate",
    .operands = "",
    .help = "bring the database's schema to what this program needs",
    .usage = "Safe to run twice, and by two at once. Goes forward only: take a backup first.\n"
             "Refuses a database that is newer, or whose applied migrations differ.\n",
    .run = migrate,
};
