/* Answers that were given before. An answer is found before the handler runs, and
 * only after the caller was authenticated and let in: its key has all that it
 * depends on beside its origin, and the origin is looked at each time, by the
 * module that makes answers (config.recall). Nothing is ever given from here that
 * a handler would not make now. */
#include "internal.h"

#include <string.h>

bool gk_origin_is_none(const struct gk_origin *origin)
{
    for (size_t i = 0; i < sizeof origin->word / sizeof *origin->word; i++)
        if (origin->word[i] != 0)
            return false;
    return true;
}

static void set_key(struct gk_exchange *x)
{
    const struct gk_request *request = &x->request;
    struct gk_cache_key *key = &x->key;
    bool refuses_plain = false;
    memset(key, 0, sizeof *key);
    enum gk_encoding encoding = gk_accept_encoding(x->head.accept_encoding, &refuses_plain);
    key->class.route = x->route;
    key->class.base_url = request->base_url;
    key->class.watch_area_id = request->principal.watch_area_id;
    key->class.role = (uint8_t)request->principal.role;
    key->class.format = (uint8_t)request->format;
    /* Small bodies differ between who takes and who refuses them plain. */
    key->class.encoding = (uint8_t)(encoding << 1 | refuses_plain);
    key->class.is_english = request->language[0] == 'e';
    key->target = request->target;
    key->target_length = strlen(request->target);
    gk_cache_key_seal(key);
    x->is_keepable = true;
}

/* What a handler would have filled in. */
static void fill(struct gk_response *response, const struct gk_finished *finished)
{
    response->content_type = finished->content_type;
    response->content_crs = finished->content_crs;
    response->link = finished->link;
    response->file_name = finished->file_name;
    response->content_policy = finished->content_policy;
    response->origin = finished->origin;
    response->data_utc = finished->data_utc;
}

bool gk_recall_find(struct gk_exchange *x, struct gk_response *response)
{
    const struct gk_server_config *config = &x->server->config;
    struct gk_cache *cache = x->server->cache;
    if (cache == NULL || config->recall == NULL)
        return false;
    set_key(x);
    struct gk_finished *found = gk_cache_find(cache, &x->key);
    if (found != NULL && !config->recall(config->context, &found->origin, response)) {
        gk_cache_forget(cache, &x->key, found);
        gk_finished_release(found);
        found = NULL;
    }
    gk_cache_count(cache, found != NULL);
    if (found == NULL)
        return false;
    fill(response, found);
    x->recalled = found;
    return true;
}

static bool is_current(void *context, const struct gk_origin *origin)
{
    const struct gk_server *server = context;
    return server->config.recall(server->config.context, origin, NULL);
}

void gk_recall_sweep(void *context)
{
    struct gk_server *server = context;
    if (server->cache != NULL && server->config.recall != NULL)
        gk_cache_sweep(server->cache, is_current, server);
}
