/* The resource tile: its path, its parameters, its range. */
#include <string.h>

#include "tile.h"

/* Of /items, those that choose features are left out: a tile chooses. */
static bool is_wanted(enum gk_query query)
{
    return query == GK_QUERY_DATETIME || query == GK_QUERY_DEFINITION || query == GK_QUERY_METHOD ||
           query == GK_QUERY_SIZE || query == GK_QUERY_RELEASE || query == GK_QUERY_REVISION;
}

enum gk_status gk_tile_table_make(const struct gk_view *view,
                                  const struct gk_collection *collection,
                                  struct gk_query_table *table)
{
    struct gk_query_table all;
    enum gk_status status = gk_query_table_make(view, collection, false, &all);
    memset(table, 0, sizeof *table);
    if (status != GK_OK)
        return status;
    for (size_t i = 0; i < all.count; i++) {
        if (!is_wanted(all.which[i]))
            continue;
        table->row[table->count] = all.row[i];
        table->which[table->count++] = all.which[i];
    }
    return GK_OK;
}

enum gk_status gk_tile_read(struct gk_view *view, struct gk_error *error)
{
    struct gk_query_table table;
    struct gk_value value[GK_QUERIES];
    enum gk_status status = gk_view_find_collection(view, error);
    if (status != GK_OK)
        return status;
    if (gk_tile_table_make(view, &view->collection, &table) != GK_OK)
        return gk_error_set(error, GK_NO_MEMORY, "read the parameters: out of memory");
    status = gk_query_read(view, &table, value, error);
    return status == GK_OK ? gk_view_apply(view, value, error) : status;
}

/* Digits without a sign and leading zeros. */
static bool parse_number(struct gk_text text, uint32_t *number)
{
    enum { DIGITS_MAX = 8 };
    *number = 0;
    if (text.length == 0 || text.length > DIGITS_MAX || (text.length > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *number = *number * 10 + (uint32_t)(text.data[i] - '0');
    }
    return true;
}

bool gk_tile_parse(struct gk_tile *tile, struct gk_text z, struct gk_text y, struct gk_text x)
{
    return parse_number(z, &tile->z) && tile->z <= GK_TILE_ZOOM_MAX && parse_number(y, &tile->y) &&
           tile->y < UINT32_C(1) << tile->z && parse_number(x, &tile->x) &&
           tile->x < UINT32_C(1) << tile->z;
}

static enum gk_status find_tile(const struct gk_view *view, struct gk_tile *tile,
                                struct gk_error *error)
{
    const struct gk_text *variable = view->request->variable;
    uint32_t first = gk_tile_zoom_min(view);
    if (!gk_tile_parse(tile, variable[1], variable[2], variable[3]))
        return gk_error_set(error, GK_NOT_FOUND,
                            "find the tile: tile matrices are 0 to %d, rows and columns of matrix "
                            "z are 0 to 2^z - 1, in the order matrix, row, column",
                            (int)GK_TILE_ZOOM_MAX);
    if (tile->z < first)
        return gk_error_set(error, GK_NOT_FOUND,
                            "find the tile: tile matrices of \"%s\" begin at %u, as it has too "
                            "many features for the larger tiles",
                            view->collection.name, (unsigned)first);
    return GK_OK;
}

/* An empty tile is 200 with nothing in it: that is what a tile without layers is,
 * every client takes it, and it has an ETag as others have. */
enum gk_status gk_resource_tile(void *context, const struct gk_request *request,
                                struct gk_response *response, struct gk_error *error)
{
    struct gk_view view;
    struct gk_tile tile;
    enum gk_status status = gk_view_open(&view, context, request, response, error);
    if (status == GK_OK)
        status = gk_tile_read(&view, error);
    if (status == GK_OK)
        status = find_tile(&view, &tile, error);
    if (status == GK_OK)
        status = gk_view_put_tile(&view, tile, &response->body, error);
    response->content_type = GK_MVT_TYPE;
    gk_view_close(&view);
    return status;
}
