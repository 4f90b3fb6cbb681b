/* The discrete distributions in terms of the gamma and beta functions (tails.c),
 * and their quantiles by halving. Which tail belongs to which method is not
 * here. */
#include "stats/distribution.h"

#include <math.h>

#include "tails.h"

#define SHAPE_MIN 0.5
#define SHAPE_MAX 1e10
#define DISPERSION_MAX 1e6
/* Closer to 1 than this, a negative binomial is Poisson to the last bit that
 * the size (mean / (dispersion - 1)) still has. */
#define DISPERSION_EPSILON 1e-12

static bool is_share(double p)
{
    return p >= 0 && p <= 1;
}

static bool is_mean(double mean)
{
    return mean >= 0 && mean <= GK_COUNT_MAX;
}

static bool is_inner(double p)
{
    return p > 0 && p < 1;
}

double gk_binomial_point(uint64_t k, uint64_t n, double share)
{
    if (!is_share(share) || n > GK_COUNT_MAX)
        return NAN;
    if (k > n)
        return 0;
    if (share <= 0 || share >= 1)
        return k == (share <= 0 ? 0 : n) ? 1 : 0;
    if (k == 0)
        return exp((double)n * log1p(-share));
    if (k == n)
        return exp((double)n * log(share));
    return exp(gk_beta_log_term((double)k, (double)(n - k), share, 1 - share));
}

double gk_binomial_lower(uint64_t k, uint64_t n, double share)
{
    if (!is_share(share) || n > GK_COUNT_MAX)
        return NAN;
    if (k >= n)
        return 1;
    return exp(gk_beta_log_tail((double)(n - k), (double)k + 1, 1 - share, share));
}

double gk_binomial_upper(uint64_t k, uint64_t n, double share)
{
    if (!is_share(share) || n > GK_COUNT_MAX)
        return NAN;
    if (k == 0 || k > n)
        return k == 0 ? 1 : 0;
    return exp(gk_beta_log_tail((double)k, (double)(n - k) + 1, share, 1 - share));
}

struct gk_interval gk_binomial_odds_interval(uint64_t k, uint64_t n, double confidence)
{
    if (n == 0 || n > GK_COUNT_MAX || k > n || !is_inner(confidence))
        return (struct gk_interval){NAN, NAN};
    double tail = (1 - confidence) / 2, hit = (double)k, miss = (double)(n - k);
    /* The upper limit is the lower one of those that were missed, turned. */
    return (struct gk_interval){.lower = k == 0 ? 0 : exp(gk_beta_logit(tail, hit, miss + 1)),
                                .upper =
                                    k == n ? INFINITY : exp(-gk_beta_logit(tail, miss, hit + 1))};
}

struct gk_interval gk_binomial_interval(uint64_t k, uint64_t n, double confidence)
{
    struct gk_interval odds = gk_binomial_odds_interval(k, n, confidence);
    return (struct gk_interval){.lower = odds.lower / (1 + odds.lower),
                                .upper = isinf(odds.upper) ? 1 : odds.upper / (1 + odds.upper)};
}

double gk_poisson_point(uint64_t k, double mean)
{
    if (!is_mean(mean) || k > GK_COUNT_MAX)
        return NAN;
    if (mean <= 0)
        return k == 0 ? 1 : 0;
    return k == 0 ? exp(-mean) : exp(gk_gamma_log_term((double)k, mean));
}

double gk_poisson_lower(uint64_t k, double mean)
{
    if (!is_mean(mean) || k > GK_COUNT_MAX)
        return NAN;
    return mean <= 0 ? 1 : exp(gk_gamma_log_tail((double)k + 1, mean, true));
}

double gk_poisson_upper(uint64_t k, double mean)
{
    if (!is_mean(mean) || k > GK_COUNT_MAX)
        return NAN;
    if (k == 0 || mean <= 0)
        return k == 0 ? 1 : 0;
    return exp(gk_gamma_log_tail((double)k, mean, false));
}

