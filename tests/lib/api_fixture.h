/* A small world for tests and benches of lib/api: a release, a revision, and a
 * source that counts who asked for which. Cells are single base squares, 250 m
 * apart, so that each lies in a 250 m square of its own. */
#ifndef GK_TESTS_API_FIXTURE_H
#define GK_TESTS_API_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/square.h"
#include "snapshot/build.h"
#include "view.h"

/* A test may lay its cells out in another way: columns, squares from one to the
 * next, years of data. */
#ifndef WORLD_COLUMNS
#define WORLD_COLUMNS 10
#define WORLD_STEP 5
#define WORLD_YEARS 4
#endif

enum {
    WORLD_SIDE_CM = 5000,
    WORLD_FIRST_YEAR = 2020,
    WORLD_E0 = 9250, /* of the first square: 462,500 m */
    WORLD_N0 = 124200
};

/* Month number of January of a year. */
static inline int32_t month_of(int year, int month)
{
    return gk_month_from_day(gk_day_from_civil((struct gk_civil){year, month, 1}));
}

/* Events of a cell in a month: the same in both worlds but for `extra`. */
static inline int32_t world_events(uint32_t cell, int32_t month, int32_t extra)
{
    return (int32_t)((cell * 7 + (uint32_t)month * 3) % 11 == 0) + extra;
}

static inline int32_t world_cell_id(uint32_t cell, uint32_t cells)
{
    return (int32_t)(1 + (cell * 7919U) % cells); /* not in the order of cells */
}

/* The union of cells' squares is not needed: a district is one rectangle. */
static inline struct gk_polygons rectangle(struct gk_cm *points, uint32_t *starts, int64_t e0,
                                           int64_t n0, int64_t e1, int64_t n1)
{
    points[0] = points[4] = (struct gk_cm){e0, n0};
    points[1] = (struct gk_cm){e1, n0};
    points[2] = (struct gk_cm){e1, n1};
    points[3] = (struct gk_cm){e0, n1};
    starts[0] = 0;
    starts[1] = 5;
    starts[2] = 0;
    starts[3] = 1;
    return (struct gk_polygons){.points = points,
                                .point_start = starts,
                                .ring_start = starts + 2,
                                .ring_count = 1,
                                .polygon_count = 1};
}

static inline void *world_array(struct gk_build *b, size_t count, size_t size)
{
    void *p = gk_arena_array(b->arena, count == 0 ? 1 : count, size);
    if (p == NULL)
        abort();
    return p;
}

static inline void must(enum gk_status status)
{
    if (status != GK_OK) {
        fprintf(stderr, "fixture: %s\n", gk_status_name(status));
        abort();
    }
}

static inline void world_definitions(struct gk_build *b)
{
    static const struct gk_code_info codes[] = {{"9801", GK_KIND_VILLA, 0},
                                                {"0857", GK_KIND_VILLA, 1},
                                                {"9802", GK_KIND_FLAT, 0},
                                                {"0826", GK_KIND_HOLIDAY, -1}};
    struct gk_snapshot *s = b->snapshot;
    s->code_count = 4;
    s->codes = world_array(b, 4, sizeof *s->codes);
    memcpy(s->codes, codes, sizeof codes);
    s->definitions = world_array(b, 2, sizeof *s->definitions);
    s->definitions[0] =
        (struct gk_definition_info){.name = "polisen",
                                    .title_sv = "Polisen",
                                    .title_en = "Police",
                                    .description_sv = "villa, lägenhet & <fritidshus>",
                                    .description_en = "all homes",
                                    .code_mask = {15},
                                    .classes = {true, true, true},
                                    .kinds = {true, true, true}};
    s->definitions[1] = (struct gk_definition_info){.name = "bra",
                                                    .title_sv = "Brå",
                                                    .title_en = "Brå",
                                                    .description_sv = "utan fritidshus",
                                                    .description_en = "without holiday homes",
                                                    .code_mask = {7},
                                                    .classes = {true, true, false},
                                                    .kinds = {true, true, false}};
    s->definition_count = s->kind == GK_SNAPSHOT_RELEASE ? 1 : 2;
    s->initial_definition = 0;
}

