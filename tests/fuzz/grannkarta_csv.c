/* The whole reading of an incident file, up to where it would be located: the
 * CSV reader, the columns, the rows. The first byte says how many bytes the
 * source gives at a time, so that every seam is tried. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "incident_codes.h"
#include "incident_columns.h"
#include "incident_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
    const uint8_t *at;
    size_t left, step;
};

static long give(void *context, char *buffer, size_t size)
{
    struct bytes *bytes = context;
    size_t n = bytes->left < bytes->step ? bytes->left : bytes->step;
    n = n < size ? n : size;
    memcpy(buffer, bytes->at, n);
    bytes->at += n;
    bytes->left -= n;
    return (long)n;
}

static void require(int holds)
{
    if (!holds)
        abort();
}

static void take_row(const struct gk_csv_row *row, const struct gk_incident_form *form)
{
    const struct gk_incident_record record = {.row = *row};
    struct gk_incident_input input;
    struct gk_incident_refusal refusal = {GK_INCIDENT_FIELDS, NULL};
    switch (gk_incident_read(&input, &record, form, &refusal)) {
    case GK_ROW_TAKEN:
        require(input.from_hour <= input.to_hour && input.count >= -9999 && input.count <= 9999);
        require(input.case_number.length <= GK_CASE_NUMBER_MAX);
        require(input.code_id == 1 || input.code_id == 2);
        break;
    case GK_ROW_REFUSED:
        require(refusal.reason != NULL && refusal.field < GK_INCIDENT_FIELDS);
        break;
    default:
        break;
    }
}

static void read_rows(struct gk_csv *csv, struct gk_incident_codes *codes)
{
    static const struct gk_incident_map nothing_said;
    struct gk_csv_row row;
    struct gk_error error;
    struct gk_incident_columns columns;
    bool has_columns = false;
    int64_t line = 0;
    for (;;) {
        enum gk_status status = gk_csv_next(csv, &row, &error);
        require(status == GK_OK || status == GK_NOT_FOUND || status == GK_REJECTED);
        if (status != GK_OK)
            return;
        require(row.count >= 1 && row.count <= GK_CSV_FIELDS_MAX && row.line > line);
        line = row.line;
        size_t length = 0;
        for (size_t i = 0; i < row.count; i++)
            length += row.fields[i].length;
        require(length <= GK_CSV_RECORD_MAX);
        if (!has_columns) {
            has_columns = true;
            if (gk_incident_columns_find(&columns, &row, &nothing_said, false, &error) != GK_OK)
                return;
            continue;
        }
        const struct gk_incident_form form = {.columns = &columns,
                                              .code_heading = "code",
                                              .codes = codes,
                                              .date_order = (enum gk_date_order)(line % 3),
                                              .place_kind = GK_PLACE_DEGREES,
                                              .today = 20000};
        take_row(&row, &form);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data + 1, size - 1, 0};
    struct gk_csv *csv;
    struct gk_incident_codes *codes;
    struct gk_error error;
    if (size == 0 || gk_incident_codes_create(&codes) != GK_OK)
        return 0;
    require(gk_incident_codes_add(codes, 1, "9801", &error) == GK_OK &&
            gk_incident_codes_add(codes, 2, "0857", &error) == GK_OK);
    bytes.step = data[0] == 0 ? SIZE_MAX : data[0];
    if (gk_csv_open(&csv, give, &bytes, '\0', &error) == GK_OK) {
        read_rows(csv, codes);
        gk_csv_close(csv);
    }
    gk_incident_codes_free(codes);
    return 0;
}
