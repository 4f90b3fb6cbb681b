/* The crime model: how many incidents on which day, of what kind, where, and
 * when somebody may have been away.
 *
 * Days come in order and each is finished before the next, so that memory does
 * not grow with the number of incidents; the total is exact. Known facts that
 * the model has: a season by kind, a falling trend, uneven risk, near repeats,
 * fewer burglaries in a watch area once it works. */
#include "synth.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"

enum {
    NEAR_CM = 10000,      /* of a near pair */
    REPEAT_CM = 8700,     /* a repeat is this near: both places stray */
    NEAR_DAYS = 7,        /* days of a repeat after the first: 0 to 6 */
    STRAY_MM = 4500,      /* of the exact place, per axis, from the address point */
    WATCH_EFFECT = 20,    /* per cent fewer */
    BROMOLLA_A_YEAR = 14, /* all kinds; about 12 are bostadsinbrott */
    SAMPLES = 4000,       /* places at which the chance of near pairs is measured */
    REPEAT_MAX = 450      /* permille of incidents that have a repeat */
};

/* Villa peaks in November, then December and October; April and May are lowest. */
const uint16_t gk_synth_season[GK_SYNTH_KINDS][12] = {
    [GK_SYNTH_KIND_VILLA] = {105, 95, 90, 72, 70, 80, 92, 94, 100, 122, 145, 135},
    [GK_SYNTH_KIND_FLAT] = {104, 98, 95, 84, 82, 90, 100, 98, 100, 112, 120, 117},
    [GK_SYNTH_KIND_HOLIDAY] = {125, 125, 120, 90, 60, 50, 45, 55, 90, 135, 155, 150},
    [GK_SYNTH_KIND_CELLAR] = {100, 100, 100, 95, 95, 95, 100, 100, 105, 105, 105, 100},
    [GK_SYNTH_KIND_OTHER] = {100, 100, 100, 90, 90, 95, 100, 100, 105, 105, 110, 105},
};

const uint16_t gk_synth_share[GK_SYNTH_OWNERS][GK_SYNTH_KINDS] = {
    [GK_SYNTH_BROMOLLA] = {66, 19, 8, 4, 3},
    [GK_SYNTH_STORBY] = {57, 31, 4, 6, 2},
};

const char *const gk_synth_kind_names[GK_SYNTH_KINDS] = {"villa", "lägenhet", "fritidshus",
                                                         "källare, vind", "annan bostad"};

/* Codes by kind: completed, attempted (0: the code has no split). */
static const uint16_t codes[GK_SYNTH_KINDS][2] = {[GK_SYNTH_KIND_VILLA] = {9801, 857},
                                                  [GK_SYNTH_KIND_FLAT] = {9802, 874},
                                                  [GK_SYNTH_KIND_HOLIDAY] = {826, 0},
                                                  [GK_SYNTH_KIND_CELLAR] = {825, 0},
                                                  [GK_SYNTH_KIND_OTHER] = {9831, 9832}};

static const enum gk_synth_class class_of[GK_SYNTH_KINDS] = {
    [GK_SYNTH_KIND_VILLA] = GK_SYNTH_VILLA,
    [GK_SYNTH_KIND_FLAT] = GK_SYNTH_FLAT,
    [GK_SYNTH_KIND_HOLIDAY] = GK_SYNTH_HOLIDAY,
    [GK_SYNTH_KIND_CELLAR] = GK_SYNTH_FLAT,
    [GK_SYNTH_KIND_OTHER] = GK_SYNTH_VILLA};

/* The addresses of one class with running sums of their weights. */
struct pool {
    uint32_t *index;
    uint64_t *sum; /* up to and with this one */
    size_t count;
};

/* A repeat that waits for its day. */
struct repeat {
    uint32_t address;
    enum gk_synth_kind kind;
};

struct waiting {
    struct repeat *repeats;
    size_t count, capacity;
};

