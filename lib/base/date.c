/* Calendar arithmetic (days and civil dates after H. Hinnant's public
 * "chrono-compatible low-level date algorithms"), Swedish summer time, and the
 * texts of dates. */
#include "base/date.h"

#include <string.h>

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool gk_civil_is_valid(struct gk_civil c)
{
    return c.year >= 1 && c.year <= 9999 && c.month >= 1 && c.month <= 12 && c.day >= 1 &&
           c.day <= days_in_month(c.year, c.month);
}

int32_t gk_day_from_civil(struct gk_civil c)
{
    int y = c.year - (c.month <= 2);
    int era = (int)floor_div(y, 400);
    int yoe = y - era * 400;
    int doy = (153 * (c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

struct gk_civil gk_civil_from_day(int32_t day)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    struct gk_civil c;
    c.day = (int)(doy - (153 * mp + 2) / 5 + 1);
    c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    c.year = (int)(yoe + era * 400 + (c.month <= 2));
    return c;
}

int32_t gk_month_from_day(int32_t day)
{
    struct gk_civil c = gk_civil_from_day(day);
    return (c.year - 1970) * 12 + c.month - 1;
}

int32_t gk_day_from_month(int32_t month)
{
    int32_t year = (int32_t)floor_div(month, 12);
    return gk_day_from_civil((struct gk_civil){1970 + year, month - year * 12 + 1, 1});
}

int32_t gk_day_from_hour(int32_t hour)
{
    return (int32_t)floor_div(hour, 24);
}

int32_t gk_month_from_hour(int32_t hour)
{
    return gk_month_from_day(gk_day_from_hour(hour));
}

/* 01:00 UTC on the last Sunday of a month. 1970-01-01 was a Thursday. */
static int64_t last_sunday_utc(int year, int month)
{
    int32_t last = gk_day_from_civil((struct gk_civil){year, month, days_in_month(year, month)});
    int weekday = (int)((last % 7 + 7 + 4) % 7);
    return ((int64_t)last - weekday) * 86400 + 3600;
}

int gk_stockholm_offset(int64_t utc_seconds)
{
    int year = gk_civil_from_day((int32_t)floor_div(utc_seconds, 86400)).year;
    if (year < 1980)
        return 1;
    int64_t start = year == 1980
                        ? (int64_t)gk_day_from_civil((struct gk_civil){1980, 4, 6}) * 86400 + 3600
                        : last_sunday_utc(year, 3);
    int64_t end = last_sunday_utc(year, year < 1996 ? 9 : 10);
    return utc_seconds >= start && utc_seconds < end ? 2 : 1;
}

int32_t gk_hour_from_utc(int64_t utc_seconds)
{
    return (int32_t)(floor_div(utc_seconds, 3600) + gk_stockholm_offset(utc_seconds));
}

int64_t gk_utc_from_hour(int32_t hour)
{
    int64_t summer = ((int64_t)hour - 2) * 3600;
    if (gk_stockholm_offset(summer) == 2)
        return summer;
    return ((int64_t)hour - 1) * 3600;
}

/* Reads exactly `count` digits; -1 if there is another character. */
static int digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool gk_day_parse(const char *text, size_t length, int32_t *day)
{
    if (length != 10 || text[4] != '-' || text[7] != '-')
        return false;
    struct gk_civil c = {digits(text, 4), digits(text + 5, 2), digits(text + 8, 2)};
    if (!gk_civil_is_valid(c))
        return false;
    *day = gk_day_from_civil(c);
    return true;
}

bool gk_month_parse(const char *text, size_t length, int32_t *month)
{
    if (length != 7 || text[4] != '-')
        return false;
    struct gk_civil c = {digits(text, 4), digits(text + 5, 2), 1};
    if (!gk_civil_is_valid(c))
        return false;
    *month = (c.year - 1970) * 12 + c.month - 1;
    return true;
}

/* "Z", "z", "+hh:mm" or "-hh:mm" to seconds east of UTC. */
static bool parse_zone(const char *text, size_t length, int *seconds)
{
    *seconds = 0;
    if (length == 1)
        return *text == 'Z' || *text == 'z';
    if (length != 6 || (*text != '+' && *text != '-') || text[3] != ':')
        return false;
    int hours = digits(text + 1, 2), minutes = digits(text + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (*text == '-' ? -1 : 1);
    return true;
}

bool gk_utc_parse(const char *text, size_t length, int64_t *utc_seconds)
{
    int32_t day;
    if (length < 20 || !gk_day_parse(text, 10, &day) || (text[10] != 'T' && text[10] != 't') ||
        text[13] != ':' || text[16] != ':')
        return false;
    int hour = digits(text + 11, 2), minute = digits(text + 14, 2), second = digits(text + 17, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    size_t at = 19;
    if (text[at] == '.') {
        size_t first = ++at;
        while (at < length && text[at] >= '0' && text[at] <= '9')
            at++;
        if (at == first)
            return false;
    }
    int zone;
    if (!parse_zone(text + at, length - at, &zone))
        return false;
    *utc_seconds = (int64_t)day * 86400 + (int64_t)hour * 3600 + (int64_t)minute * 60 +
                   (second == 60 ? 59 : second) - zone;
    return true;
}

static bool parse_moment(const char *text, size_t length, struct gk_period *period)
{
    int32_t day;
    int64_t utc;
    /* GDAL writes a date as "2024-03-01T" when a condition has no time (as of 3.6 to 3.12). */
    bool has_bare_t = length == 11 && text[10] == 'T';
    if (gk_day_parse(text, length - has_bare_t, &day)) {
        *period = (struct gk_period){day * 24, day * 24 + 24};
        return true;
    }
    if (gk_utc_parse(text, length, &utc)) {
        int32_t hour = gk_hour_from_utc(utc);
        *period = (struct gk_period){hour, hour + 1};
        return true;
    }
    return false;
}

/* QGIS writes an open beginning as the year 0, which no date here has. */
static bool is_open(const char *text, size_t length)
{
    static const char qgis[] = "0000-01-01T00:00:00Z";
    return length == 0 || (length == 2 && memcmp(text, "..", 2) == 0) ||
           (length == sizeof qgis - 1 && memcmp(text, qgis, length) == 0);
}

enum gk_status gk_period_parse(const char *text, size_t length, struct gk_period *period,
                               struct gk_error *error)
{
    static const char allowed[] =
        "datetime must be a date (2024-03-01), a date-time with zone (2024-03-01T08:00:00Z), or an "
        "interval of two such (2024-01-01/2024-03-31), \"..\" for an open end";
    struct gk_period from = {GK_HOUR_OPEN_FROM, GK_HOUR_OPEN_TO}, to = from;
    const char *slash = memchr(text, '/', length);
    if (slash == NULL) {
        if (!parse_moment(text, length, period))
            return gk_error_set(error, GK_INVALID, "%s", allowed);
        return GK_OK;
    }
    size_t first = (size_t)(slash - text), second = length - first - 1;
    if ((!is_open(text, first) && !parse_moment(text, first, &from)) ||
        (!is_open(slash + 1, second) && !parse_moment(slash + 1, second, &to)))
        return gk_error_set(error, GK_INVALID, "%s", allowed);
    if (from.from_hour != GK_HOUR_OPEN_FROM && to.to_hour != GK_HOUR_OPEN_TO &&
        from.from_hour >= to.to_hour)
        return gk_error_set(error, GK_INVALID,
                            "datetime: the interval ends before it begins; the earlier date comes "
                            "first");
    *period = (struct gk_period){from.from_hour, to.to_hour};
    return GK_OK;
}

struct gk_period gk_period_widen_to_months(struct gk_period p)
{
    if (p.from_hour != GK_HOUR_OPEN_FROM)
        p.from_hour = gk_day_from_month(gk_month_from_hour(p.from_hour)) * 24;
    if (p.to_hour != GK_HOUR_OPEN_TO)
        p.to_hour = gk_day_from_month(gk_month_from_hour(p.to_hour - 1) + 1) * 24;
    return p;
}

/* Exactly `count` (1 to 9) digits, with leading zeros. */
static void put_digits(struct gk_buf *buf, int value, size_t count)
{
    char text[9];
    for (size_t i = count; i > 0; i--, value /= 10)
        text[i - 1] = (char)('0' + value % 10);
    gk_buf_append(buf, text, count);
}

/* "hh:mm:ss" of a second of the day. */
static void put_clock(struct gk_buf *buf, int second)
{
    put_digits(buf, second / 3600, 2);
    gk_buf_putc(buf, ':');
    put_digits(buf, second / 60 % 60, 2);
    gk_buf_putc(buf, ':');
    put_digits(buf, second % 60, 2);
}

void gk_buf_put_day(struct gk_buf *buf, int32_t day)
{
    struct gk_civil c = gk_civil_from_day(day);
    put_digits(buf, c.year, 4);
    gk_buf_putc(buf, '-');
    put_digits(buf, c.month, 2);
    gk_buf_putc(buf, '-');
    put_digits(buf, c.day, 2);
}

void gk_buf_put_month(struct gk_buf *buf, int32_t month)
{
    struct gk_civil c = gk_civil_from_day(gk_day_from_month(month));
    put_digits(buf, c.year, 4);
    gk_buf_putc(buf, '-');
    put_digits(buf, c.month, 2);
}

void gk_buf_put_hour(struct gk_buf *buf, int32_t hour)
{
    int32_t day = gk_day_from_hour(hour);
    gk_buf_put_day(buf, day);
    gk_buf_printf(buf, "T%02d:00:00+%02d:00", (int)(hour - day * 24),
                  gk_stockholm_offset(gk_utc_from_hour(hour)));
}

void gk_buf_put_utc(struct gk_buf *buf, int64_t utc_seconds)
{
    int32_t day = (int32_t)floor_div(utc_seconds, 86400);
    int second = (int)(utc_seconds - (int64_t)day * 86400);
    gk_buf_put_day(buf, day);
    gk_buf_putc(buf, 'T');
    put_clock(buf, second);
    gk_buf_putc(buf, 'Z');
}

void gk_buf_put_http_date(struct gk_buf *buf, int64_t utc_seconds)
{
    static const char weekdays[] = "ThuFriSatSunMonTueWed",
                      months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int32_t day = (int32_t)floor_div(utc_seconds, 86400);
    int second = (int)(utc_seconds - (int64_t)day * 86400);
    struct gk_civil c = gk_civil_from_day(day);
    gk_buf_append(buf, &weekdays[(size_t)((day % 7 + 7) % 7) * 3], 3);
    gk_buf_puts(buf, ", ");
    put_digits(buf, c.day, 2);
    gk_buf_putc(buf, ' ');
    gk_buf_append(buf, &months[(size_t)(c.month - 1) * 3], 3);
    gk_buf_putc(buf, ' ');
    put_digits(buf, c.year, 4);
    gk_buf_putc(buf, ' ');
    put_clock(buf, second);
    gk_buf_puts(buf, " GMT");
}
