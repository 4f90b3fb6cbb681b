/* The writer of vector tiles. A protocol buffer wants lengths before contents:
 * a feature's tags and geometry are made aside, features and values each in a
 * buffer of their own, and put together at the end. Fields come in the order of
 * their numbers where the order is ours, so that equal tiles are equal bytes. */
#include "geo/mvt.h"

#include <stdlib.h>
#include <string.h>

/* Field numbers of vector_tile.proto with their wire types (field << 3 | type). */
enum {
    VARINT = 0,
    FIXED64 = 1,
    BYTES = 2,
    TILE_LAYER = 3 << 3 | BYTES,
    LAYER_NAME = 1 << 3 | BYTES,
    LAYER_FEATURE = 2 << 3 | BYTES,
    LAYER_KEY = 3 << 3 | BYTES,
    LAYER_VALUE = 4 << 3 | BYTES,
    LAYER_EXTENT = 5 << 3 | VARINT,
    LAYER_VERSION = 15 << 3 | VARINT,
    FEATURE_ID = 1 << 3 | VARINT,
    FEATURE_TAGS = 2 << 3 | BYTES,
    FEATURE_TYPE = 3 << 3 | VARINT,
    FEATURE_GEOMETRY = 4 << 3 | BYTES,
    VALUE_TEXT = 1 << 3 | BYTES,
    VALUE_DOUBLE = 3 << 3 | FIXED64,
    VALUE_UNSIGNED = 5 << 3 | VARINT,
    VALUE_SIGNED = 6 << 3 | VARINT,
    VALUE_BOOL = 7 << 3 | VARINT
};
enum { POINT = 1, POLYGON = 3 };
enum { MOVE_TO = 1, LINE_TO = 2, CLOSE_PATH = 7 };
enum { VARINT_MAX_BYTES = 10, KEYS_MAX = 64, TAG_MAX_BYTES = 2 * 5, SLOTS_FIRST = 1 << 10 };

/* A value already written, in an open-addressed table. */
struct slot {
    uint32_t hash;   /* 0: free */
    uint32_t number; /* of the value */
    uint32_t offset; /* of its message (length and content) in values */
    uint32_t length;
};

struct gk_mvt {
    struct gk_buf features, keys, values; /* as they stand in the layer */
    struct gk_buf tags, geometry;         /* of the next feature */
    char point[2 * VARINT_MAX_BYTES];     /* or of a point */
    size_t point_length;
    size_t kept_tags; /* bytes of tags that stay */
    struct slot *slot;
    uint32_t slot_count, value_count, key_count, feature_count, type;
    char layer[64];
    enum gk_status status;
};

/* --- Bytes ----------------------------------------------------------------------- */

static inline char *put_varint(char *to, uint64_t value)
{
    if (value < 0x80) { /* most of them */
        *to = (char)value;
        return to + 1;
    }
    while (value >= 0x80) {
        *to++ = (char)(value | 0x80);
        value >>= 7;
    }
    *to++ = (char)value;
    return to;
}

static size_t varint_length(uint64_t value)
{
    return (size_t)(70 - __builtin_clzll(value | 1)) / 7;
}

static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

/* A field of bytes: its head, before `length` bytes. */
static void put_head(struct gk_buf *buf, unsigned field, size_t length)
{
    char *start = gk_buf_reserve(buf, 2 * VARINT_MAX_BYTES);
    if (start != NULL)
        gk_buf_advance(buf, (size_t)(put_varint(put_varint(start, field), length) - start));
}

static void put_bytes(struct gk_buf *buf, unsigned field, const char *bytes, size_t length)
{
    put_head(buf, field, length);
    gk_buf_append(buf, bytes, length);
}

/* --- The writer -------------------------------------------------------------------- */

enum gk_status gk_mvt_create(struct gk_mvt **out)
{
    struct gk_mvt *mvt = calloc(1, sizeof *mvt);
    struct slot *slot = calloc(SLOTS_FIRST, sizeof *slot);
    if (mvt == NULL || slot == NULL) {
        free(mvt);
        free(slot);
        return GK_NO_MEMORY;
    }
    mvt->slot = slot;
    mvt->slot_count = SLOTS_FIRST;
    *out = mvt;
    return GK_OK;
}

void gk_mvt_free(struct gk_mvt *mvt)
{
    if (mvt == NULL)
        return;
    gk_buf_release(&mvt->features);
    gk_buf_release(&mvt->keys);
    gk_buf_release(&mvt->values);
    gk_buf_release(&mvt->tags);
    gk_buf_release(&mvt->geometry);
    free(mvt->slot);
    free(mvt);
}

/* Memory stays from tile to tile; only the maximum may be another. */
static void restart(struct gk_buf *buf, size_t maximum_bytes)
{
    if (buf->data == NULL)
        gk_buf_init(buf, maximum_bytes);
    gk_buf_clear(buf);
    buf->maximum = maximum_bytes;
}

