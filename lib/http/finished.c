/* The life of a finished answer, and the count of what is on its way out. */
#include "finished.h"

#include <stdlib.h>
#include <string.h>

static size_t room_for(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

static const char *copy_text(char **at, const char *text)
{
    if (text == NULL)
        return NULL;
    char *copy = *at;
    size_t bytes = room_for(text);
    memcpy(copy, text, bytes);
    *at += bytes;
    return copy;
}

struct gk_finished *gk_finished_make(const struct gk_response *response, void *body, size_t length,
                                     enum gk_encoding encoding, const char *etag,
                                     struct gk_outbox *outbox)
{
    size_t text_bytes = room_for(response->content_type) + room_for(response->content_crs) +
                        room_for(response->content_policy) + room_for(response->link) +
                        room_for(response->file_name);
    struct gk_finished *finished = malloc(sizeof *finished + text_bytes);
    if (finished == NULL) {
        free(body);
        return NULL;
    }
    *finished = (struct gk_finished){.body = body,
                                     .length = length,
                                     .encoding = encoding,
                                     .origin = response->origin,
                                     .data_utc = response->data_utc,
                                     .outbox = outbox,
                                     .text_bytes = text_bytes};
    atomic_init(&finished->holders, 1);
    atomic_init(&finished->senders, 0);
    memcpy(finished->etag, etag, sizeof finished->etag);
    char *at = finished->text;
    finished->content_type = copy_text(&at, response->content_type);
    finished->content_crs = copy_text(&at, response->content_crs);
    finished->content_policy = copy_text(&at, response->content_policy);
    finished->link = copy_text(&at, response->link);
    finished->file_name = copy_text(&at, response->file_name);
    return finished;
}

void gk_finished_hold(struct gk_finished *finished)
{
    if (finished != NULL)
        atomic_fetch_add_explicit(&finished->holders, 1, memory_order_relaxed);
}

void gk_finished_release(struct gk_finished *finished)
{
    if (finished == NULL ||
        atomic_fetch_sub_explicit(&finished->holders, 1, memory_order_acq_rel) != 1)
        return;
    free(finished->body);
    free(finished);
}

/* A body counts once, however many are sent it. */
bool gk_finished_send(struct gk_finished *finished)
{
    struct gk_outbox *outbox = finished->outbox;
    if (atomic_fetch_add(&finished->senders, 1) == 0) {
        size_t before = atomic_fetch_add(&outbox->bytes, finished->length);
        if (before > 0 && finished->length > GK_OUTBOX_SMALL_BYTES &&
            (before >= outbox->maximum || finished->length > outbox->maximum - before)) {
            /* Another may have come in between, on this count: the last ends it. */
            if (atomic_fetch_sub(&finished->senders, 1) == 1)
                atomic_fetch_sub(&outbox->bytes, finished->length);
            atomic_fetch_add_explicit(&outbox->refused, 1, memory_order_relaxed);
            return false;
        }
    }
    gk_finished_hold(finished);
    return true;
}

void gk_finished_sent(void *p)
{
    struct gk_finished *finished = p;
    if (atomic_fetch_sub(&finished->senders, 1) == 1)
        atomic_fetch_sub(&finished->outbox->bytes, finished->length);
    gk_finished_release(finished);
}

size_t gk_finished_bytes(const struct gk_finished *finished)
{
    return sizeof *finished + finished->text_bytes + finished->length;
}
