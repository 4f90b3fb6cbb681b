/* Any bytes as a request target, and its query against a table of every kind of
 * parameter. What must hold: nothing outside the promised room is written, what
 * is taken is UTF-8 without NULs, and a refusal has words that are UTF-8. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/parameter.h"
#include "route.h"
#include "target.h"

static const struct gk_parameter table[] = {
    {"limit", GK_PARAMETER_INTEGER, 1, 10000, "100", NULL, true, GK_ROLE_PUBLIC, NULL, NULL},
    {"size", GK_PARAMETER_INTEGER, -5, 5000, NULL, NULL, false, GK_ROLE_PUBLIC, NULL, NULL},
    {"method", GK_PARAMETER_CHOICE, 0, 0, "count", "count|rate", false, GK_ROLE_PUBLIC, NULL, NULL},
    {"name", GK_PARAMETER_TEXT, 0, 20, NULL, NULL, false, GK_ROLE_PUBLIC, NULL, NULL},
    {"bbox", GK_PARAMETER_BBOX, 0, 0, NULL, NULL, false, GK_ROLE_PUBLIC, NULL, NULL},
    {"datetime", GK_PARAMETER_PERIOD, 0, 0, NULL, NULL, false, GK_ROLE_PUBLIC, NULL, NULL},
    {.name = "properties", .type = GK_PARAMETER_LIST, .choices = "count|rate|k"},
    {.name = NULL},
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void read_parameters(const struct gk_target *target)
{
    struct gk_request request = {.query_count = target->query_count};
    struct gk_value values[sizeof table / sizeof *table];
    struct gk_error error = {.message = ""};
    memcpy(request.query, target->query, sizeof request.query);
    if (gk_parameters_read(&request, table, values, &error) == GK_OK) {
        must(values[0].integer >= 1 && values[0].integer <= 10000);
        must(values[2].integer == 0 || values[2].integer == 1);
        must(values[6].bits < 8);
    } else {
        must(error.status == GK_INVALID && error.message[0] != '\0');
        must(gk_utf8_is_valid(error.message, strlen(error.message)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gk_error error = {.message = ""};
    struct gk_target target;
    struct gk_pattern pattern;
    struct gk_text variable[GK_PATH_VARIABLES_MAX];
    char *raw = malloc(size + 1), *room = malloc(gk_target_room(size));
    if (raw == NULL || room == NULL)
        goto out;
    memcpy(raw, data, size);
    raw[size] = '\0';
    if (gk_target_check(raw, size, &error) != GK_OK ||
        gk_target_read(&target, raw, size, room, &error) != GK_OK) {
        must(gk_utf8_is_valid(error.message, strlen(error.message)));
        goto out;
    }
    must(target.path[0] == '/' && gk_utf8_is_valid(target.path, strlen(target.path)));
    for (size_t i = 0; i < target.query_count; i++)
        must(strlen(target.query[i].value.data) == target.query[i].value.length);
    if (gk_pattern_read(&pattern, "/collections/{id}/items/{fid}", &error) == GK_OK)
        (void)gk_pattern_matches(&pattern, &target, variable);
    read_parameters(&target);
out:
    free(raw);
    free(room);
    return 0;
}
