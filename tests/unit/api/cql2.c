/* CQL2: every text example and every predicate of the standard (tests/golden/cql2),
 * with the counts that it gives; and what the examples leave out: positions of
 * errors, bounds, escapes, three-valued logic, patterns, casts. */
#include "cql2.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "unit.h"

enum { ARENA_MAX = 16 << 20, COLUMNS_MAX = 12, ROWS_MAX = 300, LINE_MAX_BYTES = 1 << 17 };

/* --- The standard's data ---------------------------------------------------------------- */

struct table {
    struct gk_arena arena;
    size_t columns, rows;
    char *name[COLUMNS_MAX];
    char *cell[ROWS_MAX][COLUMNS_MAX]; /* NULL: null */
    struct gk_geometry geometry[ROWS_MAX];
    size_t row; /* the current one */
};

static void *take(struct gk_arena *arena, size_t count, size_t size)
{
    void *p = gk_arena_array(arena, count == 0 ? 1 : count, size);
    ck_assert_ptr_nonnull(p);
    return p;
}

/* Any WKT of one kind: each innermost pair of parentheses is a path. Polygons begin
 * where parentheses open two levels above their rings. */
static void read_wkt(struct table *table, const char *wkt, struct gk_geometry *g)
{
    bool is_area = strstr(wkt, "POLYGON") != NULL, is_multi = strstr(wkt, "MULTI") != NULL;
    size_t most = strlen(wkt) / 2;
    g->points = take(&table->arena, most, sizeof *g->points);
    g->path_start = take(&table->arena, most, sizeof *g->path_start);
    g->part = take(&table->arena, most, sizeof *g->part);
    uint32_t points = 0, paths = 0, depth = 0;
    uint32_t part_depth = is_area ? (is_multi ? 2 : 1) : 1;
    for (const char *at = strchr(wkt, '('); *at != '\0';) {
        if (*at == '(') {
            if (++depth == part_depth)
                g->part[g->part_count] = (struct gk_part){.first = paths, .is_area = is_area};
            at++;
        } else if (*at == ')') {
            if (at[-1] != ')')
                g->path_start[++paths] = points;
            if (depth-- == part_depth)
                g->part[g->part_count++].end = paths;
            at++;
        } else if (*at == ',') {
            at++;
        } else {
            char *end;
            double lon = strtod(at, &end), lat = strtod(end, &end);
            g->points[points++] = gk_lonlat_e7_round((struct gk_lonlat){lon, lat});
            at = end;
        }
    }
    gk_geometry_measure(g);
}

static size_t split(struct table *table, char *line, char **field)
{
    size_t n = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at != NULL && n < COLUMNS_MAX; n++) {
        char *tab = strchr(at, '\t');
        if (tab != NULL)
            *tab++ = '\0';
        field[n] = strcmp(at, "\\N") == 0 ? NULL : gk_arena_strndup(&table->arena, at, strlen(at));
        at = tab;
    }
    return n;
}

static void read_table(struct table *table, const char *name)
{
    static char line[LINE_MAX_BYTES];
    char path[256];
    memset(table, 0, sizeof *table);
    gk_arena_init(&table->arena, ARENA_MAX);
    snprintf(path, sizeof path, "tests/golden/cql2/dataset/%s.tsv", name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "run from the top of the source");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    table->columns = split(table, line, table->name);
    while (fgets(line, sizeof line, file) != NULL) {
        ck_assert_uint_lt(table->rows, ROWS_MAX);
        ck_assert_uint_eq(split(table, line, table->cell[table->rows]), table->columns);
        read_wkt(table, table->cell[table->rows][table->columns - 1],
                 &table->geometry[table->rows]);
        table->rows++;
    }
    fclose(file);
}