static inline struct gk_square world_square(uint32_t cell)
{
    return (struct gk_square){WORLD_E0 + (int32_t)(cell % WORLD_COLUMNS) * WORLD_STEP,
                              WORLD_N0 + (int32_t)(cell / WORLD_COLUMNS) * WORLD_STEP};
}

static inline void world_cells(struct gk_build *b, uint32_t cells, struct gk_transform *to_lonlat)
{
    struct gk_snapshot *s = b->snapshot;
    struct gk_polygons *polygons = calloc(cells, sizeof *polygons);
    struct gk_cm *points = calloc((size_t)cells * 5, sizeof *points);
    uint32_t *starts = calloc((size_t)cells * 4, sizeof *starts);
    s->cell_count = cells;
    s->cell_id = world_array(b, cells, sizeof *s->cell_id);
    s->cell_addresses = world_array(b, cells, sizeof *s->cell_addresses);
    s->cell_point = world_array(b, cells, sizeof *s->cell_point);
    s->cell_point_cm = world_array(b, cells, sizeof *s->cell_point_cm);
    s->cell_radius_m = world_array(b, cells, sizeof *s->cell_radius_m);
    s->square_start = world_array(b, cells + 1, sizeof *s->square_start);
    s->square = world_array(b, cells, sizeof *s->square);
    for (int c = 0; c < GK_CLASSES; c++) {
        s->cell_dwellings[c] = world_array(b, cells, sizeof **s->cell_dwellings);
        s->square_dwellings[c] = world_array(b, cells, sizeof **s->square_dwellings);
    }
    static const int32_t dwellings[GK_CLASSES] = {6, 3, 1};
    for (uint32_t i = 0; i < cells; i++) {
        struct gk_square square = world_square(i);
        struct gk_cm centre = gk_square_centre(square, WORLD_SIDE_CM);
        double x = (double)centre.e / 100, y = (double)centre.n / 100;
        gk_transform_forward(to_lonlat, &x, &y, 1);
        s->cell_id[i] = world_cell_id(i, cells);
        s->cell_addresses[i] = 4;
        s->cell_point[i] = gk_lonlat_e7_round((struct gk_lonlat){x, y});
        s->cell_point_cm[i] = (struct gk_cm32){(int32_t)centre.e, (int32_t)centre.n};
        s->cell_radius_m[i] = 35.4F;
        s->square[i] = square;
        s->square_start[i + 1] = i + 1;
        for (int c = 0; c < GK_CLASSES; c++)
            s->cell_dwellings[c][i] = s->square_dwellings[c][i] = dwellings[c];
        int64_t e = (int64_t)square.e * WORLD_SIDE_CM, n = (int64_t)square.n * WORLD_SIDE_CM;
        polygons[i] = rectangle(points + (size_t)i * 5, starts + (size_t)i * 4, e, n,
                                e + WORLD_SIDE_CM, n + WORLD_SIDE_CM);
    }
    must(gk_build_shapes(b, &s->cell_shapes, polygons, cells, to_lonlat));
    free(polygons);
    free(points);
    free(starts);
}