void gk_mvt_begin(struct gk_mvt *mvt, const char *layer, size_t maximum_bytes)
{
    restart(&mvt->features, maximum_bytes);
    restart(&mvt->keys, maximum_bytes);
    restart(&mvt->values, maximum_bytes);
    restart(&mvt->tags, maximum_bytes);
    restart(&mvt->geometry, maximum_bytes);
    memset(mvt->slot, 0, mvt->slot_count * sizeof *mvt->slot);
    mvt->kept_tags = 0;
    mvt->value_count = mvt->key_count = mvt->feature_count = 0;
    mvt->type = 0;
    mvt->status = GK_OK;
    size_t length = strnlen(layer, sizeof mvt->layer - 1);
    memcpy(mvt->layer, layer, length);
    mvt->layer[length] = '\0';
}

uint32_t gk_mvt_key(struct gk_mvt *mvt, const char *name)
{
    put_bytes(&mvt->keys, LAYER_KEY, name, strlen(name));
    return mvt->key_count++;
}

/* --- Values ---------------------------------------------------------------------------- */

static uint32_t hash_bytes(const char *bytes, size_t length)
{
    uint64_t hash = length * UINT64_C(0x9e3779b97f4a7c15), word = 0;
    while (length >= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
        bytes += sizeof word;
        length -= sizeof word;
    }
    word = 0;
    memcpy(&word, bytes, length);
    hash = (hash ^ word) * UINT64_C(0xc4ceb9fe1a85ec53);
    hash ^= hash >> 32;
    return (uint32_t)hash | 1; /* 0 means free */
}

static void grow_slots(struct gk_mvt *mvt)
{
    uint32_t count = mvt->slot_count * 2;
    struct slot *slot = count == 0 ? NULL : calloc(count, sizeof *slot);
    if (slot == NULL) {
        mvt->status = GK_NO_MEMORY;
        return;
    }
    for (uint32_t i = 0; i < mvt->slot_count; i++) {
        if (mvt->slot[i].hash == 0)
            continue;
        uint32_t at = mvt->slot[i].hash >> 1 & (count - 1);
        while (slot[at].hash != 0)
            at = (at + 1) & (count - 1);
        slot[at] = mvt->slot[i];
    }
    free(mvt->slot);
    mvt->slot = slot;
    mvt->slot_count = count;
}

/* The number of a value by its message: that of an equal one, or a new one. */
static uint32_t value_number(struct gk_mvt *mvt, const char *message, size_t length)
{
    if (mvt->value_count > mvt->slot_count / 2)
        grow_slots(mvt);
    if (mvt->status != GK_OK || mvt->values.status != GK_OK)
        return 0;
    uint32_t hash = hash_bytes(message, length), at = hash >> 1 & (mvt->slot_count - 1);
    for (; mvt->slot[at].hash != 0; at = (at + 1) & (mvt->slot_count - 1)) {
        const struct slot *s = &mvt->slot[at];
        if (s->hash == hash && s->length == length &&
            memcmp(mvt->values.data + s->offset, message, length) == 0)
            return s->number;
    }
    put_head(&mvt->values, LAYER_VALUE, length);
    mvt->slot[at] =
        (struct slot){hash, mvt->value_count, (uint32_t)mvt->values.length, (uint32_t)length};
    gk_buf_append(&mvt->values, message, length);
    return mvt->value_count++;
}

uint32_t gk_mvt_integer(struct gk_mvt *mvt, int64_t value)
{
    char message[1 + VARINT_MAX_BYTES];
    message[0] = (char)(value < 0 ? VALUE_SIGNED : VALUE_UNSIGNED);
    char *end = put_varint(message + 1, value < 0 ? zigzag(value) : (uint64_t)value);
    return value_number(mvt, message, (size_t)(end - message));
}

uint32_t gk_mvt_double(struct gk_mvt *mvt, double value)
{
    char message[1 + sizeof value];
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    message[0] = VALUE_DOUBLE;
    for (size_t i = 0; i < sizeof bits; i++)
        message[1 + i] = (char)(bits >> 8 * i);
    return value_number(mvt, message, sizeof message);
}

uint32_t gk_mvt_bool(struct gk_mvt *mvt, bool value)
{
    char message[] = {VALUE_BOOL, (char)value};
    return value_number(mvt, message, sizeof message);
}

uint32_t gk_mvt_text(struct gk_mvt *mvt, const char *text, size_t length)
{
    enum { TEXT_MAX_BYTES = 4096 };
    char message[1 + VARINT_MAX_BYTES + TEXT_MAX_BYTES];
    if (length > TEXT_MAX_BYTES) {
        mvt->status = GK_TOO_LARGE;
        return 0;
    }
    message[0] = VALUE_TEXT;
    char *end = put_varint(message + 1, length);
    memcpy(end, text, length);
    return value_number(mvt, message, (size_t)(end - message) + length);
}

/* --- Features ---------------------------------------------------------------------------- */

