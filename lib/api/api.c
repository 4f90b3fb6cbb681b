/* The api as an object: its source of snapshots, its settings, its routes. */
#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "selection.h"
#include "style.h"
#include "tile.h"
#include "view.h"

/* --- Making and changing it --------------------------------------------------- */

static void settings_free(struct gk_settings *settings)
{
    while (settings != NULL) {
        struct gk_settings *older = settings->older;
        free(settings->title);
        free(settings->publisher);
        free(settings->licence);
        free(settings);
        settings = older;
    }
}

static struct gk_settings *settings_make(const struct gk_api_config *config)
{
    struct gk_settings *settings = calloc(1, sizeof *settings);
    if (settings == NULL)
        return NULL;
    settings->title = strdup(config->title == NULL ? "" : config->title);
    settings->publisher = strdup(config->publisher == NULL ? "" : config->publisher);
    settings->licence = strdup(config->licence == NULL ? "" : config->licence);
    settings->limit_default = config->limit_default < 1              ? 1
                              : config->limit_default > GK_LIMIT_MAX ? GK_LIMIT_MAX
                                                                     : config->limit_default;
    if (settings->title == NULL || settings->publisher == NULL || settings->licence == NULL) {
        settings_free(settings);
        return NULL;
    }
    return settings;
}

static void planes_free(struct gk_api *api)
{
    for (size_t i = 0; i < GK_CRS_MAX; i++)
        gk_plane_free(api->plane[i]);
}

static enum gk_status planes_make(struct gk_api *api, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    for (size_t i = 0; i < gk_crs_count() && i < GK_CRS_MAX && status == GK_OK; i++)
        if (!gk_crs_at(i)->is_geographic)
            status = gk_plane_create(&api->plane[i], gk_crs_at(i), error);
    return status;
}

enum gk_status gk_api_create_on(struct gk_api **out, const struct gk_source *source,
                                const struct gk_api_config *config, struct gk_error *error)
{
    struct gk_settings *settings = settings_make(config);
    struct gk_api *api = calloc(1, sizeof *api);
    enum gk_status status = GK_NO_MEMORY;
    if (settings == NULL || api == NULL) {
        gk_error_set(error, GK_NO_MEMORY, "make the api: out of memory");
        goto out;
    }
    api->source = *source;
    for (uint64_t count = 0; count < GK_INTERVALS; count++)
        api->interval[count] = gk_poisson_interval(count, GK_CONFIDENCE);
    if (gk_selection_cache_create(&api->selections, GK_SELECTIONS_MAX_BYTES) != GK_OK) {
        gk_error_set(error, GK_NO_MEMORY, "make the api: out of memory");
        goto out;
    }
    status = planes_make(api, error);
    if (status == GK_OK)
        status = gk_grid_cache_create(&api->grids, error);
    if (status != GK_OK)
        goto out;
    status = gk_tile_makers_create(&api->tile_makers);
    if (status != GK_OK) {
        gk_error_set(error, status, "make the api: %s", gk_status_text(status));
        goto out;
    }
    atomic_init(&api->settings, settings);
    *out = api;
    return GK_OK;
out:
    settings_free(settings);
    if (api != NULL) {
        gk_selection_cache_free(api->selections);
        gk_grid_cache_free(api->grids);
        planes_free(api);
    }
    free(api);
    return status;
}

/* Reloads are rare and settings small: old ones are kept until the end, so that
 * requests need no lock to read them. */
enum gk_status gk_api_reconfigure(struct gk_api *api, const struct gk_api_config *config)
{
    struct gk_settings *settings = settings_make(config);
    if (settings == NULL)
        return GK_NO_MEMORY;
    settings->older = atomic_load(&api->settings);
    atomic_store(&api->settings, settings);
    return GK_OK;
}

void gk_api_free(struct gk_api *api)
{
    if (api == NULL)
        return;
    gk_grid_cache_free(api->grids);
    planes_free(api);
    gk_selection_cache_free(api->selections);
    gk_tile_makers_free(api->tile_makers);
    settings_free(atomic_load(&api->settings));
    free(api);
}

