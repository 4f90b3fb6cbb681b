/* SHA-256 of files: which file an import came from. */
#include "sha256.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 256 * 1024 };

enum gk_status gk_sha256_file(unsigned char hash[32], const char *path, struct gk_error *error)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    enum gk_status status = GK_OK;
    unsigned char *chunk = malloc(CHUNK_BYTES);
    FILE *file = fopen(path, "rbe");
    if (chunk == NULL)
        status = gk_error_set(error, GK_NO_MEMORY, "read \"%.300s\": out of memory", path);
    else if (file == NULL)
        status = gk_error_set(error, GK_IO, "read \"%.300s\": %s", path, strerror(errno));
    while (status == GK_OK) {
        size_t n = fread(chunk, 1, CHUNK_BYTES, file);
        if (n == 0) {
            if (ferror(file) && errno != EISDIR)
                status = gk_error_set(error, GK_IO, "read \"%.300s\": %s", path, strerror(errno));
            break;
        }
        crypto_hash_sha256_update(&state, chunk, n);
    }
    if (file != NULL)
        fclose(file);
    free(chunk);
    crypto_hash_sha256_final(&state, hash);
    return status;
}