static enum gk_cql2_type type_of(const char *name)
{
    static const struct {
        const char *name;
        enum gk_cql2_type type;
    } types[] = {
        {"POP_EST", GK_CQL2_NUMBER},   {"pop_max", GK_CQL2_NUMBER},  {"pop_min", GK_CQL2_NUMBER},
        {"pop_other", GK_CQL2_NUMBER}, {"date", GK_CQL2_DATE},       {"start", GK_CQL2_TIMESTAMP},
        {"end", GK_CQL2_TIMESTAMP},    {"boolean", GK_CQL2_BOOLEAN}, {"geom", GK_CQL2_GEOMETRY}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return GK_CQL2_TEXT;
}

static bool find_column(void *context, struct gk_text name, int *property, enum gk_cql2_type *type)
{
    const struct table *table = context;
    for (size_t i = 0; i < table->columns; i++)
        if (strlen(table->name[i]) == name.length &&
            memcmp(table->name[i], name.data, name.length) == 0) {
            *property = (int)i;
            *type = type_of(table->name[i]);
            return true;
        }
    return false;
}

static bool cell_value(void *context, int property, struct gk_cql2_value *value)
{
    const struct table *table = context;
    const char *cell = table->cell[table->row][property];
    if (cell == NULL)
        return false;
    struct gk_text text = {cell, strlen(cell)};
    switch (type_of(table->name[property])) {
    case GK_CQL2_NUMBER:
        value->number = strtod(cell, NULL);
        return true;
    case GK_CQL2_DATE:
        return gk_cql2_read_date(text, &value->integer);
    case GK_CQL2_TIMESTAMP:
        return gk_cql2_read_timestamp(text, &value->integer);
    case GK_CQL2_BOOLEAN:
        value->integer = cell[0] == '1';
        return true;
    default:
        value->text = text;
        return true;
    }
}

static int row_touches(void *context, int property, const struct gk_geometry *geometry,
                       uint64_t *work)
{
    (void)property;
    const struct table *table = context;
    return geometry == NULL || gk_geometry_touches(geometry, &table->geometry[table->row], work);
}

static struct gk_cql2_source source_of(struct table *table)
{
    return (struct gk_cql2_source){
        .context = table, .find = find_column, .value = cell_value, .touches = row_touches};
}

/* How many rows a filter selects; -1 when it is refused, with *error. */
static int count_rows(struct table *table, const char *text, struct gk_error *error)
{
    struct gk_cql2_source source = source_of(table);
    struct gk_arena arena, scratch;
    struct gk_cql2_node *root;
    int count = -1;
    gk_arena_init(&arena, ARENA_MAX);
    gk_arena_init(&scratch, ARENA_MAX);
    if (gk_cql2_parse(&root, text, strlen(text), &arena, error) == GK_OK &&
        gk_cql2_bind(root, &source, &arena, error) == GK_OK) {
        struct gk_cql2_run run = {.source = &source, .scratch = &scratch};
        count = 0;
        for (table->row = 0; table->row < table->rows; table->row++) {
            count += gk_cql2_evaluate(root, &run) == GK_CQL2_TRUE;
            gk_arena_release(&scratch);
        }
        ck_assert(!run.is_out_of_memory);
    }
    gk_arena_release(&arena);
    return count;
}

/* --- Examples ------------------------------------------------------------------------------ */

/* What the classes that are not declared have: each example with one of these. */
static bool is_undeclared(const char *text)
{
    static const char *const signs[] = {"avg(",       "balance-",
                                        "S_CROSSES",  "S_WITHIN",
                                        "A_CONTAINS", "A_EQUALS",
                                        "A_OVERLAPS", "A_CONTAINEDBY",
                                        "S_EQUALS",   "S_DISJOINT",
                                        "S_TOUCHES",  "S_OVERLAPS",
                                        "S_CONTAINS", "Foo(",
                                        "Bar(",       "(\"foo\" ",
                                        "* \"foo\"",  "/ \"foo\"",
                                        "^ \"foo\"",  "- foo",
                                        "* \"foo",    "(bridge_clearance-1)"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(text, signs[i]) != NULL)
            return true;
    return false;
}

START_TEST(every_example_parses_or_is_refused_with_its_position)
{
    DIR *folder = opendir("tests/golden/cql2/examples");
    ck_assert_msg(folder != NULL, "run from the top of the source");
    int accepted = 0, refused = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[512], text[GK_CQL2_TEXT_MAX + 1];
        struct gk_error error = {.message = ""};
        struct gk_cql2_node *root;
        struct gk_arena arena;
        if (strstr(entry->d_name, ".txt") == NULL)
            continue;
        snprintf(path, sizeof path, "tests/golden/cql2/examples/%s", entry->d_name);
        FILE *file = fopen(path, "r");
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
        gk_arena_init(&arena, ARENA_MAX);
        enum gk_status status = gk_cql2_parse(&root, text, strlen(text), &arena, &error);
        gk_arena_release(&arena);
        ck_assert_msg((status == GK_OK) != is_undeclared(text), "%s: %s: %s", entry->d_name, text,
                      error.message);
        bool has_position = strstr(error.message, "character ") != NULL;
        ck_assert_msg(status == GK_OK || (status == GK_INVALID && has_position), "%s: %s", text,
                      error.message);
        accepted += status == GK_OK;
        refused += status != GK_OK;
    }
    closedir(folder);
    ck_assert_int_eq(accepted + refused, 120);
    printf("# %d refused\n", refused);
}
END_TEST

