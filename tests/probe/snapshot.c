/* Answers questions to a freshly loaded snapshot on stdin, so that a script can
 * compare them with SQL:  snapshot CONNINFO
 *
 *   release NUMBER | revision DEFINITION | past NUMBER (a revision)   loads; "ok number first last
 * cells rows" or "error
 * ..." events CELL FROM TO DEFINITION            events of a cell in hours [FROM, TO) district SET
 * CODE FROM TO DEFINITION      events of a district's cells total CODE FROM TO DEFINITION count
 * completed attempted unlocated kinds... of a kommun box MINLON MINLAT MAXLON MAXLAT           ids
 * of the cells that touch (1e-7 degrees), sorted squares CELL e,n,villa,flat,holiday of each square
 *   digest                                    of every column, text and order
 *   limit BYTES                               that the next loads may take, 0 for the usual
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/load.h"
#include "snapshot/query.h"

static uint64_t digest;

static void add(const void *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        digest = (digest ^ ((const unsigned char *)data)[i]) * UINT64_C(1099511628211);
}

#define ADD(array, count) add((array), (count) * sizeof *(array))

static void add_shapes(const struct gk_shapes *shapes)
{
    uint32_t polygons = shapes->polygon_start[shapes->count];
    uint32_t rings = shapes->ring_start[polygons];
    ADD(shapes->polygon_start, shapes->count + 1);
    ADD(shapes->ring_start, polygons + 1);
    ADD(shapes->point_start, rings + 1);
    ADD(shapes->points, shapes->point_start[rings]);
    ADD(shapes->points_cm, shapes->point_start[rings]);
    ADD(shapes->box, shapes->count);
    ADD(shapes->box_cm, shapes->count);
    ADD(shapes->geojson, shapes->count);
}

static void add_rows(const struct gk_rows *rows, uint32_t count)
{
    ADD(rows->start, count + 1);
    ADD(rows->value, rows->start[count]);
}

static void add_cells(const struct gk_snapshot *s)
{
    uint32_t squares = s->square_start[s->cell_count];
    ADD(s->cell_id, s->cell_count);
    ADD(s->cell_addresses, s->cell_count);
    ADD(s->cell_point, s->cell_count);
    ADD(s->cell_point_cm, s->cell_count);
    ADD(s->cell_radius_m, s->cell_count);
    ADD(s->square_start, s->cell_count + 1);
    ADD(s->square, squares);
    for (int c = 0; c < GK_CLASSES; c++) {
        ADD(s->cell_dwellings[c], s->cell_count);
        ADD(s->square_dwellings[c], squares);
    }
    add_shapes(&s->cell_shapes);
    ADD(s->row_start, s->cell_count + 1);
    ADD(s->row_hour, s->row_count);
    ADD(s->row_events, s->row_count);
}

static void add_places(const struct gk_snapshot *s)
{
    for (uint32_t i = 0; i < s->set_count; i++) {
        add(s->sets[i].name, strlen(s->sets[i].name));
        add(s->sets[i].title_sv, strlen(s->sets[i].title_sv));
        add(s->sets[i].title_en, strlen(s->sets[i].title_en));
    }
    ADD(s->district_id, s->district_count);
    ADD(s->district_code, s->district_count);
    ADD(s->district_name, s->district_count);
    ADD(s->district_inhabitants, s->district_count);
    ADD(s->district_misplaced, s->district_count);
    add_shapes(&s->district_shapes);
    add_rows(&s->district_cells, s->district_count);
    for (uint32_t i = 0; i < s->municipality_month_count; i++)
        ADD(&s->municipality_months[i], 1);
    for (uint32_t i = 0; i < s->municipality_kind_count; i++)
        ADD(&s->municipality_kinds[i], 1);
    ADD(s->watch_id, s->watch_count);
    ADD(s->watch_slug, s->watch_count);
    ADD(s->watch_name, s->watch_count);
    ADD(s->watch_started, s->watch_count);
    ADD(s->watch_ended, s->watch_count);
    ADD(s->watch_approved, s->watch_count);
    ADD(s->watch_households, s->watch_count);
    add_shapes(&s->watch_shapes);
    add_rows(&s->watch_cells, s->watch_count);
}

static void add_incidents(const struct gk_snapshot *s)
{
    if (s->row_id == NULL)
        return;
    ADD(s->row_id, s->row_count);
    ADD(s->row_from, s->row_count);
    ADD(s->row_to, s->row_count);
    ADD(s->row_reported, s->row_count);
    ADD(s->row_code, s->row_count);
    ADD(s->unlocated_municipality, s->row_count - s->located_count);
}

static void print_digest(const struct gk_snapshot *s)
{
    digest = UINT64_C(14695981039346656037);
    add(&s->number, sizeof s->number);
    add(&s->made_utc, sizeof s->made_utc);
    add(&s->first_month, sizeof s->first_month);
    add(&s->last_month, sizeof s->last_month);
    add(&s->lattice_version, sizeof s->lattice_version);
    add(&s->dwellings_year, sizeof s->dwellings_year);
    for (uint32_t i = 0; i < s->definition_count; i++)
        add(s->definitions[i].title_sv, strlen(s->definitions[i].title_sv));
    add_cells(s);
    add_places(s);
    add_incidents(s);
    add(s->text, s->text_length);
    printf("%016" PRIx64 "\n", digest);
}

static int64_t find_district(const struct gk_snapshot *s, const char *set, const char *code)
{
    int index = gk_snapshot_find_set(s, set, strlen(set));
    for (uint32_t i = 0; index >= 0 && i < s->sets[index].district_count; i++) {
        uint32_t d = s->sets[index].first_district + i;
        if (s->district_code[d].length == strlen(code) &&
            memcmp(gk_span_text(s, s->district_code[d]), code, strlen(code)) == 0)
            return d;
    }
    return -1;
}

static void print_total(const struct gk_snapshot *s, const char *code, struct gk_period period,
                        uint32_t definition)
{
    int64_t district = find_district(s, "kommun", code);
    struct gk_municipality_totals t;
    if (district < 0) {
        puts("none");
        return;
    }
    gk_snapshot_municipality(s, (uint32_t)district, period, definition, &t);
    printf("%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, t.count,
           t.attempts_known ? t.completed : -1, t.attempts_known ? t.attempted : -1, t.unlocated);
    for (int k = 0; k < GK_KINDS; k++)
        printf(" %" PRId64, t.kinds_known ? t.kind_count[k] : -1);
    puts("");
}

static int compare_ids(const void *a, const void *b)
{
    return (*(const int32_t *)a > *(const int32_t *)b) -
           (*(const int32_t *)a < *(const int32_t *)b);
}

static void print_box(const struct gk_snapshot *s, struct gk_box_e7 box)
{
    int32_t *ids = calloc((size_t)s->cell_count + 1, sizeof *ids);
    size_t count = 0;
    for (uint32_t c = gk_shapes_next_in_box(&s->cell_shapes, box, 0, s->cell_count);
         c < s->cell_count; c = gk_shapes_next_in_box(&s->cell_shapes, box, c + 1, s->cell_count))
        ids[count++] = s->cell_id[c];
    qsort(ids, count, sizeof *ids, compare_ids);
    for (size_t i = 0; i < count; i++)
        printf("%s%d", i > 0 ? " " : "", ids[i]);
    puts("");
    free(ids);
}

static void print_squares(const struct gk_snapshot *s, int64_t cell)
{
    for (uint32_t i = s->square_start[cell]; i < s->square_start[cell + 1]; i++)
        printf("%s%d,%d,%d,%d,%d", i > s->square_start[cell] ? " " : "", s->square[i].e,
               s->square[i].n, s->square_dwellings[0][i], s->square_dwellings[1][i],
               s->square_dwellings[2][i]);
    puts("");
}

static void load(struct gk_snapshot **s, struct gk_store *store, size_t limit, const char *kind,
                 const char *what)
{
    const struct gk_load_options options = {.maximum_bytes = limit};
    struct gk_error error = {0};
    gk_snapshot_free(*s);
    enum gk_status status =
        strcmp(kind, "release") == 0
            ? gk_snapshot_load_release(s, store, (int32_t)strtol(what, NULL, 10), &options, &error)
        : strcmp(kind, "past") == 0 /* a revision by its number */
            ? gk_snapshot_load_revision(s, store, (int32_t)strtol(what, NULL, 10), "polisen",
                                        &options, &error)
            : gk_snapshot_load_revision(s, store, 0, what, &options, &error);
    if (status != GK_OK)
        printf("error %s %s\n", gk_status_name(status), error.message);
    else
        printf("ok %d %d %d %u %u\n", (*s)->number, (*s)->first_month, (*s)->last_month,
               (*s)->cell_count, (*s)->row_count);
}