static bool is_negbin(uint64_t k, double mean, double dispersion)
{
    return is_mean(mean) && k <= GK_COUNT_MAX && dispersion >= 1 && dispersion <= DISPERSION_MAX;
}

static bool is_poisson(double mean, double dispersion)
{
    return mean <= 0 || dispersion - 1 < DISPERSION_EPSILON;
}

double gk_negbin_point(uint64_t k, double mean, double dispersion)
{
    if (!is_negbin(k, mean, dispersion))
        return NAN;
    if (is_poisson(mean, dispersion))
        return gk_poisson_point(k, mean);
    double size = mean / (dispersion - 1);
    if (k == 0)
        return exp(-size * log(dispersion));
    double x = 1 / dispersion, y = (dispersion - 1) / dispersion;
    return exp(gk_beta_log_term(size, (double)k, x, y)) * (size / (size + (double)k));
}

double gk_negbin_lower(uint64_t k, double mean, double dispersion)
{
    if (!is_negbin(k, mean, dispersion))
        return NAN;
    if (is_poisson(mean, dispersion))
        return gk_poisson_lower(k, mean);
    double size = mean / (dispersion - 1);
    return exp(
        gk_beta_log_tail(size, (double)k + 1, 1 / dispersion, (dispersion - 1) / dispersion));
}

double gk_negbin_upper(uint64_t k, double mean, double dispersion)
{
    if (!is_negbin(k, mean, dispersion))
        return NAN;
    if (is_poisson(mean, dispersion))
        return gk_poisson_upper(k, mean);
    if (k == 0)
        return 1;
    double size = mean / (dispersion - 1);
    return exp(gk_beta_log_tail((double)k, size, (dispersion - 1) / dispersion, 1 / dispersion));
}

/* Is P(X <= k) at least p? Asked of the tail that is the smaller. */
static bool reaches(uint64_t k, double p, double mean, double dispersion)
{
    if (p <= 0.5)
        return gk_negbin_lower(k, mean, dispersion) >= p;
    return k >= GK_COUNT_MAX || gk_negbin_upper(k + 1, mean, dispersion) <= 1 - p;
}

uint64_t gk_negbin_quantile(double p, double mean, double dispersion)
{
    if (!is_inner(p) || !is_negbin(0, mean, dispersion))
        return GK_COUNT_NONE;
    if (reaches(0, p, mean, dispersion))
        return 0;
    /* Not reached at `below`, reached at `at`. */
    uint64_t below = 0, at = (uint64_t)mean + 1;
    while (at < GK_COUNT_MAX && !reaches(at, p, mean, dispersion)) {
        below = at;
        at *= 2;
    }
    while (at - below > 1) {
        uint64_t middle = below + (at - below) / 2;
        if (middle >= GK_COUNT_MAX || reaches(middle, p, mean, dispersion))
            at = middle;
        else
            below = middle;
    }
    return at;
}

uint64_t gk_poisson_quantile(double p, double mean)
{
    return gk_negbin_quantile(p, mean, 1);
}

double gk_beta_lower(double x, double a, double b)
{
    if (!is_share(x) || !(a >= SHAPE_MIN && a <= SHAPE_MAX && b >= SHAPE_MIN && b <= SHAPE_MAX))
        return NAN;
    return exp(gk_beta_log_tail(a, b, x, 1 - x));
}

double gk_beta_quantile(double p, double a, double b)
{
    if (!is_inner(p) || !(a >= SHAPE_MIN && a <= SHAPE_MAX && b >= SHAPE_MIN && b <= SHAPE_MAX))
        return NAN;
    double odds = p <= 0.5 ? exp(gk_beta_logit(p, a, b)) : exp(-gk_beta_logit(1 - p, b, a));
    return isinf(odds) ? 1 : odds / (1 + odds);
}
