/* Filters from anyone: they parse or are refused with a position, and what is bound
 * can be evaluated, without reading past anything; the same text gives the same. */
#include <stdlib.h>
#include <string.h>

#include "cql2.h"
#include "http/parameter.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const struct {
    const char *name;
    enum gk_cql2_type type;
} queryables[] = {{"n", GK_CQL2_NUMBER},  {"t", GK_CQL2_TEXT},      {"b", GK_CQL2_BOOLEAN},
                  {"d", GK_CQL2_DATE},    {"s", GK_CQL2_TIMESTAMP}, {"g", GK_CQL2_GEOMETRY},
                  {"null", GK_CQL2_TEXT}, {"z", GK_CQL2_NUMBER}};
enum { QUERYABLES = sizeof queryables / sizeof *queryables };

static bool find(void *context, struct gk_text name, int *property, enum gk_cql2_type *type)
{
    (void)context;
    for (int i = 0; i < QUERYABLES; i++)
        if (strlen(queryables[i].name) == name.length &&
            memcmp(queryables[i].name, name.data, name.length) == 0) {
            *property = i;
            *type = queryables[i].type;
            return true;
        }
    return false;
}

static bool value_of(void *context, int property, struct gk_cql2_value *value)
{
    (void)context;
    if (property >= 6)
        return false;
    if (queryables[property].type == GK_CQL2_NUMBER)
        value->number = 1.5;
    else if (queryables[property].type == GK_CQL2_TEXT)
        value->text = (struct gk_text){"Ärlig Ängsväg", 16};
    else
        value->integer = property;
    return true;
}

static int touches(void *context, int property, const struct gk_geometry *geometry, uint64_t *work)
{
    (void)context;
    (void)property;
    struct gk_xy point = {145000000, 560000000};
    return geometry == NULL || gk_geometry_touches_point(geometry, point, work);
}

static int run(const char *text, size_t size, size_t crs)
{
    struct gk_cql2_source source = {
        .find = find, .value = value_of, .touches = touches, .crs = gk_crs_at(crs)};
    struct gk_arena arena, scratch;
    struct gk_error error;
    struct gk_cql2_node *root;
    int result = -1;
    gk_arena_init(&arena, 16 << 20);
    gk_arena_init(&scratch, 4 << 20);
    enum gk_status status = gk_cql2_parse(&root, text, size, &arena, &error);
    if (status == GK_OK)
        status = gk_cql2_bind(root, &source, &arena, &error);
    if (status == GK_OK) {
        struct gk_cql2_run one = {.source = &source, .scratch = &scratch};
        result = (int)gk_cql2_evaluate(root, &one);
    } else if (status != GK_INVALID || error.message[0] == '\0') {
        abort();
    }
    gk_arena_release(&scratch);
    gk_arena_release(&arena);
    return result;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    /* As a query parameter is: UTF-8 without NUL. */
    if (size > GK_CQL2_TEXT_MAX + 1 || memchr(data, '\0', size) != NULL ||
        !gk_utf8_is_valid((const char *)data, size))
        return 0;
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    int first = run(text, size, 0);
    if (run(text, size, 0) != first)
        abort();
    for (size_t crs = 1; crs < gk_crs_count(); crs++)
        (void)run(text, size, crs);
    free(text);
    return 0;
}
