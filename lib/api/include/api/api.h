/* The resources of the service: what is answered from which snapshot.
 *
 * The daemon makes one struct gk_api, hands its routes and its authenticate
 * function to the public server with the gk_api as their context, and frees it
 * after the server stopped. */
#ifndef GK_API_API_H
#define GK_API_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "http/server.h"
#include "snapshot/holder.h"

struct gk_api;

struct gk_api_config {
    struct gk_holder *holder; /* outlives the api */
    const char *title;        /* name of the deployment; copied */
    const char *publisher;    /* responsible authority, may be ""; copied */
    const char *licence;      /* of the data, may be "" or NULL; copied */
    int64_t limit_default;    /* features on a page when limit is not given */
};

/* Makes the api (transforms, tables of intervals). */
GK_CHECKED enum gk_status gk_api_create(struct gk_api **api, const struct gk_api_config *config,
                                        struct gk_error *error);

/* NULL is allowed. */
void gk_api_free(struct gk_api *api);

/* Takes title, publisher and limit_default anew (SIGHUP); requests under way
 * keep the old ones. Not for two threads at once. */
GK_CHECKED enum gk_status gk_api_reconfigure(struct gk_api *api,
                                             const struct gk_api_config *config);

/* The table of routes, static; their context is the struct gk_api. */
const struct gk_route *gk_api_routes(size_t *count);

/* A gk_authenticate whose context is the struct gk_api. */
enum gk_status gk_api_authenticate(void *context, const unsigned char hash[32],
                                   struct gk_principal *principal);

/* A gk_recall whose context is the struct gk_api. */
bool gk_api_recall(void *context, const struct gk_origin *origin, struct gk_response *response);

#endif
