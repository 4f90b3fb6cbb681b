/* Rates with Garwood's interval, and the gamma quantiles it needs.
 *
 * The quantile is found by Newton's method on the logarithm of the smaller tail
 * (tails.c) as a function of log x. That function is concave, since the density
 * of log x is log-concave: from any start the first step lands on one side of
 * the root and the rest approach it from there, so no bracket is needed. */
#include "stats/rate.h"

#include <math.h>

#include "tails.h"

enum { STEPS_MAX = 100 };

#define SHAPE_MIN 0.5
#define SHAPE_MAX 1e10

/* Wilson and Hilferty's cube; for small shapes and tails the leading term of the
 * series instead. */
static double first_guess(double tail, double s, bool upper)
{
    double z = upper ? -gk_rough_normal(tail) : gk_rough_normal(tail);
    double root = 1 - 1 / (9 * s) + z / (3 * sqrt(s));
    if (root > 0.3 || upper)
        return s * root * root * root;
    int sign;
    return exp((log(tail) + lgamma_r(s + 1, &sign)) / s);
}

/* x with P(shape, x) = tail, or Q(shape, x) = tail; 0 < tail <= 1/2. */
static double quantile(double tail, double s, bool upper)
{
    double x = first_guess(tail, s, upper), goal = log(tail);
    for (int step = 0; step < STEPS_MAX; step++) {
        double term = gk_gamma_log_term(s, x), have = gk_gamma_log_tail(s, x, upper);
        double slope = exp(log(s) + term - have);
        double move = (upper ? have - goal : goal - have) / slope;
        x *= exp(move);
        if (fabs(move) < 1e-11)
            break;
    }
    return x;
}

double gk_gamma_quantile(double p, double shape)
{
    if (!(p > 0 && p < 1) || !(shape >= SHAPE_MIN && shape <= SHAPE_MAX))
        return NAN;
    return p <= 0.5 ? quantile(p, shape, false) : quantile(1 - p, shape, true);
}

struct gk_interval gk_poisson_interval(uint64_t count, double confidence)
{
    if (!(confidence > 0 && confidence < 1) || (double)count >= SHAPE_MAX)
        return (struct gk_interval){NAN, NAN};
    double tail = (1 - confidence) / 2, n = (double)count;
    return (struct gk_interval){.lower = count == 0 ? 0 : quantile(tail, n, false),
                                .upper = quantile(tail, n + 1, true)};
}

struct gk_rate gk_rate_per(uint64_t count, double denominator, double per, double confidence)
{
    if (!(denominator > 0) || isinf(denominator))
        return (struct gk_rate){.is_null = true};
    struct gk_interval events = gk_poisson_interval(count, confidence);
    return (struct gk_rate){
        .value = (double)count / denominator * per,
        .interval = {events.lower / denominator * per, events.upper / denominator * per}};
}
