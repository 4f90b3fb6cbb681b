/* Which places there are, how many dwellings each has, and the whole of the
 * addresses, sorted by mesh cell. Also the names of streets and places. */
#include "synth.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES_IN_REGION = 10, ADDRESSES_MAX = 20000000 };

/* Bromölla's localities: where they are, and inhabitants in 2005, which give
 * their share of the dwellings. */
static const struct {
    const char *name;
    int32_t e_m, n_m;
    int32_t inhabitants;
    int flat_permille;
} localities[] = {
    {"Bromölla", 466800, 6214700, 7428, 400}, {"Näsum", 468750, 6225300, 1119, 150},
    {"Valje", 471300, 6213900, 771, 60},      {"Gualöv", 463900, 6212100, 539, 60},
    {"Nymölla", 466800, 6210950, 294, 0},
};

enum { BROMOLLA_DWELLINGS = 5600, BROMOLLA_HOLIDAY_HOMES = 260, BROMOLLA_INHABITANTS = 12500 };

/* Storby's places: permille of a region's dwellings, the city first. */
static const struct {
    int16_t permille, flat_permille;
} storby_places[PLACES_IN_REGION] = {
    {640, 640}, {90, 420}, {60, 380}, {40, 300}, {20, 120},
    {17, 100},  {15, 60},  {14, 60},  {11, 0},   {8, 0},
};

enum { STORBY_RURAL_PERMILLE = 90, STORBY_HOLIDAY_PERMILLE = 20 };

static const char *const first_parts[] = {
    "Björk", "Ek",    "Lind", "Asp",   "Rönn", "Al",   "Hassel", "Gran",  "Tall",  "Ask",
    "Alm",   "Lönn",  "Bok",  "En",    "Sälg", "Hägg", "Slån",   "Nypon", "Ljung", "Klöver",
    "Råg",   "Korn",  "Vete", "Havre", "Lin",  "Sten", "Sand",   "Ler",   "Mo",    "Häll",
    "Lärk",  "Trast", "Svan", "Tran",  "Ugg",  "Falk", "Svalö",  "Hjort", "Räv",   "Järn"};
static const char *const middle_parts[] = {
    "hags",  "lunds", "backs", "torps", "gårds", "ängs",  "dals",  "åker",  "hults", "vångs",
    "holms", "bergs", "sjö",   "källe", "kulle", "mosse", "kärrs", "skogs", "lycke", "ryds"};
static const char *const street_ends[] = {"vägen",  "gatan",  "stigen", "gränden",
                                          "backen", "gången", "slingan"};
static const char *const place_ends[] = {"hagen", "lunda", "backa", "torp",  "gård", "ängen",
                                         "dalen", "åkra",  "hult",  "vång",  "holm", "berga",
                                         "sjön",  "källa", "kulla", "mossen"};

#define PICK(list, number) (list)[(number) % (sizeof(list) / sizeof *(list))]

void gk_synth_put_street(struct gk_buf *buf, uint32_t street)
{
    uint64_t bits = gk_synth_hash(UINT64_C(0x67726e6b), street, 0);
    gk_buf_puts(buf, PICK(first_parts, bits & 0xffff));
    gk_buf_puts(buf, PICK(middle_parts, (bits >> 16) & 0xffff));
    gk_buf_puts(buf, PICK(street_ends, (bits >> 32) & 0xffff));
}

void gk_synth_put_number(struct gk_buf *buf, const struct gk_synth_address *address)
{
    gk_buf_put_i64(buf, address->number);
    if (address->letter != 0) {
        gk_buf_putc(buf, ' ');
        gk_buf_putc(buf, (char)address->letter);
    }
}

void gk_synth_put_place_name(struct gk_buf *buf, uint64_t number)
{
    size_t firsts = sizeof first_parts / sizeof *first_parts;
    gk_buf_puts(buf, first_parts[number * 7 % firsts]);
    gk_buf_puts(buf, PICK(place_ends, number / firsts + number * 3));
}

