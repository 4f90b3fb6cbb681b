/* The whole reading of an incident file, up to where it would be located: the
 * CSV reader, the columns, the rows. The first byte says how many bytes the
 * source gives at a time, so that every seam is tried. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
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

static void read_rows(struct gk_csv *csv)
{
    static const struct gk_offence_code codes[] = {{"9801", 1}, {"0857", 2}};
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
            if (gk_incident_columns_find(&columns, &row, NULL, 0, &error) != GK_OK)
                return;
            continue;
        }
        struct gk_incident_input input;
        struct gk_incident_refusal refusal;
        if (gk_incident_read(&input, &row, &columns, codes, 2, &refusal)) {
            require(input.from_hour <= input.to_hour && input.count >= 1);
            require(input.case_number.length <= GK_CASE_NUMBER_MAX);
        } else {
            require(refusal.reason != NULL && refusal.field < GK_INCIDENT_FIELDS);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data + 1, size - 1, 0};
    struct gk_csv *csv;
    struct gk_error error;
    if (size == 0)
        return 0;
    bytes.step = data[0] == 0 ? SIZE_MAX : data[0];
    if (gk_csv_open(&csv, give, &bytes, '\0', &error) != GK_OK)
        return 0;
    read_rows(csv);
    gk_csv_close(csv);
    return 0;
}
