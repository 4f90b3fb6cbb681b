/* The resources around features: links that clients insist on, the definition of
 * the interface, schemas, pages, and rule 5: no number without a kind. */
#include "api_fixture.h"
#include "json_check.h"
#include "unit.h"

enum { CELLS = 12 };

static struct world world;
static struct gk_api *api;

static void open_world(void)
{
    api = world_open(&world, CELLS);
}

static void close_world(void)
{
    world_close(&world, api);
}

static const char *const public_collections[] = {"cells", "districts-regso", "districts-kommun",
                                                 "watch-areas", "hotspots"};
enum { PUBLIC_COLLECTIONS = 5 };

static void assert_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "missing: %s", part);
}

/* --- Rule 5 -------------------------------------------------------------------- */

/* Reads the name of each member of the object at p and where its value begins. */
static const char *each_member(const char *p, char name[64], const char **value)
{
    p += strspn(p, "{, ");
    if (*p != '"')
        return NULL;
    const char *end = json_skip_string(p);
    size_t length = (size_t)(end - p) - 2;
    ck_assert_uint_lt(length, 64);
    memcpy(name, p + 1, length);
    name[length] = '\0';
    *value = end + 1;
    return json_skip_value(*value);
}

/* Every property that an answer has must be in the schema with a kind, and every
 * numeric one with a numeric kind. Returns how many numbers were seen. */
static int check_properties(const char *answer, const char *schema)
{
    static const char *const numeric = " count denominator rate interval year share distance "
                                       "identifier threshold ";
    int numbers = 0;
    const char *p = json_member(answer, "properties"), *value;
    char name[64], kind[64];
    while ((p = each_member(p, name, &value)) != NULL) {
        const char *described = json_member(strstr(schema, "\"geometry\":"), name);
        ck_assert_msg(described != NULL, "\"%s\" is not in the schema", name);
        const char *of_kind = json_member(described, "x-grannkarta-kind");
        ck_assert_msg(of_kind != NULL && of_kind < json_skip_value(described), "\"%s\" has no kind",
                      name);
        snprintf(kind, sizeof kind, " %.*s ", (int)strcspn(of_kind + 1, "\""), of_kind + 1);
        bool is_number = *value == '-' || (*value >= '0' && *value <= '9');
        numbers += is_number;
        ck_assert_msg(!is_number || strstr(numeric, kind) != NULL, "\"%s\" is a number of kind%s",
                      name, kind);
    }
    return numbers;
}

START_TEST(no_number_goes_without_a_declared_kind)
{
    open_world();
    for (enum gk_role role = GK_ROLE_PUBLIC; role <= GK_ROLE_ANALYST; role++)
        for (int c = 0; c < PUBLIC_COLLECTIONS + (role == GK_ROLE_ANALYST); c++) {
            const char *name = c < PUBLIC_COLLECTIONS ? public_collections[c] : "incidents";
            struct answer schema = ask(
                api,
                (struct question){.handler = gk_resource_schema, .role = role, .collection = name});
            struct answer items = ask(api, (struct question){.handler = gk_resource_items,
                                                             .role = role,
                                                             .collection = name,
                                                             .query = {"limit", "1"}});
            ck_assert_int_eq(schema.status, GK_OK);
            ck_assert(is_json(schema.body));
            ck_assert_int_gt(check_properties(items.body, schema.body), 0);
            forget(&schema);
            forget(&items);
        }
    close_world();
}
END_TEST

/* GDAL reads properties.properties of what `describedBy` links to, and infers
 * from the values where there is none: a number must not look like an integer. */
