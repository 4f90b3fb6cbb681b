/* Any bytes as each of the headers by which clients choose. What must hold: a
 * result within its range, and HTML and URL escapes without a live character. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/parameter.h"
#include "negotiate.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = malloc(size + 1);
    struct gk_buf html, url;
    gk_buf_init(&html, 8 * size + 1);
    gk_buf_init(&url, 8 * size + 1);
    if (header == NULL)
        return 0;
    if (size > 0)
        memcpy(header, data, size);
    header[size] = '\0';
    struct gk_preference p = gk_accept_preference(header, "application/geo+json");
    must(p.quality >= 0 && p.quality <= 1000 && p.precision >= 0 && p.precision <= 3);
    bool refuses_plain;
    must(gk_accept_encoding(header, &refuses_plain) <= GK_ENCODING_ZSTD);
    const char *language = gk_accept_language(header);
    must(strcmp(language, "sv") == 0 || strcmp(language, "en") == 0);
    (void)gk_etag_matches(header, "\"0123456789abcdef0123456789abcdef\"");
    gk_buf_put_html(&html, header, strlen(header));
    gk_buf_put_percent(&url, header, strlen(header));
    must(html.data == NULL || strpbrk(html.data, "<>\"'") == NULL);
    must(url.data == NULL || strpbrk(url.data, "<>\"' &?#/+") == NULL);
    gk_buf_release(&html);
    gk_buf_release(&url);
    free(header);
    return 0;
}