struct generator {
    const struct gk_synth *synth;
    enum gk_synth_owner owner;
    gk_synth_sink *sink;
    void *context;
    struct gk_random random;
    struct pool pools[GK_SYNTH_CLASSES];
    struct waiting waiting[NEAR_DAYS]; /* by day modulo */
    int32_t first_day, last_day;
    int64_t total, left;
    uint64_t repeat_chance; /* permille, times 1000 */
    uint32_t serials[GK_SYNTH_YEARS_MAX + 2];
    uint64_t serial_gap;
};

static int64_t between(struct gk_random *random, int64_t low, int64_t high)
{
    return low + (int64_t)gk_random_below(random, (uint64_t)(high - low + 1));
}

enum gk_synth_kind gk_synth_kind_of(uint16_t code)
{
    for (int kind = 0; kind < GK_SYNTH_KINDS; kind++)
        if (code == codes[kind][0] || code == codes[kind][1])
            return (enum gk_synth_kind)kind;
    return GK_SYNTH_KIND_OTHER;
}

int64_t gk_synth_incident_count(const struct gk_synth_plan *plan, enum gk_synth_owner owner)
{
    return owner == GK_SYNTH_STORBY ? plan->incidents : (int64_t)plan->years * BROMOLLA_A_YEAR;
}

/* --- where -------------------------------------------------------------- */

/* Risk of an address in sixteenths of the usual, times its dwellings: uneven
 * between neighbourhoods and between homes. */
static uint64_t weight_of(const struct gk_synth *synth, size_t cell,
                          const struct gk_synth_address *address)
{
    static const uint8_t cells[16] = {6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 23, 27, 33, 44};
    static const uint8_t homes[8] = {9, 11, 13, 14, 16, 18, 21, 26};
    uint64_t seed = synth->mesh.seed;
    uint64_t near = cells[gk_synth_hash(seed ^ 41, (int64_t)cell, 0) & 15];
    uint64_t around =
        8 + (uint64_t)gk_synth_noise(seed ^ 42, (int32_t)(cell % (size_t)synth->mesh.columns),
                                     (int32_t)(cell / (size_t)synth->mesh.columns), 3) /
                64;
    uint64_t own = homes[gk_synth_hash(seed ^ 43, address->at.e, address->at.n) & 7];
    return near * around * own * address->dwellings;
}

static enum gk_status fill_pools(struct generator *generator)
{
    const struct gk_synth *synth = generator->synth;
    size_t cells = (size_t)synth->mesh.columns * (size_t)synth->mesh.rows;
    for (int class = 0; class < GK_SYNTH_CLASSES; class ++) {
        struct pool *pool = &generator->pools[class];
        size_t count = 0;
        for (size_t i = 0; i < synth->address_count; i++)
            count +=
                synth->addresses[i].class == class && synth->addresses[i].owner == generator->owner;
        pool->index = malloc((count + 1) * sizeof *pool->index);
        pool->sum = malloc((count + 1) * sizeof *pool->sum);
        if (pool->index == NULL || pool->sum == NULL)
            return GK_NO_MEMORY;
        uint64_t sum = 0;
        for (size_t c = 0; c < cells; c++)
            for (uint32_t i = synth->mesh.first[c]; i < synth->mesh.first[c + 1]; i++) {
                const struct gk_synth_address *address = &synth->addresses[i];
                if (address->class != class || address->owner != generator->owner)
                    continue;
                sum += weight_of(synth, c, address);
                pool->index[pool->count] = i;
                pool->sum[pool->count++] = sum;
            }
    }
    return GK_OK;
}

/* The pool of a kind; villas stand in where a municipality has none. */
static const struct pool *pool_of(const struct generator *generator, enum gk_synth_kind kind)
{
    const struct pool *pool = &generator->pools[class_of[kind]];
    for (int class = 0; pool->count == 0 && class < GK_SYNTH_CLASSES; class ++)
        pool = &generator->pools[class];
    return pool;
}