START_TEST(types_are_told_in_the_way_clients_read_them)
{
    open_world();
    for (int c = 0; c < PUBLIC_COLLECTIONS; c++) {
        struct answer schema = ask(api, (struct question){.handler = gk_resource_feature_schema,
                                                          .collection = public_collections[c]});
        struct answer items = ask(api, (struct question){.handler = gk_resource_items,
                                                         .collection = public_collections[c]});
        ck_assert_int_eq(schema.status, GK_OK);
        ck_assert(is_json(schema.body));
        const char *properties = json_member(json_member(schema.body, "properties"), "properties");
        const char *rate = json_member(json_member(properties, "properties"), "rate_per_1000");
        assert_has(rate, "\"type\":\"number\"");
        for (const char *p = items.body; (p = json_member(p, "rate_per_1000")) != NULL;)
            ck_assert_int_eq(p[strspn(p, "0123456789")], '.');
        forget(&schema);
        forget(&items);
    }
    close_world();
}
END_TEST

START_TEST(the_catalogue_is_complete)
{
    for (enum gk_property p = 0; p < GK_PROPERTY_COUNT_OF; p++) {
        const struct gk_property_info *info = gk_property_info(p);
        bool is_number = info->type == GK_TYPE_INTEGER || info->type == GK_TYPE_NUMBER;
        bool is_numeric_kind = info->kind < GK_KIND_OF_DATE;
        ck_assert_msg(is_number == is_numeric_kind, "%s", info->name);
        ck_assert(info->label_sv[0] != '\0' && info->label_en[0] != '\0');
        ck_assert(info->text_sv[0] != '\0' && info->text_en[0] != '\0');
        bool needs_unit = info->kind == GK_KIND_OF_COUNT || info->kind == GK_KIND_OF_DENOMINATOR ||
                          info->kind == GK_KIND_OF_INTERVAL || info->kind == GK_KIND_OF_DISTANCE;
        ck_assert_msg(!needs_unit || info->unit[0] != '\0', "%s has no unit", info->name);
    }
}
END_TEST

START_TEST(every_feature_says_definition_period_and_year_of_its_denominator)
{
    static const char *const said[] = {"definition",     "period_from", "period_to",
                                       "dwellings_year", "release",     "k",
                                       "min_addresses"};
    open_world();
    for (int c = 0; c < PUBLIC_COLLECTIONS; c++) {
        struct answer a = ask(api, (struct question){.handler = gk_resource_items,
                                                     .collection = public_collections[c],
                                                     .query = {"limit", "1"}});
        for (size_t i = 0; i < sizeof said / sizeof *said; i++)
            ck_assert_msg(json_member(a.body, said[i]) != NULL, "%s: %s", public_collections[c],
                          said[i]);
        forget(&a);
    }
    close_world();
}
END_TEST

/* --- Links -------------------------------------------------------------------------- */

START_TEST(the_landing_page_has_what_qgis_insists_on)
{
    open_world();
    struct answer a = ask(api, (struct question){.handler = gk_resource_landing});
    ck_assert(is_json(a.body));
    assert_has(a.body, "{\"rel\":\"service-desc\",\"type\":\"application/vnd.oai.openapi+json;"
                       "version=3.0\"");
    assert_has(a.body, "\"rel\":\"data\",\"type\":\"application/json\"");
    assert_has(a.body, "\"href\":\"http://h:1/collections\"");
    assert_has(a.body, "\"rel\":\"conformance\"");
    assert_has(a.body, "\"title\":\"Grann <karta>\"");
    forget(&a);
    close_world();
}
END_TEST

