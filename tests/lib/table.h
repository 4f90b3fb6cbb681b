/* Golden tables of tests/golden: rows of numbers between tabs, lines that begin
 * with # are comments. A text at the end of a row (its source) is passed over. */
#ifndef GK_TESTS_TABLE_H
#define GK_TESTS_TABLE_H

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The rows of the file, `columns` numbers each, one after the other; free() them. */
static inline double *table_read(const char *path, int columns, size_t *rows)
{
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "run from the top of the source (%s)", path);
    double *values = NULL;
    size_t have = 0;
    for (char line[2048]; fgets(line, sizeof line, file) != NULL;) {
        if (line[0] == '#')
            continue;
        values = realloc(values, (have + 1) * (size_t)columns * sizeof *values);
        ck_assert_ptr_nonnull(values);
        char *at = line, *end;
        for (int c = 0; c < columns; c++, at = end) {
            values[have * (size_t)columns + (size_t)c] = strtod(at, &end);
            ck_assert_msg(end != at, "%s: column %d of %s", path, c, line);
        }
        have++;
    }
    fclose(file);
    *rows = have;
    return values;
}

/* One column of such rows, as an array of its own; free() it. */
static inline double *table_column(const double *rows, size_t count, int columns, int column)
{
    double *values = malloc(count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    for (size_t i = 0; i < count; i++)
        values[i] = rows[i * (size_t)columns + (size_t)column];
    return values;
}

/* have is expected within the relative tolerance (absolute where expected is 0). */
static inline void check_near(double have, double expected, double tolerance, const char *what,
                              size_t row)
{
    double allowed = expected == 0 ? tolerance : tolerance * fabs(expected);
    ck_assert_msg(fabs(have - expected) <= allowed, "%s, row %zu: %.17g, expected %.17g", what, row,
                  have, expected);
}

#endif
