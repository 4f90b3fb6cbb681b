/* Finished answers: the bytes of a body as they are sent, and the headers that
 * belong to them. One object is shared by the cache and by all connections that
 * are sent it; the last one to let go frees it. The outbox counts the bytes that
 * clients have yet to take, and bounds them. Private to lib/http. */
#ifndef GK_HTTP_FINISHED_H
#define GK_HTTP_FINISHED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/server.h"
#include "negotiate.h"

enum {
    GK_ETAG_HASH_BYTES = 16,
    GK_ETAG_TEXT_BYTES = 2 * GK_ETAG_HASH_BYTES + 3,
    /* Bodies up to this always go out: connections times this is little. */
    GK_OUTBOX_SMALL_BYTES = 65536
};

/* Bytes of bodies that were handed to the library and not yet let go. */
struct gk_outbox {
    atomic_size_t bytes;
    size_t maximum;
    atomic_uint_fast64_t refused;
};

/* Immutable once made, but for the two counts. */
struct gk_finished {
    atomic_size_t holders;
    atomic_size_t senders; /* connections that are being sent it */
    void *body;
    size_t length;
    enum gk_encoding encoding;
    char etag[GK_ETAG_TEXT_BYTES]; /* "" : none */
    struct gk_origin origin;
    int64_t data_utc;
    const char *content_type;
    const char *content_crs, *content_policy, *link, *file_name; /* NULL: none */
    struct gk_outbox *outbox;
    size_t text_bytes;
    char text[];
};

/* Takes `body` (also when it fails; NULL with length 0) and copies the texts of
 * `response`. Held once; NULL without memory. */
struct gk_finished *gk_finished_make(const struct gk_response *response, void *body, size_t length,
                                     enum gk_encoding encoding, const char *etag,
                                     struct gk_outbox *outbox);

/* One more holder, one less. NULL is allowed. */
void gk_finished_hold(struct gk_finished *finished);
void gk_finished_release(struct gk_finished *finished);

/* Holds it for a connection that is to be sent it; false (and nothing) when the
 * outbox is full and it is not small. One body alone always has room. */
bool gk_finished_send(struct gk_finished *finished);

/* Ends that: what the library calls when it needs the bytes no more. */
void gk_finished_sent(void *finished);

/* Bytes that it takes in memory. */
size_t gk_finished_bytes(const struct gk_finished *finished);

#endif
