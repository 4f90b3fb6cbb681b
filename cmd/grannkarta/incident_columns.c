/* Which column of an incident file is what. Pure. */
#include "incident_columns.h"

#include <string.h>

#include "base/buf.h"
#include "text.h"

enum { ALIASES_MAX = 16 };

static const char *const field_names[GK_INCIDENT_FIELDS] = {
    "code",     "from",      "to",       "reported",     "northing", "easting",
    "latitude", "longitude", "position", "municipality", "count",    "case"};

/* Folded before they are compared: case, blanks, _, - and . do not matter. */
static const char *const aliases[GK_INCIDENT_FIELDS][ALIASES_MAX] = {
    [GK_FIELD_CODE] = {"brottskod", "code", "kod", "offencecode", "crimecode"},
    [GK_FIELD_FROM] = {"brottsdatumtidstart", "brottsdatumstart", "brottstidstart", "from", "start",
                       "starttid", "fromtime", "fromdate", "occurredfrom", "brottsdatum"},
    [GK_FIELD_TO] = {"brottsdatumtidslut", "brottsdatumslut", "brottstidslut", "to", "slut",
                     "sluttid", "end", "totime", "todate", "occurredto"},
    [GK_FIELD_REPORTED] = {"inskrivningsdatum", "reported", "anmälningsdatum", "anmalningsdatum",
                           "anmäld", "reporteddate", "registrerad", "registreringsdatum"},
    [GK_FIELD_NORTHING] = {"swerefn", "n", "northing", "swerefnord", "sweref99tmn", "nord",
                           "koordinatn", "ncoordinate"},
    [GK_FIELD_EASTING] = {"swerefe", "e", "easting", "swerefost", "swereföst", "sweref99tme", "ost",
                          "öst", "koordinate", "ecoordinate"},
    [GK_FIELD_LATITUDE] = {"latitude", "lat", "latitud"},
    [GK_FIELD_LONGITUDE] = {"longitude", "lon", "long", "lng", "longitud"},
    [GK_FIELD_POSITION] = {"position", "koordinater", "coordinates", "locationgps", "latlon",
                           "latlong"},
    [GK_FIELD_MUNICIPALITY] = {"kommun", "municipality", "kommunkod", "kommunnamn",
                               "municipalitycode"},
    [GK_FIELD_COUNT] = {"antal", "count", "number", "antalbrott"},
    [GK_FIELD_CASE] = {"diarienr", "diarienummer", "casenumber", "case", "caseno", "dnr", "knummer",
                       "knr", "ärendenummer", "arendenummer", "ärendenr"}};

const char *gk_incident_field_name(enum gk_incident_field field)
{
    return field_names[field];
}

/* True when the heading of a column is `name`, folded. */
static bool is_named(const struct gk_csv_field *heading, const char *name)
{
    struct gk_buf utf8;
    gk_buf_init(&utf8, GK_COLUMN_NAME_MAX);
    gk_buf_put_any(&utf8, heading->text, heading->length);
    bool is_same = gk_buf_status(&utf8) == GK_OK && utf8.data != NULL &&
                   strlen(utf8.data) == utf8.length && gk_text_same_folded(utf8.data, name);
    gk_buf_release(&utf8);
    return is_same;
}

/* The only column of that name; GK_REJECTED when there are two. */
static enum gk_status find_named(int *column, const struct gk_csv_row *heading, const char *name,
                                 struct gk_error *error)
{
    *column = GK_COLUMN_NONE;
    for (size_t i = 0; i < heading->count; i++) {
        if (!is_named(&heading->fields[i], name))
            continue;
        if (*column != GK_COLUMN_NONE)
            return gk_error_set(error, GK_REJECTED, "two columns are named \"%.60s\"", name);
        *column = (int)i;
    }
    return GK_OK;
}

static enum gk_status find_automatic(struct gk_incident_columns *columns,
                                     const struct gk_csv_row *heading,
                                     const struct gk_incident_map *map, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
        for (int a = 0; a < ALIASES_MAX && aliases[f][a] != NULL && !map->is_said[f] &&
                        columns->column[f] == GK_COLUMN_NONE && status == GK_OK;
             a++)
            status = find_named(&columns->column[f], heading, aliases[f][a], error);
    return status;
}

static bool has_pair(const int *column, enum gk_incident_field a, enum gk_incident_field b)
{
    return column[a] != GK_COLUMN_NONE && column[b] != GK_COLUMN_NONE;
}

/* A column that happens to be called "position" is not a place where there is a
 * pair of coordinates. */
static void drop_position(struct gk_incident_columns *columns, const struct gk_incident_map *map)
{
    int *column = columns->column;
    if (!map->is_said[GK_FIELD_POSITION] &&
        (has_pair(column, GK_FIELD_NORTHING, GK_FIELD_EASTING) ||
         has_pair(column, GK_FIELD_LATITUDE, GK_FIELD_LONGITUDE)))
        column[GK_FIELD_POSITION] = GK_COLUMN_NONE;
}

/* --- What is said ------------------------------------------------------------------ */

enum gk_incident_field gk_incident_field_named(const char *name, size_t length)
{
    int f = 0;
    while (f < GK_INCIDENT_FIELDS &&
           (strlen(field_names[f]) != length || memcmp(field_names[f], name, length) != 0))
        f++;
    return (enum gk_incident_field)f;
}

static enum gk_status refuse_field(const char *text, size_t length, struct gk_error *error)
{
    struct gk_buf allowed;
    gk_buf_init(&allowed, 256);
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
        gk_buf_printf(&allowed, "%s%s", f > 0 ? ", " : "", field_names[f]);
    gk_error_set(error, GK_INVALID, "map \"%.*s\": allowed is field=column with a field of %s",
                 (int)(length < 60 ? length : 60), text, allowed.data);
    gk_buf_release(&allowed);
    return GK_INVALID;
}

