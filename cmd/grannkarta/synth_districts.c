/* Districts: each municipality is cut in two, again and again, until the parts
 * have about the wanted number of inhabitants. A cut is a noisy line; what it
 * cuts off changes sides, so that every part stays in one piece. What a line
 * parts from its neighbours is put right in synth_gather.c. */
#include "synth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STORBY_INHABITANTS = 3200, BROMOLLA_DISTRICTS = 6, ATTEMPTS = 8 };

/* Inhabitants of a dwelling by class, in hundredths. */
static const int64_t people[GK_SYNTH_CLASSES] = {[GK_SYNTH_VILLA] = 262, [GK_SYNTH_FLAT] = 174};

struct item {
    int64_t key;
    uint32_t cell;
};

struct parter {
    struct gk_synth *synth;
    int64_t *people; /* hundredths, by cell */
    struct item *items;
    int32_t *piece; /* scratch by cell: -1, or which side and piece */
    uint32_t *stack;
    int32_t district_count;
};

static enum gk_status count_people(struct parter *parter)
{
    const struct gk_synth_mesh *mesh = &parter->synth->mesh;
    size_t cells = (size_t)mesh->columns * (size_t)mesh->rows;
    parter->people = calloc(cells, sizeof *parter->people);
    parter->items = calloc(cells, sizeof *parter->items);
    parter->piece = malloc(cells * sizeof *parter->piece);
    parter->stack = calloc(cells, sizeof *parter->stack);
    if (parter->people == NULL || parter->items == NULL || parter->piece == NULL ||
        parter->stack == NULL)
        return GK_NO_MEMORY;
    memset(parter->piece, 0xff, cells * sizeof *parter->piece);
    for (size_t c = 0; c < cells; c++)
        for (uint32_t i = mesh->first[c]; i < mesh->first[c + 1]; i++) {
            const struct gk_synth_address *address = &parter->synth->addresses[i];
            parter->people[c] += people[address->class] * address->dwellings;
        }
    return GK_OK;
}

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

/* True when people are spread wider from west to east than from south to north. */
static bool is_wide(const struct parter *parter, const struct item *items, size_t count)
{
    uint32_t columns = (uint32_t)parter->synth->mesh.columns;
    double sum = 0, x = 0, y = 0, spread = 0;
    for (size_t i = 0; i < count; i++) {
        double w = (double)parter->people[items[i].cell] + 1;
        sum += w;
        uint32_t column = items[i].cell % columns, row = items[i].cell / columns;
        x += w * column;
        y += w * row;
    }
    for (size_t i = 0; i < count; i++) {
        double w = (double)parter->people[items[i].cell] + 1;
        uint32_t column = items[i].cell % columns, row = items[i].cell / columns;
        double dx = column - x / sum, dy = row - y / sum;
        spread += w * (dx * dx - dy * dy);
    }
    return spread >= 0;
}

/* Keys along the direction in which people are spread wider, with noise; every
 * attempt is another line, the later ones smoother and across. */
static void set_keys(struct parter *parter, struct item *items, size_t count, int attempt)
{
    const struct gk_synth_mesh *mesh = &parter->synth->mesh;
    bool wide = is_wide(parter, items, count) != (attempt >= ATTEMPTS * 3 / 4);
    int64_t sign = (gk_synth_hash(mesh->seed ^ 31, attempt, (int64_t)count) & 1) ? 1 : -1;
    int64_t side = 1;
    while (side * side < (int64_t)count)
        side++;
    /* A quarter of the side at most: keys are 4 a cell. */
    int64_t amplitude = (side < 60 ? side : 60) * (ATTEMPTS - attempt) / ATTEMPTS;
    for (size_t i = 0; i < count; i++) {
        int32_t x = (int32_t)(items[i].cell % (uint32_t)mesh->columns),
                y = (int32_t)(items[i].cell / (uint32_t)mesh->columns);
        int64_t noise =
            gk_synth_noise(mesh->seed ^ (uint64_t)(320 + attempt), x, y, 2) * amplitude / 1024;
        items[i].key = (wide ? 4 : sign) * x + (wide ? sign : 4) * y + noise;
    }
}