static void answer(const struct gk_snapshot *s, char words[8][64], int count)
{
    int32_t n[8] = {0};
    for (int i = 1; i < count; i++)
        n[i] = (int32_t)strtol(words[i], NULL, 10);
    int definition = count > 1 ? gk_snapshot_definition(s, words[count - 1]) : -1;
    uint32_t d = definition >= 0 ? (uint32_t)definition : 0;
    if (strcmp(words[0], "digest") == 0) {
        print_digest(s);
    } else if (strcmp(words[0], "box") == 0 && count == 5) {
        print_box(s, (struct gk_box_e7){{n[1], n[2]}, {n[3], n[4]}});
    } else if (strcmp(words[0], "total") == 0 && count == 5) {
        print_total(s, words[1], (struct gk_period){n[2], n[3]}, d);
    } else if (strcmp(words[0], "district") == 0 && count == 6) {
        int64_t district = find_district(s, words[1], words[2]);
        const struct gk_rows *cells = &s->district_cells;
        printf("%" PRId64 "\n",
               district < 0
                   ? -1
                   : gk_snapshot_cells_events(s, cells->value + cells->start[district],
                                              cells->start[district + 1] - cells->start[district],
                                              (struct gk_period){n[3], n[4]}, d));
    } else if (count >= 2) {
        int64_t cell = gk_snapshot_find_cell(s, n[1]);
        if (cell < 0)
            puts("none");
        else if (strcmp(words[0], "squares") == 0)
            print_squares(s, cell);
        else
            printf("%" PRId64 "\n",
                   gk_snapshot_cell_events(s, (uint32_t)cell, (struct gk_period){n[2], n[3]}, d));
    }
}

int main(int argc, char **argv)
{
    struct gk_store *store = NULL;
    struct gk_error error = {0};
    if (argc != 2 || gk_store_open(&store, argv[1], GK_STORE_READER, "probe", &error) != GK_OK) {
        fprintf(stderr, "snapshot: %s\n", error.message);
        return 1;
    }
    struct gk_snapshot *s = NULL;
    size_t limit = 0;
    char line[512];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char words[8][64];
        int count = sscanf(line, "%63s %63s %63s %63s %63s %63s", words[0], words[1], words[2],
                           words[3], words[4], words[5]);
        if (count == 2 && (strcmp(words[0], "release") == 0 || strcmp(words[0], "revision") == 0 ||
                           strcmp(words[0], "past") == 0))
            load(&s, store, limit, words[0], words[1]);
        else if (count == 2 && strcmp(words[0], "limit") == 0)
            printf("%zu\n", limit = strtoul(words[1], NULL, 10));
        else if (count > 0 && s != NULL)
            answer(s, words, count);
        else
            puts("error nothing is loaded");
        fflush(stdout);
    }
    gk_snapshot_free(s);
    gk_store_close(store);
    return 0;
}
