/* The EWKB reader: whatever it takes has sound arrays, comes back the same
 * after writing, and goes into the index of areas. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "geo/areas.h"
#include "geo/square.h"
#include "geo/wkb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
    if (!condition)
        abort();
}

static void round_trip(const struct gk_polygons *p)
{
    struct gk_polygons back;
    struct gk_buf buf;
    gk_buf_init(&buf, 1 << 26);
    gk_buf_put_ewkb(&buf, p);
    must(gk_buf_status(&buf) == GK_OK);
    must(gk_polygons_from_ewkb(&back, (const unsigned char *)buf.data, buf.length) == GK_OK);
    must(back.polygon_count == p->polygon_count && back.ring_count == p->ring_count);
    must(memcmp(back.points, p->points, p->point_start[p->ring_count] * sizeof *p->points) == 0);
    gk_polygons_release(&back);
    gk_buf_release(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gk_polygons p;
    if (gk_polygons_from_ewkb(&p, data, size) != GK_OK)
        return 0;
    round_trip(&p);
    struct gk_areas *areas;
    const int32_t id = 1;
    must(gk_areas_build(&areas, &p, &id, 1) == GK_OK);
    uint32_t points = p.point_start[p.ring_count];
    for (uint32_t i = 0; i < points; i++)
        must(gk_areas_find(areas, p.points[i]) >= -1);
    gk_areas_free(areas);
    gk_polygons_release(&p);
    return 0;
}