/* Where to cut sorted items so that the first part has `share` of the people. */
static size_t cut_at(const struct parter *parter, const struct item *items, size_t count,
                     int64_t share)
{
    int64_t sum = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        sum += parter->people[items[i].cell];
        if (sum >= share)
            return i + 1;
    }
    return count - 1;
}

/* People (and cells) of the piece of `side` around a cell, marked as `mark`. */
static int64_t flood(struct parter *parter, uint32_t start, int32_t side, int32_t mark)
{
    const struct gk_synth_mesh *mesh = &parter->synth->mesh;
    size_t top = 0;
    int64_t size = 0;
    parter->stack[top++] = start;
    parter->piece[start] = mark;
    while (top > 0) {
        uint32_t cell = parter->stack[--top];
        size += parter->people[cell] + 1;
        int32_t x = (int32_t)(cell % (uint32_t)mesh->columns),
                y = (int32_t)(cell / (uint32_t)mesh->columns);
        for (int d = 0; d < 4; d++) {
            int32_t nx = x + (d == 0) - (d == 1), ny = y + (d == 2) - (d == 3);
            if (nx < 0 || ny < 0 || nx >= mesh->columns || ny >= mesh->rows)
                continue;
            uint32_t next = (uint32_t)(ny * mesh->columns + nx);
            if (parter->piece[next] == side) {
                parter->piece[next] = mark;
                parter->stack[top++] = next;
            }
        }
    }
    return size;
}

/* Of the cells marked `side` keeps the piece with most people; the others get `other`. */
static void unite(struct parter *parter, const struct item *items, size_t count, int32_t side,
                  int32_t other)
{
    int32_t mark = 2, best = 2;
    int64_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        if (parter->piece[items[i].cell] != side)
            continue;
        int64_t size = flood(parter, items[i].cell, side, mark);
        if (size > largest) {
            largest = size;
            best = mark;
        }
        mark++;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t *piece = &parter->piece[items[i].cell];
        if (*piece >= 2)
            *piece = *piece == best ? side : other;
    }
}

/* Cuts items in two: marks each cell's side and returns the people of side 0. */
static int64_t cut_once(struct parter *parter, struct item *items, size_t count, int64_t share,
                        int attempt)
{
    set_keys(parter, items, count, attempt);
    qsort(items, count, sizeof *items, compare_items);
    size_t at = cut_at(parter, items, count, share);
    for (size_t i = 0; i < count; i++)
        parter->piece[items[i].cell] = i < at ? 0 : 1;
    unite(parter, items, count, 0, 1);
    unite(parter, items, count, 1, 0);
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += parter->piece[items[i].cell] == 0 ? parter->people[items[i].cell] : 0;
    return sum;
}

/* Tries lines until both sides have most of the people wanted, else takes the
 * line that came nearest to it. */
static void cut_well(struct parter *parter, struct item *items, size_t count, int64_t share,
                     int64_t wanted, int64_t total)
{
    int best = 0;
    int64_t best_permille = -1;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int64_t got = cut_once(parter, items, count, share, attempt);
        int64_t low = got * 1000 / (wanted + 1), high = (total - got) * 1000 / (total - wanted + 1);
        int64_t permille = low < high ? low : high;
        if (permille >= 870)
            return;
        if (permille > best_permille) {
            best_permille = permille;
            best = attempt;
        }
    }
    cut_once(parter, items, count, share, best);
}