static uint32_t draw_address(struct generator *generator, enum gk_synth_kind kind)
{
    const struct pool *pool = pool_of(generator, kind);
    uint64_t at = gk_random_below(&generator->random, pool->sum[pool->count - 1]);
    size_t low = 0, high = pool->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pool->sum[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return pool->index[low];
}

/* Calls visit for every address of the municipality near another. */
static void visit_near(const struct generator *generator, uint32_t address, int64_t reach_cm,
                       void (*visit)(void *context, uint32_t near, size_t cell), void *context)
{
    const struct gk_synth *synth = generator->synth;
    const struct gk_synth_mesh *mesh = &synth->mesh;
    struct gk_cm centre = synth->addresses[address].at;
    int64_t x0 = (centre.e - mesh->origin.e) / GK_SYNTH_CELL_CM,
            y0 = (centre.n - mesh->origin.n) / GK_SYNTH_CELL_CM;
    for (int64_t y = y0 - 1; y <= y0 + 1; y++)
        for (int64_t x = x0 - 1; x <= x0 + 1; x++) {
            if (x < 0 || y < 0 || x >= mesh->columns || y >= mesh->rows)
                continue;
            size_t cell = (size_t)(y * mesh->columns + x);
            for (uint32_t i = mesh->first[cell]; i < mesh->first[cell + 1]; i++) {
                int64_t de = synth->addresses[i].at.e - centre.e,
                        dn = synth->addresses[i].at.n - centre.n;
                if (de * de + dn * dn <= reach_cm * reach_cm &&
                    synth->addresses[i].owner == generator->owner)
                    visit(context, i, cell);
            }
        }
}

/* Picks one of the near addresses of a class, each alike. */
struct choice {
    struct generator *generator;
    enum gk_synth_class class;
    uint64_t seen;
    uint32_t chosen;
};

static void consider(void *context, uint32_t near, size_t cell)
{
    (void)cell;
    struct choice *choice = context;
    if (choice->generator->synth->addresses[near].class != choice->class)
        return;
    if (gk_random_below(&choice->generator->random, ++choice->seen) == 0)
        choice->chosen = near;
}

/* --- when --------------------------------------------------------------- */

/* From a quarter above the middle to a quarter below it, over all the years. */
static uint64_t trend(const struct generator *generator, int year_index)
{
    int years = generator->synth->plan.years;
    int from_middle = years - 1 - 2 * year_index; /* in half years; negative later */
    int permille = 1000 + 250 * from_middle / years;
    return (uint64_t)permille;
}

/* Weight of one day: the season of all kinds together, spread over its month. */
static uint64_t day_weight(const struct generator *generator, int32_t day)
{
    struct gk_civil civil = gk_civil_from_day(day);
    uint64_t season = 0;
    for (int kind = 0; kind < GK_SYNTH_KINDS; kind++)
        season += (uint64_t)gk_synth_share[generator->owner][kind] *
                  gk_synth_season[kind][civil.month - 1];
    int32_t month = gk_month_from_day(day);
    uint64_t days = (uint64_t)(gk_day_from_month(month + 1) - gk_day_from_month(month));
    int first_year = GK_SYNTH_LAST_YEAR - generator->synth->plan.years + 1;
    return season * trend(generator, civil.year - first_year) * 30 / days;
}

/* A count around mean = part / whole: 16 chances for each that is expected, so
 * that it is close to Poisson and needs no library function. */
static int64_t draw_count(struct gk_random *random, uint64_t part, uint64_t whole, int64_t left)
{
    double mean = (double)left * ((double)part / (double)whole);
    uint64_t chances = (uint64_t)(mean * 16) + 16, hits = 0;
    double p = mean / (double)chances;
    for (uint64_t i = 0; i < chances; i++)
        hits += gk_random_unit(random) < p;
    return (int64_t)hits;
}

static enum gk_synth_kind draw_kind(struct generator *generator, int month)
{
    uint64_t sum = 0;
    for (int kind = 0; kind < GK_SYNTH_KINDS; kind++)
        sum += (uint64_t)gk_synth_share[generator->owner][kind] * gk_synth_season[kind][month - 1];
    uint64_t at = gk_random_below(&generator->random, sum);
    for (int kind = 0; kind < GK_SYNTH_KINDS; kind++) {
        uint64_t own =
            (uint64_t)gk_synth_share[generator->owner][kind] * gk_synth_season[kind][month - 1];
        if (at < own)
            return (enum gk_synth_kind)kind;
        at -= own;
    }
    return GK_SYNTH_KIND_OTHER;
}

/* Minutes between two numbers of hours, in steps of 5 minutes. */
static int64_t hours(struct gk_random *random, int64_t low, int64_t high)
{
    return low * 60 + between(random, 0, (high - low) * 12) * 5;
}

/* From when on the first day, in minutes, and for how long nobody was there. */
struct absence {
    int64_t from, length;
};

static struct absence draw_absence(struct gk_random *random, enum gk_synth_kind kind, int64_t day,
                                   int month)
{
    int64_t weekday = (day + 3) % 7; /* 0: Monday; 1970-01-01 was a Thursday */
    int64_t dice = between(random, 0, 99);
    bool is_holiday_home = kind == GK_SYNTH_KIND_HOLIDAY;
    int64_t travels = month == 7 || month == 12 || month == 2 ? 22 : 7; /* per cent */
    struct absence absence;
    if ((is_holiday_home || kind == GK_SYNTH_KIND_CELLAR) && dice < 80) {
        /* nobody looks after it for days or weeks */
        absence.from = hours(random, 10, 20);
        absence.length = between(random, 1, is_holiday_home ? 45 : 20) * 1440;
        absence.length += hours(random, -6, 6);
    } else if ((weekday == 4 || weekday == 5) && dice < 35) { /* away for the weekend */
        absence.from = hours(random, 15, 19);
        absence.length = (6 - weekday) * 1440 + hours(random, -2, 3);
    } else if (dice < travels) {
        absence.from = hours(random, 6, 18);
        absence.length = between(random, 3, month == 7 ? 24 : 12) * 1440 + hours(random, -5, 5);
    } else if (dice < 72) { /* at work */
        absence.from = hours(random, 7, 9);
        absence.length = hours(random, 6, 10);
    } else if (dice < 84) { /* out in the evening */
        absence.from = hours(random, 17, 20);
        absence.length = hours(random, 2, 5);
    } else if (dice < 93) { /* at night, asleep */
        absence.from = hours(random, 22, 23);
        absence.length = hours(random, 5, 8);
    } else { /* somebody saw it */
        absence.from = between(random, 0, 1439);
        absence.length = between(random, 0, 30);
    }
    return absence;
}

static void draw_interval(struct generator *generator, enum gk_synth_kind kind, int32_t day,
                          struct gk_synth_incident *incident)
{
    struct absence absence =
        draw_absence(&generator->random, kind, day, gk_civil_from_day(day).month);
    int64_t end = ((int64_t)generator->last_day + 1) * 1440 - 1;
    incident->from_minute = (int64_t)day * 1440 + absence.from;
    incident->to_minute = incident->from_minute + absence.length;
    if (incident->to_minute > end)
        incident->to_minute = end;
}

static void draw_report(struct generator *generator, struct gk_synth_incident *incident)
{
    struct gk_random *random = &generator->random;
    int64_t dice = between(random, 0, 99);
    int64_t late = dice < 60 ? 0 : dice < 85 ? 1 : dice < 93 ? 2 : between(random, 3, 10);
    int32_t day = (int32_t)(incident->to_minute / 1440 + late);
    incident->reported_day = day > generator->last_day ? generator->last_day : day;
    int year = gk_civil_from_day(incident->reported_day).year;
    uint32_t *serial = &generator->serials[year - (GK_SYNTH_LAST_YEAR - GK_SYNTH_YEARS_MAX)];
    *serial += 1 + (uint32_t)gk_random_below(random, generator->serial_gap);
    incident->serial = *serial;
}

/* --- putting together ---------------------------------------------------- */

static bool is_prevented(struct generator *generator, const struct gk_synth_address *address,
                         int32_t day)
{
    if (address->watch == 0)
        return false;
    const struct gk_synth_watch *watch = &generator->synth->watches[address->watch - 1];
    return watch->is_approved && day >= watch->since_day &&
           gk_random_below(&generator->random, 100) < WATCH_EFFECT;
}

static enum gk_status wait_for_repeat(struct generator *generator, uint32_t address,
                                      enum gk_synth_kind kind, int32_t day)
{
    struct choice choice = {generator, generator->synth->addresses[address].class, 0, address};
    visit_near(generator, address, REPEAT_CM, consider, &choice);
    int64_t later = between(&generator->random, 0, NEAR_DAYS - 1);
    if (day + later > generator->last_day)
        return GK_OK;
    struct waiting *waiting = &generator->waiting[(day + later) % NEAR_DAYS];
    if (waiting->count == waiting->capacity) {
        size_t capacity = waiting->capacity * 2 + 16;
        void *more = realloc(waiting->repeats, capacity * sizeof *waiting->repeats);
        if (more == NULL)
            return GK_NO_MEMORY;
        waiting->repeats = more;
        waiting->capacity = capacity;
    }
    waiting->repeats[waiting->count++] = (struct repeat){choice.chosen, kind};
    return GK_OK;
}

static enum gk_status emit(struct generator *generator, uint32_t index, enum gk_synth_kind kind,
                           int32_t day)
{
    struct gk_random *random = &generator->random;
    const struct gk_synth_address *address = &generator->synth->addresses[index];
    bool is_attempt = codes[kind][1] != 0 && gk_random_below(random, 100) < 30;
    int64_t dice = between(random, 0, 199);
    struct gk_synth_incident incident = {
        .address = address,
        .e_mm = address->at.e * 10 + between(random, -STRAY_MM, STRAY_MM),
        .n_mm = address->at.n * 10 + between(random, -STRAY_MM, STRAY_MM),
        .code = codes[kind][is_attempt],
        .count = (uint16_t)(dice < 3    ? 2
                            : dice == 3 ? 3
                                        : 1)};
    draw_interval(generator, kind, day, &incident);
    draw_report(generator, &incident);
    generator->left--;
    enum gk_status status = generator->sink(generator->context, &incident);
    if (status == GK_OK && gk_random_below(random, 1000000) < generator->repeat_chance)
        status = wait_for_repeat(generator, index, kind, day);
    return status;
}

static enum gk_status run_day(struct generator *generator, int32_t day, int64_t count)
{
    int month = gk_civil_from_day(day).month;
    struct waiting *waiting = &generator->waiting[day % NEAR_DAYS];
    enum gk_status status = GK_OK;
    size_t done = 0;
    while (status == GK_OK && generator->left > 0 && (count > 0 || done < waiting->count)) {
        count--;
        if (done < waiting->count) {
            struct repeat repeat = waiting->repeats[done++];
            status = emit(generator, repeat.address, repeat.kind, day);
            continue;
        }
        enum gk_synth_kind kind = draw_kind(generator, month);
        uint32_t address = draw_address(generator, kind);
        while (is_prevented(generator, &generator->synth->addresses[address], day))
            address = draw_address(generator, kind);
        status = emit(generator, address, kind, day);
    }
    waiting->count = 0;
    return status;
}

static enum gk_status run_days(struct generator *generator)
{
    uint64_t whole = 0;
    for (int32_t day = generator->first_day; day <= generator->last_day; day++)
        whole += day_weight(generator, day);
    enum gk_status status = GK_OK;
    gk_progress_begin(generator->synth->plan.progress, "inventing incidents", "incidents",
                      generator->total);
    for (int32_t day = generator->first_day; day <= generator->last_day && status == GK_OK; day++) {
        uint64_t part = day_weight(generator, day);
        int64_t count = day == generator->last_day
                            ? generator->left
                            : draw_count(&generator->random, part, whole, generator->left);
        whole -= part;
        status = run_day(generator, day, count);
        gk_progress_at(generator->synth->plan.progress, generator->total - generator->left);
    }
    gk_progress_end(generator->synth->plan.progress);
    return status;
}

/* --- how often a repeat must be ------------------------------------------ */

struct nearness {
    const struct generator *generator;
    double *class_share; /* of an incident, per unit of weight */
    double sum;
};

static void add_share(void *context, uint32_t near, size_t cell)
{
    struct nearness *nearness = context;
    const struct gk_synth_address *address = &nearness->generator->synth->addresses[near];
    nearness->sum += nearness->class_share[address->class] *
                     (double)weight_of(nearness->generator->synth, cell, address);
}

/* Near pairs that chance alone gives are measured at sampled places; what the
 * factor asks for beyond them has to come from repeats. */
static void set_repeat_chance(struct generator *generator)
{
    double share[GK_SYNTH_CLASSES] = {0}, whole = 0, squares = 0, shares = 0;
    for (int kind = 0; kind < GK_SYNTH_KINDS; kind++)
        shares += gk_synth_share[generator->owner][kind];
    for (int kind = 0; kind < GK_SYNTH_KINDS; kind++) {
        const struct pool *pool = pool_of(generator, (enum gk_synth_kind)kind);
        enum gk_synth_class class = generator->synth->addresses[pool->index[0]].class;
        share[class] +=
            gk_synth_share[generator->owner][kind] / shares / (double)pool->sum[pool->count - 1];
    }
    for (int32_t day = generator->first_day; day <= generator->last_day; day++) {
        double weight = (double)day_weight(generator, day);
        whole += weight;
        squares += weight * weight;
    }
    struct nearness nearness = {generator, share, 0};
    for (int i = 0; i < SAMPLES; i++) {
        enum gk_synth_kind kind =
            draw_kind(generator, 1 + (int)gk_random_below(&generator->random, 12));
        visit_near(generator, draw_address(generator, kind), NEAR_CM, add_share, &nearness);
    }
    double near = (double)generator->total * nearness.sum / SAMPLES;
    double by_chance = near * (2 * NEAR_DAYS) * squares / (whole * whole);
    double chance = by_chance * (GK_SYNTH_NEAR_REPEAT_PERCENT - 100) / 100 / 2 * 1000;
    generator->repeat_chance = (uint64_t)((chance > REPEAT_MAX ? REPEAT_MAX : chance) * 1000);
}

enum gk_status gk_synth_incidents(const struct gk_synth *synth, enum gk_synth_owner owner,
                                  gk_synth_sink *sink, void *context)
{
    struct generator generator = {.synth = synth, .owner = owner, .sink = sink, .context = context};
    generator.total = generator.left = gk_synth_incident_count(&synth->plan, owner);
    gk_random_init(&generator.random, synth->plan.seed, 300 + (uint64_t)owner);
    generator.first_day =
        gk_day_from_civil((struct gk_civil){GK_SYNTH_LAST_YEAR - synth->plan.years + 1, 1, 1});
    generator.last_day = gk_day_from_civil((struct gk_civil){GK_SYNTH_LAST_YEAR, 12, 31});
    int64_t a_year = generator.total / synth->plan.years * 2 + 1;
    generator.serial_gap = a_year < 60000 ? (uint64_t)(900000 / a_year) : 3;
    enum gk_status status = fill_pools(&generator);
    size_t homes = 0;
    for (int class = 0; class < GK_SYNTH_CLASSES; class ++)
        homes += generator.pools[class].count;
    if (status == GK_OK && homes > 0 && generator.total > 0) {
        set_repeat_chance(&generator);
        status = run_days(&generator);
    }
    for (int class = 0; class < GK_SYNTH_CLASSES; class ++) {
        free(generator.pools[class].index);
        free(generator.pools[class].sum);
    }
    for (int i = 0; i < NEAR_DAYS; i++)
        free(generator.waiting[i].repeats);
    return status;
}
