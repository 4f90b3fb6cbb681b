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
    {.name = "limit",
     .type = GK_PARAMETER_INTEGER,
     .minimum = 1,
     .maximum = 10000,
     .initial = "100",
     .clamps = true},
    {.name = "size", .type = GK_PARAMETER_INTEGER, .minimum = -5, .maximum = 5000},
    {.name = "method", .type = GK_PARAMETER_CHOICE, .initial = "count", .choices = "count|rate"},
    {.name = "name", .type = GK_PARAMETER_TEXT, .maximum = 20},
    {.name = "bbox", .type = GK_PARAMETER_BBOX},
    {.name = "datetime", .type = GK_PARAMETER_PERIOD},
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
