/* Links: addresses of resources, and link objects in JSON. All texts are in the
 * request's arena; without memory they are "". */
#ifndef GK_API_LINK_H
#define GK_API_LINK_H

#include <stdbool.h>

#include "base/json.h"
#include "http/server.h"
#include "snapshot/snapshot.h"

/* A text in the arena, formatted as by printf; at most 4 KiB. */
const char *gk_text(const struct gk_request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A release or a revision by its number. */
struct gk_version {
    enum gk_snapshot_kind kind;
    int32_t number;
};

/* What an address has besides its path. Those of data keep the request's release
 * or revision, so that links lead from an answer to others of the same data. */
struct gk_address {
    bool is_bare;                     /* nothing at all */
    bool keeps_query;                 /* the request's own parameters */
    const struct gk_version *version; /* of the data; NULL: that of the request */
    const char *cursor;               /* replaces that of the request; NULL: as it is */
    const char *format;               /* f=..., NULL: none */
    const char *language;             /* lang=..., NULL: none */
};

/* The absolute address of a path with that. */
const char *gk_address(const struct gk_request *request, const char *path,
                       struct gk_address address);

/* Only what follows the path: "" or "?...". */
const char *gk_address_parameters(const struct gk_request *request, const char *path,
                                  struct gk_address address);

/* The request's own address, as the client wrote it. */
const char *gk_address_self(const struct gk_request *request);

/* Appends a link object. `title` may be NULL. */
void gk_json_put_link(struct gk_json *json, const char *rel, const char *type, const char *title,
                      const char *href);

/* Appends `self` and `alternate` for the request's resource, whose JSON has
 * `json_type`; the answer is JSON. */
void gk_json_put_self_links(struct gk_json *json, const struct gk_request *request,
                            const char *json_type);

#endif
