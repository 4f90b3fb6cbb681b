/* The warning of dense districts: R's glm for one model, ten levels and a line, and
 * the limit. Levels are taken out of the regression by their weighted means, so
 * that no matrix is needed. Thin districts are warning_thin.c's. */
#include "stats/warning.h"

#include <float.h>
#include <math.h>

#include "stats/distribution.h"

enum {
    USED = GK_WARNING_HISTORY - GK_WARNING_RECENT, /* weeks of the regression */
    LEVELS = 10,
    HERE = LEVELS - 1, /* the level of the week that is judged */
    HALF = 3,          /* weeks on each side of it that have its level */
    PART = 5,          /* weeks of each other level */
    ITERATIONS_MAX = 25
};
#define CONVERGED 1e-8
#define RESIDUAL_CUT 2.58
/* R's floor under a fitted mean. */
#define MEAN_MIN DBL_EPSILON

/* A fit of the weeks used; time is counted from the first of them. */
struct fit {
    bool has_line;
    const double *prior;                                /* weights of the weeks */
    double level[LEVELS], time[LEVELS], weight[LEVELS]; /* weighted means and sums */
    double slope, spread; /* spread: weighted squares of time about its level's mean */
    double mean[USED], last_weight[USED];
    double deviance;
};

static int level_of(int i)
{
    int in_year = (i + GK_WARNING_YEAR) % GK_WARNING_YEAR;
    return in_year <= 2 * HALF ? HERE : (in_year - 2 * HALF - 1) / PART;
}

static double predictor(const struct fit *f, int level, double time)
{
    return f->level[level] + f->slope * (time - f->time[level]);
}

/* One weighted least squares fit of `z` with the weights last_weight. */
static void regress(struct fit *f, const double *z)
{
    double with_time = 0;
    for (int g = 0; g < LEVELS; g++)
        f->level[g] = f->time[g] = f->weight[g] = 0;
    for (int i = 0; i < USED; i++) {
        int g = level_of(i);
        f->weight[g] += f->last_weight[i];
        f->level[g] += f->last_weight[i] * z[i];
        f->time[g] += f->last_weight[i] * i;
    }
    for (int g = 0; g < LEVELS; g++) {
        f->level[g] /= f->weight[g];
        f->time[g] /= f->weight[g];
    }
    f->spread = 0;
    for (int i = 0; i < USED; i++) {
        int g = level_of(i);
        double away = i - f->time[g];
        f->spread += f->last_weight[i] * away * away;
        with_time += f->last_weight[i] * away * (z[i] - f->level[g]);
    }
    f->slope = f->has_line ? with_time / f->spread : 0;
}

static void add_deviance(struct fit *f, const uint32_t *y)
{
    f->deviance = 0;
    for (int i = 0; i < USED; i++) {
        double part = f->mean[i];
        if (y[i] > 0)
            part = y[i] * log(y[i] / f->mean[i]) - (y[i] - f->mean[i]);
        f->deviance += 2 * f->prior[i] * part;
    }
}

/* Iteratively reweighted least squares; false when it does not converge. */
static bool converge(struct fit *f, const uint32_t *y)
{
    double z[USED], eta[USED];
    for (int i = 0; i < USED; i++) {
        f->mean[i] = y[i] + 0.1;
        eta[i] = log(f->mean[i]);
    }
    add_deviance(f, y);
    for (int round = 0; round < ITERATIONS_MAX; round++) {
        double before = f->deviance;
        for (int i = 0; i < USED; i++) {
            z[i] = eta[i] + (y[i] - f->mean[i]) / f->mean[i];
            f->last_weight[i] = f->prior[i] * f->mean[i];
        }
        regress(f, z);
        for (int i = 0; i < USED; i++) {
            eta[i] = predictor(f, level_of(i), i);
            f->mean[i] = fmax(exp(eta[i]), MEAN_MIN);
        }
        add_deviance(f, y);
        if (!isfinite(f->deviance))
            return false;
        if (fabs(f->deviance - before) / (fabs(f->deviance) + 0.1) < CONVERGED)
            return true;
    }
    return false;
}

static double dispersion_of(const struct fit *f, const uint32_t *y)
{
    double sum = 0;
    for (int i = 0; i < USED; i++) {
        double residual = (y[i] - f->mean[i]) / f->mean[i];
        sum += f->last_weight[i] * residual * residual;
    }
    return fmax(1, sum / (USED - LEVELS - f->has_line));
}

