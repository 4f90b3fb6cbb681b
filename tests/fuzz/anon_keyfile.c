/* The key file parser on any bytes. What it takes it must be able to write back
 * byte by byte (but for the case of the hex digits). */
#include "keyfile.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gk_key keys[GK_KEYS_MAX];
    struct gk_error error;
    size_t count = 0;
    size_t at = 0;
    char line[GK_KEY_LINE_MAX];
    if (size > GK_KEY_FILE_MAX)
        return 0;
    /* A copy of exact size, so that a byte read past the end is seen. */
    char *text = malloc(size + (size == 0));
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    enum gk_status status = gk_key_file_parse(text, size, keys, &count, &error);
    for (size_t i = 0; status == GK_OK && i < count; i++) {
        size_t length = gk_key_line(&keys[i], line);
        if (length == 0 || length > size - at || strncasecmp(line, text + at, length) != 0)
            abort();
        at += length;
    }
    if (status == GK_OK && at != size)
        abort();
    free(text);
    return 0;
}
