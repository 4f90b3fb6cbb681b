/* The facts about a layer in the forms that formats have for them: GeoPackage's
 * contents, metadata and table of columns, a member of GeoJSON. CSV and
 * FlatGeobuf have none; there every feature has them as columns. */
#include "export_about.h"

#include <stdio.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_string.h>

#include "base/buf.h"
#include "base/json.h"

enum { TEXT_MAX_BYTES = 256 * 1024, FACT_MAX_BYTES = 4096 };

/* --- Facts ------------------------------------------------------------------------ */

static char **add_i64(char **facts, const char *name, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return CSLSetNameValue(facts, name, text);
}

static char **add_day(char **facts, const char *name, int32_t day)
{
    struct gk_buf text;
    gk_buf_init(&text, FACT_MAX_BYTES);
    gk_buf_put_day(&text, day);
    facts = CSLSetNameValue(facts, name, text.data != NULL ? text.data : "");
    gk_buf_release(&text);
    return facts;
}

static char **add_period(char **facts, const struct gk_export_about *about)
{
    if (about->period.from_hour != GK_HOUR_OPEN_FROM)
        facts = add_day(facts, "period_from", gk_day_from_hour(about->period.from_hour));
    if (about->period.to_hour != GK_HOUR_OPEN_TO)
        facts = add_day(facts, "period_to", gk_day_from_hour(about->period.to_hour - 1));
    facts = CSLSetNameValue(facts, "definition", about->definition);
    facts = CSLSetNameValue(facts, "definition_title", about->definition_title);
    facts = CSLSetNameValue(facts, "definition_text", about->definition_text);
    return add_i64(facts, "dwellings_year", about->dwellings_year);
}

/* Names as those of properties, so that both say the same. A CSL list. */
static char **list_facts(const struct gk_export_about *about,
                         const struct gk_export_file_options *options)
{
    struct gk_buf made;
    gk_buf_init(&made, FACT_MAX_BYTES);
    gk_buf_put_utc(&made, about->made_utc);
    char **facts = CSLSetNameValue(NULL, "title", about->title);
    facts = CSLSetNameValue(facts, "description", about->text);
    facts =
        add_i64(facts, about->kind == GK_SNAPSHOT_RELEASE ? "release" : "revision", about->number);
    facts = CSLSetNameValue(facts, "made", made.data != NULL ? made.data : "");
    gk_buf_release(&made);
    facts = add_day(facts, "data_through", about->data_through_day);
    if (about->has_counts)
        facts = add_period(facts, about);
    facts = add_i64(facts, "k", about->k);
    facts = add_i64(facts, "min_addresses", about->min_addresses);
    if (options->source[0] != '\0')
        facts = CSLSetNameValue(facts, "source", options->source);
    return facts;
}

static void put_period(struct gk_buf *buf, const struct gk_export_about *about, char **facts,
                       bool is_swedish)
{
    const char *from = CSLFetchNameValueDef(facts, "period_from", "..");
    const char *to = CSLFetchNameValueDef(facts, "period_to", "..");
    gk_buf_printf(buf,
                  is_swedish ? " Period %s till %s%s. Definition %s (%s): %s Bostäder %d."
                             : " Period %s to %s%s. Definition %s (%s): %s Dwellings of %d.",
                  from, to,
                  about->is_covered ? ""
                  : is_swedish      ? " (uppgifterna täcker den inte)"
                                    : " (the data do not cover it)",
                  about->definition_title, about->definition, about->definition_text,
                  (int)about->dwellings_year);
}

/* One paragraph for people, where a format has only that. */
static void put_paragraph(struct gk_buf *buf, const struct gk_export_about *about,
                          const struct gk_export_file_options *options)
{
    char **facts = list_facts(about, options);
    bool is_swedish = options->is_swedish, is_release = about->kind == GK_SNAPSHOT_RELEASE;
    gk_buf_puts(buf, about->text);
    if (about->has_counts)
        put_period(buf, about, facts, is_swedish);
    gk_buf_printf(buf,
                  is_swedish
                      ? " %s %d, uppgifter till och med %s. Minsta plats: en cell med minst %d "
                        "bostäder och %d adresser."
                      : " %s %d, data through %s. Smallest place: a cell of at least %d "
                        "dwellings and %d addresses.",
                  !is_release  ? "Revision"
                  : is_swedish ? "Utgåva"
                               : "Release",
                  (int)about->number, CSLFetchNameValueDef(facts, "data_through", ""),
                  (int)about->k, (int)about->min_addresses);
    if (options->source[0] != '\0')
        gk_buf_printf(buf, is_swedish ? " Ansvarig: %s." : " Responsible: %s.", options->source);
    CSLDestroy(facts);
}

/* --- GeoJSON ------------------------------------------------------------------------ */

static bool is_number(const char *name)
{
    static const char *const numbers[] = {"release", "revision",      "dwellings_year",
                                          "k",       "min_addresses", NULL};
    for (size_t i = 0; numbers[i] != NULL; i++)
        if (strcmp(numbers[i], name) == 0)
            return true;
    return false;
}