/* Sets `regso` (base, two districts) and `kommun` (one). */
static inline void world_districts(struct gk_build *b, struct gk_transform *to_lonlat)
{
    struct gk_snapshot *s = b->snapshot;
    uint32_t cells = s->cell_count;
    static const char *const codes[] = {"1272R001", "1272R002", "1272"};
    static const char *const names[] = {"Öst \"<b>&'\\", "Väst\n", "Bromölla"};
    struct gk_polygons polygons[3];
    struct gk_cm points[15];
    uint32_t starts[12];
    struct gk_pair *pairs = calloc((size_t)cells * 2, sizeof *pairs);
    s->set_count = 2;
    s->sets = world_array(b, 2, sizeof *s->sets);
    s->sets[0] = (struct gk_set_info){"regso", "RegSO", "RegSO", true, 0, 2};
    s->sets[1] = (struct gk_set_info){"kommun", "Kommun", "Municipality", false, 2, 1};
    s->district_count = 3;
    s->district_id = world_array(b, 3, sizeof *s->district_id);
    s->district_code = world_array(b, 3, sizeof *s->district_code);
    s->district_name = world_array(b, 3, sizeof *s->district_name);
    s->district_inhabitants = world_array(b, 3, sizeof *s->district_inhabitants);
    s->district_inhabitants_year = world_array(b, 3, sizeof *s->district_inhabitants_year);
    s->district_misplaced = world_array(b, 3, sizeof *s->district_misplaced);
    int64_t e = (int64_t)WORLD_E0 * WORLD_SIDE_CM, n = (int64_t)WORLD_N0 * WORLD_SIDE_CM;
    for (int i = 0; i < 3; i++) {
        s->district_id[i] = 101 + i;
        s->district_code[i] = gk_build_text(b, codes[i], strlen(codes[i]));
        s->district_name[i] = gk_build_text(b, names[i], strlen(names[i]));
        s->district_inhabitants[i] = i == 1 ? -1 : 1000;
        s->district_inhabitants_year[i] = 2022;
        int64_t west = i == 1 ? e + 5 * 25000 : e, east = i == 0 ? e + 5 * 25000 : e + 10 * 25000;
        polygons[i] = rectangle(points + i * 5, starts + i * 4, west, n, east, n + 100 * 25000);
    }
    for (uint32_t i = 0; i < cells; i++) {
        pairs[i] = (struct gk_pair){i % WORLD_COLUMNS < 5 ? 0 : 1, i};
        pairs[cells + i] = (struct gk_pair){2, i};
    }
    must(gk_build_pairs(b, &s->district_cells, 3, pairs, (size_t)cells * 2));
    must(gk_build_shapes(b, &s->district_shapes, polygons, 3, to_lonlat));
    free(pairs);
}

/* One area over the first two cells; in the revision a second, not approved. */
static inline void world_watch_areas(struct gk_build *b, struct gk_transform *to_lonlat)
{
    struct gk_snapshot *s = b->snapshot;
    uint32_t count = s->kind == GK_SNAPSHOT_RELEASE ? 1 : 2;
    static const char *const slugs[] = {"asgatan", "valje"};
    struct gk_polygons polygons[2];
    struct gk_cm points[10];
    uint32_t starts[8];
    struct gk_pair pairs[] = {{0, 0}, {0, 1}, {1, 2}};
    s->watch_count = count;
    s->watch_id = world_array(b, 2, sizeof *s->watch_id);
    s->watch_slug = world_array(b, 2, sizeof *s->watch_slug);
    s->watch_name = world_array(b, 2, sizeof *s->watch_name);
    s->watch_started = world_array(b, 2, sizeof *s->watch_started);
    s->watch_households = world_array(b, 2, sizeof *s->watch_households);
    s->watch_approved = world_array(b, 2, sizeof *s->watch_approved);
    int64_t e = (int64_t)WORLD_E0 * WORLD_SIDE_CM, n = (int64_t)WORLD_N0 * WORLD_SIDE_CM;
    for (uint32_t i = 0; i < count; i++) {
        s->watch_id[i] = (int32_t)(i + 1);
        s->watch_slug[i] = gk_build_text(b, slugs[i], strlen(slugs[i]));
        s->watch_name[i] = gk_build_text(b, "</script>\"", 10);
        s->watch_started[i] =
            i == 0 ? gk_day_from_civil((struct gk_civil){2021, 5, 17}) : INT32_MIN;
        s->watch_households[i] = 12.4;
        s->watch_approved[i] = i == 0;
        polygons[i] = rectangle(points + i * 5, starts + i * 4, e, n, e + 30000, n + 5000);
    }
    must(gk_build_pairs(b, &s->watch_cells, count, pairs, count == 1 ? 2 : 3));
    must(gk_build_shapes(b, &s->watch_shapes, polygons, count, to_lonlat));
}

