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
            struct gk_lonlat_e7 e7 = gk_lonlat_e7_round((struct gk_lonlat){lon, lat});
            g->points[points++] = (struct gk_xy){e7.lon, e7.lat};
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

/* --- What the examples leave out ---------------------------------------------------------------
 */

/* One row: n = 1.5, t = "Åby", b = true, d = 2024-03-01, s = its noon in UTC, g = a
 * point; each with a name beginning with "no_" that is null. */
static bool find_one(void *context, struct gk_text name, int *property, enum gk_cql2_type *type)
{
    (void)context;
    static const char letters[] = "ntbdsg";
    static const enum gk_cql2_type types[] = {GK_CQL2_NUMBER, GK_CQL2_TEXT,      GK_CQL2_BOOLEAN,
                                              GK_CQL2_DATE,   GK_CQL2_TIMESTAMP, GK_CQL2_GEOMETRY};
    bool is_null = name.length == 4 && memcmp(name.data, "no_", 3) == 0;
    char letter = is_null ? name.data[3] : name.length == 1 ? name.data[0] : '?';
    const char *at = strchr(letters, letter);
    if (at == NULL)
        return false;
    *property = (int)(at - letters) + (is_null ? 10 : 0);
    *type = types[at - letters];
    return true;
}

static bool value_of_one(void *context, int property, struct gk_cql2_value *value)
{
    (void)context;
    if (property >= 10)
        return false;
    if (property == 0)
        value->number = 1.5;
    else if (property == 1)
        value->text = (struct gk_text){"Åby", 4};
    else if (property == 2)
        value->integer = 1;
    else if (property == 3)
        ck_assert(gk_cql2_read_date((struct gk_text){"2024-03-01", 10}, &value->integer));
    else
        ck_assert(
            gk_cql2_read_timestamp((struct gk_text){"2024-03-01T12:00:00Z", 20}, &value->integer));
    return true;
}

static int one_touches(void *context, int property, const struct gk_geometry *geometry,
                       uint64_t *work)
{
    (void)context;
    struct gk_xy point = {145000000, 560000000};
    if (property >= 10)
        return -1;
    return geometry == NULL || gk_geometry_touches_point(geometry, point, work);
}

static uint64_t work_of_last; /* steps of the last evaluation */

/* "T", "F", "U" (unknown), or the message of the refusal. */
static const char *truth_of(const char *text)
{
    static char message[GK_ERROR_MESSAGE_MAX];
    static const char *const names[] = {"F", "U", "T"};
    struct gk_cql2_source source = {
        .find = find_one, .value = value_of_one, .touches = one_touches};
    struct gk_arena arena;
    struct gk_error error;
    struct gk_cql2_node *root;
    const char *result = message;
    gk_arena_init(&arena, ARENA_MAX);
    if (gk_cql2_parse(&root, text, strlen(text), &arena, &error) != GK_OK ||
        gk_cql2_bind(root, &source, &arena, &error) != GK_OK) {
        ck_assert_int_eq(error.status, GK_INVALID);
        memcpy(message, error.message, sizeof message);
    } else {
        struct gk_cql2_run run = {.source = &source, .scratch = &arena};
        result = names[gk_cql2_evaluate(root, &run)];
        work_of_last = run.work;
    }
    gk_arena_release(&arena);
    return result;
}

struct expectation {
    const char *text, *expected;
};

static void check_all_of(const struct expectation *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *result = truth_of(rows[i].text);
        bool is_so = strlen(rows[i].expected) == 1 ? strcmp(result, rows[i].expected) == 0
                                                   : strstr(result, rows[i].expected) != NULL;
        ck_assert_msg(is_so, "%s: %s, not %s", rows[i].text, result, rows[i].expected);
    }
}
#define CHECK_ALL_OF(rows) check_all_of(rows, sizeof(rows) / sizeof *(rows))

