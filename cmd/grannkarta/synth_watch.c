/* Watch areas (Grannsamverkan): eight-cornered areas of 20 to 400 dwellings in
 * residential parts, some across a district's border, some not yet approved. */
#include "synth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"

enum {
    WANTED = 24,
    ON_BORDER = 5, /* the first ones are sought at district borders */
    DWELLINGS_MIN = 20,
    DWELLINGS_MAX = 400,
    SEEDS = 400,
    SIZES = 14
};

/* Eight directions, counter-clockwise, of about the same length. */
static const int16_t directions[8][2] = {{1000, 0},  {707, 707},   {0, 1000},  {-707, 707},
                                         {-1000, 0}, {-707, -707}, {0, -1000}, {707, -707}};

static bool in_ring(const struct gk_cm *ring, struct gk_cm p)
{
    bool inside = false;
    for (int i = 0; i < 8; i++) {
        struct gk_cm a = ring[i], b = ring[i + 1];
        if ((a.n > p.n) == (b.n > p.n))
            continue;
        int64_t cross = (p.e - a.e) * (b.n - a.n) - (b.e - a.e) * (p.n - a.n);
        inside ^= (b.n > a.n) ? cross < 0 : cross > 0;
    }
    return inside;
}

static void make_ring(struct gk_synth_watch *watch, struct gk_cm centre, int64_t reach_cm,
                      const uint16_t *shape)
{
    for (int i = 0; i < 8; i++) {
        int64_t r = reach_cm * shape[i] / 1000;
        watch->ring[i] = (struct gk_cm){centre.e + r * directions[i][0] / 1000,
                                        centre.n + r * directions[i][1] / 1000};
    }
    watch->ring[8] = watch->ring[0];
}

/* Calls for every address inside the ring: counts, looks, or marks. */
struct survey {
    int64_t dwellings;
    bool is_taken;        /* an address belongs to another area already */
    int32_t districts[8]; /* distinct ones met */
    int district_count;
};

static void survey_ring(struct gk_synth *synth, const struct gk_cm *ring, uint8_t mark,
                        struct survey *survey)
{
    const struct gk_synth_mesh *mesh = &synth->mesh;
    struct gk_cm low = ring[0], high = ring[0];
    for (int i = 1; i < 8; i++) {
        low.e = ring[i].e < low.e ? ring[i].e : low.e;
        low.n = ring[i].n < low.n ? ring[i].n : low.n;
        high.e = ring[i].e > high.e ? ring[i].e : high.e;
        high.n = ring[i].n > high.n ? ring[i].n : high.n;
    }
    memset(survey, 0, sizeof *survey);
    int64_t x1 = (high.e - mesh->origin.e) / GK_SYNTH_CELL_CM + 1,
            y1 = (high.n - mesh->origin.n) / GK_SYNTH_CELL_CM + 1;
    for (int64_t y = (low.n - mesh->origin.n) / GK_SYNTH_CELL_CM - 1; y <= y1; y++)
        for (int64_t x = (low.e - mesh->origin.e) / GK_SYNTH_CELL_CM - 1; x <= x1; x++) {
            if (x < 0 || y < 0 || x >= mesh->columns || y >= mesh->rows)
                continue;
            int64_t cell = y * mesh->columns + x;
            for (uint32_t i = mesh->first[cell]; i < mesh->first[cell + 1]; i++) {
                struct gk_synth_address *address = &synth->addresses[i];
                if (!in_ring(ring, address->at))
                    continue;
                survey->dwellings += address->dwellings;
                survey->is_taken = survey->is_taken || address->watch != 0;
                if (mark != 0)
                    address->watch = mark;
                int k = 0;
                while (k < survey->district_count && survey->districts[k] != mesh->district[cell])
                    k++;
                if (k == survey->district_count && k < 8)
                    survey->districts[survey->district_count++] = mesh->district[cell];
            }
        }
}

static void name_watch(struct gk_synth_watch *watch, uint64_t number)
{
    struct gk_buf buf;
    gk_buf_init(&buf, sizeof watch->name - 1);
    gk_synth_put_place_name(&buf, number);
    snprintf(watch->name, sizeof watch->name, "Grannsamverkan %s",
             buf.data != NULL ? buf.data : "");
    size_t n = 0;
    for (const char *p = buf.data; p != NULL && *p != '\0' && n < sizeof watch->slug - 1; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == 0xC3) { /* the Swedish letters of UTF-8 */
            c = (unsigned char)*++p;
            watch->slug[n++] = c == 0xB6 || c == 0x96 ? 'o' : 'a';
        } else {
            watch->slug[n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        }
    }
    watch->slug[n] = '\0';
    gk_buf_release(&buf);
}