/* A release has a row for each month with a count; a revision one for each
 * incident, and three that are unlocated. */
static inline void world_rows(struct gk_build *b, int32_t extra)
{
    struct gk_snapshot *s = b->snapshot;
    int32_t first = s->first_month, months = s->last_month - first + 1;
    struct gk_event *events = calloc((size_t)s->cell_count * (size_t)months + 3, sizeof *events);
    uint32_t count = 0;
    for (int32_t m = first; m < first + months; m++) {
        for (uint32_t cell = 0; cell < s->cell_count; cell++) {
            int32_t n = world_events(cell, m, extra);
            if (n == 0)
                continue;
            bool is_release = s->kind == GK_SNAPSHOT_RELEASE;
            int32_t hour = gk_day_from_month(m) * 24 + (is_release ? 0 : 30);
            events[count] = (struct gk_event){.cell = cell,
                                              .hour = hour,
                                              .events = n,
                                              .code = (uint8_t)(count % 4),
                                              .from = hour - 5,
                                              .to = hour + 5,
                                              .reported = INT32_MIN,
                                              .municipality = -1,
                                              .id = is_release ? 0 : (int64_t)count + 1};
            count++;
        }
    }
    for (int i = 0; s->kind == GK_SNAPSHOT_REVISION && i < 3; i++, count++)
        events[count] = (struct gk_event){.cell = GK_UNLOCATED,
                                          .hour = gk_day_from_month(first + months - 1) * 24,
                                          .events = 1,
                                          .from = gk_day_from_month(first + months - 1) * 24,
                                          .to = gk_day_from_month(first + months - 1) * 24,
                                          .reported = gk_day_from_month(first + months - 1),
                                          .municipality = 2,
                                          .id = (int64_t)count + 1};
    must(gk_build_rows(b, events, count));
    free(events);
}

/* Of the only municipality: two unlocated a month; kinds for 2022 alone, attempts too. */
static inline void world_municipality(struct gk_build *b)
{
    struct gk_snapshot *s = b->snapshot;
    uint32_t months = (uint32_t)(s->last_month - s->first_month + 1);
    s->municipality_months = world_array(b, months, sizeof *s->municipality_months);
    s->municipality_month_count = months;
    for (uint32_t i = 0; i < months; i++)
        s->municipality_months[i] =
            (struct gk_municipality_month){2, s->first_month + (int32_t)i, 10, 2};
    s->municipality_kinds = world_array(b, 4, sizeof *s->municipality_kinds);
    s->municipality_kind_count = 4;
    static const int32_t counts[] = {70, 40, 10};
    for (int i = 0; i < 3; i++)
        s->municipality_kinds[i] =
            (struct gk_municipality_kind){2, 2022, (enum gk_kind)i, counts[i]};
    s->municipality_kinds[3] = (struct gk_municipality_kind){2, 2022, GK_KIND_ATTEMPTED, 36};
}

/* `extra` events in every cell and month make one world differ from another. */
static inline struct gk_snapshot *world_make(enum gk_snapshot_kind kind, int32_t number,
                                             uint32_t cells, int32_t extra)
{
    struct gk_build b;
    struct gk_transform *to_lonlat;
    must(gk_transform_create(&to_lonlat, "EPSG:3006", "OGC:CRS84", NULL));
    must(gk_build_init(&b, kind, (size_t)1 << 31));
    struct gk_snapshot *s = b.snapshot;
    s->number = number;
    s->places = kind == GK_SNAPSHOT_REVISION ? 1 : 0;
    s->made_utc = INT64_C(1706000000) + number;
    s->first_month = month_of(WORLD_FIRST_YEAR, 1);
    s->last_month = s->first_month + WORLD_YEARS * 12 - 1;
    s->data_through_day = gk_day_from_month(s->last_month + 1) - 1;
    s->lattice_version = 1;
    s->square_side_cm = WORLD_SIDE_CM;
    s->k = 8;
    s->min_addresses = 3;
    s->dwellings_year = 2023;
    world_definitions(&b);
    world_cells(&b, cells, to_lonlat);
    world_districts(&b, to_lonlat);
    world_watch_areas(&b, to_lonlat);
    world_rows(&b, extra);
    if (kind == GK_SNAPSHOT_RELEASE)
        world_municipality(&b);
    must(gk_build_seal(&b));
    gk_transform_free(to_lonlat);
    return s;
}

