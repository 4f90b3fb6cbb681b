/* Migrations: the table compiled in from sql/migrations, comparing it with what
 * the database has, and applying the rest. One advisory lock makes two at once
 * wait for each other. */
#include "store/migrate.h"

#include <string.h>

#include "internal.h"

static const struct gk_migration own_migrations[] = {
#define GK_MIGRATION(number, slug, sha256, sql) {number, slug, sha256, sql},
#include "migrations.inc"
#undef GK_MIGRATION
};

const struct gk_migration *gk_migrations(size_t *count)
{
    *count = sizeof own_migrations / sizeof *own_migrations;
    return own_migrations;
}

struct comparison {
    const struct gk_migration *migrations;
    size_t count;
    size_t applied; /* how many of them the database has */
};

/* Rows come by number and must be a beginning of our table. */
static enum gk_status compare(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct comparison *comparison = context;
    int64_t number = gk_store_get_i64(row, 0);
    const char *slug = gk_store_get_text(row, 1), *sha256 = gk_store_get_text(row, 2);
    if (comparison->applied == comparison->count)
        return gk_error_set(error, GK_CONFLICT,
                            "compare the schema: the database has migration %04d_%s, which this "
                            "program does not know: it is older than the database",
                            (int)number, slug);
    const struct gk_migration *ours = &comparison->migrations[comparison->applied];
    if (ours->number != number)
        return gk_error_set(error, GK_CONFLICT,
                            "compare the schema: the database has migration %04d_%s where this "
                            "program has %04d_%s",
                            (int)number, slug, (int)ours->number, ours->slug);
    if (strcmp(ours->sha256, sha256) != 0 || strcmp(ours->slug, slug) != 0)
        return gk_error_set(error, GK_CONFLICT,
                            "compare the schema: migration %04d_%s was changed after it was "
                            "applied to this database",
                            (int)ours->number, ours->slug);
    comparison->applied++;
    return GK_OK;
}

static enum gk_status read_applied(struct gk_store *store, struct comparison *comparison,
                                   struct gk_error *error)
{
    return gk_store_query(store,
                          "SELECT number, slug, sha256 FROM grannkarta.migration ORDER BY number",
                          NULL, 0, compare, comparison, error);
}

static enum gk_status apply(struct gk_store *store, const struct gk_migration *migration,
                            struct gk_error *error)
{
    enum gk_status status = gk_store_execute(store, "BEGIN", error);
    if (status == GK_OK)
        status = gk_store_execute(store, migration->sql, error);
    if (status == GK_OK && PQtransactionStatus(store->connection) != PQTRANS_INTRANS)
        status = gk_error_set(error, GK_INTERNAL, "it ended its transaction itself");
    const struct gk_store_value values[] = {gk_store_i64(migration->number),
                                            gk_store_text(migration->slug),
                                            gk_store_text(migration->sha256)};
    if (status == GK_OK)
        status = gk_store_query(
            store, "INSERT INTO grannkarta.migration (number, slug, sha256) VALUES ($1, $2, $3)",
            values, 3, NULL, NULL, error);
    if (status == GK_OK)
        status = gk_store_execute(store, "COMMIT", error);
    if (status == GK_OK)
        return GK_OK;
    (void)!gk_store_execute(store, "ROLLBACK", NULL);
    if (error != NULL) {
        struct gk_error cause = *error;
        gk_error_set(error, status, "migration %04d_%s: %.400s", (int)migration->number,
                     migration->slug, cause.message);
        memcpy(error->sqlstate, cause.sqlstate, sizeof error->sqlstate);
    }
    return status;
}

enum gk_status gk_store_migrate_with(struct gk_store *store, const struct gk_migration *migrations,
                                     size_t count, gk_migration_function *applied, void *context,
                                     struct gk_error *error)
{
    /* The number is arbitrary; locks are per database. */
    enum gk_status status =
        gk_store_execute(store, "SELECT pg_advisory_lock(7261110842019)", error);
    if (status != GK_OK)
        return status;
    struct comparison comparison = {.migrations = migrations, .count = count};
    status = gk_store_execute(store,
                              "CREATE TABLE IF NOT EXISTS grannkarta.migration ("
                              "  number integer PRIMARY KEY CHECK (number > 0),"
                              "  slug text NOT NULL,"
                              "  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),"
                              "  applied_at timestamptz NOT NULL DEFAULT now())",
                              error);
    if (status == GK_OK)
        status = read_applied(store, &comparison, error);
    for (size_t i = comparison.applied; status == GK_OK && i < count; i++) {
        status = apply(store, &migrations[i], error);
        if (status == GK_OK && applied != NULL)
            applied(context, &migrations[i]);
    }
    enum gk_status unlocked =
        gk_store_execute(store, "SELECT pg_advisory_unlock(7261110842019)", NULL);
    return status != GK_OK ? status : unlocked;
}

enum gk_status gk_store_migrate(struct gk_store *store, gk_migration_function *applied,
                                void *context, struct gk_error *error)
{
    size_t count;
    const struct gk_migration *migrations = gk_migrations(&count);
    return gk_store_migrate_with(store, migrations, count, applied, context, error);
}

enum gk_status gk_store_check_schema(struct gk_store *store, struct gk_error *error)
{
    struct gk_error own;
    gk_error_clear(&own);
    struct comparison comparison;
    comparison.migrations = gk_migrations(&comparison.count);
    comparison.applied = 0;
    enum gk_status status = read_applied(store, &comparison, &own);
    /* No such table, or not ours to read before the roles' migration. */
    bool is_missing = strcmp(own.sqlstate, "42P01") == 0 || strcmp(own.sqlstate, "3F000") == 0 ||
                      strcmp(own.sqlstate, "42501") == 0;
    if ((status == GK_OK && comparison.applied < comparison.count) || is_missing)
        return gk_error_set(error, GK_CONFLICT,
                            "compare the schema: the database is older than this program: run "
                            "\"grannkarta migrate\"");
    if (status != GK_OK && error != NULL)
        *error = own;
    return status;
}