enum gk_status gk_api_authenticate(void *context, const unsigned char hash[32],
                                   struct gk_principal *principal)
{
    struct gk_api *api = context;
    struct gk_token_info token;
    enum gk_status status = api->source.token(api->source.context, hash, &token);
    if (status != GK_OK)
        return status;
    *principal = (struct gk_principal){
        .role = token.is_analyst ? GK_ROLE_ANALYST : GK_ROLE_CONTACT,
        .token_id = token.id,
        .watch_area_id = token.watch_area_id,
    };
    return GK_OK;
}

/* --- Routes --------------------------------------------------------------------- */

#define JSON (1U << GK_FORMAT_JSON)
#define HTML (1U << GK_FORMAT_HTML)
#define JSON_AND_HTML (1U << GK_FORMAT_JSON | 1U << GK_FORMAT_HTML)

static const struct gk_route routes[] = {
    {"/", gk_resource_landing, GK_ROLE_PUBLIC, JSON_AND_HTML, NULL, false},
    {"/conformance", gk_resource_conformance, GK_ROLE_PUBLIC, JSON_AND_HTML, NULL, false},
    {"/api", gk_resource_api, GK_ROLE_PUBLIC, JSON_AND_HTML, GK_OPENAPI_TYPE, false},
    {"/gis", gk_resource_gis, GK_ROLE_PUBLIC, HTML, NULL, false},
    {"/releases", gk_resource_releases, GK_ROLE_PUBLIC, JSON_AND_HTML, NULL, false},
    {"/revisions", gk_resource_revisions, GK_ROLE_ANALYST, JSON_AND_HTML, NULL, false},
    {"/collections", gk_resource_collections, GK_ROLE_PUBLIC, JSON_AND_HTML, NULL, true},
    {"/collections/{collection}", gk_resource_collection, GK_ROLE_PUBLIC, JSON_AND_HTML, NULL,
     true},
    {"/collections/{collection}/schema", gk_resource_schema, GK_ROLE_PUBLIC, JSON_AND_HTML,
     GK_SCHEMA_TYPE, true},
    {"/collections/{collection}/schema/feature", gk_resource_feature_schema, GK_ROLE_PUBLIC,
     JSON_AND_HTML, GK_SCHEMA_TYPE, true},
    {"/collections/{collection}/queryables", gk_resource_queryables, GK_ROLE_PUBLIC, JSON_AND_HTML,
     GK_SCHEMA_TYPE, true},
    {"/collections/{collection}/sortables", gk_resource_sortables, GK_ROLE_PUBLIC, JSON_AND_HTML,
     GK_SCHEMA_TYPE, true},
    {"/collections/{collection}/items", gk_resource_items, GK_ROLE_PUBLIC,
     JSON_AND_HTML | 1U << GK_FORMAT_CSV, GK_GEOJSON_TYPE, true},
    {"/collections/{collection}/items/{id}", gk_resource_item, GK_ROLE_PUBLIC, JSON_AND_HTML,
     GK_GEOJSON_TYPE, true},
    {"/collections/{collection}/tiles", gk_resource_tilesets, GK_ROLE_PUBLIC, JSON, NULL, true},
    {"/collections/{collection}/tiles/" GK_TILE_SET, gk_resource_tileset, GK_ROLE_PUBLIC,
     JSON | 1U << GK_FORMAT_TILEJSON, NULL, true},
    {"/collections/{collection}/tiles/" GK_TILE_SET "/{z}/{y}/{x}", gk_resource_tile,
     GK_ROLE_PUBLIC, 0, NULL, true},
    {"/collections/{collection}/styles", gk_resource_styles, GK_ROLE_PUBLIC, JSON, NULL, true},
    {"/collections/{collection}/styles/" GK_STYLE_NAME, gk_resource_style, GK_ROLE_PUBLIC,
     1U << GK_FORMAT_MAPBOX | 1U << GK_FORMAT_QML | 1U << GK_FORMAT_QLR, NULL, true},
    {"/tileMatrixSets", gk_resource_tile_sets, GK_ROLE_PUBLIC, JSON, NULL, false},
    {"/tileMatrixSets/" GK_TILE_SET, gk_resource_tile_set, GK_ROLE_PUBLIC, JSON, NULL, false},
};

const struct gk_route *gk_api_routes(size_t *count)
{
    *count = sizeof routes / sizeof *routes;
    return routes;
}
