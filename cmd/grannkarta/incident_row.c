/* One row of an incident file, from fields to values. Pure. */
#include "incident_row.h"

#include <math.h>
#include <string.h>

#include "base/date.h"
#include "text.h"

/* A text that is a date alone is this long at most; longer ones are only shown
 * when they have separators. */
enum { RUN_ON_MAX = 8, HARMLESS_MAX = 30 };

static const char no_date[] = "not a date from 1975 to 2099";
static const char too_late[] = "a date that is still to come";

struct reading {
    struct gk_incident_input *input;
    const struct gk_incident_record *record;
    const struct gk_incident_form *form;
    struct gk_incident_refusal *refusal;
};

static bool refuse(const struct reading *reading, int field, const char *reason)
{
    *reading->refusal = (struct gk_incident_refusal){field, reason};
    return false;
}

/* --- Fields ------------------------------------------------------------------------- */

static struct gk_csv_field column_of(const struct gk_csv_row *row, int column)
{
    struct gk_csv_field field = {"", 0};
    if (column != GK_COLUMN_NONE && (size_t)column < row->count)
        field = row->fields[column];
    gk_field_unwrap(&field.text, &field.length);
    return field;
}

/* Databases give dates a midnight, also where the time is in a column of its own. */
static void drop_midnight(struct gk_csv_field *date)
{
    static const char *const ends[] = {"00:00", "00:00:00", "00:00:00.000", "00:00:00.0000000"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t length = strlen(ends[i]);
        const char *end = date->text + date->length - length;
        if (date->length > length + 1 && memcmp(end, ends[i], length) == 0 &&
            (end[-1] == ' ' || end[-1] == 'T')) {
            date->length -= length + 1;
            return;
        }
    }
}

/* Texts of several columns with blanks between. What is empty may only be at the
 * end: without the day, "2024 3 17" would be another date. */
static struct gk_csv_field join(const struct gk_csv_row *row, const int *parts, size_t count,
                                char joined[GK_FIELD_JOINED_MAX])
{
    static const struct gk_csv_field hopeless = {"?", 1};
    size_t length = 0;
    bool has_gap = false;
    for (size_t i = 0; i < count; i++) {
        struct gk_csv_field part = column_of(row, parts[i]);
        if (part.length == 0) {
            has_gap = true;
            continue;
        }
        if (has_gap || length + 1 + part.length > GK_FIELD_JOINED_MAX)
            return hopeless;
        if (i == 0 && count == 2 && column_of(row, parts[1]).length > 0)
            drop_midnight(&part);
        if (i > 0)
            joined[length++] = ' ';
        memcpy(joined + length, part.text, part.length);
        length += part.length;
    }
    return (struct gk_csv_field){joined, length};
}

struct gk_csv_field gk_incident_field_of(const struct gk_csv_row *row,
                                         const struct gk_incident_columns *columns,
                                         enum gk_incident_field field,
                                         char joined[GK_FIELD_JOINED_MAX])
{
    if (columns->part_count[field] > 1)
        return join(row, columns->parts[field], columns->part_count[field], joined);
    return column_of(row, columns->column[field]);
}

/* As above; what says that nothing is there is nothing. */
static struct gk_csv_field value_of(const struct reading *reading, enum gk_incident_field which,
                                    char joined[GK_FIELD_JOINED_MAX])
{
    struct gk_csv_field field =
        gk_incident_field_of(&reading->record->row, reading->form->columns, which, joined);
    if (gk_field_is_missing(field.text, field.length))
        field.length = 0;
    return field;
}

/* --- Values ------------------------------------------------------------------------- */

static enum gk_row_kind read_code(const struct reading *reading)
{
    const struct gk_incident_form *form = reading->form;
    char joined[GK_FIELD_JOINED_MAX];
    struct gk_csv_field field =
        gk_incident_field_of(&reading->record->row, form->columns, GK_FIELD_CODE, joined);
    switch (gk_incident_codes_find(form->codes, form->encoding, field.text, field.length,
                                   &reading->input->code_id)) {
    case GK_CODE_BURGLARY:
        return GK_ROW_TAKEN;
    case GK_CODE_SKIPPED:
        return GK_ROW_SKIPPED;
    case GK_CODE_OTHER:
        refuse(reading, GK_FIELD_CODE, "not burglary");
        break;
    case GK_CODE_UNLISTED:
        refuse(reading, GK_FIELD_CODE, "neither in the list of codes nor a code of burglary");
        break;
    default:
        refuse(reading, GK_FIELD_CODE, "no offence code of four digits");
        break;
    }
    if (field.length > 0 && strlen(form->code_heading) == field.length &&
        memcmp(form->code_heading, field.text, field.length) == 0)
        refuse(reading, GK_COLUMN_NONE, "the heading again");
    return GK_ROW_REFUSED;
}

