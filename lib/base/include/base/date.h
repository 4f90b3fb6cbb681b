/* Days, months, hours and periods of the Swedish wall clock.
 *
 * A day is days since 1970-01-01, a month is months since 1970-01, an hour is
 * hours of local wall-clock time since 1970-01-01 00:00: that is what a police
 * report states and what statistics count. Wall-clock hours do not know which
 * of the two autumn hours 02 was meant; nothing here depends on it. Instants
 * (seconds since the epoch, UTC) appear only at the edges. No clock is read. */
#ifndef GK_BASE_DATE_H
#define GK_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/* Proleptic Gregorian, year 1 to 9999. */
struct gk_civil {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

/* Half-open [from_hour, to_hour) in wall-clock hours. Open ends are
 * INT32_MIN and INT32_MAX. */
struct gk_period {
    int32_t from_hour;
    int32_t to_hour;
};

#define GK_HOUR_OPEN_FROM INT32_MIN
#define GK_HOUR_OPEN_TO INT32_MAX

/* True for an existing date (leap years counted). */
bool gk_civil_is_valid(struct gk_civil civil);

/* Day of a valid civil date. */
int32_t gk_day_from_civil(struct gk_civil civil);

/* Civil date of a day; days outside year 1 to 9999 give years outside it. */
struct gk_civil gk_civil_from_day(int32_t day);

/* Month of a day (floor: also before 1970). */
int32_t gk_month_from_day(int32_t day);

/* First day of a month; the last is the day before that of month + 1. */
int32_t gk_day_from_month(int32_t month);

/* Day of a wall-clock hour (floor). */
int32_t gk_day_from_hour(int32_t hour);

/* Month of a wall-clock hour. */
int32_t gk_month_from_hour(int32_t hour);

/* Offset of Swedish time from UTC in hours (1 or 2) at an instant: EU summer
 * time from the last Sunday of March to that of October, 01:00 UTC; Sweden
 * 1980-1995 to the last Sunday of September; no summer time before. */
int gk_stockholm_offset(int64_t utc_seconds);

/* Wall-clock hour in Sweden at an instant (floor). */
int32_t gk_hour_from_utc(int64_t utc_seconds);

/* Instant at which a wall-clock hour begins; the hour skipped in spring maps
 * to the hour after, the doubled one in autumn to its first occurrence. */
int64_t gk_utc_from_hour(int32_t hour);

/* Parses "YYYY-MM-DD" of exactly `length` bytes; false if it is not that. */
bool gk_day_parse(const char *text, size_t length, int32_t *day);

/* Parses "YYYY-MM"; false if it is not that. */
bool gk_month_parse(const char *text, size_t length, int32_t *month);

/* Parses an RFC 3339 date-time (with zone) to seconds since the epoch; a
 * fraction of a second is dropped. False if it is not that. */
bool gk_utc_parse(const char *text, size_t length, int64_t *utc_seconds);

/* Parses OGC `datetime`: a date, an RFC 3339 date-time with zone, or an
 * interval of them with ".." or nothing for an open end. A date means its whole
 * day ("2024-03-01T", which GDAL writes, too); an instant its wall-clock hour; an interval runs to
 * the end of its last day or hour. GK_INVALID with a message that says what is allowed. */
GK_CHECKED enum gk_status gk_period_parse(const char *text, size_t length, struct gk_period *period,
                                          struct gk_error *error);

/* The period widened to every calendar month it touches; open ends stay. */
struct gk_period gk_period_widen_to_months(struct gk_period period);

/* Appends "YYYY-MM-DD". */
void gk_buf_put_day(struct gk_buf *buf, int32_t day);

/* Appends "YYYY-MM". */
void gk_buf_put_month(struct gk_buf *buf, int32_t month);

/* Appends a wall-clock hour as RFC 3339 with the Swedish offset,
 * "2024-03-01T08:00:00+01:00". */
void gk_buf_put_hour(struct gk_buf *buf, int32_t hour);

/* Appends an instant as "2024-03-01T07:00:00Z". */
void gk_buf_put_utc(struct gk_buf *buf, int64_t utc_seconds);

/* Appends an instant as an HTTP date, "Fri, 01 Mar 2024 07:00:00 GMT". */
void gk_buf_put_http_date(struct gk_buf *buf, int64_t utc_seconds);

#endif
