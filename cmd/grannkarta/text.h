/* Small text helpers of the importers: encodings, folding, slugs. Pure. */
#ifndef GK_CMD_TEXT_H
#define GK_CMD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms). */
bool gk_text_is_utf8(const char *text, size_t length);

/* Appends Windows-1252 as UTF-8; the five bytes that it does not define become
 * U+FFFD. ISO-8859-1 is a subset of what users call so. */
void gk_buf_put_windows_1252(struct gk_buf *buf, const char *text, size_t length);

/* Appends text as it is when it is UTF-8, else from Windows-1252. */
void gk_buf_put_any(struct gk_buf *buf, const char *text, size_t length);

/* What the text of a file is in. */
enum gk_encoding {
    GK_ENCODING_AUTO, /* UTF-8 where a field is that, else Windows-1252 */
    GK_ENCODING_UTF_8,
    GK_ENCODING_WINDOWS_1252
};

/* Puts a field as UTF-8 into `buf` (cleared first); false when it should be UTF-8
 * and is not. */
bool gk_buf_put_decoded(struct gk_buf *buf, enum gk_encoding encoding, const char *text,
                        size_t length);

/* Appends UTF-8 in lower case (ASCII and Latin-1 letters), else as it is. */
void gk_buf_put_lower(struct gk_buf *buf, const char *text, size_t length);

/* Appends UTF-8 folded for comparing names: ASCII, Latin-1 letters in lower
 * case, white space, `_`, `-`, `.` and no-break spaces removed. */
void gk_buf_put_folded(struct gk_buf *buf, const char *text, size_t length);

/* True when two UTF-8 names are equal once folded. */
bool gk_text_same_folded(const char *a, const char *b);

/* Appends a slug of a UTF-8 name: [a-z0-9] words joined by "-"; a-ring and
 * a-umlaut become a, o-umlaut o, e-acute e, and so on for Latin-1. At most 80
 * bytes; nothing when no letter or digit is left. */
void gk_buf_put_slug(struct gk_buf *buf, const char *name, size_t length);

/* Moves both ends past white space and no-break spaces, of UTF-8 or Windows-1252. */
void gk_text_trim(const char **text, size_t *length);

#endif