enum gk_status gk_synth_add(struct gk_synth *synth, const struct gk_synth_address *address,
                            bool *added)
{
    *added = false;
    int64_t cell = gk_synth_mesh_find(&synth->mesh, address->at);
    if (cell < 0 || synth->mesh.owner[cell] != address->owner ||
        gk_synth_is_water(&synth->mesh, cell))
        return GK_OK;
    if (synth->address_count == synth->address_capacity) {
        size_t capacity = synth->address_capacity * 2 + 4096;
        void *more = capacity > ADDRESSES_MAX
                         ? NULL
                         : realloc(synth->addresses, capacity * sizeof *synth->addresses);
        if (more == NULL)
            return GK_NO_MEMORY;
        synth->addresses = more;
        synth->address_capacity = capacity;
    }
    synth->addresses[synth->address_count++] = *address;
    synth->dwellings[address->owner][address->class] += address->dwellings;
    *added = true;
    return GK_OK;
}

static struct gk_synth_place *new_place(struct gk_synth *synth)
{
    if (synth->place_count == synth->place_capacity)
        return NULL;
    struct gk_synth_place *place = &synth->places[synth->place_count++];
    memset(place, 0, sizeof *place);
    return place;
}

static enum gk_status settle_bromolla(struct gk_synth *synth)
{
    struct gk_random random;
    gk_random_init(&random, synth->plan.seed, 100);
    enum gk_status status = GK_OK;
    int64_t permanent = BROMOLLA_DWELLINGS - BROMOLLA_HOLIDAY_HOMES, rural = permanent;
    size_t count = sizeof localities / sizeof *localities;
    for (size_t i = 0; i < count && status == GK_OK; i++) {
        struct gk_synth_place *place = new_place(synth);
        if (place == NULL)
            return GK_NO_MEMORY;
        strncpy(place->name, localities[i].name, sizeof place->name - 1);
        place->owner = GK_SYNTH_BROMOLLA;
        place->centre =
            (struct gk_cm){(int64_t)localities[i].e_m * 100, (int64_t)localities[i].n_m * 100};
        place->dwellings = permanent * localities[i].inhabitants / BROMOLLA_INHABITANTS;
        place->flat_permille = localities[i].flat_permille;
        rural -= place->dwellings;
        status = gk_synth_build_town(synth, place, &random);
    }
    if (status == GK_OK)
        status =
            gk_synth_build_country(synth, gk_synth_region(&synth->mesh, 0), GK_SYNTH_BROMOLLA,
                                   synth->places, count, rural, BROMOLLA_HOLIDAY_HOMES, &random);
    return status;
}

/* A centre for place k of a region, apart from those before it. */
static struct gk_cm place_centre(const struct gk_synth *synth, struct gk_synth_box box, size_t k,
                                 const struct gk_synth_place *before, struct gk_random *random)
{
    int64_t side = (int64_t)(box.x1 - box.x0) * GK_SYNTH_CELL_CM;
    struct gk_cm corner = {synth->mesh.origin.e + (int64_t)box.x0 * GK_SYNTH_CELL_CM,
                           synth->mesh.origin.n + (int64_t)box.y0 * GK_SYNTH_CELL_CM};
    struct gk_cm best = corner;
    int64_t best_apart = -1;
    for (int tries = 0; tries < 40; tries++) {
        int64_t margin = k == 0 ? side * 2 / 5 : side / 10;
        uint64_t span = (uint64_t)(side - 2 * margin + 1);
        struct gk_cm at = {corner.e + margin + (int64_t)gk_random_below(random, span),
                           corner.n + margin + (int64_t)gk_random_below(random, span)};
        int64_t apart = INT64_MAX;
        for (size_t i = 0; i < k; i++) {
            int64_t de = at.e - before[i].centre.e, dn = at.n - before[i].centre.n;
            int64_t d2 = (de * de + dn * dn) / (i == 0 ? 4 : 1); /* keep off the city */
            apart = d2 < apart ? d2 : apart;
        }
        if (apart > best_apart) {
            best_apart = apart;
            best = at;
        }
        if (tries >= 5 && best_apart > side / 7 * (side / 7))
            break;
    }
    return best;
}

