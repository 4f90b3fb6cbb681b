/* One row of an incident file, from fields to values. Pure. */
#include "incident_row.h"

#include <math.h>
#include <string.h>

#include "base/date.h"
#include "import_fields.h"
#include "text.h"

/* A text that is a date alone is this long at most; longer ones are only shown
 * when they have separators. */
enum { RUN_ON_MAX = 8, HARMLESS_MAX = 30 };

struct reading {
    struct gk_incident_input *input;
    const struct gk_csv_row *row;
    const struct gk_incident_columns *columns;
    struct gk_incident_refusal *refusal;
};

static bool refuse(const struct reading *reading, int field, const char *reason)
{
    *reading->refusal = (struct gk_incident_refusal){field, reason};
    return false;
}

/* The trimmed field; length 0 when there is no such column. */
static struct gk_csv_field field_of(const struct reading *reading, enum gk_incident_field which)
{
    int column = reading->columns->column[which];
    struct gk_csv_field field = {"", 0};
    if (column != GK_COLUMN_NONE && (size_t)column < reading->row->count)
        field = reading->row->fields[column];
    gk_text_trim(&field.text, &field.length);
    return field;
}

static bool read_code(const struct reading *reading, const struct gk_offence_code *codes,
                      size_t code_count)
{
    struct gk_csv_field field = field_of(reading, GK_FIELD_CODE);
    char code[5];
    if (!gk_field_code(code, field.text, field.length))
        return refuse(reading, GK_FIELD_CODE, "no offence code of four digits");
    for (size_t i = 0; i < code_count; i++)
        if (memcmp(codes[i].code, code, 5) == 0) {
            reading->input->code_id = codes[i].id;
            return true;
        }
    return refuse(reading, GK_FIELD_CODE, "not burglary");
}

static bool read_times(const struct reading *reading)
{
    struct gk_csv_field from = field_of(reading, GK_FIELD_FROM),
                        to = field_of(reading, GK_FIELD_TO),
                        reported = field_of(reading, GK_FIELD_REPORTED);
    struct gk_field_time begin, end, report;
    if (from.length == 0)
        return refuse(reading, GK_FIELD_FROM, "no date");
    if (!gk_field_time(&begin, from.text, from.length))
        return refuse(reading, GK_FIELD_FROM, "not a date from 1975 to 2099");
    end = begin;
    if (to.length > 0 && !gk_field_time(&end, to.text, to.length))
        return refuse(reading, GK_FIELD_TO, "not a date from 1975 to 2099");
    reading->input->from_hour = begin.hour;
    reading->input->to_hour = end.hour + (end.is_date ? 23 : 0);
    if (reading->input->to_hour < begin.hour)
        return refuse(reading, GK_FIELD_TO, "it ended before it began");
    reading->input->reported = INT32_MIN;
    if (reported.length == 0)
        return true;
    if (!gk_field_time(&report, reported.text, reported.length))
        return refuse(reading, GK_FIELD_REPORTED, "not a date from 1975 to 2099");
    reading->input->reported = gk_day_from_hour(report.hour);
    if (gk_day_from_hour(begin.hour) > reading->input->reported)
        return refuse(reading, GK_FIELD_REPORTED, "it began after it was reported");
    return true;
}

static bool read_count(const struct reading *reading)
{
    struct gk_csv_field field = field_of(reading, GK_FIELD_COUNT);
    reading->input->count = 1;
    if (field.length > 0 && !gk_field_count(&reading->input->count, field.text, field.length))
        return refuse(reading, GK_FIELD_COUNT, "not a count from 1 to 9999");
    return true;
}

/* Loose bounds, only to notice that the two are the wrong way round. */
static bool is_swapped(enum gk_place_kind kind, double x, double y)
{
    if (kind == GK_PLACE_PROJECTED)
        return x >= 6000000 && x <= 7800000 && y >= 0 && y <= 1000000;
    return x >= 54 && x <= 70 && y >= 9 && y <= 26;
}

/* Reads one pair; *is_missing says that it has no numbers, which is no fault. */
static bool read_pair(const struct reading *reading, enum gk_place_kind kind,
                      enum gk_incident_field x_field, enum gk_incident_field y_field,
                      bool *is_missing)
{
    struct gk_csv_field x = field_of(reading, x_field), y = field_of(reading, y_field);
    struct gk_incident_input *input = reading->input;
    *is_missing = true;
    if (x.length == 0 || y.length == 0)
        return true;
    if (!gk_field_number(&input->x, x.text, x.length))
        return refuse(reading, (int)x_field, "not a number");
    if (!gk_field_number(&input->y, y.text, y.length))
        return refuse(reading, (int)y_field, "not a number");
    if (input->x == 0 && input->y == 0)
        return true;
    if (is_swapped(kind, input->x, input->y))
        return refuse(reading, (int)x_field, "the two coordinates are the wrong way round");
    input->place_kind = kind;
    *is_missing = false;
    return true;
}

static bool read_place(const struct reading *reading)
{
    bool is_missing;
    reading->input->place_kind = GK_PLACE_NONE;
    if (!read_pair(reading, GK_PLACE_PROJECTED, GK_FIELD_EASTING, GK_FIELD_NORTHING, &is_missing))
        return false;
    return !is_missing ||
           read_pair(reading, GK_PLACE_DEGREES, GK_FIELD_LONGITUDE, GK_FIELD_LATITUDE, &is_missing);
}

bool gk_incident_read(struct gk_incident_input *input, const struct gk_csv_row *row,
                      const struct gk_incident_columns *columns,
                      const struct gk_offence_code *codes, size_t code_count,
                      struct gk_incident_refusal *refusal)
{
    const struct reading reading = {input, row, columns, refusal};
    if (row->fault != NULL)
        return refuse(&reading, GK_COLUMN_NONE, row->fault);
    if (row->count != columns->column_count)
        return refuse(&reading, GK_COLUMN_NONE,
                      row->count < columns->column_count ? "fewer columns than the heading"
                                                         : "more columns than the heading");
    input->municipality = field_of(&reading, GK_FIELD_MUNICIPALITY);
    input->case_number = field_of(&reading, GK_FIELD_CASE);
    if (input->case_number.length > GK_CASE_NUMBER_MAX)
        return refuse(&reading, GK_FIELD_CASE, "a case number of more than 100 bytes");
    return read_code(&reading, codes, code_count) && read_times(&reading) && read_count(&reading) &&
           read_place(&reading);
}

bool gk_incident_value_is_harmless(const char *text, size_t length)
{
    char code[5];
    int32_t count;
    struct gk_field_time time;
    if (length > HARMLESS_MAX)
        return false;
    if (gk_field_code(code, text, length) || gk_field_count(&count, text, length))
        return true;
    bool has_dashes = length >= 10 && text[4] == '-' && text[7] == '-';
    return (length <= RUN_ON_MAX || has_dashes) && gk_field_time(&time, text, length);
}
