/* COPY ... FROM STDIN (FORMAT binary): values are written into a buffer that
 * goes to the server in pieces; the server's speed holds us back, because libpq
 * blocks. https://www.postgresql.org/docs/15/sql-copy.html describes the bytes. */
#include <endian.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "internal.h"

enum {
    FLUSH_BYTES = 128 * 1024,
    PENDING_MAX_BYTES = 256 * 1024 * 1024 /* one row: its polygon may be large */
};

struct gk_copy {
    struct gk_store *store;
    struct gk_buf pending;
    int column_count;
    int column; /* values of the current row so far; column_count: complete */
    enum gk_status status;
    struct gk_error error; /* the first failure */
};

static void fail(struct gk_copy *copy, enum gk_status status, const char *message)
{
    if (copy->status == GK_OK)
        copy->status = gk_error_set(&copy->error, status, "copy into the database: %s", message);
}

enum gk_status gk_copy_begin(struct gk_copy **copy, struct gk_store *store, const char *sql,
                             int column_count, struct gk_error *error)
{
    static const char signature[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
    *copy = NULL;
    if (column_count < 1 || column_count > 1000)
        return gk_error_set(error, GK_INTERNAL, "copy into the database: %d columns", column_count);
    struct gk_copy *begun = calloc(1, sizeof *begun);
    if (begun == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "copy into the database: out of memory");
    PGresult *result = PQexec(store->connection, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN) {
        enum gk_status status =
            PQresultStatus(result) == PGRES_FATAL_ERROR || result == NULL
                ? gk_store_fail(store, result, error)
                : gk_error_set(error, GK_INTERNAL, "copy into the database: not a COPY");
        PQclear(result);
        free(begun);
        return status;
    }
    PQclear(result);
    begun->store = store;
    begun->column_count = begun->column = column_count;
    gk_buf_init(&begun->pending, PENDING_MAX_BYTES);
    gk_buf_append(&begun->pending, signature, sizeof signature);
    *copy = begun;
    return GK_OK;
}

static void flush(struct gk_copy *copy)
{
    enum gk_status status = gk_buf_status(&copy->pending);
    if (status != GK_OK)
        fail(copy, status, gk_status_text(status));
    if (copy->status == GK_OK && copy->pending.length > 0 &&
        PQputCopyData(copy->store->connection, copy->pending.data, (int)copy->pending.length) != 1)
        copy->status = gk_store_fail(copy->store, NULL, &copy->error);
    gk_buf_clear(&copy->pending);
}

/* --- Values --------------------------------------------------------------- */

static void put_u16(struct gk_copy *copy, uint16_t value)
{
    value = htobe16(value);
    gk_buf_append(&copy->pending, &value, sizeof value);
}

static void put_u32(struct gk_copy *copy, uint32_t value)
{
    value = htobe32(value);
    gk_buf_append(&copy->pending, &value, sizeof value);
}

static void put_u64(struct gk_copy *copy, uint64_t value)
{
    value = htobe64(value);
    gk_buf_append(&copy->pending, &value, sizeof value);
}

/* The length that stands before every value; -1 is null. False once failed. */
static bool begin_value(struct gk_copy *copy, int32_t length)
{
    if (copy->status != GK_OK)
        return false;
    if (copy->column >= copy->column_count) {
        fail(copy, GK_INTERNAL, "more values than columns");
        return false;
    }
    copy->column++;
    put_u32(copy, (uint32_t)length);
    return true;
}

void gk_copy_row(struct gk_copy *copy)
{
    if (copy->status != GK_OK)
        return;
    if (copy->column != copy->column_count) {
        fail(copy, GK_INTERNAL, "fewer values than columns");
        return;
    }
    if (copy->pending.length >= FLUSH_BYTES)
        flush(copy);
    copy->column = 0;
    put_u16(copy, (uint16_t)copy->column_count);
}

void gk_copy_null(struct gk_copy *copy)
{
    (void)begin_value(copy, -1);
}

void gk_copy_i16(struct gk_copy *copy, int16_t value)
{
    if (begin_value(copy, 2))
        put_u16(copy, (uint16_t)value);
}

void gk_copy_i32(struct gk_copy *copy, int32_t value)
{
    if (begin_value(copy, 4))
        put_u32(copy, (uint32_t)value);
}

void gk_copy_i64(struct gk_copy *copy, int64_t value)
{
    if (begin_value(copy, 8))
        put_u64(copy, (uint64_t)value);
}

void gk_copy_f64(struct gk_copy *copy, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (begin_value(copy, 8))
        put_u64(copy, bits);
}

void gk_copy_day(struct gk_copy *copy, int32_t day)
{
    if (day < INT32_MIN + 1 + GK_PG_EPOCH_DAYS)
        fail(copy, GK_INTERNAL, "a day out of range");
    else if (begin_value(copy, 4))
        put_u32(copy, (uint32_t)(day - GK_PG_EPOCH_DAYS));
}

void gk_copy_hour(struct gk_copy *copy, int32_t hour)
{
    int64_t since_2000 = (int64_t)hour - (int64_t)GK_PG_EPOCH_DAYS * 24;
    if (begin_value(copy, 8))
        put_u64(copy, (uint64_t)(since_2000 * 3600 * 1000000));
}

void gk_copy_bool(struct gk_copy *copy, bool value)
{
    if (begin_value(copy, 1))
        gk_buf_putc(&copy->pending, value ? 1 : 0);
}

void gk_copy_bytes(struct gk_copy *copy, const void *data, size_t length)
{
    if (length > PENDING_MAX_BYTES)
        fail(copy, GK_TOO_LARGE, "a value is too large");
    else if (begin_value(copy, (int32_t)length) && length > 0)
        gk_buf_append(&copy->pending, data, length);
}

void gk_copy_text(struct gk_copy *copy, const char *text, size_t length)
{
    gk_copy_bytes(copy, text, length);
}

/* --- The end ----------------------------------------------------------------- */

/* Takes what the server says last; reports the first failure. */
static void finish(struct gk_copy *copy, int64_t *rows)
{
    PGresult *result;
    while ((result = PQgetResult(copy->store->connection)) != NULL) {
        if (PQresultStatus(result) == PGRES_COMMAND_OK) {
            if (rows != NULL)
                *rows = strtoll(PQcmdTuples(result), NULL, 10);
        } else if (copy->status == GK_OK) {
            copy->status = gk_store_fail(copy->store, result, &copy->error);
        }
        bool is_copy = PQresultStatus(result) == PGRES_COPY_IN;
        PQclear(result);
        if (is_copy)
            break;
    }
}

enum gk_status gk_copy_end(struct gk_copy *copy, int64_t *rows, struct gk_error *error)
{
    if (copy->status == GK_OK && copy->column != copy->column_count)
        fail(copy, GK_INTERNAL, "fewer values than columns");
    put_u16(copy, UINT16_MAX);
    flush(copy);
    const char *refusal = copy->status == GK_OK ? NULL : "given up by the client";
    if (PQputCopyEnd(copy->store->connection, refusal) != 1 && copy->status == GK_OK)
        copy->status = gk_store_fail(copy->store, NULL, &copy->error);
    finish(copy, rows);
    enum gk_status status = copy->status;
    if (status != GK_OK && error != NULL)
        *error = copy->error;
    gk_buf_release(&copy->pending);
    free(copy);
    return status;
}

void gk_copy_abort(struct gk_copy *copy)
{
    if (copy == NULL)
        return;
    fail(copy, GK_INTERRUPTED, "given up");
    (void)!gk_copy_end(copy, NULL, NULL);
}
