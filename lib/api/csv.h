/* Features as CSV: a row each, with the columns of the answer behind the id.
 *
 * RFC 4180: comma, CRLF, quotes where needed, UTF-8; null is empty. For
 * spreadsheets set to Swedish: a byte order mark, semicolons, decimal commas. */
#ifndef GK_API_CSV_H
#define GK_API_CSV_H

#include <stdbool.h>

#include "base/buf.h"
#include "view.h"

enum gk_csv_dialect { GK_CSV_RFC4180, GK_CSV_EXCEL };

struct gk_csv {
    enum gk_csv_dialect dialect;
    bool has_geometry; /* a last column, well-known text */
};

/* Appends the row of names. */
void gk_csv_put_head(struct gk_buf *buf, const struct gk_csv *csv,
                     const struct gk_columns *columns);

/* Appends the row of the feature at `index`, whose fields are filled. */
void gk_csv_put_row(struct gk_buf *buf, const struct gk_csv *csv, const struct gk_columns *columns,
                    const struct gk_view *view, uint32_t index, const struct gk_fields *fields);

/* The value of the header Link for a page of CSV, in the arena: other forms of it, the
 * collection, the schema that says what its numbers are, and the next page when
 * `next` (a cursor) is not NULL. */
const char *gk_csv_links(const struct gk_view *view, const char *next);

#endif