/* --- A source that counts -------------------------------------------------------- */

struct world {
    struct gk_snapshot *newest[GK_SNAPSHOT_KINDS];
    struct gk_snapshot *replaced; /* what a cursor may still be pinned to */
    const struct gk_numbers *numbers;
    atomic_int asked[GK_SNAPSHOT_KINDS];
    atomic_int held;
};

static inline const struct gk_snapshot *world_acquire(void *context, enum gk_snapshot_kind kind)
{
    struct world *world = context;
    world->asked[kind]++;
    world->held += world->newest[kind] != NULL;
    return world->newest[kind];
}

static inline const struct gk_snapshot *world_acquire_pinned(void *context,
                                                             enum gk_snapshot_kind kind,
                                                             int32_t number, int32_t places)
{
    struct world *world = context;
    struct gk_snapshot *candidates[] = {world->newest[kind], world->replaced};
    world->asked[kind]++;
    for (int i = 0; i < 2; i++)
        if (candidates[i] != NULL && candidates[i]->kind == kind &&
            candidates[i]->number == number && candidates[i]->places == places) {
            world->held++;
            return candidates[i];
        }
    return NULL;
}

/* The newest and the replaced one by their numbers; else what lists would say. */
static inline enum gk_status world_acquire_numbered(void *context,
                                                    const struct gk_snapshot **snapshot,
                                                    enum gk_snapshot_kind kind, int32_t number,
                                                    struct gk_error *error)
{
    struct world *world = context;
    struct gk_snapshot *candidates[] = {world->newest[kind], world->replaced};
    world->asked[kind]++;
    *snapshot = NULL;
    for (int i = 0; i < 2; i++)
        if (candidates[i] != NULL && candidates[i]->kind == kind &&
            candidates[i]->number == number) {
            world->held++;
            *snapshot = candidates[i];
            return GK_OK;
        }
    return number >= 1000  ? gk_error_set(error, GK_UNAVAILABLE, "it is being loaded")
           : number >= 100 ? gk_error_set(error, GK_GONE, "it was withdrawn")
                           : gk_error_set(error, GK_NOT_FOUND, "there is none");
}

static inline const struct gk_numbers *world_acquire_numbers(void *context)
{
    struct world *world = context;
    return world->numbers;
}

static inline void world_release_numbers(void *context, const struct gk_numbers *numbers)
{
    (void)context;
    (void)numbers;
}

static inline void world_release(void *context, const struct gk_snapshot *snapshot)
{
    struct world *world = context;
    world->held -= snapshot != NULL;
}

static inline int64_t world_silent_s(void *context)
{
    (void)context;
    return 0;
}

static inline bool world_is_stale(void *context)
{
    (void)context;
    return false;
}

static inline enum gk_status world_token(void *context, const unsigned char hash[32],
                                         struct gk_token_info *token)
{
    (void)context;
    if (hash[0] != 1)
        return GK_UNAUTHORIZED;
    *token = (struct gk_token_info){.id = 7, .is_analyst = true};
    return GK_OK;
}

