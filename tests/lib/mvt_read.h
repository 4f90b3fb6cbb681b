/* Reads vector tiles as far as tests in C need it: features, whole-number
 * properties. By the specification, with nothing of ours. */
#ifndef GK_TESTS_MVT_READ_H
#define GK_TESTS_MVT_READ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct mvt_part {
    const unsigned char *at, *end;
};

static inline uint64_t mvt_varint(struct mvt_part *part)
{
    uint64_t value = 0;
    for (int shift = 0; part->at < part->end && shift < 64; shift += 7) {
        unsigned char byte = *part->at++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
    abort();
}

/* The next field: its number, its value or its bytes; false at the end. */
static inline bool mvt_field(struct mvt_part *part, uint32_t *number, uint64_t *value,
                             struct mvt_part *bytes)
{
    if (part->at == part->end)
        return false;
    uint64_t key = mvt_varint(part);
    *number = (uint32_t)(key >> 3);
    *bytes = (struct mvt_part){NULL, NULL};
    if ((key & 7) == 0) {
        *value = mvt_varint(part);
        return true;
    }
    uint64_t length = (key & 7) == 1 ? 8 : mvt_varint(part);
    if (length > (uint64_t)(part->end - part->at))
        abort();
    *bytes = (struct mvt_part){part->at, part->at + length};
    part->at += length;
    return true;
}

/* A layer laid open. */
struct mvt_layer {
    struct mvt_part key[64], *value, *feature;
    uint32_t keys, values, features;
};

static inline struct mvt_layer mvt_read(const void *data, size_t length)
{
    struct mvt_layer layer = {.keys = 0};
    struct mvt_part tile = {data, (const unsigned char *)data + length}, body, bytes;
    uint32_t number;
    uint64_t value;
    if (!mvt_field(&tile, &number, &value, &body))
        return layer;
    layer.value = calloc(length, sizeof *layer.value);
    layer.feature = calloc(length, sizeof *layer.feature);
    while (mvt_field(&body, &number, &value, &bytes)) {
        if (number == 2)
            layer.feature[layer.features++] = bytes;
        if (number == 3)
            layer.key[layer.keys++] = bytes;
        if (number == 4)
            layer.value[layer.values++] = bytes;
    }
    return layer;
}

static inline void mvt_forget(struct mvt_layer *layer)
{
    free(layer->value);
    free(layer->feature);
}

static inline uint64_t mvt_id(const struct mvt_layer *layer, uint32_t feature)
{
    struct mvt_part body = layer->feature[feature], bytes;
    uint32_t number;
    uint64_t value;
    while (mvt_field(&body, &number, &value, &bytes))
        if (number == 1)
            return value;
    abort();
}

/* A feature's property that is a whole number; -1 for none. */
static inline int64_t mvt_integer(const struct mvt_layer *layer, uint32_t feature, const char *name)
{
    struct mvt_part body = layer->feature[feature], tags;
    uint32_t number;
    uint64_t value;
    while (mvt_field(&body, &number, &value, &tags)) {
        if (number != 2)
            continue;
        while (tags.at < tags.end) {
            struct mvt_part key = layer->key[mvt_varint(&tags)];
            struct mvt_part message = layer->value[mvt_varint(&tags)], bytes;
            if ((size_t)(key.end - key.at) == strlen(name) &&
                memcmp(key.at, name, strlen(name)) == 0 &&
                mvt_field(&message, &number, &value, &bytes) && number == 5)
                return (int64_t)value;
        }
    }
    return -1;
}

#endif
