/* Values of incident files, and texts: nothing that is read is out of its range,
 * what is shown of a refused value is what it says it is. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "import_fields.h"
#include "incident_row.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void read_values(const char *text, size_t size)
{
    struct gk_field_time time;
    double number, other;
    int32_t count;
    char code[5];
    /* 1974-12-31 to 2100-01-01: a zone may move a time over the edge. */
    for (int order = GK_DATE_YMD; order <= GK_DATE_MDY; order++) {
        if (gk_field_time(&time, (enum gk_date_order)order, text, size))
            require(time.hour > 43800 - 48 && time.hour < 1139640 + 48);
        if (gk_incident_value_is_harmless((enum gk_date_order)order, text, size))
            for (size_t i = 0; i < size; i++)
                require(memchr("0123456789-:.,/TtZzAaPpMm+ \t\r\n\xC2\xA0", text[i], 32) != NULL);
    }
    for (const char *decimal = "\0.,", *end = decimal + 3; decimal < end; decimal++) {
        if (gk_field_number(&number, *decimal, text, size))
            require(isfinite(number) && fabs(number) < 1e15);
        if (gk_field_pair(&number, &other, *decimal, text, size))
            require(isfinite(number) && isfinite(other));
    }
    if (gk_field_count(&count, text, size))
        require(count >= -9999 && count <= 9999);
    const char *inner = text;
    size_t inner_size = size;
    gk_text_trim(&inner, &inner_size);
    require(!gk_field_is_missing(text, size) || inner_size <= 8);
    require(!gk_field_is_shortened(text, size) || memchr("0123456789", *text, 10) != NULL);
    inner = text;
    inner_size = size;
    gk_field_unwrap(&inner, &inner_size);
    require(inner >= text && inner + inner_size <= text + size);
    if (gk_field_code(code, text, size))
        require(strspn(code, "0123456789") == 4 && code[4] == '\0');
}

static void read_texts(const char *text, size_t size)
{
    struct gk_buf utf8, slug, folded;
    gk_buf_init(&utf8, 1 << 20);
    gk_buf_init(&slug, 1 << 20);
    gk_buf_init(&folded, 1 << 20);
    gk_buf_put_any(&utf8, text, size);
    require(gk_buf_status(&utf8) != GK_OK || utf8.length == 0 ||
            gk_text_is_utf8(utf8.data, utf8.length));
    gk_buf_put_slug(&slug, text, size);
    require(slug.length <= 80);
    for (size_t i = 0; i < slug.length; i++)
        require((slug.data[i] >= 'a' && slug.data[i] <= 'z') ||
                (slug.data[i] >= '0' && slug.data[i] <= '9') ||
                (slug.data[i] == '-' && i > 0 && i + 1 < slug.length && slug.data[i - 1] != '-'));
    gk_buf_put_folded(&folded, text, size);
    require(gk_buf_status(&folded) != GK_OK || folded.length == 0 ||
            gk_text_is_utf8(folded.data, folded.length));
    gk_text_trim(&text, &size);
    gk_buf_release(&utf8);
    gk_buf_release(&slug);
    gk_buf_release(&folded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 64 * 1024)
        return 0;
    /* A copy of its own, so that reading past the end is seen. */
    char *text = malloc(size > 0 ? size : 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    read_values(text, size);
    read_texts(text, size);
    free(text);
    return 0;
}
