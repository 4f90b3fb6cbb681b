/* gzip by libdeflate and zstd. Each server thread keeps its compressors: making
 * them costs more than most answers. The output depends on the input only. */
#include "internal.h"

#include <stdlib.h>
#include <libdeflate.h>
#include <zstd.h>

/* Measured on pages of cells (microseconds, ratio), 11 KB: gzip 1 22 4.2, gzip 6 63
 * 4.6, zstd 1 19 4.4, zstd 3 22 4.3; 690 KB: gzip 1 1,532 7.3, gzip 6 5,009 8.4,
 * zstd 1 904 7.8, zstd 3 1,209 7.5. So zstd has one level; large answers get the fast
 * gzip: they are written on the thread that also serves everybody else. */
enum { LARGE_BYTES = 65536, GZIP_LEVEL = 6, GZIP_LEVEL_LARGE = 1, ZSTD_LEVEL = 1 };
/* Whoever changes them changes gk_compress_signature(). */

struct compressor {
    struct libdeflate_compressor *gzip, *gzip_large;
    ZSTD_CCtx *zstd;
};

void gk_compressor_free(void *p)
{
    struct compressor *compressor = p;
    if (compressor == NULL)
        return;
    if (compressor->gzip != NULL)
        libdeflate_free_compressor(compressor->gzip);
    if (compressor->gzip_large != NULL)
        libdeflate_free_compressor(compressor->gzip_large);
    ZSTD_freeCCtx(compressor->zstd);
    free(compressor);
}

static struct compressor *of_this_thread(pthread_key_t key)
{
    struct compressor *compressor = pthread_getspecific(key);
    if (compressor != NULL)
        return compressor;
    compressor = calloc(1, sizeof *compressor);
    if (compressor == NULL)
        return NULL;
    compressor->gzip = libdeflate_alloc_compressor(GZIP_LEVEL);
    compressor->gzip_large = libdeflate_alloc_compressor(GZIP_LEVEL_LARGE);
    compressor->zstd = ZSTD_createCCtx();
    if (compressor->gzip == NULL || compressor->gzip_large == NULL || compressor->zstd == NULL ||
        pthread_setspecific(key, compressor) != 0) {
        gk_compressor_free(compressor);
        return NULL;
    }
    return compressor;
}

static size_t run(struct compressor *compressor, enum gk_encoding encoding,
                  const struct gk_buf *body, void *data, size_t bound)
{
    bool is_large = body->length > LARGE_BYTES;
    if (encoding == GK_ENCODING_GZIP)
        return libdeflate_gzip_compress(is_large ? compressor->gzip_large : compressor->gzip,
                                        body->data, body->length, data, bound);
    size_t length =
        ZSTD_compressCCtx(compressor->zstd, data, bound, body->data, body->length, ZSTD_LEVEL);
    return ZSTD_isError(length) ? 0 : length;
}

const char *gk_compress_signature(enum gk_encoding encoding)
{
    static const char *const signatures[] = {
        [GK_ENCODING_IDENTITY] = "",
        [GK_ENCODING_GZIP] = "libdeflate " LIBDEFLATE_VERSION_STRING " levels 6 1",
        [GK_ENCODING_ZSTD] = "zstd " ZSTD_VERSION_STRING " level 1"};
    return signatures[encoding];
}

bool gk_compress(pthread_key_t key, enum gk_encoding encoding, const struct gk_buf *body,
                 void **data, size_t *length)
{
    struct compressor *compressor = of_this_thread(key);
    if (compressor == NULL)
        return false;
    size_t bound = encoding == GK_ENCODING_GZIP ? libdeflate_gzip_compress_bound(NULL, body->length)
                                                : ZSTD_compressBound(body->length);
    void *room = malloc(bound);
    if (room == NULL)
        return false;
    *length = run(compressor, encoding, body, room, bound);
    if (*length == 0) {
        free(room);
        return false;
    }
    void *shrunk = realloc(room, *length);
    *data = shrunk != NULL ? shrunk : room;
    return true;
}