static enum gk_status settle_region(struct gk_synth *synth, int32_t region, int64_t dwellings)
{
    struct gk_random random;
    gk_random_init(&random, synth->plan.seed, 1000 + (uint64_t)region);
    struct gk_synth_box box = gk_synth_region(&synth->mesh, region);
    struct gk_synth_place *first = synth->places + synth->place_count;
    int64_t rural = dwellings * STORBY_RURAL_PERMILLE / 1000;
    int64_t holiday = dwellings * STORBY_HOLIDAY_PERMILLE / 1000,
            left = dwellings - rural - holiday;
    for (size_t k = PLACES_IN_REGION; k-- > 1;)
        left -= dwellings * storby_places[k].permille / 1000;
    enum gk_status status = GK_OK;
    for (size_t k = 0; k < PLACES_IN_REGION && status == GK_OK; k++) {
        struct gk_synth_place *place = new_place(synth);
        if (place == NULL)
            return GK_NO_MEMORY;
        struct gk_buf name;
        gk_buf_init(&name, sizeof place->name - 1);
        if (k == 0 && region == 1)
            gk_buf_puts(&name, gk_synth_municipalities[GK_SYNTH_STORBY].town);
        else
            gk_synth_put_place_name(&name, 40 + (uint64_t)(region - 1) * PLACES_IN_REGION + k);
        if (gk_buf_status(&name) == GK_OK)
            memcpy(place->name, name.data, name.length);
        gk_buf_release(&name);
        place->owner = GK_SYNTH_STORBY;
        place->centre = place_centre(synth, box, k, first, &random);
        place->dwellings = k == 0 ? left : dwellings * storby_places[k].permille / 1000;
        place->flat_permille = storby_places[k].flat_permille;
        status = gk_synth_build_town(synth, place, &random);
    }
    /* The first region also has what lies between it and Bromölla. */
    if (region == 1)
        box.x1 += 40;
    if (status == GK_OK)
        status = gk_synth_build_country(synth, box, GK_SYNTH_STORBY, first, PLACES_IN_REGION, rural,
                                        holiday, &random);
    return status;
}

/* Counting sort by mesh cell, stable; fills mesh.first. */
static enum gk_status sort_by_cell(struct gk_synth *synth)
{
    size_t cells = (size_t)synth->mesh.columns * (size_t)synth->mesh.rows,
           count = synth->address_count;
    struct gk_synth_address *sorted = malloc((count + 1) * sizeof *sorted);
    uint32_t *cell_of = malloc((count + 1) * sizeof *cell_of), *first = synth->mesh.first;
    enum gk_status status = GK_NO_MEMORY;
    if (sorted == NULL || cell_of == NULL)
        goto out;
    for (size_t i = 0; i < count; i++) {
        cell_of[i] = (uint32_t)gk_synth_mesh_find(&synth->mesh, synth->addresses[i].at);
        first[cell_of[i] + 1]++;
    }
    for (size_t c = 0; c < cells; c++)
        first[c + 1] += first[c];
    for (size_t i = 0; i < count; i++)
        sorted[first[cell_of[i]]++] = synth->addresses[i];
    memmove(first + 1, first, cells * sizeof *first);
    first[0] = 0;
    free(synth->addresses);
    synth->addresses = sorted;
    synth->address_capacity = count + 1;
    sorted = NULL;
    status = GK_OK;
out:
    free(sorted);
    free(cell_of);
    return status;
}

enum gk_status gk_synth_settle(struct gk_synth *synth)
{
    int32_t regions = synth->mesh.region_count;
    synth->place_capacity = 8 + (size_t)regions * PLACES_IN_REGION;
    synth->places = calloc(synth->place_capacity, sizeof *synth->places);
    if (synth->places == NULL)
        return GK_NO_MEMORY;
    enum gk_status status = settle_bromolla(synth);
    int64_t left = synth->plan.dwellings;
    gk_progress_begin(synth->plan.progress, "settling regions", "regions", regions);
    for (int32_t r = 1; r <= regions && status == GK_OK; r++) {
        int64_t share = left / (regions - r + 1);
        left -= share;
        status = settle_region(synth, r, share);
        gk_progress_at(synth->plan.progress, r);
    }
    gk_progress_end(synth->plan.progress);
    return status == GK_OK ? sort_by_cell(synth) : status;
}
