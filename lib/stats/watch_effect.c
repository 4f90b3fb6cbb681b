/* Relative effect sizes with exact intervals, displacement, spikes. The sum of the
 * targets' counts before, given all margins, has as generating function the
 * product of the tables' hypergeometric ones; it is multiplied out once at a ratio
 * near the answer and tilted from there. */
#include "stats/watch_effect.h"

#include <math.h>
#include <stdlib.h>

#include "normal.h"
#include "stats/distribution.h"

enum { NEWTON_MAX = 200 };
#define TAIL_MIN 1e-250
/* From here on Student's t is normal to nine digits. */
#define FREEDOM_MAX 1e9

/* The distribution of the sum of a at the ratio exp(tilt): `weight` of the values
 * 0 to top (above the least possible), as logarithms once it is whole. */
struct sum_of_targets {
    double *weight;
    size_t top;
    size_t seen;
    double tilt;
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How many above the least the count a of this table can be. */
static uint64_t table_top(const struct gk_effect_table *t)
{
    uint64_t in_target = t->target.before + t->target.after;
    uint64_t in_control = t->control.before + t->control.after;
    uint64_t before = t->target.before + t->control.before;
    uint64_t after = t->target.after + t->control.after;
    return least(least(in_target, in_control), least(before, after));
}

/* The least possible a is where a or d is 0. */
static uint64_t table_seen(const struct gk_effect_table *t)
{
    return least(t->target.before, t->control.after);
}

/* Multiplies `sum` by one table's probabilities, which `own` has room for. Each is
 * found from its neighbour, outwards from the largest. */
static void multiply(struct sum_of_targets *sum, double *own, const struct gk_effect_table *t)
{
    uint64_t top = table_top(t), shift = table_seen(t);
    double ratio = exp(sum->tilt);
    /* All four cells at the least possible a; b and c fall as a and d rise. */
    double a = (double)(t->target.before - shift), d = (double)(t->control.after - shift);
    double b = (double)(t->target.after + shift), c = (double)(t->control.before + shift);
    size_t mode = 0;
    while (mode < top) {
        double k = (double)mode;
        if (ratio * (b - k) * (c - k) < (a + k + 1) * (d + k + 1))
            break;
        mode++;
    }
    double whole = own[mode] = 1;
    for (size_t i = mode; i < top; i++) {
        double k = (double)i;
        own[i + 1] = own[i] * ratio * (b - k) * (c - k) / ((a + k + 1) * (d + k + 1));
        whole += own[i + 1];
    }
    for (size_t i = mode; i > 0; i--) {
        double k = (double)i - 1;
        own[i - 1] = own[i] * ((a + k + 1) * (d + k + 1)) / (ratio * (b - k) * (c - k));
        whole += own[i - 1];
    }
    for (size_t s = sum->top + top + 1; s-- > 0;) {
        double value = 0;
        size_t from = s > sum->top ? s - sum->top : 0, to = s < top ? s : top;
        for (size_t i = from; i <= to; i++)
            value += own[i] * sum->weight[s - i];
        sum->weight[s] = value / whole;
    }
    sum->top += top;
    sum->seen += shift;
}

/* The logarithm of the tail from `seen` upwards at the ratio exp(tilt + delta), and
 * its slope in delta. */
static double log_tail(double *slope, const struct sum_of_targets *sum, double delta)
{
    double largest = -INFINITY, all = 0, all_mean = 0, tail = 0, tail_mean = 0;
    for (size_t k = 0; k <= sum->top; k++)
        largest = fmax(largest, sum->weight[k] + (double)k * delta);
    /* The tail has its own largest, so that it is never lost beside the rest. */
    double largest_tail = -INFINITY;
    for (size_t k = sum->seen; k <= sum->top; k++)
        largest_tail = fmax(largest_tail, sum->weight[k] + (double)k * delta);
    for (size_t k = 0; k <= sum->top; k++) {
        double at = sum->weight[k] + (double)k * delta, p = exp(at - largest);
        all += p;
        all_mean += p * (double)k;
        if (k < sum->seen)
            continue;
        p = exp(at - largest_tail);
        tail += p;
        tail_mean += p * (double)k;
    }
    *slope = tail_mean / tail - all_mean / all;
    return log(tail) + largest_tail - log(all) - largest;
}

/* The logarithm of the ratio at which the tail from `seen` upwards is `tail`. Its
 * logarithm is concave in that of the ratio (the distribution is log-concave), so
 * that Newton's method, once below the answer, rises to it. */
static double lower_limit(const struct sum_of_targets *sum, double tail)
{
    double delta = 0, target = log(tail);
    for (int i = 0; i < NEWTON_MAX; i++) {
        double slope, value = log_tail(&slope, sum, delta);
        if (!(slope > 0))
            break;
        double step = (target - value) / slope;
        delta += fmax(-50, fmin(50, step));
        if (fabs(step) < 1e-14 * fmax(1, fabs(delta)))
            break;
    }
    return sum->tilt + delta;
}

/* The mirror image: counted from the other end, at one over the ratio. */
static void turn(struct sum_of_targets *sum)
{
    for (size_t i = 0, j = sum->top; i < j; i++, j--) {
        double kept = sum->weight[i];
        sum->weight[i] = sum->weight[j];
        sum->weight[j] = kept;
    }
    sum->seen = sum->top - sum->seen;
    sum->tilt = -sum->tilt;
}

static enum gk_status exact_interval(struct gk_interval *interval,
                                     const struct gk_effect_table *tables, size_t count, size_t top,
                                     double tilt, double tail)
{
    struct sum_of_targets sum = {.weight = calloc(top + 1, sizeof *sum.weight), .tilt = tilt};
    double *own = malloc((top + 1) * sizeof *own);
    if (sum.weight == NULL || own == NULL) {
        free(sum.weight);
        free(own);
        return GK_NO_MEMORY;
    }
    sum.weight[0] = 1;
    for (size_t i = 0; i < count; i++)
        multiply(&sum, own, &tables[i]);
    for (size_t k = 0; k <= sum.top; k++)
        sum.weight[k] = log(sum.weight[k]);
    interval->lower = sum.seen == 0 ? 0 : exp(lower_limit(&sum, tail));
    turn(&sum);
    interval->upper = sum.seen == 0 ? INFINITY : exp(-lower_limit(&sum, tail));
    free(sum.weight);
    free(own);
    return GK_OK;
}

/* Sums over the tables for the ratio and its variance. */
struct pooled {
    double rise, fall; /* sum a d / n, sum b c / n */
    double rise_rise, rise_fall, fall_fall;
    uint64_t top;
};

static bool is_countable(const struct gk_before_after *place)
{
    return place->before <= GK_COUNT_MAX && place->after <= GK_COUNT_MAX;
}

static bool add_table(struct pooled *p, const struct gk_effect_table *t)
{
    if (!is_countable(&t->target) || !is_countable(&t->control))
        return false;
    p->top += table_top(t);
    if (table_top(t) == 0)
        return true;
    double a = (double)t->target.before, b = (double)t->target.after;
    double c = (double)t->control.before, d = (double)t->control.after, n = a + b + c + d;
    double rise = a * d / n, fall = b * c / n, same = (a + d) / n, other = (b + c) / n;
    p->rise += rise;
    p->fall += fall;
    p->rise_rise += same * rise;
    p->rise_fall += same * fall + other * rise;
    p->fall_fall += other * fall;
    return true;
}

/* A ratio to begin with, also where the estimate is 0 or infinite. */
static double tilt_of(const struct pooled *p)
{
    double least_term = 1e-3 * (p->rise + p->fall);
    return log(fmax(p->rise, least_term) / fmax(p->fall, least_term));
}

static double z_of(double confidence)
{
    return sqrt(2 * gk_gamma_quantile(confidence, 0.5));
}

/* Student's t; its square over itself and the freedom is beta distributed. */
static double t_of(double confidence, double freedom)
{
    if (freedom > FREEDOM_MAX)
        return z_of(confidence);
    double x = gk_beta_quantile(confidence, 0.5, freedom / 2);
    return sqrt(freedom * x / (1 - x));
}

enum gk_status gk_effect_pooled(struct gk_effect *effect, const struct gk_effect_table *tables,
                                size_t count, double dispersion, double freedom, double confidence)
{
    struct pooled p = {0};
    if (count == 0 || count > GK_EFFECT_AREAS_MAX || !(confidence > 0 && confidence < 1) ||
        !(dispersion >= 1 && dispersion <= GK_EFFECT_DISPERSION_MAX) ||
        (dispersion > 1 && !(freedom >= 1)))
        return GK_INVALID;
    for (size_t i = 0; i < count; i++)
        if (!add_table(&p, &tables[i]))
            return GK_TOO_LARGE;
    double z = dispersion > 1 ? t_of(confidence, freedom) : z_of(confidence);
    double tail = dispersion > 1 ? normal_tail(z * sqrt(dispersion)) : (1 - confidence) / 2;
    *effect = (struct gk_effect){.is_null = p.top == 0};
    if (effect->is_null)
        return GK_OK;
    effect->value = p.fall > 0 ? p.rise / p.fall : INFINITY;
    effect->log_variance = INFINITY;
    if (p.rise > 0 && p.fall > 0)
        effect->log_variance = dispersion * (p.rise_rise / (2 * p.rise * p.rise) +
                                             p.rise_fall / (2 * p.rise * p.fall) +
                                             p.fall_fall / (2 * p.fall * p.fall));
    effect->interval = (struct gk_interval){0, INFINITY};
    if (!(tail >= TAIL_MIN))
        return GK_OK;
    effect->is_exact = p.top <= GK_EFFECT_SUPPORT_MAX;
    if (effect->is_exact)
        return exact_interval(&effect->interval, tables, count, p.top, tilt_of(&p), tail);
    if (p.rise > 0 && p.fall > 0) {
        double wide = exp(z * sqrt(effect->log_variance));
        effect->interval = (struct gk_interval){effect->value / wide, effect->value * wide};
    }
    return GK_OK;
}

static void add_place(struct gk_displacement_difference *d, const struct gk_before_after *place,
                      double factor)
{
    double before = (double)place->before, after = (double)place->after;
    d->value += factor * (after - before);
    d->variance += factor * factor * (after + before);
}

struct gk_displacement_difference gk_displacement_difference(const struct gk_displacement *p,
                                                             double dispersion, double confidence)
{
    struct gk_displacement_difference d = {0}, none = {.is_null = true};
    if (!is_countable(&p->target) || !is_countable(&p->control) || !is_countable(&p->buffer) ||
        !is_countable(&p->buffer_control) || !(p->ratio > 0) || isinf(p->ratio) ||
        !(p->buffer_ratio > 0) || isinf(p->buffer_ratio) || !(dispersion >= 1) ||
        isinf(dispersion) || !(confidence > 0 && confidence < 1))
        return none;
    add_place(&d, &p->target, 1);
    add_place(&d, &p->control, -p->ratio);
    add_place(&d, &p->buffer, 1);
    add_place(&d, &p->buffer_control, -p->buffer_ratio);
    d.variance *= dispersion;
    if (!(d.variance > 0) || isinf(d.variance))
        return none;
    double error = sqrt(d.variance), wide = z_of(confidence) * error;
    d.z = d.value / error;
    d.interval = (struct gk_interval){d.value - wide, d.value + wide};
    return d;
}

struct gk_displacement_quotient gk_displacement_quotient(const struct gk_effect_table *table,
                                                         const struct gk_before_after *buffer,
                                                         const struct gk_effect *effect)
{
    struct gk_displacement_quotient q = {.is_null = true};
    const struct gk_before_after *t = &table->target, *c = &table->control;
    if (c->before == 0 || c->after == 0)
        return q;
    /* Over the product of both controls, so that what is equal cancels exactly. */
    double before = (double)c->before, after = (double)c->after;
    double inside = (double)t->after * before - (double)t->before * after;
    double outside = (double)buffer->after * before - (double)buffer->before * after;
    if (!(fabs(inside) > 0))
        return q;
    q = (struct gk_displacement_quotient){.value = outside / inside};
    if (effect->is_null || !(effect->interval.lower > 1))
        return q;
    q.class = GK_DISPLACEMENT_NONE;
    if (fabs(outside) > 0)
        q.class = q.value > 0 ? GK_DISPLACEMENT_DIFFUSED : GK_DISPLACEMENT_DISPLACED;
    return q;
}

double gk_spike_p(uint64_t earlier, double years, uint64_t last)
{
    if (earlier > GK_COUNT_MAX || last > GK_COUNT_MAX || earlier + last > GK_COUNT_MAX ||
        !(years >= 1 && years <= 100))
        return NAN;
    return gk_binomial_upper(last, earlier + last, 1 / (1 + years));
}