static inline struct gk_api *world_api(struct world *world)
{
    struct gk_source source = {.context = world,
                               .acquire = world_acquire,
                               .acquire_pinned = world_acquire_pinned,
                               .acquire_numbered = world_acquire_numbered,
                               .release = world_release,
                               .acquire_numbers = world_acquire_numbers,
                               .release_numbers = world_release_numbers,
                               .silent_s = world_silent_s,
                               .is_stale = world_is_stale,
                               .token = world_token};
    struct gk_api_config config = {
        .title = "Grann <karta>", .publisher = "P&B", .limit_default = 100};
    struct gk_api *api = NULL;
    must(gk_api_create_on(&api, &source, &config, NULL));
    return api;
}

/* A world of a release 5 and a revision 9 with `cells` cells each, and its api. */
static inline struct gk_api *world_open(struct world *world, uint32_t cells)
{
    *world = (struct world){0};
    world->newest[GK_SNAPSHOT_RELEASE] = world_make(GK_SNAPSHOT_RELEASE, 5, cells, 0);
    world->newest[GK_SNAPSHOT_REVISION] = world_make(GK_SNAPSHOT_REVISION, 9, cells, 1);
    return world_api(world);
}

/* Ends both; nothing may be held any more. */
static inline void world_close(struct world *world, struct gk_api *api)
{
    must(world->held == 0 ? GK_OK : GK_INTERNAL);
    gk_api_free(api);
    gk_snapshot_free(world->newest[0]);
    gk_snapshot_free(world->newest[1]);
    gk_snapshot_free(world->replaced);
}

/* --- Asking ------------------------------------------------------------------------ */

struct answer {
    enum gk_status status;
    struct gk_error error;
    struct gk_response response;
    const char *body; /* "" when there is none */
    char content_crs[128], link[32768];
};

static inline struct gk_text text_of(const char *text)
{
    return (struct gk_text){text, text == NULL ? 0 : strlen(text)};
}

struct question {
    gk_handler *handler;
    enum gk_role role;
    enum gk_format format;
    const char *collection, *id;
    const char *query[16]; /* name, value, name, value, ... */
    const char *language;
    uint64_t arrived_us;
};

static inline struct answer ask(struct gk_api *api, struct question q)
{
    struct gk_arena arena;
    char path[256], target[512];
    struct answer a = {.status = GK_OK};
    gk_arena_init(&arena, (size_t)1 << 20);
    snprintf(path, sizeof path, "%s%s%s%s%s", "/collections", q.collection ? "/" : "",
             q.collection ? q.collection : "", q.handler == gk_resource_items ? "/items" : "",
             q.id ? "/items/" : "");
    if (q.id)
        strncat(path, q.id, sizeof path - strlen(path) - 1);
    snprintf(target, sizeof target, "%s?as=written", path);
    struct gk_request request = {.path = path,
                                 .principal = {.role = q.role},
                                 .format = q.format,
                                 .language = q.language ? q.language : "sv",
                                 .base_url = "http://h:1",
                                 .target = target,
                                 .id = "1",
                                 .arrived_us = q.arrived_us,
                                 .arena = &arena,
                                 .variable = {text_of(q.collection), text_of(q.id)}};
    for (int i = 0; i < 16 && q.query[i] != NULL; i += 2)
        request.query[request.query_count++] =
            (struct gk_query_parameter){q.query[i], text_of(q.query[i + 1])};
    gk_buf_init(&a.response.body, (size_t)64 << 20);
    a.status = q.handler(api, &request, &a.response, &a.error);
    a.body = a.response.body.data == NULL ? "" : a.response.body.data;
    if (a.response.content_crs != NULL)
        snprintf(a.content_crs, sizeof a.content_crs, "%s", a.response.content_crs);
    if (a.response.link != NULL)
        snprintf(a.link, sizeof a.link, "%s", a.response.link);
    a.response.content_crs = a.response.link = NULL; /* they were in the arena */
    gk_arena_release(&arena);
    return a;
}

static inline void forget(struct answer *a)
{
    gk_buf_release(&a->response.body);
}

#endif
