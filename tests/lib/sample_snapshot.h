/* Random snapshots in memory, without a database, for tests of lib/snapshot and
 * of what stands on it. The raw events are kept, so that a test can count them
 * in the slow, obvious way. */
#ifndef GK_TESTS_SAMPLE_SNAPSHOT_H
#define GK_TESTS_SAMPLE_SNAPSHOT_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "geo/square.h"
#include "snapshot/build.h"
#include "snapshot/query.h"

enum { SAMPLE_SIDE_CM = 5000, SAMPLE_DISTRICTS = 7, SAMPLE_WATCH_AREAS = 4 };

struct sample {
    struct gk_snapshot *s;
    struct gk_event *events; /* by id */
    uint32_t event_count;
};

/* Ends the program when the sample cannot be made: then nothing can be tested. */
static inline void sample_must(bool is_so)
{
    if (!is_so)
        abort();
}

static inline void *sample_array(struct gk_build *build, size_t count, size_t size)
{
    void *p = gk_arena_array(build->arena, count, size);
    sample_must(p != NULL);
    return p;
}

static inline void sample_codes(struct gk_build *build)
{
    static const struct gk_code_info codes[] = {
        {"9801", GK_KIND_VILLA, 0},    {"0857", GK_KIND_VILLA, 1},  {"9802", GK_KIND_FLAT, 0},
        {"0874", GK_KIND_FLAT, 1},     {"9831", GK_KIND_OTHER, 0},  {"9832", GK_KIND_OTHER, 1},
        {"0826", GK_KIND_HOLIDAY, -1}, {"0825", GK_KIND_CELLAR, -1}};
    struct gk_snapshot *s = build->snapshot;
    s->code_count = sizeof codes / sizeof *codes;
    s->codes = sample_array(build, s->code_count, sizeof *s->codes);
    memcpy(s->codes, codes, sizeof codes);
    static const char *const names[] = {"bra", "polisen", "kallare"};
    static const bool counts[][GK_KINDS] = {
        {true, true}, {true, true, true}, {[GK_KIND_CELLAR] = true}};
    bool is_release = s->kind == GK_SNAPSHOT_RELEASE;
    s->definition_count = is_release ? 1 : 3;
    s->initial_definition = is_release ? 0 : 1;
    s->definitions = sample_array(build, s->definition_count, sizeof *s->definitions);
    for (uint32_t i = 0; i < s->definition_count; i++) {
        uint32_t which = is_release ? 1 : i;
        struct gk_definition_info *d = &s->definitions[i];
        d->name = d->title_sv = d->title_en = names[which];
        d->description_sv = d->description_en = "";
        for (uint32_t c = 0; c < s->code_count; c++)
            if (counts[which][codes[c].kind])
                d->code_mask[0] |= UINT64_C(1) << c;
        for (int k = 0; k < GK_KINDS; k++)
            d->kinds[k] = counts[which][k];
        for (int c = 0; c < GK_CLASSES; c++)
            d->classes[c] = counts[which][c];
    }
}

/* Cell i has 1 to 5 squares in a row; rows of 16 cells, each 8 squares wide. */
static inline void sample_cells(struct gk_build *build, struct gk_random *random, uint32_t count,
                                struct gk_transform *to_lonlat)
{
    struct gk_snapshot *s = build->snapshot;
    s->cell_count = count;
    s->cell_id = sample_array(build, count, sizeof *s->cell_id);
    s->cell_addresses = sample_array(build, count, sizeof *s->cell_addresses);
    s->cell_point = sample_array(build, count, sizeof *s->cell_point);
    s->cell_point_cm = sample_array(build, count, sizeof *s->cell_point_cm);
    s->cell_radius_m = sample_array(build, count, sizeof *s->cell_radius_m);
    s->square_start = sample_array(build, count + 1, sizeof *s->square_start);
    s->square = sample_array(build, (size_t)count * 5, sizeof *s->square);
    for (int c = 0; c < GK_CLASSES; c++) {
        s->cell_dwellings[c] = sample_array(build, count, sizeof *s->cell_dwellings[c]);
        s->square_dwellings[c] =
            sample_array(build, (size_t)count * 5, sizeof *s->square_dwellings[c]);
    }
    struct gk_polygons *polygons = calloc(count + 1, sizeof *polygons);
    sample_must(polygons != NULL);
    uint32_t squares = 0;
    for (uint32_t i = 0; i < count; i++) {
        s->cell_id[i] = (int32_t)((i * 7919 + 13) % 1000003); /* in no order */
        s->cell_addresses[i] = 3;
        uint32_t n = 1 + (uint32_t)gk_random_below(random, 5);
        for (uint32_t j = 0; j < n; j++, squares++) {
            s->square[squares] = (struct gk_square){(int32_t)(9300 + i % 16 * 8 + j),
                                                    (int32_t)(124200 + i / 16 * 3)};
            bool no_villas = i % 11 == 0; /* nothing at risk under some definitions */
            for (int c = 0; c < GK_CLASSES; c++) {
                int32_t d =
                    no_villas ? (c == GK_CLASS_HOLIDAY) * 3 : (int32_t)gk_random_below(random, 9);
                s->square_dwellings[c][squares] = d + (c == GK_CLASS_HOLIDAY);
                s->cell_dwellings[c][i] += d + (c == GK_CLASS_HOLIDAY);
            }
        }
        s->square_start[i + 1] = squares;
        sample_must(gk_outline(&polygons[i], s->square + s->square_start[i], n, SAMPLE_SIDE_CM) ==
                    GK_OK);
        struct gk_cm centre = gk_square_centre(s->square[s->square_start[i]], SAMPLE_SIDE_CM);
        double x = (double)centre.e / 100, y = (double)centre.n / 100;
        sample_must(gk_transform_forward(to_lonlat, &x, &y, 1) == 0);
        s->cell_point[i] = gk_lonlat_e7_round((struct gk_lonlat){x, y});
        s->cell_point_cm[i] = (struct gk_cm32){(int32_t)centre.e, (int32_t)centre.n};
        s->cell_radius_m[i] = (float)(50 * n);
    }
    sample_must(gk_build_shapes(build, &s->cell_shapes, polygons, count, to_lonlat) == GK_OK);
    for (uint32_t i = 0; i < count; i++)
        gk_polygons_release(&polygons[i]);
    free(polygons);
}

