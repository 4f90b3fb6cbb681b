/* The parser of periods, dates and instants: what it takes is in order, widens
 * to months that hold it, and can be printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
    if (!condition)
        abort();
}

static void print_all(struct gk_period p, int64_t utc)
{
    struct gk_buf buf;
    gk_buf_init(&buf, 1000);
    if (p.from_hour != GK_HOUR_OPEN_FROM)
        gk_buf_put_hour(&buf, p.from_hour);
    if (p.to_hour != GK_HOUR_OPEN_TO)
        gk_buf_put_hour(&buf, p.to_hour);
    gk_buf_put_utc(&buf, utc);
    gk_buf_put_http_date(&buf, utc);
    must(gk_buf_status(&buf) == GK_OK);
    gk_buf_release(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A block of its own, without a terminator. */
    char *text = malloc(size > 0 ? size : 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    struct gk_period p;
    struct gk_error error;
    int64_t utc = 0;
    int32_t day;
    if (gk_utc_parse(text, size, &utc))
        must(utc > INT64_C(-70000000000) && utc < INT64_C(300000000000));
    if (gk_day_parse(text, size, &day))
        must(gk_civil_is_valid(gk_civil_from_day(day)));
    if (gk_month_parse(text, size, &day))
        must(gk_month_from_day(gk_day_from_month(day)) == day);
    if (gk_period_parse(text, size, &p, &error) == GK_OK) {
        must(p.from_hour < p.to_hour);
        struct gk_period wide = gk_period_widen_to_months(p);
        must(wide.from_hour <= p.from_hour && wide.to_hour >= p.to_hour);
        print_all(p, utc);
    } else {
        must(strnlen(error.message, sizeof error.message) < sizeof error.message);
    }
    free(text);
    return 0;
}
