/* One statement with parameters, its rows one by one in binary, and the
 * getters that check a column's type before they read its bytes. */
#include <endian.h>
#include <limits.h>
#include <string.h>

#include "internal.h"

enum { PARAMETERS_MAX = 32 };

/* Types of pg_type.dat that have fixed numbers. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_FIRST_OF_USERS = 16384 /* extensions, such as geometry */
};

struct gk_store_row {
    const PGresult *result;
    int wrong_column; /* -1: every getter fitted so far */
};

/* --- Parameters -------------------------------------------------------- */

struct gk_store_value gk_store_null(void)
{
    return (struct gk_store_value){.type = GK_STORE_NULL};
}

struct gk_store_value gk_store_i64(int64_t value)
{
    return (struct gk_store_value){.type = GK_STORE_I64, .i64 = value};
}

struct gk_store_value gk_store_f64(double value)
{
    return (struct gk_store_value){.type = GK_STORE_F64, .f64 = value};
}

struct gk_store_value gk_store_text(const char *text)
{
    if (text == NULL)
        return gk_store_null();
    return (struct gk_store_value){.type = GK_STORE_TEXT, .data = text, .length = strlen(text)};
}

struct gk_store_value gk_store_bytes(const void *data, size_t length)
{
    return (struct gk_store_value){.type = GK_STORE_BYTES, .data = data, .length = length};
}

struct parameters {
    Oid types[PARAMETERS_MAX];
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX];
    int formats[PARAMETERS_MAX];
    uint64_t numbers[PARAMETERS_MAX]; /* in network order */
};

static enum gk_status bind(struct parameters *p, const struct gk_store_value *values, size_t count,
                           struct gk_error *error)
{
    if (count > PARAMETERS_MAX)
        return gk_error_set(error, GK_INTERNAL, "ask the database: %zu parameters, at most %d",
                            count, PARAMETERS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct gk_store_value *value = &values[i];
        uint64_t bits = 0;
        p->formats[i] = 1;
        p->values[i] = (const char *)&p->numbers[i];
        p->lengths[i] = (int)sizeof p->numbers[i];
        switch (value->type) {
        case GK_STORE_NULL:
            p->types[i] = 0;
            p->values[i] = NULL;
            break;
        case GK_STORE_I64:
            p->types[i] = OID_INT8;
            p->numbers[i] = htobe64((uint64_t)value->i64);
            break;
        case GK_STORE_F64:
            p->types[i] = OID_FLOAT8;
            memcpy(&bits, &value->f64, sizeof bits);
            p->numbers[i] = htobe64(bits);
            break;
        case GK_STORE_TEXT:
        case GK_STORE_BYTES:
            if (value->length > INT_MAX)
                return gk_error_set(error, GK_TOO_LARGE, "ask the database: a value is too large");
            p->types[i] = value->type == GK_STORE_TEXT ? OID_TEXT : OID_BYTEA;
            p->values[i] = value->data != NULL ? value->data : "";
            p->lengths[i] = (int)value->length;
            break;
        }
    }
    return GK_OK;
}

/* --- Reading a row ------------------------------------------------------- */

/* The value's bytes; NULL when it is null or the column has another type. The
 * length is one that the type has. */
static const char *value_of(struct gk_store_row *row, int column, const Oid *types, size_t count)
{
    if (column < 0 || column >= PQnfields(row->result)) {
        row->wrong_column = column < 0 ? 0 : column;
        return NULL;
    }
    Oid type = PQftype(row->result, column);
    for (size_t i = 0; i < count; i++)
        if (type == types[i])
            return PQgetisnull(row->result, 0, column) ? NULL : PQgetvalue(row->result, 0, column);
    row->wrong_column = column;
    return NULL;
}

#define VALUE_OF(row, column, ...)                                                                 \
    value_of((row), (column), (const Oid[]){__VA_ARGS__},                                          \
             sizeof((const Oid[]){__VA_ARGS__}) / sizeof(Oid))

static uint16_t read_u16(const char *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return be16toh(value);
}

static uint32_t read_u32(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return be32toh(value);
}

static uint64_t read_u64(const char *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return be64toh(value);
}

bool gk_store_is_null(const struct gk_store_row *row, int column)
{
    return column < 0 || column >= PQnfields(row->result) || PQgetisnull(row->result, 0, column);
}

int64_t gk_store_get_i64(struct gk_store_row *row, int column)
{
    const char *bytes = VALUE_OF(row, column, OID_INT8, OID_INT4, OID_INT2, OID_BOOL);
    if (bytes == NULL)
        return 0;
    switch (PQftype(row->result, column)) {
    case OID_INT8:
        return (int64_t)read_u64(bytes);
    case OID_INT4:
        return (int32_t)read_u32(bytes);
    case OID_INT2:
        return (int16_t)read_u16(bytes);
    default:
        return *bytes != 0;
    }
}