/* Two municipalities (set kommun) and five districts (set regso) of cells that
 * follow each other; the watch areas overlap them. Their outlines are squares. */
static inline void sample_places(struct gk_build *build, struct gk_transform *to_lonlat)
{
    struct gk_snapshot *s = build->snapshot;
    s->set_count = 2;
    s->sets = sample_array(build, 2, sizeof *s->sets);
    s->sets[0] = (struct gk_set_info){"kommun", "Kommun", "Municipality", false, 0, 2};
    s->sets[1] = (struct gk_set_info){"regso", "RegSO", "RegSO", true, 2, 5};
    s->district_count = SAMPLE_DISTRICTS;
    s->district_id = sample_array(build, SAMPLE_DISTRICTS, sizeof *s->district_id);
    s->district_code = sample_array(build, SAMPLE_DISTRICTS, sizeof *s->district_code);
    s->district_name = sample_array(build, SAMPLE_DISTRICTS, sizeof *s->district_name);
    s->district_inhabitants =
        sample_array(build, SAMPLE_DISTRICTS, sizeof *s->district_inhabitants);
    s->district_inhabitants_year =
        sample_array(build, SAMPLE_DISTRICTS, sizeof *s->district_inhabitants_year);
    s->district_misplaced = sample_array(build, SAMPLE_DISTRICTS, sizeof *s->district_misplaced);
    struct gk_polygons polygons[SAMPLE_DISTRICTS] = {0};
    size_t pair_count = 0;
    struct gk_pair *pairs = calloc((size_t)s->cell_count * 4 + 1, sizeof *pairs);
    sample_must(pairs != NULL);
    for (uint32_t d = 0; d < SAMPLE_DISTRICTS; d++) {
        char text[32];
        snprintf(text, sizeof text, "12%02u", d);
        s->district_id[d] = (int32_t)(900 - d);
        s->district_code[d] = gk_build_text(build, text, strlen(text));
        s->district_name[d] = gk_build_text(build, "Ort", 3);
        s->district_inhabitants[d] = d == 3 ? -1 : 1000;
        s->district_inhabitants_year[d] = d == 3 ? 0 : 2024;
        struct gk_square square = {(int32_t)(92 + d), 1242};
        sample_must(gk_outline(&polygons[d], &square, 1, 500000) == GK_OK);
        for (uint32_t c = 0; c < s->cell_count; c++)
            if (d < 2 ? c % 2 == d : c % 5 == d - 2)
                pairs[pair_count++] = (struct gk_pair){d, c};
    }
    sample_must(gk_build_pairs(build, &s->district_cells, SAMPLE_DISTRICTS, pairs, pair_count) ==
                GK_OK);
    sample_must(gk_build_shapes(build, &s->district_shapes, polygons, SAMPLE_DISTRICTS,
                                to_lonlat) == GK_OK);
    s->watch_count = SAMPLE_WATCH_AREAS;
    s->watch_id = sample_array(build, SAMPLE_WATCH_AREAS, sizeof *s->watch_id);
    s->watch_slug = sample_array(build, SAMPLE_WATCH_AREAS, sizeof *s->watch_slug);
    s->watch_name = sample_array(build, SAMPLE_WATCH_AREAS, sizeof *s->watch_name);
    s->watch_started = sample_array(build, SAMPLE_WATCH_AREAS, sizeof *s->watch_started);
    s->watch_ended = sample_array(build, SAMPLE_WATCH_AREAS, sizeof *s->watch_ended);
    s->watch_households = sample_array(build, SAMPLE_WATCH_AREAS, sizeof *s->watch_households);
    s->watch_approved = sample_array(build, SAMPLE_WATCH_AREAS, sizeof *s->watch_approved);
    pair_count = 0;
    for (uint32_t w = 0; w < SAMPLE_WATCH_AREAS; w++) {
        char text[32];
        snprintf(text, sizeof text, "omrade-%u", w);
        s->watch_id[w] = (int32_t)(50 - w);
        s->watch_slug[w] = gk_build_text(build, text, strlen(text));
        s->watch_name[w] = gk_build_text(build, text, strlen(text));
        s->watch_started[w] = w == 0 ? INT32_MIN : 18000;
        s->watch_ended[w] = INT32_MIN;
        s->watch_households[w] = 40;
        s->watch_approved[w] = true;
        for (uint32_t c = w * 3; c < w * 3 + 5 && c < s->cell_count; c++)
            pairs[pair_count++] = (struct gk_pair){w, c};
    }
    sample_must(gk_build_pairs(build, &s->watch_cells, SAMPLE_WATCH_AREAS, pairs, pair_count) ==
                GK_OK);
    sample_must(gk_build_shapes(build, &s->watch_shapes, polygons, SAMPLE_WATCH_AREAS, to_lonlat) ==
                GK_OK);
    for (uint32_t d = 0; d < SAMPLE_DISTRICTS; d++)
        gk_polygons_release(&polygons[d]);
    free(pairs);
}