/* Parts items into `parts` districts. */
static void cut(struct parter *parter, struct item *items, size_t count, int64_t parts)
{
    if (parts < 2 || count < 2) {
        for (size_t i = 0; i < count; i++)
            parter->synth->mesh.district[items[i].cell] = parter->district_count;
        parter->district_count++;
        return;
    }
    int64_t total = 0, low = parts / 2;
    for (size_t i = 0; i < count; i++)
        total += parter->people[items[i].cell];
    /* Parts differ by up to 6 %, so that districts are not all alike; when what
     * changes sides is too many, another line is tried. */
    int64_t tilt =
        940 + (int64_t)(gk_synth_hash(parter->synth->mesh.seed ^ 33, total, parts) % 121);
    int64_t wanted = total * low / parts;
    cut_well(parter, items, count, wanted * tilt / 1000, wanted, total);
    size_t first = 0;
    for (size_t i = 0; i < count; i++) {
        if (parter->piece[items[i].cell] == 0) {
            struct item swap = items[first];
            items[first++] = items[i];
            items[i] = swap;
        }
    }
    for (size_t i = 0; i < count; i++)
        parter->piece[items[i].cell] = -1;
    cut(parter, items, first, low);
    cut(parter, items + first, count - first, parts - low);
}

static void cut_municipality(struct parter *parter, enum gk_synth_owner owner)
{
    const struct gk_synth_mesh *mesh = &parter->synth->mesh;
    size_t cells = (size_t)mesh->columns * (size_t)mesh->rows, count = 0;
    int64_t total = 0;
    for (size_t c = 0; c < cells; c++) {
        if (mesh->owner[c] != owner)
            continue;
        parter->items[count++].cell = (uint32_t)c;
        total += parter->people[c];
    }
    int64_t parts = owner == GK_SYNTH_BROMOLLA
                        ? BROMOLLA_DISTRICTS
                        : (total / 100 + STORBY_INHABITANTS / 2) / STORBY_INHABITANTS;
    if (count > 0)
        cut(parter, parter->items, count, parts);
}

/* --- names -------------------------------------------------------------- */

static const struct gk_synth_place *nearest_place(const struct gk_synth *synth, struct gk_cm at,
                                                  enum gk_synth_owner owner)
{
    const struct gk_synth_place *best = NULL;
    int64_t nearest = INT64_MAX;
    for (size_t i = 0; i < synth->place_count; i++) {
        const struct gk_synth_place *place = &synth->places[i];
        int64_t de = (at.e - place->centre.e) / 100, dn = (at.n - place->centre.n) / 100;
        int64_t reach = place->radius_cm / 100 + 300;
        int64_t d2 = (de * de + dn * dn) * 1000 / reach; /* large places reach farther */
        if (place->owner == owner && d2 < nearest) {
            nearest = d2;
            best = place;
        }
    }
    return best;
}

/* "Storby norra", numbered when there are several of a name. */
static void name_district(struct gk_synth *synth, size_t index, struct gk_cm at)
{
    struct gk_synth_district *district = &synth->districts[index];
    const struct gk_synth_place *place = nearest_place(synth, at, district->owner);
    if (place == NULL)
        return;
    int64_t de = at.e - place->centre.e, dn = at.n - place->centre.n;
    int64_t flat = de < 0 ? -de : de, steep = dn < 0 ? -dn : dn;
    const char *part = "centrala";
    if (flat + steep > place->radius_cm / 4)
        part = flat > steep ? (de > 0 ? "östra" : "västra") : (dn > 0 ? "norra" : "södra");
    char base[64];
    snprintf(base, sizeof base, "%.40s %s", place->name, part);
    size_t length = strlen(base);
    int same = 1;
    for (size_t i = 0; i < index; i++)
        same += strncmp(synth->districts[i].name, base, length) == 0;
    if (same > 1)
        snprintf(district->name, sizeof district->name, "%s %d", base, same);
    else
        snprintf(district->name, sizeof district->name, "%s", base);
}