double gk_store_get_f64(struct gk_store_row *row, int column)
{
    const char *bytes = VALUE_OF(row, column, OID_FLOAT8, OID_FLOAT4);
    if (bytes == NULL)
        return 0;
    if (PQftype(row->result, column) == OID_FLOAT8) {
        uint64_t bits = read_u64(bytes);
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    uint32_t bits = read_u32(bytes);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

int32_t gk_store_get_day(struct gk_store_row *row, int column)
{
    const char *bytes = VALUE_OF(row, column, OID_DATE);
    if (bytes == NULL)
        return 0;
    int32_t day = (int32_t)read_u32(bytes);
    /* PostgreSQL's infinities stay at the ends. */
    return day > INT32_MAX - GK_PG_EPOCH_DAYS || day == INT32_MIN ? day : day + GK_PG_EPOCH_DAYS;
}

/* Microseconds since 2000 to whole units since 1970, floor. */
static int64_t since_1970(int64_t microseconds, int64_t unit_s)
{
    int64_t unit = unit_s * 1000000, epoch = (int64_t)GK_PG_EPOCH_DAYS * 86400 / unit_s;
    if (microseconds == INT64_MIN || microseconds == INT64_MAX)
        return microseconds < 0 ? INT32_MIN : INT32_MAX;
    return microseconds / unit - (microseconds % unit < 0) + epoch;
}

int32_t gk_store_get_hour(struct gk_store_row *row, int column)
{
    const char *bytes = VALUE_OF(row, column, OID_TIMESTAMP);
    if (bytes == NULL)
        return 0;
    int64_t hour = since_1970((int64_t)read_u64(bytes), 3600);
    return hour > INT32_MAX ? INT32_MAX : hour < INT32_MIN ? INT32_MIN : (int32_t)hour;
}

int64_t gk_store_get_utc(struct gk_store_row *row, int column)
{
    const char *bytes = VALUE_OF(row, column, OID_TIMESTAMPTZ);
    return bytes == NULL ? 0 : since_1970((int64_t)read_u64(bytes), 1);
}

const char *gk_store_get_text(struct gk_store_row *row, int column)
{
    const char *text = VALUE_OF(row, column, OID_TEXT, OID_VARCHAR, OID_NAME, OID_BPCHAR);
    return text != NULL ? text : "";
}

const unsigned char *gk_store_get_bytes(struct gk_store_row *row, int column, size_t *length)
{
    *length = 0;
    Oid type = column >= 0 && column < PQnfields(row->result) ? PQftype(row->result, column) : 0;
    const char *bytes =
        VALUE_OF(row, column, OID_BYTEA, type >= OID_FIRST_OF_USERS ? type : OID_BYTEA);
    if (bytes == NULL)
        return (const unsigned char *)"";
    *length = (size_t)PQgetlength(row->result, 0, column);
    return (const unsigned char *)bytes;
}

/* --- Running ---------------------------------------------------------------- */

/* Asks the server to stop, so that the rest of a large result need not come. */
static void cancel(struct gk_store *store)
{
    char ignored[256];
    PGcancel *handle = PQgetCancel(store->connection);
    if (handle != NULL)
        (void)PQcancel(handle, ignored, (int)sizeof ignored);
    PQfreeCancel(handle);
}

static enum gk_status take_row(const PGresult *result, gk_store_row_function *row_function,
                               void *context, struct gk_error *error)
{
    struct gk_store_row row = {.result = result, .wrong_column = -1};
    enum gk_status status = row_function(context, &row, error);
    if (row.wrong_column < 0)
        return status;
    return gk_error_set(error, GK_INTERNAL, "read column %d of a result: it has another type",
                        row.wrong_column);
}

enum gk_status gk_store_query(struct gk_store *store, const char *sql,
                              const struct gk_store_value *values, size_t count,
                              gk_store_row_function *row_function, void *context,
                              struct gk_error *error)
{
    struct parameters p;
    enum gk_status status = bind(&p, values, count, error);
    if (status != GK_OK)
        return status;
    if (PQsendQueryParams(store->connection, sql, (int)count, p.types, p.values, p.lengths,
                          p.formats, 1) != 1)
        return gk_store_fail(store, NULL, error);
    (void)PQsetSingleRowMode(store->connection);
    for (;;) {
        PGresult *result;
        enum gk_status waited = gk_store_next_result(store, &result, error);
        if (waited != GK_OK)
            return waited;
        if (result == NULL)
            return status;
        ExecStatusType outcome = PQresultStatus(result);
        if (outcome == PGRES_SINGLE_TUPLE) {
            if (status == GK_OK && row_function != NULL) {
                status = take_row(result, row_function, context, error);
                if (status != GK_OK)
                    cancel(store);
            }
        } else if (outcome != PGRES_TUPLES_OK && outcome != PGRES_COMMAND_OK && status == GK_OK) {
            status = gk_store_fail(store, result, error);
        }
        PQclear(result);
        /* A COPY here is a mistake of the caller that PQgetResult would repeat. */
        if (outcome == PGRES_COPY_IN || outcome == PGRES_COPY_OUT)
            return status;
    }
}
