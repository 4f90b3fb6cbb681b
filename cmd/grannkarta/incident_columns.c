/* Which column of an incident file is what. Pure. */
#include "incident_columns.h"

#include <string.h>

#include "base/buf.h"
#include "text.h"

enum { NAME_MAX_BYTES = 256, ALIASES_MAX = 16 };

static const char *const field_names[GK_INCIDENT_FIELDS] = {
    "code",     "from",      "to",           "reported", "northing", "easting",
    "latitude", "longitude", "municipality", "count",    "case"};

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
    gk_buf_init(&utf8, NAME_MAX_BYTES);
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
                                     const struct gk_csv_row *heading, const bool *is_mapped,
                                     struct gk_error *error)
{
    enum gk_status status = GK_OK;
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
        for (int a = 0; a < ALIASES_MAX && aliases[f][a] != NULL && !is_mapped[f] &&
                        columns->column[f] == GK_COLUMN_NONE && status == GK_OK;
             a++)
            status = find_named(&columns->column[f], heading, aliases[f][a], error);
    return status;
}

static enum gk_status refuse_field(const char *text, size_t length, struct gk_error *error)
{
    struct gk_buf allowed;
    gk_buf_init(&allowed, 256);
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
        gk_buf_printf(&allowed, "%s%s", f > 0 ? ", " : "", field_names[f]);
    gk_error_set(error, GK_INVALID, "--map \"%.*s\": allowed is field=column with a field of %s",
                 (int)(length < 60 ? length : 60), text, allowed.data);
    gk_buf_release(&allowed);
    return GK_INVALID;
}

/* One "field=column". */
static enum gk_status take_map(struct gk_incident_columns *columns,
                               const struct gk_csv_row *heading, bool *is_mapped, const char *text,
                               size_t length, struct gk_error *error)
{
    char name[NAME_MAX_BYTES];
    const char *equals = memchr(text, '=', length);
    size_t field_length = equals != NULL ? (size_t)(equals - text) : 0;
    int field = 0;
    while (field < GK_INCIDENT_FIELDS && (strlen(field_names[field]) != field_length ||
                                          memcmp(field_names[field], text, field_length) != 0))
        field++;
    size_t name_length = length - field_length - (equals != NULL);
    if (field == GK_INCIDENT_FIELDS || name_length >= sizeof name)
        return refuse_field(text, length, error);
    is_mapped[field] = true;
    if (name_length == 0)
        return GK_OK;
    memcpy(name, equals + 1, name_length);
    name[name_length] = '\0';
    enum gk_status status = find_named(&columns->column[field], heading, name, error);
    if (status == GK_OK && columns->column[field] == GK_COLUMN_NONE)
        status = gk_error_set(error, GK_INVALID, "--map: the file has no column \"%.60s\"", name);
    return status;
}

static enum gk_status check_complete(const struct gk_incident_columns *columns,
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
    bool has_projected =
        column[GK_FIELD_NORTHING] != GK_COLUMN_NONE && column[GK_FIELD_EASTING] != GK_COLUMN_NONE;
    bool has_degrees =
        column[GK_FIELD_LATITUDE] != GK_COLUMN_NONE && column[GK_FIELD_LONGITUDE] != GK_COLUMN_NONE;
    if (has_projected || has_degrees)
        return GK_OK;
    return gk_error_set(error, GK_REJECTED,
                        "none of the %zu columns were recognised as a pair of coordinates; name "
                        "them with --map northing=COLUMN,easting=COLUMN or --map "
                        "latitude=COLUMN,longitude=COLUMN",
                        columns->column_count);
}

enum gk_status gk_incident_columns_find(struct gk_incident_columns *columns,
                                        const struct gk_csv_row *heading, const char *const *maps,
                                        size_t map_count, struct gk_error *error)
{
    bool is_mapped[GK_INCIDENT_FIELDS] = {false};
    columns->column_count = heading->count;
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
        columns->column[f] = GK_COLUMN_NONE;
    enum gk_status status = GK_OK;
    for (size_t i = 0; i < map_count; i++)
        for (const char *at = maps[i]; *at != '\0' && status == GK_OK;) {
            size_t length = strcspn(at, ",");
            status = take_map(columns, heading, is_mapped, at, length, error);
            at += length + (at[length] == ',');
        }
    if (status == GK_OK)
        status = find_automatic(columns, heading, is_mapped, error);
    if (status == GK_OK)
        status = check_complete(columns, error);
    return status;
}
