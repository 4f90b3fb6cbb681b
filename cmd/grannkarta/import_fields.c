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

static size_t digits_at(const struct rest *rest)
{
    size_t n = 0;
    while (n < rest->left && is_digit(rest->at[n]))
        n++;
    return n;
}

/* A date, and what stood between its parts (NUL: nothing). */
static bool take_date(struct rest *rest, enum gk_date_order order, struct gk_civil *date,
                      char *separator)
{
    size_t digits = digits_at(rest);
    bool is_year_first = digits == 4, ok;
    *separator = '\0';
    if (digits < rest->left)
        *separator = rest->at[digits];
    if (digits == 8 || digits == 12 || digits == 14) {
        *separator = '\0';
        ok = take_digits(rest, 4, 4, &date->year) && take_digits(rest, 2, 2, &date->month) &&
             take_digits(rest, 2, 2, &date->day);
    } else if (is_year_first || (order != GK_DATE_YMD && digits > 0 && digits <= 2)) {
        const char same[] = {*separator, '\0'};
        int *first = order == GK_DATE_DMY ? &date->day : &date->month;
        int *second = order == GK_DATE_DMY ? &date->month : &date->day;
        ok = *separator != '\0' && strchr(is_year_first ? "-/. " : "-/.", *separator) != NULL &&
             (is_year_first ? take_digits(rest, 4, 4, &date->year)
                            : take_digits(rest, 1, 2, first)) &&
             take(rest, same) && take_digits(rest, 1, 2, is_year_first ? &date->month : second) &&
             take(rest, same) &&
             (is_year_first ? take_digits(rest, 1, 2, &date->day)
                            : take_digits(rest, 4, 4, &date->year));
    } else {
        return false;
    }
    return ok && date->year >= YEAR_FIRST && date->year <= YEAR_LAST && gk_civil_is_valid(*date);
}

/* "AM" and "PM" of a clock of twelve hours. */
static bool take_half(struct rest *rest, int *hour)
{
    struct rest at = *rest;
    while (take(&at, " "))
        continue;
    bool is_after = at.left > 0 && (*at.at == 'P' || *at.at == 'p');
    if (!take(&at, "AaPp") || !take(&at, "Mm"))
        return true;
    *rest = at;
    if (*hour < 1 || *hour > 12)
        return false;
    *hour = *hour % 12 + (is_after ? 12 : 0);
    return true;
}

/* Takes minutes or seconds, when there are any; in joined columns a blank stands
 * before them. */
static bool take_part(struct rest *rest, bool is_joined, int *value)
{
    struct rest at = *rest;
    bool has_sign = take(&at, ":.");
    if (!has_sign && !(is_joined && take(&at, " ") && digits_at(&at) > 0))
        return true;
    if (!take_digits(&at, has_sign ? 2 : 1, 2, value))
        return false;
    *rest = at;
    return true;
}