START_TEST(collections_show_only_what_the_caller_may_read)
{
    open_world();
    struct answer a = ask(api, (struct question){.handler = gk_resource_collections});
    ck_assert(is_json(a.body));
    for (int c = 0; c < PUBLIC_COLLECTIONS; c++) {
        char id[64];
        snprintf(id, sizeof id, "\"id\":\"%s\"", public_collections[c]);
        assert_has(a.body, id);
    }
    ck_assert_ptr_null(strstr(a.body, "incidents"));
    assert_has(a.body, "\"interval\":[[\"2019-12-31T23:00:00Z\",\"2023-12-31T22:59:59Z\"]]");
    forget(&a);
    a = ask(api, (struct question){.handler = gk_resource_collections, .role = GK_ROLE_ANALYST});
    assert_has(a.body, "\"id\":\"incidents\"");
    forget(&a);
    a = ask(api, (struct question){.handler = gk_resource_api});
    ck_assert_ptr_null(strstr(a.body, "incidents"));
    ck_assert_ptr_null(strstr(a.body, "\"definition\",\"in\":\"query\""));
    forget(&a);
    a = ask(api, (struct question){.handler = gk_resource_api, .format = GK_FORMAT_HTML});
    ck_assert_ptr_null(strstr(a.body, "incidents"));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(a_collection_is_the_same_alone_and_in_the_list)
{
    open_world();
    for (int c = 0; c < PUBLIC_COLLECTIONS; c++) {
        struct answer all = ask(api, (struct question){.handler = gk_resource_collections});
        struct answer one = ask(api, (struct question){.handler = gk_resource_collection,
                                                       .collection = public_collections[c]});
        size_t length = (size_t)(strstr(one.body, "\"links\"") - one.body);
        char *start = strndup(one.body, length);
        assert_has(all.body, start);
        assert_has(one.body, "\"rel\":\"items\",\"type\":\"application/geo+json\"");
        assert_has(one.body, "\"crs\":[\"http://www.opengis.net/def/crs/OGC/1.3/CRS84\",");
        assert_has(one.body, "\"storageCrs\":\"http://www.opengis.net/def/crs/EPSG/0/3006\"");
        assert_has(one.body, "\"rel\":\"self\"");
        free(start);
        forget(&all);
        forget(&one);
    }
    close_world();
}
END_TEST

START_TEST(the_interface_is_defined_with_limits_that_hold)
{
    open_world();
    struct answer a =
        ask(api, (struct question){.handler = gk_resource_api, .role = GK_ROLE_ANALYST});
    ck_assert(is_json(a.body));
    assert_has(a.body, "\"openapi\":\"3.0");
    assert_has(a.body, "\"/collections/incidents/items\"");
    const char *components = strstr(a.body, "\"components\"");
    const char *limit = json_member(components, "limit");
    ck_assert_int_eq((int)json_number(limit, "minimum"), 1);
    ck_assert_int_eq((int)json_number(limit, "maximum"), 10000);
    ck_assert_int_eq((int)json_number(limit, "default"), 100);
    /* Self-contained: every reference is inside, and leads somewhere. */
    for (const char *p = a.body; (p = strstr(p, "\"$ref\":\"")) != NULL; p++) {
        char name[128];
        const char *to = p + strlen("\"$ref\":\"");
        ck_assert_int_eq(strncmp(to, "#/components/", 13), 0);
        const char *last = to;
        for (const char *q = to; *q != '"'; q++)
            if (*q == '/')
                last = q + 1;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(last, "\""), last);
        ck_assert_msg(json_member(components, name) != NULL, "%s leads nowhere", name);
    }
    forget(&a);
    struct gk_api_config config = {.title = "", .publisher = "", .limit_default = 17};
    ck_assert_int_eq(gk_api_reconfigure(api, &config), GK_OK);
    a = ask(api, (struct question){.handler = gk_resource_api});
    ck_assert_int_eq((int)json_number(json_member(a.body, "components"), "default"), 17);
    forget(&a);
    close_world();
}
END_TEST

START_TEST(links_keep_the_query_and_encode_it)
{
    open_world();
    struct answer a =
        ask(api,
            (struct question){.handler = gk_resource_items,
                              .collection = "cells",
                              .query = {"limit", "3", "datetime", "2022-01-01T00:00:00+01:00/.."}});
    ck_assert_int_eq(a.status, GK_OK);
    const char *next = strstr(a.body, "\"rel\":\"next\",\"type\":\"application/geo+json\"");
    ck_assert_ptr_nonnull(next);
    assert_has(next,
               "http://h:1/collections/cells/items?limit=3&datetime=2022-01-01T00%3A00%3A00%2B"
               "01%3A00%2F..&cursor=p");
    assert_has(a.body, "\"href\":\"http://h:1/collections/cells/items?as=written\"");
    assert_has(a.body, "f=html");
    forget(&a);
    close_world();
}
END_TEST

/* --- Pages ----------------------------------------------------------------------------- */