/* The truth table of the standard, clause 6.2. */
START_TEST(logic_has_three_values)
{
    static const struct expectation rows[] = {
        {"TRUE AND TRUE", "T"},
        {"TRUE AND FALSE", "F"},
        {"TRUE AND no_n = 1", "U"},
        {"FALSE AND no_n = 1", "F"},
        {"no_n = 1 AND no_n = 1", "U"},
        {"no_n = 1 AND FALSE", "F"},
        {"TRUE OR no_n = 1", "T"},
        {"FALSE OR no_n = 1", "U"},
        {"no_n = 1 OR TRUE", "T"},
        {"NOT no_n = 1", "U"},
        {"NOT (no_n = 1 OR n = 2)", "U"},
        {"no_n BETWEEN 1 AND 2", "U"},
        {"n BETWEEN no_n AND 1", "U"},
        {"no_n IN (1)", "U"},
        {"n IN (1.5, no_n)", "T"},
        {"n IN (1, no_n)", "U"},
        {"n NOT IN (1, no_n)", "U"},
        {"no_t LIKE '%'", "U"},
        {"CASEI(no_t) = 'a'", "U"},
        {"S_INTERSECTS(no_g, POINT(1 2))", "U"},
        {"T_BEFORE(no_d, DATE('2024-01-01'))", "U"},
        {"T_DURING(INTERVAL(no_s, s), INTERVAL('..', '2025-01-01'))", "U"},
        {"no_n IS NULL", "T"},
        {"n IS NOT NULL", "T"},
        {"no_g IS NULL", "T"},
        {"g IS NULL", "F"},
        {"INTERVAL(no_d, d) IS NULL", "T"},
        {"(no_n = 1) IS NULL", "T"},
        {"n = 1 IS NULL", "F"},
        {"TRUE IS NULL", "F"},
        {"POINT(1 2) IS NOT NULL", "T"},
        {"CASEI(no_t) IS NULL", "T"},
        {"no_n = no_n", "U"},
        {"no_n IS NULL AND NOT n IS NULL", "T"}};
    CHECK_ALL_OF(rows);
}
END_TEST

START_TEST(texts_are_escaped_in_both_ways)
{
    static const struct expectation rows[] = {{"'a''b' = 'a\\'b'", "T"},
                                              {"'\\\\' = '\\\\'", "T"},
                                              {"'\\t' LIKE '_'", "T"},
                                              {"'\\q' LIKE '__'", "T"},
                                              {"'a%b' LIKE 'a\\%b'", "T"},
                                              {"'axb' LIKE 'a\\%b'", "F"},
                                              {"'a_b' LIKE 'a\\_b'", "T"},
                                              {"'axb' LIKE 'a\\_b'", "F"},
                                              {"'a\\\\b' LIKE 'a\\\\\\\\b'", "F"},
                                              {"'a\\\\b' LIKE 'a\\\\b'", "T"},
                                              {"t = 'Åby'", "T"},
                                              {"t LIKE '_by'", "T"},
                                              {"t LIKE '__by'", "F"},
                                              {"t LIKE '%'", "T"},
                                              {"t LIKE ''", "F"},
                                              {"'' LIKE '%%'", "T"},
                                              {"'' LIKE '_'", "F"},
                                              {"'aaab' LIKE '%a_'", "T"},
                                              {"'abcabd' LIKE '%ab%d'", "T"},
                                              {"'mississippi' LIKE 'm%iss%ip%i'", "T"},
                                              {"'mississippi' LIKE 'm%iss%ipx%i'", "F"},
                                              {"'\\a\\b\\n\\v\\f\\r' LIKE '______'", "T"},
                                              {"t = 'Åby", "there must be"},
                                              {"t = 'Åby\\'", "there must be"}};
    CHECK_ALL_OF(rows);
}
END_TEST

/* Unicode's CaseFolding.txt (C, F) and UnicodeData.txt: single lines of them. */
START_TEST(cases_and_accents_fold)
{
    static const struct expectation rows[] = {{"CASEI('Straße') = CASEI('STRASSE')", "T"},
                                              {"CASEI('ÅÄÖ') = 'åäö'", "T"},
                                              {"CASEI('Οδος') = CASEI('ΟΔΟΣ')", "T"},
                                              {"CASEI('ﬃ') = 'ffi'", "T"},
                                              {"CASEI('İ') = 'i̇'", "T"},
                                              {"CASEI('ẞ') = 'ss'", "T"},
                                              {"ACCENTI('ÅÄÖ') = 'AAO'", "T"},
                                              {"ACCENTI('Ø') = 'Ø'", "T"},
                                              {"ACCENTI('e\xcc\x81') = ACCENTI('é')", "T"},
                                              {"ACCENTI('ǖ') = 'u'", "T"},
                                              {"ACCENTI('한') = ACCENTI('한')", "T"},
                                              {"ACCENTI('が') <> ACCENTI('か')", "T"},
                                              {"ACCENTI(CASEI(t)) = 'aby'", "T"},
                                              {"CASEI(t) LIKE CASEI('ÅB%')", "T"},
                                              {"CASEI(ACCENTI(t)) LIKE casei(accenti('ä_Y'))", "T"},
                                              {"CASEI(n) = 'a'", "character 7"},
                                              {"CASEI(1) = 'a'", "character 7"}};
    CHECK_ALL_OF(rows);
}
END_TEST