/* Weights of the second fit: weeks that stand out count for less. */
static void weigh(double *weights, const struct fit *f, const uint32_t *y, double dispersion)
{
    double sum = 0;
    for (int i = 0; i < USED; i++) {
        int g = level_of(i);
        double away = i - f->time[g];
        double leverage = 1 / f->weight[g] + (f->has_line ? away * away / f->spread : 0);
        leverage *= f->last_weight[i];
        double raw = 1.5 * (pow(y[i], 2.0 / 3) * pow(f->mean[i], -1.0 / 6) - sqrt(f->mean[i]));
        double residual = raw / sqrt(dispersion * (1 - leverage));
        weights[i] = residual > RESIDUAL_CUT ? 1 / (residual * residual) : 1;
        sum += weights[i];
    }
    for (int i = 0; i < USED; i++)
        weights[i] *= USED / sum;
}

/* What is expected of the week that is judged. */
struct outlook {
    double mean;
    double dispersion;
    double prediction; /* the dispersion with the error of the mean added */
};

static struct outlook outlook_of(const struct fit *f, const uint32_t *y)
{
    double away = GK_WARNING_HISTORY - f->time[HERE], dispersion = dispersion_of(f, y);
    double mean = exp(predictor(f, HERE, GK_WARNING_HISTORY));
    double inverse = 1 / f->weight[HERE] + (f->has_line ? away * away / f->spread : 0);
    return (struct outlook){mean, dispersion, dispersion * (1 + mean * inverse)};
}

/* Fits with equal weights (`plain`) and with the second ones (`weighed`). */
static bool fit_twice(struct outlook *plain, struct outlook *weighed, const uint32_t *y,
                      bool has_line)
{
    double weights[USED];
    struct fit f = {.has_line = has_line, .prior = weights};
    for (int i = 0; i < USED; i++)
        weights[i] = 1;
    if (!converge(&f, y))
        return false;
    *plain = outlook_of(&f, y);
    weigh(weights, &f, y, plain->dispersion);
    if (!converge(&f, y))
        return false;
    *weighed = outlook_of(&f, y);
    return true;
}

static uint64_t sum_of(const uint32_t *counts, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

bool gk_warning_is_dense(const uint32_t *counts, size_t weeks, size_t week)
{
    return week < weeks && week >= GK_WARNING_HISTORY &&
           sum_of(counts + week - GK_WARNING_HISTORY, USED) >= USED;
}

static uint32_t largest_of(const uint32_t *y)
{
    uint32_t largest = 0;
    for (int i = 0; i < USED; i++)
        largest = y[i] > largest ? y[i] : largest;
    return largest;
}

/* The limit and the probabilities; false when there is no fit. */
static bool judge(struct gk_warning *w, const uint32_t *y, uint32_t count, double alpha)
{
    struct outlook plain, weighed;
    w->has_trend = fit_twice(&plain, &weighed, y, true) && weighed.mean <= largest_of(y);
    if (!w->has_trend && !fit_twice(&plain, &weighed, y, false))
        return false;
    w->expected = weighed.mean;
    w->dispersion = weighed.dispersion;
    w->upper = gk_negbin_quantile(1 - alpha, w->expected, w->dispersion);
    w->p = gk_negbin_upper(count, w->expected, w->dispersion);
    w->false_alarm = gk_negbin_upper(w->upper + 1, plain.mean, plain.prediction);
    return w->upper != GK_COUNT_NONE && !isnan(w->p) && !isnan(w->false_alarm);
}

enum gk_status gk_warning_week(struct gk_warning *warning, const uint32_t *counts, size_t weeks,
                               size_t week, double alpha)
{
    if (week >= weeks || !(alpha > 0 && alpha <= 0.5))
        return GK_INVALID;
    *warning = (struct gk_warning){0};
    if (week < GK_WARNING_HISTORY)
        return GK_OK;
    const uint32_t *y = counts + week - GK_WARNING_HISTORY;
    if (largest_of(y) == 0)
        return GK_OK;
    struct gk_warning w = {0};
    if (!judge(&w, y, counts[week], alpha))
        return GK_OK;
    w.class = counts[week] > w.upper ? GK_WARNING_MORE : GK_WARNING_QUIET;
    if (sum_of(counts + week - 3, 4) < GK_WARNING_LEAST)
        w.class = GK_WARNING_TOO_FEW;
    *warning = w;
    return GK_OK;
}
