/* What answers of lib/api cost without sockets, one JSON line each: the public
 * cells as a page, a small box and one feature, and the same page as a table. */
#include <time.h>

#include "../lib/api_fixture.h"

enum { CELLS = 20000, ROUNDS = 7 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

/* The fastest of some rounds: what the machine's other work does not hide. */
static void measure(struct gk_api *api, const char *name, struct question q, int times)
{
    double best = 1e300;
    size_t bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_us();
        for (int i = 0; i < times; i++) {
            struct answer a = ask(api, q);
            must(a.status);
            bytes = a.response.body.length;
            forget(&a);
        }
        double each = (now_us() - start) / times;
        best = each < best ? each : best;
    }
    printf("{\"name\":\"api: %s (%zu B)\",\"value\":%.2f,\"unit\":\"us\",\"against\":null,"
           "\"ratio\":null}\n",
           name, bytes, best);
}

/* Filters that were never asked before: what making a selection costs. */
static void measure_new(struct gk_api *api, const char *name, const char *start_of_filter,
                        const char *end_of_filter, const char *order)
{
    char filter[1024];
    double best = 1e300;
    struct question q = {.handler = gk_resource_items, .collection = "cells"};
    q.query[0] = "limit", q.query[1] = "1", q.query[2] = "filter", q.query[3] = filter;
    q.query[4] = order == NULL ? NULL : "sortby", q.query[5] = order;
    for (int round = 0; round < ROUNDS * 3; round++) {
        snprintf(filter, sizeof filter, "%s%d%s", start_of_filter, round, end_of_filter);
        double start = now_us();
        struct answer a = ask(api, q);
        must(a.status);
        forget(&a);
        double each = now_us() - start;
        best = each < best ? each : best;
    }
    printf(
        "{\"name\":\"api: %s\",\"value\":%.2f,\"unit\":\"us\",\"against\":null,\"ratio\":null}\n",
        name, best);
}

int main(void)
{
    struct world world = {0};
    world.newest[GK_SNAPSHOT_RELEASE] = world_make(GK_SNAPSHOT_RELEASE, 1, CELLS, 0);
    struct gk_api *api = world_api(&world);
    struct question items = {.handler = gk_resource_items, .collection = "cells"};
    struct question page = items, box = items, table = items;
    page.query[0] = table.query[0] = "limit";
    page.query[1] = table.query[1] = "1000";
    struct question crs[3] = {page, page, page};
    static const char *const uris[] = {"http://www.opengis.net/def/crs/EPSG/0/4326",
                                       "http://www.opengis.net/def/crs/EPSG/0/3006",
                                       "http://www.opengis.net/def/crs/EPSG/0/3857"};
    box.query[0] = "bbox";
    box.query[1] = "14.400,56.100,14.410,56.110";
    table.format = GK_FORMAT_HTML;
    measure(api, "page of 1,000 cells", page, 20);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"page of 1,000 cells in EPSG:4326",
                                            "page of 1,000 cells in EPSG:3006",
                                            "page of 1,000 cells in EPSG:3857"};
        crs[i].query[2] = "crs";
        crs[i].query[3] = uris[i];
        measure(api, names[i], crs[i], 20);
    }
    static const char *const boxes[] = {"6300000,460000,6500000,464500", /* about half */
                                        "1600000,7700000,1605000,8100000"};
    for (int i = 0; i < 2; i++) {
        static const char *const names[] = {"cells in a large box in EPSG:3006 counted",
                                            "cells in a large box in EPSG:3857 counted"};
        struct question counted = {
            .handler = gk_resource_items,
            .collection = "cells",
            .query = {"bbox", boxes[i], "bbox-crs", uris[i + 1], "resultType", "hits"}};
        measure(api, names[i], counted, 50);
    }
    struct question csv = page;
    csv.format = GK_FORMAT_CSV;
    measure(api, "CSV of 1,000 cells", csv, 20);
    measure(api, "cells in a small box", box, 500);
    measure(api, "one cell",
            (struct question){.handler = gk_resource_item, .collection = "cells", .id = "77"},
            2000);
    measure(api, "table of 1,000 cells", table, 10);
    page.query[2] = "filter";
    page.query[3] = "count >= 1 OR dwellings > 5";
    page.query[4] = "sortby";
    page.query[5] = "-count,dwellings";
    measure(api, "page of 1,000 cells of a kept selection", page, 20);
    measure_new(api, "new filter over 20,000 cells", "count >= 1 AND cell <> ", "", NULL);
    measure_new(api, "new filter and order over 20,000 cells", "cell <> ", "", "-count,dwellings");
    measure_new(api, "new polygon over 20,000 cells",
                "S_INTERSECTS(geometry, POLYGON((14 55,15 55,15 57,14.2 57.", ",14 55)))", NULL);
    measure(api, "first grid kept, page of 100 squares",
            (struct question){.handler = gk_resource_items, .collection = "hotspots"}, 50);
    measure(api, "definition of the interface",
            (struct question){.handler = gk_resource_api, .collection = NULL}, 50);
    gk_api_free(api);
    gk_snapshot_free(world.newest[GK_SNAPSHOT_RELEASE]);
    return 0;
}