START_TEST(numbers_are_read_as_the_grammar_has_them)
{
    static const struct expectation rows[] = {{"n = 1.5", "T"},
                                              {"n = +1.5", "T"},
                                              {"n = 15e-1", "T"},
                                              {"n = .15E1", "T"},
                                              {"n > -2.", "T"},
                                              {"n < 1e300", "T"},
                                              {"n = - 1.5", "F"},
                                              {"1 = 1.0", "T"},
                                              {"n = 1e999", "character 5"},
                                              {"n = 1e", "character 5"},
                                              {"n = 0x10", "character 6"},
                                              {"n = 1.5.5", "character 8"},
                                              {"n = 1 2", "character 7"},
                                              {"n = nan", "no property"},
                                              {"n = --1", "character 6"},
                                              {"n == 1", "character 4"},
                                              {"n != 1", "character 3"}};
    CHECK_ALL_OF(rows);
}
END_TEST

START_TEST(times_are_checked_and_dates_among_times_are_swedish_days)
{
    static const struct expectation rows[] = {
        {"d = DATE('2024-03-01')", "T"},
        {"s = TIMESTAMP('2024-03-01T12:00:00.000000Z')", "T"},
        {"s < TIMESTAMP('2024-03-01T12:00:00.000001Z')", "T"},
        {"d = DATE('2023-02-29')", "character 10"},
        {"s = TIMESTAMP('2024-03-01T12:00:00')", "character 15"},
        {"s = TIMESTAMP('2024-03-01T12:00:00+01:00')", "character 15"},
        {"s = DATE('2024-03-01')", "character 5"},
        {"T_BEFORE(d, INTERVAL('2024-03-02', '..'))", "T"},
        {"T_EQUALS(d, INTERVAL('2024-03-01', '2024-03-01'))", "T"},
        /* Swedish winter time: the day is 23:00 to 23:00 UTC. */
        {"T_INTERSECTS(TIMESTAMP('2024-02-29T23:00:00Z'), d)", "T"},
        {"T_INTERSECTS(TIMESTAMP('2024-02-29T22:59:59.999999Z'), d)", "F"},
        {"T_INTERSECTS(TIMESTAMP('2024-03-01T22:59:59.999999Z'), d)", "T"},
        {"T_INTERSECTS(TIMESTAMP('2024-03-01T23:00:00Z'), d)", "F"},
        {"T_DURING(INTERVAL(s, s), INTERVAL('2024-03-01', '2024-03-01'))", "T"},
        {"T_DURING(INTERVAL(d, d), INTERVAL('..', '..'))", "T"},
        {"T_INTERSECTS(INTERVAL('..', '..'), s)", "T"},
        {"T_DURING(d, INTERVAL('..', '..'))", "character 10"},
        {"T_EQUALS(INTERVAL('2024-03-02', '2024-03-01'), d)", "character 10"},
        {"T_BEFORE(n, d)", "character 10"},
        {"T_BEFORE(d)", "character 11"},
        {"INTERVAL(d, d) = INTERVAL(d, d)", "character 1"}};
    CHECK_ALL_OF(rows);
}
END_TEST

START_TEST(geometries_are_of_the_right_form_and_inside_their_crs)
{
    static const struct expectation rows[] = {
        {"S_INTERSECTS(g, POINT(14.5 56))", "T"},
        {"S_INTERSECTS(g, POINT Z(14.5 56 7))", "T"},
        {"S_INTERSECTS(g, POINT(14.5 56 -7))", "T"},
        {"S_INTERSECTS(g, point(14.50000004 56))", "T"}, /* half a centimetre */
        {"S_INTERSECTS(g, POINT(14.5000001 56))", "F"},
        {"S_INTERSECTS(g, MULTIPOINT(1 2, 14.5 56))", "T"},
        {"S_INTERSECTS(g, MULTIPOINT((1 2), (14.5 56)))", "T"},
        {"S_INTERSECTS(g, LINESTRING(14 56, 15 56))", "T"},
        {"S_INTERSECTS(g, LINESTRING(14 55, 15 57))", "T"},
        {"S_INTERSECTS(g, BBOX(14.5,56,14.5,56))", "T"},
        {"S_INTERSECTS(g, BBOX(14,55,0,15,57,100))", "T"},
        {"S_INTERSECTS(g, BBOX(170,55,15,57))", "T"}, /* across the antimeridian */
        {"S_INTERSECTS(g, BBOX(15,55,14,57))", "F"},
        {"S_INTERSECTS(g, POLYGON((14 55,15 55,15 57,14 57,14 55),(14.4 55.9,14.6 55.9,14.6 "
         "56.1,14.4 56.1,14.4 55.9)))",
         "F"}, /* in the hole */
        {"S_INTERSECTS(g, POLYGON((14 55,15 55,15 57,14 57,14 55),(14.5 56,14.6 55.9,14.6 "
         "56.1,14.5 56)))",
         "T"}, /* at its corner */
        {"S_INTERSECTS(g, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(14 56, 15 56)))", "T"},
        {"S_INTERSECTS(g, g)", "T"},
        {"S_INTERSECTS(POINT(1 2), BBOX(0,0,3,3))", "T"},
        {"S_INTERSECTS(BBOX(0,0,9,9), POLYGON((1 1,2 1,2 2,1 1)))", "T"},
        {"S_INTERSECTS(g, POINT(181 56))", "character 23"},
        {"S_INTERSECTS(g, POLYGON((14 55,15 55,15 57,14 57)))", "character 25"},
        {"S_INTERSECTS(g, POLYGON((14 55,15 55,14 55)))", "character 25"},
        {"S_INTERSECTS(g, LINESTRING(14 56))", "character 27"},
        {"S_INTERSECTS(g, BBOX(1,2,3))", "character 17"},
        {"S_INTERSECTS(g, BBOX(1,5,3,4))", "character 17"},
        {"S_INTERSECTS(g, GEOMETRYCOLLECTION(BBOX(1,2,3,4)))", "character 36"},
        {"S_INTERSECTS(g, POINT(1))", "character 24"},
        {"S_INTERSECTS(g, POINT EMPTY)", "character 23"},
        {"S_INTERSECTS(g, t)", "character 17"},
        {"g = POINT(1 2)", "character 1"}};
    CHECK_ALL_OF(rows);
}
END_TEST

