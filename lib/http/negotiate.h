/* Reading the headers by which clients choose: Accept, Accept-Language,
 * Accept-Encoding, If-None-Match. Pure functions; private to lib/http.
 *
 * A NULL header means that the client did not send it. What cannot be read is
 * passed over: none of these headers is worth a refusal. */
#ifndef GK_HTTP_NEGOTIATE_H
#define GK_HTTP_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>

/* How much a client wants something: q in thousandths (0: not at all), and how
 * precisely it named it, for ties. */
struct gk_preference {
    int quality;
    int precision;
};

/* The preference of an Accept header for one media type such as
 * "application/geo+json"; parameters are ignored on both sides. */
struct gk_preference gk_accept_preference(const char *accept, const char *media_type);

/* True if `a` is wanted more than `b`. */
bool gk_preference_exceeds(struct gk_preference a, struct gk_preference b);

enum gk_encoding { GK_ENCODING_IDENTITY, GK_ENCODING_GZIP, GK_ENCODING_ZSTD };

/* The encoding to send: highest q, then zstd, gzip. Identity when nothing else
 * is acceptable (also when it is not either: better than no answer), or when it is
 * wanted more. Sets *refuses_plain when another must be used however small the
 * answer is (identity;q=0, or *;q=0 without identity). */
enum gk_encoding gk_accept_encoding(const char *accept_encoding, bool *refuses_plain);

/* The name for Content-Encoding; "identity" for none. */
const char *gk_encoding_name(enum gk_encoding encoding);

/* "sv" or "en": the one with the higher q, "sv" in a tie or without either. */
const char *gk_accept_language(const char *accept_language);

/* True if an If-None-Match list has `etag` (with its quotes) or is "*". The
 * comparison is the weak one: W/ is ignored. */
bool gk_etag_matches(const char *if_none_match, const char *etag);

#endif