/* A date that there is; *is_there says whether. */
static bool read_time(const struct reading *reading, enum gk_incident_field which,
                      struct gk_field_time *time, bool *is_there)
{
    char joined[GK_FIELD_JOINED_MAX];
    struct gk_csv_field field = value_of(reading, which, joined);
    *is_there = field.length > 0;
    if (!*is_there)
        return true;
    if (!gk_field_time(time, reading->form->date_order, field.text, field.length))
        return refuse(reading, (int)which, no_date);
    if (gk_day_from_hour(time->hour) > reading->form->today)
        return refuse(reading, (int)which, too_late);
    reading->input->is_moved |= time->is_moved;
    return true;
}

static bool read_times(const struct reading *reading)
{
    struct gk_incident_input *input = reading->input;
    struct gk_field_time begin, end, report;
    bool is_there;
    if (!read_time(reading, GK_FIELD_FROM, &begin, &is_there))
        return false;
    if (!is_there)
        return refuse(reading, GK_FIELD_FROM, "no date");
    end = begin;
    if (!read_time(reading, GK_FIELD_TO, &end, &is_there))
        return false;
    input->from_hour = begin.hour;
    input->to_hour = end.hour + (end.is_date ? 23 : 0);
    if (input->to_hour < begin.hour)
        return refuse(reading, GK_FIELD_TO, "it ended before it began");
    input->reported = INT32_MIN;
    if (!read_time(reading, GK_FIELD_REPORTED, &report, &is_there))
        return false;
    if (!is_there)
        return true;
    input->reported = gk_day_from_hour(report.hour);
    if (gk_day_from_hour(begin.hour) > input->reported)
        return refuse(reading, GK_FIELD_REPORTED, "it began after it was reported");
    return true;
}

static bool read_count(const struct reading *reading)
{
    char joined[GK_FIELD_JOINED_MAX];
    struct gk_csv_field field = value_of(reading, GK_FIELD_COUNT, joined);
    reading->input->count = 1;
    if (field.length > 0 && !gk_field_count(&reading->input->count, field.text, field.length))
        return refuse(reading, GK_FIELD_COUNT, "not a count from -9999 to 9999");
    return true;
}

/* A zero of digits is no case number: all such rows would be one case. */
static bool is_zero(const struct gk_csv_field *field)
{
    size_t i = 0;
    while (i < field->length && field->text[i] == '0')
        i++;
    return i == field->length;
}

static bool read_names(const struct reading *reading)
{
    struct gk_incident_input *input = reading->input;
    input->municipality = value_of(reading, GK_FIELD_MUNICIPALITY, input->joined[0]);
    input->case_number = value_of(reading, GK_FIELD_CASE, input->joined[1]);
    if (is_zero(&input->case_number))
        input->case_number.length = 0;
    if (input->case_number.length > GK_CASE_NUMBER_MAX)
        return refuse(reading, GK_FIELD_CASE, "a case number of more than 100 bytes");
    if (gk_field_is_shortened(input->case_number.text, input->case_number.length))
        return refuse(reading, GK_FIELD_CASE, "a case number that a spreadsheet has shortened");
    return true;
}

/* --- The place ------------------------------------------------------------------------ */

/* A pair of numbers, unless it is 0, 0 or none. */
static void take_place(const struct reading *reading, enum gk_place_kind kind, double x, double y)
{
    struct gk_incident_input *input = reading->input;
    if (!isfinite(x) || !isfinite(y) || (x == 0 && y == 0))
        return;
    input->place_kind = kind;
    input->x = reading->form->is_swapped ? y : x;
    input->y = reading->form->is_swapped ? x : y;
}

