/* What questions to a snapshot cost: a small box with counts among 5,000 cells,
 * counting all cells, the display grid, and taking hold of a snapshot. One JSON
 * line each; a ratio is against reading the box's cells without finding them. */
#include "holder_internal.h"

#include <time.h>

#include "../lib/sample_snapshot.h"

enum { CELLS = 5000, COUNTS = 100000, BOXES = 200000 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void report(const char *name, double microseconds, const char *against, double ratio)
{
    printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"us\"", name, microseconds);
    if (against != NULL)
        printf(", \"against\": \"%s\", \"ratio\": %.2f", against, ratio);
    puts("}");
}

static struct gk_box_e7 box_at(const struct gk_snapshot *s, struct gk_random *random)
{
    struct gk_lonlat_e7 p = s->cell_point[gk_random_below(random, s->cell_count)];
    return (struct gk_box_e7){{p.lon - 90000, p.lat - 22000}, {p.lon + 90000, p.lat + 22000}};
}

static int64_t read_cell(const struct gk_snapshot *s, uint32_t cell, struct gk_period period)
{
    return gk_snapshot_cell_events(s, cell, period, 0) * 1000 +
           gk_snapshot_cell_dwellings_at_risk(s, cell, 0) + s->cell_shapes.geojson[cell].length;
}

static void bench_boxes(const struct gk_snapshot *s, const char *kind)
{
    struct gk_random random;
    gk_random_init(&random, 1, 0);
    struct gk_period period = gk_snapshot_default_period(s);
    int64_t sum = 0, found = 0;
    double start = now_s();
    for (int i = 0; i < BOXES; i++) {
        struct gk_box_e7 box = box_at(s, &random);
        for (uint32_t c = gk_shapes_next_in_box(&s->cell_shapes, box, 0, s->cell_count);
             c < s->cell_count;
             c = gk_shapes_next_in_box(&s->cell_shapes, box, c + 1, s->cell_count), found++)
            sum += read_cell(s, c, period);
    }
    double searching = now_s() - start;
    int64_t each = found / BOXES;
    start = now_s();
    for (int i = 0; i < BOXES; i++) {
        uint32_t first = (uint32_t)gk_random_below(&random, (uint64_t)(s->cell_count - each));
        for (uint32_t c = first; c < first + (uint32_t)each; c++)
            sum += read_cell(s, c, period);
    }
    double reading = now_s() - start;
    char name[100], against[100];
    snprintf(against, sizeof against, "%s: reading %d cells with counts", kind, (int)each);
    report(against, reading * 1e6 / BOXES, NULL, 0);
    snprintf(name, sizeof name, "%s: box that touches %.1f of %d cells, with counts", kind,
             (double)found / BOXES, CELLS);
    report(name, searching * 1e6 / BOXES, against, searching / reading);
    fprintf(stderr, "# check sum %lld\n", (long long)sum);
}

static void bench_whole(const struct gk_snapshot *s, const char *kind)
{
    enum { ROUNDS = 50 };
    struct gk_period period = gk_snapshot_default_period(s);
    char name[100];
    int64_t sum = 0;
    double start = now_s();
    for (int i = 0; i < ROUNDS; i++)
        for (uint32_t c = 0; c < s->cell_count; c++)
            sum += gk_snapshot_cell_events(s, c, period, 0);
    snprintf(name, sizeof name, "%s: counts of all %d cells", kind, CELLS);
    report(name, (now_s() - start) * 1e6 / ROUNDS, NULL, 0);
    start = now_s();
    for (int i = 0; i < ROUNDS; i++) {
        struct gk_grid_square *squares;
        size_t count;
        if (gk_snapshot_grid(s, 25000, period, 0, &squares, &count) == GK_OK)
            sum += (int64_t)count;
        free(squares);
    }
    snprintf(name, sizeof name, "%s: grid of 250 m over all", kind);
    report(name, (now_s() - start) * 1e6 / ROUNDS, NULL, 0);
    fprintf(stderr, "# check sum %lld\n", (long long)sum);
}

/* Takes the snapshot over. */
static void bench_holder(struct gk_snapshot *s)
{
    enum { ROUNDS = 2000000 };
    static const struct gk_log quiet = {-1, GK_LOG_ERROR};
    const struct gk_holder_config config = {"", "polisen", 250, 300, 2, 1 << 20, &quiet};
    const struct gk_state state = {.release = s->number};
    struct gk_holder *holder;
    struct gk_error error;
    sample_must(gk_holder_create(&holder, &config, &error) == GK_OK);
    gk_holder_want(holder, &state);
    sample_must(gk_holder_publish(holder, s, 0) == GK_OK);
    int64_t sum = 0;
    double start = now_s();
    for (int i = 0; i < ROUNDS; i++) {
        const struct gk_snapshot *held = gk_holder_acquire(holder, GK_SNAPSHOT_RELEASE);
        sum += held->number;
        gk_holder_release(holder, held);
    }
    report("acquire and release a snapshot", (now_s() - start) * 1e6 / ROUNDS, NULL, 0);
    fprintf(stderr, "# check sum %lld\n", (long long)sum);
    gk_holder_free(holder);
}

int main(void)
{
    struct sample sample;
    sample_init(&sample, GK_SNAPSHOT_REVISION, 1, CELLS, COUNTS);
    bench_boxes(sample.s, "revision");
    bench_whole(sample.s, "revision");
    sample_release(&sample);
    sample_init(&sample, GK_SNAPSHOT_RELEASE, 1, CELLS, COUNTS);
    bench_boxes(sample.s, "release");
    bench_whole(sample.s, "release");
    free(sample.events);
    bench_holder(sample.s);
    return 0;
}
