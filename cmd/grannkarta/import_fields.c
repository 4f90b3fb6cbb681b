/* Dates, numbers and codes as users' files have them. Pure. */
#include "import_fields.h"

#include <string.h>

#include "base/date.h"
#include "text.h"

enum { YEAR_FIRST = 1975, YEAR_LAST = 2099, DIGITS_MAX = 15 };

/* What is left of a text while it is read. */
struct rest {
    const char *at;
    size_t left;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes `least` to `most` digits. */
static bool take_digits(struct rest *rest, size_t least, size_t most, int *value)
{
    size_t n = 0;
    *value = 0;
    while (n < most && n < rest->left && is_digit(rest->at[n]))
        *value = *value * 10 + (rest->at[n++] - '0');
    rest->at += n;
    rest->left -= n;
    return n >= least;
}

static bool take(struct rest *rest, const char *any)
{
    if (rest->left == 0 || *rest->at == '\0' || strchr(any, *rest->at) == NULL)
        return false;
    rest->at++;
    rest->left--;
    return true;
}

static bool take_date(struct rest *rest, struct gk_civil *date)
{
    bool has_dashes;
    if (!take_digits(rest, 4, 4, &date->year))
        return false;
    has_dashes = take(rest, "-");
    return take_digits(rest, 2, 2, &date->month) && take(rest, "-") == has_dashes &&
           take_digits(rest, 2, 2, &date->day) && date->year >= YEAR_FIRST &&
           date->year <= YEAR_LAST && gk_civil_is_valid(*date);
}

/* Minutes and seconds are checked and dropped: hours are what is kept. */
static bool take_clock(struct rest *rest, int *hour, int *minute)
{
    int second = 0, fraction;
    *minute = 0;
    size_t digits = 0;
    while (digits < rest->left && is_digit(rest->at[digits]))
        digits++;
    if (digits == 4 || digits == 6) {
        if (!take_digits(rest, 2, 2, hour) || !take_digits(rest, 2, 2, minute) ||
            (digits == 6 && !take_digits(rest, 2, 2, &second)))
            return false;
    } else {
        if (!take_digits(rest, 1, 2, hour) || !take(rest, ":.") || !take_digits(rest, 2, 2, minute))
            return false;
        if (take(rest, ":.") && !take_digits(rest, 2, 2, &second))
            return false;
    }
    if (take(rest, ".,") && !take_digits(rest, 1, 9, &fraction))
        return false;
    return *hour <= 23 && *minute <= 59 && second <= 60;
}

/* Minutes east of UTC. */
static bool take_zone(struct rest *rest, int *east)
{
    int hours, minutes = 0;
    *east = 0;
    if (take(rest, "Zz"))
        return true;
    bool is_west = rest->left > 0 && *rest->at == '-';
    if (!take(rest, "+-") || !take_digits(rest, 2, 2, &hours))
        return false;
    take(rest, ":");
    if (rest->left > 0 && !take_digits(rest, 2, 2, &minutes))
        return false;
    *east = (hours * 60 + minutes) * (is_west ? -1 : 1);
    return hours <= 14 && minutes <= 59;
}

bool gk_field_time(struct gk_field_time *time, const char *text, size_t length)
{
    gk_text_trim(&text, &length);
    struct rest rest = {text, length};
    struct gk_civil date;
    int hour, minute, east;
    if (!take_date(&rest, &date))
        return false;
    int32_t day = gk_day_from_civil(date);
    *time = (struct gk_field_time){day * 24, true};
    if (rest.left == 0)
        return true;
    /* 202403010800 runs on without a separator; 2024-03-0108 does not. */
    bool runs_on = length == 12 || length == 14;
    if (take(&rest, "Tt "))
        while (take(&rest, " "))
            continue;
    else if (!runs_on || text[4] == '-')
        return false;
    if (!take_clock(&rest, &hour, &minute))
        return false;
    *time = (struct gk_field_time){day * 24 + hour, false};
    while (take(&rest, " "))
        continue;
    if (rest.left == 0)
        return true;
    if (!take_zone(&rest, &east) || rest.left > 0)
        return false;
    time->hour = gk_hour_from_utc((int64_t)day * 86400 + (int64_t)hour * 3600 +
                                  (int64_t)minute * 60 - (int64_t)east * 60);
    return true;
}

/* Bytes of a thousands separator: a blank or a no-break space. */
static size_t gap(const char *at, size_t left)
{
    if (left > 0 && *at == ' ')
        return 1;
    return left > 1 && (unsigned char)at[0] == 0xC2 && (unsigned char)at[1] == 0xA0 ? 2 : 0;
}

bool gk_field_number(double *number, const char *text, size_t length)
{
    static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    gk_text_trim(&text, &length);
    struct rest rest = {text, length};
    bool is_negative = rest.left > 0 && *rest.at == '-', has_point = false;
    take(&rest, "+-");
    int64_t value = 0;
    size_t digits = 0, decimals = 0;
    while (rest.left > 0) {
        size_t blank = gap(rest.at, rest.left);
        if (is_digit(*rest.at)) {
            /* More decimals than a double holds say nothing more. */
            if (digits < DIGITS_MAX) {
                value = value * 10 + (*rest.at - '0');
                digits++;
                decimals += has_point;
            } else if (!has_point) {
                return false;
            }
        } else if ((*rest.at == '.' || *rest.at == ',') && !has_point && digits > 0) {
            has_point = true;
        } else if (blank == 0 || has_point || digits == 0) {
            return false;
        }
        size_t step = blank > 0 ? blank : 1;
        rest.at += step;
        rest.left -= step;
    }
    *number = (double)(is_negative ? -value : value) / powers[decimals];
    return digits > 0;
}

bool gk_field_count(int32_t *count, const char *text, size_t length)
{
    gk_text_trim(&text, &length);
    struct rest rest = {text, length};
    int value;
    if (!take_digits(&rest, 1, 4, &value) || rest.left > 0 || value < 1)
        return false;
    *count = value;
    return true;
}

bool gk_field_code(char code[5], const char *text, size_t length)
{
    gk_text_trim(&text, &length);
    if (length < 3 || length > 4)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_digit(text[i]))
            return false;
    code[0] = '0';
    memcpy(code + 4 - length, text, length);
    code[4] = '\0';
    return true;
}
