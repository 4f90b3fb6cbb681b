/* Where the examples of the interface come from: the snapshot itself, so that
 * they hold for any municipality. What the parameters mean stands in query.c. */
#include "example.h"

#include "grid.h"
#include "link.h"

enum { SQUARES_M = 250, TEXT_MAX = 128, DECIMALS = 7 };

/* What was put into a small buffer, as a text of the request; releases it. */
static const char *keep(const struct gk_view *view, struct gk_buf *buf)
{
    const char *text = buf->data == NULL || gk_buf_status(buf) != GK_OK
                           ? NULL
                           : gk_arena_strndup(view->request->arena, buf->data, buf->length);
    gk_buf_release(buf);
    return text;
}

/* The box around all of a collection. */
static const char *box_example(const struct gk_view *view, const struct gk_collection *collection)
{
    struct gk_box_e7 box = gk_collection_extent(view, collection);
    const int32_t sides[] = {box.min.lon, box.min.lat, box.max.lon, box.max.lat};
    struct gk_buf buf;
    gk_buf_init(&buf, TEXT_MAX);
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        if (i > 0)
            gk_buf_putc(&buf, ',');
        gk_buf_put_fixed(&buf, sides[i], DECIMALS);
    }
    return keep(view, &buf);
}

/* The first month of the data: it stays one when more are published. */
static const char *period_example(const struct gk_view *view)
{
    int32_t month = view->snapshot->first_month;
    struct gk_buf buf;
    gk_buf_init(&buf, TEXT_MAX);
    gk_buf_put_day(&buf, gk_day_from_month(month));
    gk_buf_putc(&buf, '/');
    gk_buf_put_day(&buf, gk_day_from_month(month + 1) - 1);
    return keep(view, &buf);
}

static const char *version_example(const struct gk_view *view, enum gk_query query)
{
    const struct gk_snapshot *s = view->snapshot;
    bool is_own = (query == GK_QUERY_REVISION) == (s->kind == GK_SNAPSHOT_REVISION);
    return is_own ? gk_text(view->request, "%d", (int)s->number) : NULL;
}

/* The first two properties. */
static const char *properties_example(const struct gk_view *view,
                                      const struct gk_collection *collection)
{
    struct gk_columns columns;
    gk_collection_columns(view, collection, &columns);
    return gk_text(view->request, "%s,%s", gk_property_info(columns.column[0].property)->name,
                   gk_property_info(columns.column[1].property)->name);
}

void gk_example_set(const struct gk_view *view, const struct gk_collection *collection,
                    enum gk_query query, struct gk_parameter *row)
{
    if (row->example != NULL)
        return;
    switch (query) {
    case GK_QUERY_LIMIT:
        row->example = "10";
        break;
    case GK_QUERY_BBOX:
        row->example = box_example(view, collection);
        break;
    case GK_QUERY_DATETIME:
        row->example = period_example(view);
        break;
    case GK_QUERY_FILTER:
        row->example = "count >= 1";
        break;
    case GK_QUERY_SORTBY:
        row->example = collection->layer->is_unranked ? "name" : "-count";
        break;
    case GK_QUERY_PROPERTIES:
        row->example = properties_example(view, collection);
        break;
    case GK_QUERY_RELEASE:
    case GK_QUERY_REVISION:
        row->example = version_example(view, query);
        break;
    default:
        break;
    }
}

int64_t gk_example_id(const struct gk_view *view, const struct gk_collection *collection)
{
    struct gk_value nothing[GK_QUERIES] = {0};
    struct gk_error error;
    struct gk_view look = *view; /* borrows the snapshot; a grid is its own */
    int64_t id = -1;
    look.collection = *collection;
    look.size_m = SQUARES_M;
    look.grid = NULL;
    if (gk_view_apply(&look, nothing, &error) == GK_OK &&
        look.collection.layer->open(&look, &error) == GK_OK && look.first < look.end)
        id = look.collection.layer->id(&look, look.first);
    gk_grid_release(look.api->grids, look.grid);
    return id;
}
