/* The values of an incident file: dates, numbers, codes. Pure functions on
 * bytes; nothing here knows of files or the database, so that it can be fuzzed. */
#ifndef GK_CMD_IMPORT_FIELDS_H
#define GK_CMD_IMPORT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which way round dates are that do not begin with the year. */
enum gk_date_order {
    GK_DATE_YMD, /* there are none: 1/3/2024 is not guessed */
    GK_DATE_DMY, /* 1.3.2024 is the first of March */
    GK_DATE_MDY  /* 3/1/2024 is */
};

/* A point in time of the Swedish wall clock. */
struct gk_field_time {
    int32_t hour;  /* wall-clock hours since 1970 */
    bool is_date;  /* only a date was given: hour is its first */
    bool is_moved; /* the hour that summer time skips: hour is the one after */
};

/* Reads a date: year first ("2024-03-01", "2024/3/1", "20240301", and "2024 3 1"
 * as columns joined give it), or in the order given with the year last, four
 * digits always. Then nothing, or after "T", blanks or a comma a clock: "8:00",
 * "08.00", "08:00:59.123", "0800", "8", with AM or PM; 24:00 is the next day's
 * midnight. Then nothing, or a zone ("Z", "+01:00", "+0100", "+01"), which is
 * taken to Swedish time; without one the time is Swedish. Years 1975 to 2099.
 * False for anything else. */
bool gk_field_time(struct gk_field_time *time, enum gk_date_order order, const char *text,
                   size_t length);

/* Reads a decimal number; `decimal` is the sign that stands before decimals, NUL
 * for either point or comma. Blanks and no-break spaces between digits are
 * thousands. No exponent, no infinity. */
bool gk_field_number(double *number, char decimal, const char *text, size_t length);

/* Reads two numbers: "59.33,18.06", "59,33; 18,06", "(59.33 18.06)". False also
 * where it cannot be told which comma is the decimal one. */
bool gk_field_pair(double *first, double *second, char decimal, const char *text, size_t length);

/* Reads a whole number from -9999 to 9999; ",0" behind it is no harm. */
bool gk_field_count(int32_t *count, const char *text, size_t length);

/* Reads an offence code of four digits; of three, when a spreadsheet took the
 * zero in front away. Writes four digits and NUL. */
bool gk_field_code(char code[5], const char *text, size_t length);

/* True for what databases and spreadsheets write where there is nothing: an
 * empty text, NULL, NaN, N/A, -, saknas, #REF! and the like. */
bool gk_field_is_missing(const char *text, size_t length);

/* True for a number that a spreadsheet has shortened, "5,0E+13": what was in the
 * cell is lost. */
bool gk_field_is_shortened(const char *text, size_t length);

/* Takes off what spreadsheets put around a text to keep it a text: ="0857" and
 * '0857, and white space. */
void gk_field_unwrap(const char **text, size_t *length);

#endif