START_TEST(depth_length_and_positions_are_bounded)
{
    char text[GK_CQL2_TEXT_MAX + 8];
    memset(text, '(', GK_CQL2_DEPTH_MAX + 1);
    strcpy(text + GK_CQL2_DEPTH_MAX + 1, "n=1");
    ck_assert_ptr_nonnull(strstr(truth_of(text), "character 33"));
    memset(text, '(', GK_CQL2_DEPTH_MAX);
    strcpy(text + GK_CQL2_DEPTH_MAX, "n=1");
    memset(text + GK_CQL2_DEPTH_MAX + 3, ')', GK_CQL2_DEPTH_MAX);
    text[2 * GK_CQL2_DEPTH_MAX + 3] = '\0';
    ck_assert_str_eq(truth_of(text), "F");
    memset(text, ' ', sizeof text);
    strcpy(text + GK_CQL2_TEXT_MAX - 4, "TRUE");
    ck_assert_str_eq(truth_of(text), "T");
    strcpy(text + GK_CQL2_TEXT_MAX - 3, "TRUE");
    ck_assert_ptr_nonnull(strstr(truth_of(text), "4096"));
    /* Characters are counted, not bytes; a long token is shown cut. */
    ck_assert_ptr_nonnull(strstr(truth_of("t = 'ÅÄÖ' ÅÄÖ"), "character 11"));
    ck_assert_ptr_nonnull(strstr(truth_of("'x' = ååååååååååååååååååååååååå("), "..."));
    ck_assert_ptr_nonnull(strstr(truth_of("n = 1\nAND\n\nn ~ 1"), "character 14"));
    ck_assert_ptr_nonnull(strstr(truth_of("AND"), "character 1"));
    ck_assert_ptr_nonnull(strstr(truth_of("date = 1"), "character 6"));
    ck_assert_ptr_nonnull(strstr(truth_of("\"n\" = 1 \"n"), "character 9"));
}
END_TEST

static uint64_t work_of(const char *text)
{
    ck_assert_uint_eq(strlen(truth_of(text)), 1);
    return work_of_last;
}

/* Looking a character up in tables, and a day's hours in UTC, take longer than a step. */
START_TEST(folding_and_days_among_times_cost_more_than_a_step)
{
    ck_assert_uint_ge(work_of("CASEI(t) = 'x'"), work_of("t = 'x'") + 1 + 4);
    ck_assert_uint_ge(work_of("ACCENTI(CASEI(t)) = 'x'"), work_of("t = 'x'") + 2 * (1 + 4));
    ck_assert_uint_ge(work_of("T_AFTER(d, TIMESTAMP('2024-01-01T00:00:00Z'))"),
                      work_of("T_AFTER(d, DATE('2024-01-01'))") + 2 * 6);
}
END_TEST

GK_UNIT_MAIN("cql2", every_example_parses_or_is_refused_with_its_position,
             every_predicate_gives_the_count_of_the_standard, logic_has_three_values,
             texts_are_escaped_in_both_ways, cases_and_accents_fold,
             numbers_are_read_as_the_grammar_has_them,
             times_are_checked_and_dates_among_times_are_swedish_days,
             geometries_are_of_the_right_form_and_inside_their_crs,
             depth_length_and_positions_are_bounded,
             folding_and_days_among_times_cost_more_than_a_step)
