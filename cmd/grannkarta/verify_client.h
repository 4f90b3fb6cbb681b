/* A small HTTP client for `verify`: GET, bounded in every way, never redirected,
 * always the same connection. libcurl is used here and nowhere else. */
#ifndef GK_CMD_VERIFY_CLIENT_H
#define GK_CMD_VERIFY_CLIENT_H

#include "base/buf.h"
#include "base/status.h"

struct gk_client;

/* One answer. `headers` are its lines as they came, without those that may differ
 * from one moment to the next for everybody (Date, the age of the data). */
struct gk_answer {
    long status;
    struct gk_buf headers, body;
};

/* A client for addresses that begin with `url`; `token` may be "" and is sent as a
 * bearer token. Both are borrowed. */
GK_CHECKED enum gk_status gk_client_open(struct gk_client **client, const char *url,
                                         const char *token, struct gk_error *error);

/* NULL is allowed. */
void gk_client_close(struct gk_client *client);

/* Empties an answer for use, and frees what it has. */
void gk_answer_init(struct gk_answer *answer);
void gk_answer_release(struct gk_answer *answer);

/* GETs the path (beginning with a slash, with its query) as GeoJSON or JSON; what
 * the answer held before is gone. GK_UNAVAILABLE when nobody answers in time,
 * GK_TOO_LARGE. A status of any kind is GK_OK. */
GK_CHECKED enum gk_status gk_client_get(struct gk_client *client, const char *path,
                                        struct gk_answer *answer, struct gk_error *error);

#endif
