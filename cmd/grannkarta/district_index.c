/* The districts of one set in memory: by place, code and name. */
#include "district_index.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "geo/square.h"
#include "geo/wkb.h"
#include "store/places.h"
#include "text.h"

enum { DISTRICTS_MAX = 100000, NAMES_MAX_BYTES = 64 * 1024 * 1024, NAME_MAX_BYTES = 400 };

static bool grow(struct gk_district_index *index)
{
    size_t capacity = index->capacity > 0 ? index->capacity * 2 : 64;
    void *names = realloc(index->names, capacity * sizeof *index->names);
    if (names != NULL)
        index->names = names;
    void *polygons = realloc(index->polygons, capacity * sizeof *index->polygons);
    if (polygons != NULL)
        index->polygons = polygons;
    if (names == NULL || polygons == NULL)
        return false;
    index->capacity = capacity;
    return true;
}

static enum gk_status add(void *context, const struct gk_stored_district *row,
                          struct gk_error *error)
{
    struct gk_district_index *index = context;
    if (index->count == DISTRICTS_MAX)
        return gk_error_set(error, GK_TOO_LARGE, "a district set has more than %d districts",
                            DISTRICTS_MAX);
    if (index->count == index->capacity && !grow(index))
        return gk_error_set(error, GK_NO_MEMORY, "load districts: out of memory");
    struct gk_district_name *name = &index->names[index->count];
    name->id = row->id;
    name->code = gk_arena_strndup(&index->arena, row->code, strlen(row->code));
    name->name = gk_arena_strndup(&index->arena, row->name, strlen(row->name));
    if (name->code == NULL || name->name == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "load districts: out of memory");
    enum gk_status status =
        gk_polygons_from_ewkb(&index->polygons[index->count], row->ewkb, row->ewkb_length);
    if (status != GK_OK)
        return gk_error_set(error, status, "load district \"%.60s\": %s", row->code,
                            gk_status_text(status));
    index->count++;
    return GK_OK;
}

static enum gk_status build_areas(struct gk_district_index *index, struct gk_error *error)
{
    int32_t *ids = malloc(index->count * sizeof *ids);
    if (ids == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "index districts: out of memory");
    for (size_t i = 0; i < index->count; i++)
        ids[i] = index->names[i].id;
    enum gk_status status = gk_areas_build(&index->areas, index->polygons, ids, index->count);
    if (status != GK_OK)
        gk_error_set(error, status, "index districts: %s", gk_status_text(status));
    free(ids);
    return status;
}

enum gk_status gk_district_index_load(struct gk_district_index *index, struct gk_store *store,
                                      const char *set, struct gk_error *error)
{
    memset(index, 0, sizeof *index);
    gk_arena_init(&index->arena, NAMES_MAX_BYTES);
    enum gk_status status = gk_districts_each(store, set, add, index, error);
    if (status == GK_OK && index->count > 0)
        status = build_areas(index, error);
    for (size_t i = 0; i < index->count; i++)
        gk_polygons_release(&index->polygons[i]);
    free(index->polygons);
    index->polygons = NULL;
    return status;
}

void gk_district_index_release(struct gk_district_index *index)
{
    gk_areas_free(index->areas);
    free(index->names);
    gk_arena_release(&index->arena);
    memset(index, 0, sizeof *index);
}

int32_t gk_district_index_at(const struct gk_district_index *index, struct gk_cm place)
{
    return index->areas != NULL ? gk_areas_find(index->areas, place) : -1;
}

/* "Bromölla kommun" and "Malmö stad" are what "Bromölla" and "Malmö" are. */
static size_t without_suffix(const char *text, size_t length)
{
    static const char *const suffixes[] = {" kommun", " stad"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t n = strlen(suffixes[i]);
        if (length > n && strncasecmp(text + length - n, suffixes[i], n) == 0)
            return length - n;
    }
    return length;
}

int32_t gk_district_index_named(const struct gk_district_index *index, const char *text,
                                size_t length)
{
    for (size_t i = 0; i < index->count; i++)
        if (strlen(index->names[i].code) == length &&
            memcmp(index->names[i].code, text, length) == 0)
            return index->names[i].id;
    char given[NAME_MAX_BYTES], own[NAME_MAX_BYTES];
    length = without_suffix(text, length);
    if (length == 0 || length >= sizeof given)
        return -1;
    memcpy(given, text, length);
    given[length] = '\0';
    int32_t found = -1;
    for (size_t i = 0; i < index->count; i++) {
        const char *name = index->names[i].name;
        size_t n = without_suffix(name, strlen(name));
        if (n >= sizeof own)
            continue;
        memcpy(own, name, n);
        own[n] = '\0';
        if (gk_text_same_folded(given, own)) {
            if (found >= 0)
                return -1;
            found = index->names[i].id;
        }
    }
    return found;
}
