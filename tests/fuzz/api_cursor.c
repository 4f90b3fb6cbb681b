/* Cursors from anyone: whatever parses must be what would have been written. */
#include <stdlib.h>
#include <string.h>

#include "cursor.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct gk_cursor cursor;
    char text[GK_CURSOR_LENGTH + 1];
    uint64_t query = size % 3;
    if (gk_cursor_parse(&cursor, (const char *)data, size, query)) {
        gk_cursor_format(text, &cursor, query);
        if (size != GK_CURSOR_LENGTH || memcmp(text, data, size) != 0)
            abort();
    }
    /* Any key, with a check that is right, comes back. */
    struct gk_cursor made = {.kind = GK_SNAPSHOT_RELEASE};
    memcpy(&made.key, data, size < sizeof made.key ? size : sizeof made.key);
    made.key &= INT64_MAX;
    made.number = (int32_t)(made.key >> 33);
    gk_cursor_format(text, &made, query);
    if (!gk_cursor_parse(&cursor, text, GK_CURSOR_LENGTH, query) || cursor.key != made.key ||
        cursor.number != made.number)
        abort();
    return 0;
}