static inline void sample_incident(struct gk_event *event, struct gk_random *random, uint32_t cells,
                                   int32_t first_hour, int32_t hours)
{
    event->cell =
        gk_random_below(random, 10) == 0 ? GK_UNLOCATED : (uint32_t)gk_random_below(random, cells);
    event->from = first_hour + (int32_t)gk_random_below(random, (uint64_t)hours);
    event->to = event->from + (int32_t)gk_random_below(random, 100);
    event->hour = event->from + (event->to - event->from) / 2;
    event->events = gk_random_below(random, 8) == 0 ? 2 : 1;
    event->code = (uint8_t)gk_random_below(random, 8);
    event->reported = gk_day_from_hour(event->to) + 1;
    event->municipality = (int32_t)gk_random_below(random, 3) - 1;
}

/* Months 2020-01 to 2023-12. A revision has `count` incidents, some after the
 * last closed month; a release about `count` cell months. */
static inline void sample_init(struct sample *sample, enum gk_snapshot_kind kind, uint64_t seed,
                               uint32_t cells, uint32_t count)
{
    struct gk_random random;
    gk_random_init(&random, seed, 0);
    struct gk_build build;
    struct gk_transform *to_lonlat;
    struct gk_error error;
    sample_must(gk_transform_create(&to_lonlat, "EPSG:3006", "OGC:CRS84", &error) == GK_OK);
    sample_must(gk_build_init(&build, kind, (size_t)1 << 30) == GK_OK);
    struct gk_snapshot *s = build.snapshot;
    s->number = 1;
    s->made_utc = 1700000000;
    s->first_month = 50 * 12;
    s->last_month = 54 * 12 - 1;
    s->data_through_day = gk_day_from_month(54 * 12) - 1;
    s->lattice_version = 1;
    s->square_side_cm = SAMPLE_SIDE_CM;
    s->k = 8;
    s->min_addresses = 3;
    s->dwellings_year = 2024;
    sample_codes(&build);
    sample_cells(&build, &random, cells, to_lonlat);
    sample_places(&build, to_lonlat);
    gk_transform_free(to_lonlat);

    sample->events = calloc((size_t)count + 1, sizeof *sample->events);
    sample_must(sample->events != NULL);
    sample->event_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct gk_event *event = &sample->events[sample->event_count++];
        if (kind == GK_SNAPSHOT_REVISION) {
            sample_incident(event, &random, cells, gk_day_from_month(s->first_month) * 24, 36000);
            event->id = (int64_t)i * 3 + 1;
        } else {
            /* Months of a cell are distinct: cell and month from one number. */
            uint32_t which = (uint32_t)(i * UINT64_C(2654435761) % ((uint64_t)cells * 48));
            event->cell = which / 48;
            event->hour = gk_day_from_month(s->first_month + (int32_t)(which % 48)) * 24;
            event->events = 1 + (int32_t)gk_random_below(&random, 4);
        }
    }
    sample_must(gk_build_rows(&build, sample->events, sample->event_count) == GK_OK);
    sample_must(gk_build_seal(&build) == GK_OK);
    sample->s = s;
}

static inline void sample_release(struct sample *sample)
{
    gk_snapshot_free(sample->s);
    free(sample->events);
}

#endif
