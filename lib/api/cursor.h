/* Cursors: where a page resumes. The text is opaque to clients: the snapshot
 * that paging began with, the key of the last feature given, and a check that
 * binds both to the query, so that a changed or borrowed one is refused. The
 * check is no secret: a cursor opens nothing that its caller may not read. */
#ifndef GK_API_CURSOR_H
#define GK_API_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/server.h"
#include "snapshot/snapshot.h"

struct gk_cursor {
    enum gk_snapshot_kind kind;
    int32_t number, places;
    int64_t key;
};

enum { GK_CURSOR_LENGTH = 49 };

/* What the cursor is bound to: a collection and the query's other parameters
 * (without `limit` and `cursor`), in any order. */
uint64_t gk_cursor_query(const struct gk_request *request, const char *collection);

/* Writes the text, NUL-terminated. */
void gk_cursor_format(char text[GK_CURSOR_LENGTH + 1], const struct gk_cursor *cursor,
                      uint64_t query);

/* False for anything that gk_cursor_format() did not write for that query. */
bool gk_cursor_parse(struct gk_cursor *cursor, const char *text, size_t length, uint64_t query);

#endif