static void put_json_fields(struct gk_json *json, const struct gk_export_about *about)
{
    gk_json_key(json, "fields");
    gk_json_object_begin(json);
    for (size_t i = 0; i < about->field_count; i++) {
        const struct gk_export_field *field = &about->fields[i];
        gk_json_key(json, field->name);
        gk_json_object_begin(json);
        gk_json_member(json, "title", field->label);
        gk_json_member(json, "description", field->text);
        gk_json_member(json, "kind", field->kind);
        if (field->unit[0] != '\0')
            gk_json_member(json, "unit", field->unit);
        gk_json_object_end(json);
    }
    gk_json_object_end(json);
}

/* A collection without features, whose other members OGR takes over. */
static void put_json(struct gk_buf *buf, const struct gk_export_about *about,
                     const struct gk_export_file_options *options)
{
    struct gk_json json;
    char **facts = list_facts(about, options);
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_member(&json, "type", "FeatureCollection");
    gk_json_key(&json, "about");
    gk_json_object_begin(&json);
    for (int i = 0; facts != NULL && facts[i] != NULL; i++) {
        char *name = NULL;
        const char *value = CPLParseNameValue(facts[i], &name);
        if (name != NULL && value != NULL && is_number(name)) {
            gk_json_key(&json, name);
            gk_json_raw(&json, value, strlen(value));
        } else if (name != NULL && value != NULL) {
            gk_json_member(&json, name, value);
        }
        CPLFree(name);
    }
    put_json_fields(&json, about);
    gk_json_object_end(&json);
    gk_json_object_end(&json);
    CSLDestroy(facts);
}

char **gk_export_about_options(const struct gk_export_about *about,
                               const struct gk_export_file_options *options, const char *driver)
{
    char **list = NULL;
    bool is_geopackage = strcmp(driver, "GPKG") == 0;
    if (!is_geopackage && strcmp(driver, "GeoJSON") != 0)
        return NULL;
    struct gk_buf text;
    gk_buf_init(&text, TEXT_MAX_BYTES);
    put_paragraph(&text, about, options);
    list = CSLSetNameValue(list, "DESCRIPTION", text.data != NULL ? text.data : about->text);
    if (is_geopackage) {
        list = CSLSetNameValue(list, "IDENTIFIER", about->title);
    } else {
        gk_buf_clear(&text);
        put_json(&text, about, options);
        list = CSLSetNameValue(list, "NATIVE_DATA", text.data != NULL ? text.data : "{}");
        list = CSLSetNameValue(list, "NATIVE_MEDIA_TYPE", "application/vnd.geo+json");
    }
    gk_buf_release(&text);
    return list;
}

/* --- GeoPackage ----------------------------------------------------------------------- */

/* The extension "schema" of GeoPackage 1.2, whose tables GDAL makes only for
 * domains of values. */
static const char *const schema_tables[] = {
    "CREATE TABLE IF NOT EXISTS gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT "
    "NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT,"
    " CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),"
    " CONSTRAINT gdc_tn UNIQUE (table_name, name))",
    "CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (constraint_name TEXT NOT NULL,"
    " constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,"
    " max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,"
    " CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))",
    "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope)"
    " SELECT t, NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema',"
    " 'read-write' FROM (SELECT 'gpkg_data_columns' AS t UNION ALL"
    " SELECT 'gpkg_data_column_constraints') WHERE t NOT IN"
    " (SELECT table_name FROM gpkg_extensions WHERE extension_name = 'gpkg_schema')",
    NULL,
};

static void put_sql_text(struct gk_buf *buf, const char *text)
{
    gk_buf_putc(buf, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            gk_buf_putc(buf, '\'');
        gk_buf_putc(buf, *text);
    }
    gk_buf_putc(buf, '\'');
}

static void put_column(struct gk_buf *sql, const struct gk_export_about *about,
                       const struct gk_export_field *field)
{
    char description[FACT_MAX_BYTES];
    const char *unit = field->type == GK_EXPORT_TIME ? "UTC" : field->unit;
    snprintf(description, sizeof description, "%s (%s%s%s)", field->text, field->kind,
             unit[0] != '\0' ? ", " : "", unit);
    const char *const values[] = {about->name, field->name, field->name, field->label, description};
    gk_buf_clear(sql);
    gk_buf_puts(sql, "INSERT OR REPLACE INTO gpkg_data_columns"
                     " (table_name, column_name, name, title, description) VALUES (");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        gk_buf_puts(sql, i > 0 ? ", " : "");
        put_sql_text(sql, values[i]);
    }
    gk_buf_putc(sql, ')');
}

static void execute(GDALDatasetH dataset, const char *sql)
{
    OGRLayerH result = GDALDatasetExecuteSQL(dataset, sql, NULL, NULL);
    if (result != NULL)
        GDALDatasetReleaseResultSet(dataset, result);
}

void gk_export_about_put(const struct gk_export_about *about,
                         const struct gk_export_file_options *options, GDALDatasetH dataset,
                         OGRLayerH layer)
{
    struct gk_buf sql;
    gk_buf_init(&sql, TEXT_MAX_BYTES);
    for (size_t i = 0; schema_tables[i] != NULL; i++)
        execute(dataset, schema_tables[i]);
    for (size_t i = 0; i < about->field_count; i++) {
        put_column(&sql, about, &about->fields[i]);
        if (gk_buf_status(&sql) == GK_OK)
            execute(dataset, sql.data);
    }
    gk_buf_release(&sql);
    char **facts = list_facts(about, options);
    GDALSetMetadata(layer, facts, NULL);
    CSLDestroy(facts);
}
