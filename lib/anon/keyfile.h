/* The text of a key file (private): parsing and writing, no files here. */
#ifndef GK_ANON_KEYFILE_H
#define GK_ANON_KEYFILE_H

#include <stddef.h>
#include <stdint.h>

#include "anon/keyring.h"

enum {
    GK_KEY_BYTES = 32,
    GK_KEY_LINE_MAX = 96, /* "2147483647 9999-12-31 " + 64 + newline is 87 */
    GK_KEY_FILE_MAX = GK_KEYS_MAX * GK_KEY_LINE_MAX
};

struct gk_key {
    int32_t id;
    int32_t created_day;
    unsigned char bytes[GK_KEY_BYTES];
};

/* Reads lines `id YYYY-MM-DD hex64`, each ended by a newline, single spaces, ids
 * rising. GK_INVALID names the line and never its text; GK_TOO_LARGE for more
 * than GK_KEYS_MAX keys. What `keys` holds after a failure must be wiped too. */
GK_CHECKED enum gk_status gk_key_file_parse(const char *text, size_t length,
                                            struct gk_key keys[GK_KEYS_MAX], size_t *count,
                                            struct gk_error *error);

/* Writes one line into `line`; its length. The day must be of years 1 to 9999. */
size_t gk_key_line(const struct gk_key *key, char line[GK_KEY_LINE_MAX]);

#endif