/* Reads one pair of columns; one of the two alone is no place. */
static bool read_pair(const struct reading *reading, enum gk_place_kind kind,
                      enum gk_incident_field x_field, enum gk_incident_field y_field)
{
    char joined[2][GK_FIELD_JOINED_MAX];
    struct gk_csv_field x = value_of(reading, x_field, joined[0]);
    struct gk_csv_field y = value_of(reading, y_field, joined[1]);
    double easting, northing;
    if (x.length > 0 && !gk_field_number(&easting, reading->form->decimal, x.text, x.length))
        return refuse(reading, (int)x_field, "not a number");
    if (y.length > 0 && !gk_field_number(&northing, reading->form->decimal, y.text, y.length))
        return refuse(reading, (int)y_field, "not a number");
    if (x.length > 0 && y.length > 0)
        take_place(reading, kind, easting, northing);
    return true;
}

static bool read_position(const struct reading *reading)
{
    char joined[GK_FIELD_JOINED_MAX];
    struct gk_csv_field field = value_of(reading, GK_FIELD_POSITION, joined);
    double north, east;
    if (field.length == 0)
        return true;
    if (!gk_field_pair(&north, &east, reading->form->decimal, field.text, field.length))
        return refuse(reading, GK_FIELD_POSITION, "not two numbers");
    take_place(reading, reading->form->place_kind, east, north);
    return true;
}

static bool read_place(const struct reading *reading)
{
    const struct gk_incident_record *record = reading->record;
    const enum gk_place_kind *found = &reading->input->place_kind;
    reading->input->place_kind = GK_PLACE_NONE;
    if (reading->form->has_geometry) {
        if (record->geometry == GK_GEOMETRY_OTHER)
            return refuse(reading, GK_COLUMN_NONE, "a geometry that is not one point");
        if (record->geometry == GK_GEOMETRY_POINT)
            take_place(reading, reading->form->place_kind, record->x, record->y);
        return true;
    }
    if (!read_pair(reading, GK_PLACE_PROJECTED, GK_FIELD_EASTING, GK_FIELD_NORTHING))
        return false;
    if (*found == GK_PLACE_NONE &&
        !read_pair(reading, GK_PLACE_DEGREES, GK_FIELD_LONGITUDE, GK_FIELD_LATITUDE))
        return false;
    return *found != GK_PLACE_NONE || read_position(reading);
}

/* --- The row -------------------------------------------------------------------------- */

static bool is_blank(const struct gk_csv_row *row, size_t first)
{
    for (size_t i = first; i < row->count; i++)
        if (column_of(row, (int)i).length > 0)
            return false;
    return true;
}

enum gk_row_kind gk_incident_read(struct gk_incident_input *input,
                                  const struct gk_incident_record *record,
                                  const struct gk_incident_form *form,
                                  struct gk_incident_refusal *refusal)
{
    const struct reading reading = {input, record, form, refusal};
    const struct gk_csv_row *row = &record->row;
    const char *fault = row->fault;
    if (fault == NULL && is_blank(row, 0) && record->geometry == GK_GEOMETRY_NONE)
        return GK_ROW_BLANK;
    if (fault == NULL && row->count < form->columns->column_count)
        fault = "fewer columns than the heading";
    /* Delimiters without anything behind them are only untidy. */
    if (fault == NULL && !is_blank(row, form->columns->column_count))
        fault = "more columns than the heading";
    if (fault != NULL) {
        refuse(&reading, GK_COLUMN_NONE, fault);
        return GK_ROW_REFUSED;
    }
    input->is_moved = false;
    enum gk_row_kind kind = read_code(&reading);
    if (kind != GK_ROW_TAKEN)
        return kind;
    bool ok = read_names(&reading) && read_times(&reading) && read_count(&reading) &&
              read_place(&reading);
    return ok ? GK_ROW_TAKEN : GK_ROW_REFUSED;
}

/* Separators tell a date from a number that could be anything. */
static bool has_separators(const char *text, size_t length)
{
    size_t found = 0;
    for (size_t i = 1; i < length && i < 8; i++)
        found += text[i] == '-' || text[i] == '/' || text[i] == '.';
    return length >= 8 && found >= 2;
}

bool gk_incident_value_is_harmless(enum gk_date_order order, const char *text, size_t length)
{
    char code[5];
    int32_t count;
    struct gk_field_time time;
    if (length == 0 || length > HARMLESS_MAX || *text == '+')
        return false;
    if (gk_field_code(code, text, length) || gk_field_count(&count, text, length))
        return true;
    return (length <= RUN_ON_MAX || has_separators(text, length)) &&
           gk_field_time(&time, order, text, length);
}