void gk_mvt_tag(struct gk_mvt *mvt, uint32_t key, uint32_t value)
{
    char *start = gk_buf_reserve(&mvt->tags, TAG_MAX_BYTES);
    if (start != NULL)
        gk_buf_advance(&mvt->tags, (size_t)(put_varint(put_varint(start, key), value) - start));
}

void gk_mvt_keep_tags(struct gk_mvt *mvt)
{
    mvt->kept_tags = mvt->tags.length;
}

static uint32_t command(uint32_t id, uint32_t count)
{
    return id | count << 3;
}

static char *put_step(char *to, struct gk_grid_point from, struct gk_grid_point p)
{
    return put_varint(put_varint(to, zigzag((int64_t)p.x - from.x)), zigzag((int64_t)p.y - from.y));
}

void gk_mvt_point(struct gk_mvt *mvt, struct gk_grid_point point)
{
    mvt->type = POINT;
    mvt->point[0] = (char)command(MOVE_TO, 1);
    char *end = put_step(mvt->point + 1, (struct gk_grid_point){0, 0}, point);
    mvt->point_length = (size_t)(end - mvt->point);
}

void gk_mvt_polygons(struct gk_mvt *mvt, const struct gk_clipped *rings)
{
    enum { STEP_MAX_BYTES = 2 * 5, COMMANDS_MAX_BYTES = 3 * 5 };
    struct gk_grid_point from = {0, 0};
    mvt->type = POLYGON;
    for (uint32_t r = 0; r < rings->ring_count; r++) {
        const struct gk_grid_point *p = rings->points + rings->start[r];
        uint32_t n = rings->start[r + 1] - rings->start[r];
        char *start =
            gk_buf_reserve(&mvt->geometry, (size_t)n * STEP_MAX_BYTES + COMMANDS_MAX_BYTES);
        if (start == NULL)
            return;
        char *to = put_step(put_varint(start, command(MOVE_TO, 1)), from, p[0]);
        to = put_varint(to, command(LINE_TO, n - 1));
        for (uint32_t i = 1; i < n; i++)
            to = put_step(to, p[i - 1], p[i]);
        to = put_varint(to, command(CLOSE_PATH, 1));
        from = p[n - 1];
        gk_buf_advance(&mvt->geometry, (size_t)(to - start));
    }
}

void gk_mvt_feature(struct gk_mvt *mvt, uint64_t id)
{
    bool is_point = mvt->type == POINT;
    size_t tags = mvt->tags.length;
    size_t geometry = is_point ? mvt->point_length : mvt->geometry.length;
    size_t length = 1 + varint_length(id) + (tags > 0 ? 1 + varint_length(tags) + tags : 0) + 2 +
                    1 + varint_length(geometry) + geometry;
    char *start = gk_buf_reserve(&mvt->features, length + 2 * VARINT_MAX_BYTES);
    if (start == NULL)
        return;
    char *to = put_varint(put_varint(start, LAYER_FEATURE), length);
    to = put_varint(put_varint(to, FEATURE_ID), id);
    if (tags > 0) {
        to = put_varint(put_varint(to, FEATURE_TAGS), tags);
        memcpy(to, mvt->tags.data, tags);
        to += tags;
    }
    to = put_varint(put_varint(to, FEATURE_TYPE), mvt->type);
    to = put_varint(put_varint(to, FEATURE_GEOMETRY), geometry);
    if (geometry > 0)
        memcpy(to, is_point ? mvt->point : mvt->geometry.data, geometry);
    gk_buf_advance(&mvt->features, (size_t)(to + geometry - start));
    mvt->feature_count++;
    mvt->tags.length = mvt->kept_tags;
    mvt->geometry.length = 0;
}

uint32_t gk_mvt_count(const struct gk_mvt *mvt)
{
    return mvt->feature_count;
}

enum gk_status gk_mvt_end(struct gk_mvt *mvt, struct gk_buf *buf)
{
    const struct gk_buf *const parts[] = {&mvt->features, &mvt->keys, &mvt->values, &mvt->tags,
                                          &mvt->geometry};
    enum gk_status status = mvt->status;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && status == GK_OK; i++)
        status = parts[i]->status;
    if (status != GK_OK || mvt->feature_count == 0)
        return status;
    char tail[2 * VARINT_MAX_BYTES];
    char *end = put_varint(put_varint(tail, LAYER_EXTENT), GK_TILE_EXTENT);
    end = put_varint(put_varint(end, LAYER_VERSION), 2);
    size_t name = strlen(mvt->layer), rest = (size_t)(end - tail);
    size_t length = 1 + varint_length(name) + name + mvt->features.length + mvt->keys.length +
                    mvt->values.length + rest;
    put_head(buf, TILE_LAYER, length);
    put_bytes(buf, LAYER_NAME, mvt->layer, name);
    for (size_t i = 0; i < 3; i++)
        gk_buf_append(buf, parts[i]->data, parts[i]->length);
    gk_buf_append(buf, tail, rest);
    return gk_buf_status(buf);
}