enum gk_status gk_incident_map_set(struct gk_incident_map *map, const char *field,
                                   size_t field_length, const char *column, size_t column_length,
                                   struct gk_error *error)
{
    enum gk_incident_field f = gk_incident_field_named(field, field_length);
    if (f == GK_INCIDENT_FIELDS)
        return refuse_field(field, field_length, error);
    if (column_length >= GK_COLUMN_NAME_MAX || memchr(column, '\0', column_length) != NULL)
        return gk_error_set(error, GK_INVALID, "map %s: a column name of more than %d bytes",
                            field_names[f], GK_COLUMN_NAME_MAX - 1);
    map->is_said[f] = true;
    memcpy(map->column[f], column, column_length);
    map->column[f][column_length] = '\0';
    return GK_OK;
}

enum gk_status gk_incident_map_read(struct gk_incident_map *map, const char *text,
                                    struct gk_error *error)
{
    enum gk_status status = GK_OK;
    while (*text != '\0' && status == GK_OK) {
        size_t length = strcspn(text, ",");
        const char *equals = memchr(text, '=', length);
        if (equals == NULL)
            return refuse_field(text, length, error);
        size_t field_length = (size_t)(equals - text);
        status = gk_incident_map_set(map, text, field_length, equals + 1, length - field_length - 1,
                                     error);
        text += length + (text[length] == ',');
    }
    return status;
}

bool gk_incident_map_has_place(const struct gk_incident_map *map)
{
    for (int f = GK_FIELD_NORTHING; f <= GK_FIELD_POSITION; f++)
        if (map->column[f][0] != '\0')
            return true;
    return false;
}

static enum gk_status refuse_missing(const char *name, struct gk_error *error)
{
    return gk_error_set(error, GK_INVALID, "map: the file has no column \"%.60s\"", name);
}

/* "A+B": texts of several columns, one after the other. */
static enum gk_status find_joined(struct gk_incident_columns *columns, int field,
                                  const struct gk_csv_row *heading, const char *text,
                                  struct gk_error *error)
{
    char name[GK_COLUMN_NAME_MAX];
    size_t n = 0;
    for (;; n++) {
        size_t length = strcspn(text, "+");
        if (n == GK_COLUMN_PARTS_MAX)
            return gk_error_set(error, GK_INVALID, "map %s: more than %d columns to join",
                                field_names[field], GK_COLUMN_PARTS_MAX);
        memcpy(name, text, length);
        name[length] = '\0';
        enum gk_status status = find_named(&columns->parts[field][n], heading, name, error);
        if (status != GK_OK)
            return status;
        if (columns->parts[field][n] == GK_COLUMN_NONE)
            return refuse_missing(name, error);
        if (text[length] == '\0')
            break;
        text += length + 1;
    }
    columns->part_count[field] = n + 1;
    columns->column[field] = columns->parts[field][0];
    return GK_OK;
}

static enum gk_status find_mapped(struct gk_incident_columns *columns,
                                  const struct gk_csv_row *heading,
                                  const struct gk_incident_map *map, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    for (int f = 0; f < GK_INCIDENT_FIELDS && status == GK_OK; f++) {
        const char *name = map->column[f];
        if (*name == '\0')
            continue;
        status = find_named(&columns->column[f], heading, name, error);
        if (status != GK_OK || columns->column[f] != GK_COLUMN_NONE)
            continue;
        status = strchr(name, '+') != NULL ? find_joined(columns, f, heading, name, error)
                                           : refuse_missing(name, error);
    }
    return status;
}

/* --- All of them -------------------------------------------------------------------- */

static enum gk_status check_complete(const struct gk_incident_columns *columns, bool has_geometry,
                                     struct gk_error *error)
{
    const int *column = columns->column;
    static const enum gk_incident_field needed[] = {GK_FIELD_CODE, GK_FIELD_FROM};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (column[needed[i]] == GK_COLUMN_NONE)
            return gk_error_set(error, GK_REJECTED,
                                "none of the %zu columns was recognised as %s; name it with --map "
                                "%s=COLUMN",
                                columns->column_count, field_names[needed[i]],
                                field_names[needed[i]]);
    if (has_geometry || has_pair(column, GK_FIELD_NORTHING, GK_FIELD_EASTING) ||
        has_pair(column, GK_FIELD_LATITUDE, GK_FIELD_LONGITUDE) ||
        column[GK_FIELD_POSITION] != GK_COLUMN_NONE)
        return GK_OK;
    return gk_error_set(error, GK_REJECTED,
                        "none of the %zu columns were recognised as a pair of coordinates; name "
                        "them with --map northing=COLUMN,easting=COLUMN or --map "
                        "latitude=COLUMN,longitude=COLUMN",
                        columns->column_count);
}

enum gk_status gk_incident_columns_find(struct gk_incident_columns *columns,
                                        const struct gk_csv_row *heading,
                                        const struct gk_incident_map *map, bool has_geometry,
                                        struct gk_error *error)
{
    *columns = (struct gk_incident_columns){.column_count = heading->count};
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
        columns->column[f] = GK_COLUMN_NONE;
    enum gk_status status = find_mapped(columns, heading, map, error);
    if (status == GK_OK)
        status = find_automatic(columns, heading, map, error);
    drop_position(columns, map);
    if (status == GK_OK)
        status = check_complete(columns, has_geometry, error);
    return status;
}