/* Minutes and seconds are checked and dropped: hours are what is kept. */
static bool take_clock(struct rest *rest, bool is_joined, int *hour, int *minute)
{
    int second = 0, fraction;
    size_t digits = digits_at(rest);
    bool ok;
    *minute = 0;
    if (digits == 4 || digits == 6)
        ok = take_digits(rest, 2, 2, hour) && take_digits(rest, 2, 2, minute) &&
             (digits == 4 || take_digits(rest, 2, 2, &second));
    else
        ok = digits <= 2 && take_digits(rest, 1, 2, hour) && take_part(rest, is_joined, minute) &&
             take_part(rest, is_joined, &second);
    if (!ok || (take(rest, ".,") && !take_digits(rest, 1, 9, &fraction)) || !take_half(rest, hour))
        return false;
    return (*hour <= 23 && *minute <= 59 && second <= 60) ||
           (*hour == 24 && *minute == 0 && second == 0);
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

/* A wall clock shows no 02:30 on the day that summer time begins: whoever wrote
 * it down meant the hour after, by the clock that had not been set. */
static void move_out_of_gap(struct gk_field_time *time, int month, int hour)
{
    if (hour != 2 || month < 3 || month > 4)
        return;
    int32_t shown = gk_hour_from_utc(gk_utc_from_hour(time->hour));
    time->is_moved = shown != time->hour;
    time->hour = shown;
}

bool gk_field_time(struct gk_field_time *time, enum gk_date_order order, const char *text,
                   size_t length)
{
    gk_text_trim(&text, &length);
    struct rest rest = {text, length};
    struct gk_civil date;
    char separator;
    int hour, minute, east;
    /* 202403010800 runs on without a separator; 2024-03-0108 does not. */
    bool runs_on = digits_at(&rest) > 8;
    if (!take_date(&rest, order, &date, &separator))
        return false;
    int32_t day = gk_day_from_civil(date);
    *time = (struct gk_field_time){.hour = day * 24, .is_date = true};
    if (rest.left == 0)
        return true;
    if (take(&rest, "Tt, "))
        while (take(&rest, " "))
            continue;
    else if (!runs_on)
        return false;
    if (!take_clock(&rest, separator == ' ', &hour, &minute))
        return false;
    *time = (struct gk_field_time){.hour = day * 24 + hour};
    while (take(&rest, " "))
        continue;
    if (rest.left == 0) {
        move_out_of_gap(time, date.month, hour);
        return true;
    }
    if (!take_zone(&rest, &east) || rest.left > 0)
        return false;
    time->hour = gk_hour_from_utc((int64_t)day * 86400 + (int64_t)hour * 3600 +
                                  (int64_t)minute * 60 - (int64_t)east * 60);
    return true;
}

/* Bytes of a thousands separator: a blank or a no-break space, of UTF-8 or of
 * Windows-1252. */
static size_t gap(const char *at, size_t left)
{
    if (left > 0 && (*at == ' ' || (unsigned char)*at == 0xA0))
        return 1;
    return left > 1 && (unsigned char)at[0] == 0xC2 && (unsigned char)at[1] == 0xA0 ? 2 : 0;
}

bool gk_field_number(double *number, char decimal, const char *text, size_t length)
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
        } else if ((decimal == '\0' ? *rest.at == '.' || *rest.at == ',' : *rest.at == decimal) &&
                   !has_point && digits > 0) {
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

/* Where the first number of a pair ends; 0: that cannot be told. */
static size_t end_of_first(const char *text, size_t length)
{
    const char *semicolon = memchr(text, ';', length), *blank = memchr(text, ' ', length);
    const char *comma = memchr(text, ',', length);
    if (semicolon != NULL)
        return (size_t)(semicolon - text);
    if (blank != NULL)
        return (size_t)(blank - text);
    if (comma == NULL || memchr(comma + 1, ',', length - (size_t)(comma + 1 - text)) != NULL)
        return 0;
    return (size_t)(comma - text);
}

bool gk_field_pair(double *first, double *second, char decimal, const char *text, size_t length)
{
    gk_text_trim(&text, &length);
    if (length >= 2 && *text == '(' && text[length - 1] == ')') {
        text++;
        length -= 2;
        gk_text_trim(&text, &length);
    }
    size_t end = end_of_first(text, length);
    if (end == 0)
        return false;
    const char *rest = text + end + 1;
    size_t left = length - end - 1;
    /* "59.33, 18.06": the comma before the blank is no decimal one. */
    if (text[end] == ' ' && text[end - 1] == ',')
        end--;
    return gk_field_number(first, decimal, text, end) &&
           gk_field_number(second, decimal, rest, left);
}

bool gk_field_count(int32_t *count, const char *text, size_t length)
{
    gk_text_trim(&text, &length);
    struct rest rest = {text, length};
    int value;
    bool is_negative = take(&rest, "-");
    if (!take_digits(&rest, 1, 4, &value))
        return false;
    if (rest.left > 1 && take(&rest, ".,"))
        while (take(&rest, "0"))
            continue;
    *count = is_negative ? -value : value;
    return rest.left == 0;
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

/* ASCII letters are compared without case. */
static bool is_word(const char *text, size_t length, const char *word)
{
    if (strlen(word) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]) != word[i])
            return false;
    return true;
}

bool gk_field_is_missing(const char *text, size_t length)
{
    static const char *const words[] = {"-",      "--",     "?",      "null",    "(null)",
                                        "<null>", "nan",    "na",     "n/a",     "none",
                                        "nil",    "saknas", "#n/a",   "#ref!",   "#value!",
                                        "#name?", "#num!",  "#null!", "#div/0!", "#error!"};
    gk_text_trim(&text, &length);
    if (length == 0)
        return true;
    /* Most values begin with a digit. */
    if (length > 8 || is_digit(*text))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(text, length, words[i]))
            return true;
    return false;
}

bool gk_field_is_shortened(const char *text, size_t length)
{
    struct rest rest = {text, length};
    int digits;
    if (!take_digits(&rest, 1, 1, &digits))
        return false;
    if (take(&rest, ".,"))
        while (rest.left > 0 && is_digit(*rest.at))
            take(&rest, "0123456789");
    return take(&rest, "Ee") && take(&rest, "+-") && take_digits(&rest, 1, 3, &digits) &&
           rest.left == 0;
}

void gk_field_unwrap(const char **text, size_t *length)
{
    gk_text_trim(text, length);
    if (*length == 0 || (**text != '=' && **text != '\''))
        return;
    if (*length >= 3 && (*text)[0] == '=' && (*text)[1] == '"' && (*text)[*length - 1] == '"') {
        *text += 2;
        *length -= 3;
    } else if (**text == '\'') {
        *text += 1;
        *length -= 1;
    }
    gk_text_trim(text, length);
}