/* --- Predicates ------------------------------------------------------------------------------ */

static bool is_declared(const char *class, const char *predicate)
{
    if (strcmp(class, "spatial-functions") == 0 || strstr(class, "Spatial Functions") == class)
        return strncmp(predicate, "S_INTERSECTS", 12) == 0;
    return strcmp(class, "arithmetic") != 0;
}

/* Three counts of the standard are not those of its data: of the names in the
 * dataset that begin with "Ch" there are three (Chișinău, Chicago, Chengdu), with
 * "Chis" or "Chiș" one, as grep says. */
static int expected_of(const char *predicate, const char *written)
{
    if (strcmp(predicate, "ACCENTI(name) LIKE accenti('Ch%')") == 0)
        return 3;
    if (strcmp(predicate, "ACCENTI(CASEI(name)) LIKE accenti(casei('Chiș%'))") == 0 ||
        strcmp(predicate, "ACCENTI(CASEI(name)) LIKE accenti(casei('cHis%'))") == 0)
        return 1;
    return atoi(written);
}

START_TEST(every_predicate_gives_the_count_of_the_standard)
{
    static struct table places, countries, rivers;
    char line[4096];
    int evaluated = 0, refused = 0;
    read_table(&places, "ne_110m_populated_places_simple");
    read_table(&countries, "ne_110m_admin_0_countries");
    read_table(&rivers, "ne_110m_rivers_lake_centerlines");
    FILE *file = fopen("tests/golden/cql2/predicates.tsv", "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL) {
        char *field[5], *at = line;
        struct gk_error error;
        if (line[0] == '#')
            continue;
        for (int i = 0; i < 5; i++)
            field[i] = strsep(&at, "\t\n");
        struct table *table = strstr(field[2], "places") != NULL      ? &places
                              : strstr(field[2], "countries") != NULL ? &countries
                                                                      : &rivers;
        int count = count_rows(table, field[3], &error);
        if (is_declared(field[0], field[3]) && is_declared(field[1], field[3])) {
            ck_assert_msg(count == expected_of(field[3], field[4]), "%s gives %d, not %s: %s",
                          field[3], count, field[4], count < 0 ? error.message : "");
            evaluated++;
        } else {
            ck_assert_msg(count == -1 && strstr(error.message, "character") != NULL, "%s",
                          field[3]);
            refused++;
        }
    }
    fclose(file);
    gk_arena_release(&places.arena);
    gk_arena_release(&countries.arena);
    gk_arena_release(&rivers.arena);
    printf("# %d predicates evaluated, %d refused\n", evaluated, refused);
    ck_assert_int_eq(evaluated + refused, 351);
    ck_assert_int_ge(evaluated, 280);
}
END_TEST

GK_UNIT_MAIN("cql2", every_example_parses_or_is_refused_with_its_position,
             every_predicate_gives_the_count_of_the_standard)
