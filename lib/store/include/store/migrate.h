/* Bringing a database's schema to what this program was built with.
 *
 * Migrations are compiled in. They go forward only; each runs in a transaction
 * of its own and is recorded in grannkarta.migration with its SHA-256. */
#ifndef GK_STORE_MIGRATE_H
#define GK_STORE_MIGRATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/connection.h"

struct gk_migration {
    int32_t number;
    const char *slug;
    const char *sha256; /* of the file, 64 lower-case hex digits */
    const char *sql;
};

/* The migrations of this program by number; *count of them. Static. */
const struct gk_migration *gk_migrations(size_t *count);

/* Called after each migration is committed; may be NULL. */
typedef void gk_migration_function(void *context, const struct gk_migration *migration);

/* Applies what is missing. `store` was opened as GK_STORE_OWNER and is in no
 * transaction. Two at once: the second waits for the first. GK_CONFLICT, with
 * nothing changed, when an applied migration differs from ours (names it) or the
 * database has migrations that this program does not know. */
GK_CHECKED enum gk_status gk_store_migrate(struct gk_store *store, gk_migration_function *applied,
                                           void *context, struct gk_error *error);

/* As gk_store_migrate with a table of the caller's. For tests. */
GK_CHECKED enum gk_status gk_store_migrate_with(struct gk_store *store,
                                                const struct gk_migration *migrations, size_t count,
                                                gk_migration_function *applied, void *context,
                                                struct gk_error *error);

/* GK_OK when the database has exactly the migrations of this program;
 * GK_CONFLICT, saying which side is older, when not. Any role may ask. */
GK_CHECKED enum gk_status gk_store_check_schema(struct gk_store *store, struct gk_error *error);

#endif
