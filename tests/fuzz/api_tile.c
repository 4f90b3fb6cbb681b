/* Any text as the variables of a tile's path: what is taken is a tile of the set,
 * and written again it is the same text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tile.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct gk_tile tile;
    struct gk_text part[3] = {{"", 0}, {"", 0}, {"", 0}};
    const char *text = (const char *)data;
    size_t left = size;
    for (int i = 0; i < 3; i++) {
        const char *slash = left > 0 && i < 2 ? memchr(text, '/', left) : NULL;
        size_t length = slash == NULL ? left : (size_t)(slash - text);
        part[i] = (struct gk_text){text, length};
        text += length + (slash != NULL);
        left -= length + (slash != NULL);
    }
    if (!gk_tile_parse(&tile, part[0], part[1], part[2]))
        return 0;
    char again[40];
    int length = snprintf(again, sizeof again, "%u/%u/%u", tile.z, tile.y, tile.x);
    if (tile.z > GK_TILE_ZOOM_MAX || tile.x >> tile.z != 0 || tile.y >> tile.z != 0 ||
        (size_t)length != size || memcmp(again, data, size) != 0)
        abort();
    return 0;
}