/* Sums over addresses: dwellings, inhabitants, middle; then codes and names. */
static enum gk_status describe(struct parter *parter)
{
    struct gk_synth *synth = parter->synth;
    size_t cells = (size_t)synth->mesh.columns * (size_t)synth->mesh.rows,
           count = (size_t)parter->district_count;
    struct {
        int64_t e, n, weight;
    } *middle = calloc(count + 1, sizeof *middle);
    if (middle == NULL)
        return GK_NO_MEMORY;
    for (size_t c = 0; c < cells; c++) {
        int32_t d = synth->mesh.district[c];
        if (d < 0)
            continue;
        synth->districts[d].owner = synth->mesh.owner[c];
        synth->districts[d].inhabitants += parter->people[c];
        middle[d].e += (int64_t)(c % (size_t)synth->mesh.columns) * (parter->people[c] + 1);
        middle[d].n += (int64_t)(c / (size_t)synth->mesh.columns) * (parter->people[c] + 1);
        middle[d].weight += parter->people[c] + 1;
        for (uint32_t i = synth->mesh.first[c]; i < synth->mesh.first[c + 1]; i++)
            synth->districts[d].dwellings += synth->addresses[i].dwellings;
    }
    int serial[GK_SYNTH_OWNERS] = {0};
    for (size_t d = 0; d < count; d++) {
        struct gk_synth_district *district = &synth->districts[d];
        struct gk_synth_district *whole = &synth->municipalities[district->owner];
        district->inhabitants /= 100;
        whole->inhabitants += district->inhabitants;
        whole->dwellings += district->dwellings;
        snprintf(district->code, sizeof district->code, "%sR%03d",
                 gk_synth_municipalities[district->owner].code, ++serial[district->owner]);
        int64_t w = middle[d].weight > 0 ? middle[d].weight : 1;
        struct gk_cm at = {synth->mesh.origin.e + middle[d].e * GK_SYNTH_CELL_CM / w,
                           synth->mesh.origin.n + middle[d].n * GK_SYNTH_CELL_CM / w};
        name_district(synth, d, at);
    }
    free(middle);
    return GK_OK;
}

/* Borders of districts and, by the same mesh, of municipalities. */
static enum gk_status trace_all(struct gk_synth *synth)
{
    size_t cells = (size_t)synth->mesh.columns * (size_t)synth->mesh.rows;
    struct gk_synth_outline *outlines = calloc(synth->district_count + 1, sizeof *outlines),
                            whole[GK_SYNTH_OWNERS] = {{0}};
    int32_t *owners = malloc(cells * sizeof *owners);
    enum gk_status status = outlines == NULL || owners == NULL ? GK_NO_MEMORY : GK_OK;
    if (status == GK_OK)
        status =
            gk_synth_trace(&synth->mesh, synth->mesh.district, outlines, synth->district_count);
    for (size_t d = 0; outlines != NULL && d < synth->district_count; d++)
        synth->districts[d].outline = outlines[d];
    for (size_t c = 0; status == GK_OK && c < cells; c++)
        owners[c] = synth->mesh.owner[c] == GK_SYNTH_NOWHERE ? -1 : synth->mesh.owner[c];
    if (status == GK_OK)
        status = gk_synth_trace(&synth->mesh, owners, whole, GK_SYNTH_OWNERS);
    for (int owner = GK_SYNTH_BROMOLLA; owner < GK_SYNTH_OWNERS; owner++) {
        struct gk_synth_district *all = &synth->municipalities[owner];
        all->outline = whole[owner];
        all->owner = (enum gk_synth_owner)owner;
        snprintf(all->code, sizeof all->code, "%s", gk_synth_municipalities[owner].code);
        snprintf(all->name, sizeof all->name, "%s", gk_synth_municipalities[owner].name);
    }
    free(outlines);
    free(owners);
    return status;
}

enum gk_status gk_synth_part(struct gk_synth *synth)
{
    struct parter parter = {.synth = synth};
    enum gk_status status = count_people(&parter);
    if (status == GK_OK) {
        cut_municipality(&parter, GK_SYNTH_BROMOLLA);
        cut_municipality(&parter, GK_SYNTH_STORBY);
        synth->districts = calloc((size_t)parter.district_count + 1, sizeof *synth->districts);
        status = synth->districts == NULL ? GK_NO_MEMORY : GK_OK;
    }
    if (status == GK_OK) {
        synth->district_count = (size_t)parter.district_count;
        status = gk_synth_gather(synth);
    }
    if (status == GK_OK)
        status = describe(&parter);
    if (status == GK_OK)
        status = trace_all(synth);
    free(parter.people);
    free(parter.items);
    free(parter.piece);
    free(parter.stack);
    return status;
}
