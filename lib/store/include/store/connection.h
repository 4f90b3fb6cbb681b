/* Connections to PostgreSQL: open, ask, copy in, transactions.
 *
 * SQL is always a literal with $1 parameters; nothing builds SQL from strings.
 * Results come in binary, row by row. One connection, one thread. Only this
 * module knows libpq. */
#ifndef GK_STORE_CONNECTION_H
#define GK_STORE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct gk_store;

/* What a session may do; SET ROLE after connecting. */
enum gk_store_role { GK_STORE_READER, GK_STORE_IMPORTER, GK_STORE_OWNER };

/* Connects (connect_timeout 5 s, keepalives, search_path grannkarta, UTC) and
 * takes the role. Without a user in conninfo it logs in as grannkarta (reader) or
 * grannkarta_admin, so that one configuration serves daemon and command. GK_UNAVAILABLE when the
 * server cannot be reached, GK_DATABASE otherwise. Passwords never appear in messages. */
GK_CHECKED enum gk_status gk_store_open(struct gk_store **store, const char *conninfo,
                                        enum gk_store_role role, const char *application_name,
                                        struct gk_error *error);

/* NULL is allowed. */
void gk_store_close(struct gk_store *store);

/* For threads that must be stoppable whatever the server does: a statement ends
 * with GK_INTERRUPTED when `wake_fd` is readable while the server is waited for
 * (-1: never; it is not read), and with GK_UNAVAILABLE when the server sends
 * nothing for `silence_ms` (-1: waits for ever). After either the connection is
 * good for closing only. A new connection has neither limit. COPY has none. */
void gk_store_set_limits(struct gk_store *store, int wake_fd, int silence_ms);

/* --- Parameters and rows -------------------------------------------------- */

enum gk_store_type { GK_STORE_NULL, GK_STORE_I64, GK_STORE_F64, GK_STORE_TEXT, GK_STORE_BYTES };

struct gk_store_value {
    enum gk_store_type type;
    int64_t i64;
    double f64;
    const void *data; /* TEXT, BYTES; borrowed */
    size_t length;
};

/* A parameter that is null, whatever its type. */
struct gk_store_value gk_store_null(void);

/* A parameter for $n::bigint; a narrower one is cast in the statement. */
struct gk_store_value gk_store_i64(int64_t value);

/* A parameter for $n::float8. */
struct gk_store_value gk_store_f64(double value);

/* A parameter for $n::text; NULL is null. The text is borrowed until the query ends. */
struct gk_store_value gk_store_text(const char *text);

/* A parameter for $n::bytea; borrowed until the query ends. */
struct gk_store_value gk_store_bytes(const void *data, size_t length);

struct gk_store_row; /* borrowed: valid inside the callback */

/* Whether a column, by index from 0, is null. For all getters below: the column's
 * type must be what the getter says, else the query ends with GK_INTERNAL; of a null
 * they give 0 or NULL; what they point to is borrowed inside the callback. */
bool gk_store_is_null(const struct gk_store_row *row, int column);

/* A column of type int2, int4, int8 or bool. */
int64_t gk_store_get_i64(struct gk_store_row *row, int column);

/* A column of type float8 or float4. */
double gk_store_get_f64(struct gk_store_row *row, int column);

/* A date, as days since 1970-01-01. */
int32_t gk_store_get_day(struct gk_store_row *row, int column);

/* A timestamp (wall clock), as hours since 1970-01-01 00:00. */
int32_t gk_store_get_hour(struct gk_store_row *row, int column);

/* A timestamptz, as seconds since the epoch. */
int64_t gk_store_get_utc(struct gk_store_row *row, int column);

/* A text, NUL-terminated. */
const char *gk_store_get_text(struct gk_store_row *row, int column);

/* A bytea or a geometry (EWKB). */
const unsigned char *gk_store_get_bytes(struct gk_store_row *row, int column, size_t *length);

/* Called for each row; anything but GK_OK ends the query with that status. */
typedef enum gk_status gk_store_row_function(void *context, struct gk_store_row *row,
                                             struct gk_error *error);

/* Runs one statement in single-row mode; `row_function` may be NULL when rows do
 * not matter. Errors carry the SQLSTATE; a lost connection is GK_UNAVAILABLE. */
GK_CHECKED enum gk_status gk_store_query(struct gk_store *store, const char *sql,
                                         const struct gk_store_value *values, size_t count,
                                         gk_store_row_function *row_function, void *context,
                                         struct gk_error *error);

/* Runs statements without parameters (several, separated by ;). */
GK_CHECKED enum gk_status gk_store_execute(struct gk_store *store, const char *sql,
                                           struct gk_error *error);

/* --- Copying in ------------------------------------------------------------ */

struct gk_copy;

/* Begins `COPY table (columns) FROM STDIN (FORMAT binary)`, given as literal. */
GK_CHECKED enum gk_status gk_copy_begin(struct gk_copy **copy, struct gk_store *store,
                                        const char *sql, int column_count, struct gk_error *error);

/* Begins a row: then one value after the other, exactly column_count of them, each
 * of its column's type. Failures are kept and reported by gk_copy_end(). */
void gk_copy_row(struct gk_copy *copy);

/* A null, for a column of any type. */
void gk_copy_null(struct gk_copy *copy);

/* A value for a smallint. */
void gk_copy_i16(struct gk_copy *copy, int16_t value);

/* A value for an integer. */
void gk_copy_i32(struct gk_copy *copy, int32_t value);

/* A value for a bigint. */
void gk_copy_i64(struct gk_copy *copy, int64_t value);

/* A value for a float8. */
void gk_copy_f64(struct gk_copy *copy, double value);

/* A date, of days since 1970-01-01. */
void gk_copy_day(struct gk_copy *copy, int32_t day);

/* A timestamp, of wall-clock hours since 1970-01-01 00:00. */
void gk_copy_hour(struct gk_copy *copy, int32_t hour);

/* A boolean. */
void gk_copy_bool(struct gk_copy *copy, bool value);

/* A text of `length` bytes of UTF-8. */
void gk_copy_text(struct gk_copy *copy, const char *text, size_t length);

/* A bytea, or a geometry as EWKB. */
void gk_copy_bytes(struct gk_copy *copy, const void *data, size_t length);

/* Ends the copy; `rows` (may be NULL) gets the server's count. Frees. */
GK_CHECKED enum gk_status gk_copy_end(struct gk_copy *copy, int64_t *rows, struct gk_error *error);

/* Ends it with failure, so that nothing is taken. Frees; NULL is allowed. */
void gk_copy_abort(struct gk_copy *copy);

#endif
