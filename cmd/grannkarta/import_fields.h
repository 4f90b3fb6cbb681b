/* The values of an incident file: dates, numbers, codes. Pure functions on
 * bytes; nothing here knows of files or the database, so that it can be fuzzed. */
#ifndef GK_CMD_IMPORT_FIELDS_H
#define GK_CMD_IMPORT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A point in time of the Swedish wall clock. */
struct gk_field_time {
    int32_t hour; /* wall-clock hours since 1970 */
    bool is_date; /* only a date was given: hour is its first */
};

/* Reads "2024-03-01", "20240301", either followed by "T" or blanks and
 * "8:00", "08:00", "08.00", "08:00:59.123", "0800", "080059"; then nothing, or a
 * zone ("Z", "+01:00", "+0100"), which is taken to Swedish time. Years 1975 to
 * 2099. False for anything else. */
bool gk_field_time(struct gk_field_time *time, const char *text, size_t length);

/* Reads a decimal number with a decimal point or comma; blanks and no-break
 * spaces between digits are thousands. No exponent, no infinity. */
bool gk_field_number(double *number, const char *text, size_t length);

/* Reads a whole number from 1 to 9999. */
bool gk_field_count(int32_t *count, const char *text, size_t length);

/* Reads an offence code of four digits; of three, when a spreadsheet took the
 * zero in front away. Writes four digits and NUL. */
bool gk_field_code(char code[5], const char *text, size_t length);

#endif