/* Tags close in the order in which they opened. */
static void assert_well_formed(const char *html)
{
    char open[64][16];
    int depth = 0;
    for (const char *p = html; (p = strchr(p, '<')) != NULL; p++) {
        char tag[16];
        bool is_end = p[1] == '/';
        size_t length = strcspn(p + 1 + is_end, " >");
        if (p[1] == '!')
            continue;
        ck_assert_uint_lt(length, 16);
        snprintf(tag, sizeof tag, "%.*s", (int)length, p + 1 + is_end);
        if (strcmp(tag, "meta") == 0 || strcmp(tag, "br") == 0)
            continue;
        if (is_end) {
            ck_assert_msg(depth > 0 && strcmp(open[depth - 1], tag) == 0, "</%s> closes %s", tag,
                          depth > 0 ? open[depth - 1] : "nothing");
            depth--;
        } else {
            ck_assert_int_lt(depth, 64);
            strcpy(open[depth++], tag);
        }
    }
    ck_assert_int_eq(depth, 0);
}

START_TEST(pages_are_well_formed_in_both_languages)
{
    static gk_handler *const handlers[] = {
        gk_resource_landing,    gk_resource_conformance, gk_resource_api,  gk_resource_collections,
        gk_resource_collection, gk_resource_schema,      gk_resource_items};
    open_world();
    for (size_t h = 0; h < sizeof handlers / sizeof *handlers; h++)
        for (int c = 0; c < PUBLIC_COLLECTIONS; c++)
            for (int l = 0; l < 2; l++) {
                struct answer a = ask(api, (struct question){handlers[h], .format = GK_FORMAT_HTML,
                                                             .collection = public_collections[c],
                                                             .language = l == 0 ? "sv" : "en"});
                ck_assert_int_eq(a.status, GK_OK);
                assert_has(a.body, l == 0 ? "<html lang=\"sv\">" : "<html lang=\"en\">");
                assert_well_formed(a.body);
                ck_assert_ptr_null(strstr(a.body, "<script"));
                ck_assert_ptr_null(strstr(a.body, "<karta>"));
                forget(&a);
            }
    close_world();
}
END_TEST

START_TEST(tables_have_names_of_data_escaped)
{
    open_world();
    struct answer a = ask(api, (struct question){.handler = gk_resource_items,
                                                 .format = GK_FORMAT_HTML,
                                                 .collection = "districts-regso"});
    assert_has(a.body, "<td>Öst &quot;&lt;b&gt;&amp;&#39;\\</td>");
    assert_has(a.body, "<caption>");
    assert_has(a.body, "scope=\"row\"");
    assert_has(a.body, "&lt;fritidshus&gt;");
    assert_has(a.body, "2023-12-31");
    forget(&a);
    a = ask(api, (struct question){.handler = gk_resource_items,
                                   .format = GK_FORMAT_HTML,
                                   .collection = "watch-areas"});
    ck_assert_ptr_null(strstr(a.body, "</script"));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(tokens_become_principals)
{
    open_world();
    unsigned char hash[32] = {1};
    struct gk_principal principal = {0};
    ck_assert_int_eq(gk_api_authenticate(api, hash, &principal), GK_OK);
    ck_assert_int_eq(principal.role, GK_ROLE_ANALYST);
    ck_assert_int_eq(principal.token_id, 7);
    hash[0] = 2;
    ck_assert_int_eq(gk_api_authenticate(api, hash, &principal), GK_UNAUTHORIZED);
    close_world();
}
END_TEST

GK_UNIT_MAIN("api resources", no_number_goes_without_a_declared_kind,
             types_are_told_in_the_way_clients_read_them, the_catalogue_is_complete,
             every_feature_says_definition_period_and_year_of_its_denominator,
             the_landing_page_has_what_qgis_insists_on,
             collections_show_only_what_the_caller_may_read,
             a_collection_is_the_same_alone_and_in_the_list,
             the_interface_is_defined_with_limits_that_hold, links_keep_the_query_and_encode_it,
             pages_are_well_formed_in_both_languages, tables_have_names_of_data_escaped,
             tokens_become_principals)