/* An area around one address that has the wanted size; false: none fits. */
static bool grow(struct gk_synth *synth, struct gk_synth_watch *watch, struct gk_cm centre,
                 int64_t wanted, bool on_border, struct gk_random *random)
{
    uint16_t shape[8];
    for (int i = 0; i < 8; i++)
        shape[i] = (uint16_t)(700 + gk_random_below(random, 500));
    int64_t reach_cm = 6000;
    for (int size = 0; size < SIZES; size++, reach_cm += reach_cm / 4) {
        struct survey survey;
        make_ring(watch, centre, reach_cm, shape);
        survey_ring(synth, watch->ring, 0, &survey);
        if (survey.is_taken || survey.dwellings > DWELLINGS_MAX)
            return false;
        if (survey.dwellings >= wanted) {
            watch->dwellings = survey.dwellings;
            watch->districts = survey.district_count;
            return !on_border || survey.district_count > 1;
        }
    }
    return false;
}

/* Dates lie inside the years, from the second on. */
static int32_t random_since(const struct gk_synth *synth, struct gk_random *random)
{
    int first_year = GK_SYNTH_LAST_YEAR - synth->plan.years + 1;
    struct gk_civil from = {synth->plan.years > 1 ? first_year + 1 : first_year, 1, 1};
    struct gk_civil to = {GK_SYNTH_LAST_YEAR, 10, 1};
    int32_t first = gk_day_from_civil(from), last = gk_day_from_civil(to);
    uint64_t days = (uint64_t)last - (uint64_t)first + 1;
    return first + (int32_t)gk_random_below(random, days);
}

/* The villas of one municipality, as indices of addresses. */
static uint32_t *list_villas(const struct gk_synth *synth, uint8_t owner, size_t *count)
{
    uint32_t *villas = malloc((synth->address_count + 1) * sizeof *villas);
    *count = 0;
    for (size_t i = 0; villas != NULL && i < synth->address_count; i++)
        if (synth->addresses[i].owner == owner && synth->addresses[i].class == GK_SYNTH_VILLA)
            villas[(*count)++] = (uint32_t)i;
    return villas;
}

/* One more area around one of the villas, if a place is found for it. */
static void add_watch(struct gk_synth *synth, const uint32_t *villas, size_t count, bool on_border,
                      size_t number, struct gk_random *random)
{
    struct gk_synth_watch *watch = &synth->watches[synth->watch_count];
    bool is_made = false;
    for (int seed = 0; seed < SEEDS * (on_border ? 5 : 1) && !is_made && count > 0; seed++) {
        const struct gk_synth_address *at =
            &synth->addresses[villas[gk_random_below(random, count)]];
        uint64_t span = number % 3 == 0 ? 240 : 80;
        int64_t wanted = DWELLINGS_MIN + (int64_t)gk_random_below(random, span);
        is_made = grow(synth, watch, at->at, wanted, on_border, random);
    }
    if (!is_made)
        return;
    struct survey survey;
    survey_ring(synth, watch->ring, (uint8_t)(synth->watch_count + 1), &survey);
    name_watch(watch, 300 + number);
    watch->since_day = random_since(synth, random);
    watch->is_approved = number % 6 != 4;
    synth->watch_count++;
}

enum gk_status gk_synth_watch(struct gk_synth *synth)
{
    struct gk_random random;
    gk_random_init(&random, synth->plan.seed, 200);
    size_t counts[2];
    uint32_t *villas[2] = {list_villas(synth, GK_SYNTH_STORBY, &counts[0]),
                           list_villas(synth, GK_SYNTH_BROMOLLA, &counts[1])};
    enum gk_status status = villas[0] == NULL || villas[1] == NULL ? GK_NO_MEMORY : GK_OK;
    for (size_t k = 0; k < WANTED && status == GK_OK; k++) {
        int which = k % 4 == 3; /* every fourth in Bromölla */
        add_watch(synth, villas[which], counts[which], k < ON_BORDER, k, &random);
    }
    free(villas[0]);
    free(villas[1]);
    return status;
}
