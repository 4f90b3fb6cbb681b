/* Rates with Garwood's interval, and the gamma quantiles it needs.
 *
 * The quantile is found by Newton's method on the logarithm of the smaller tail
 * as a function of log x. That function is concave, since the density of log x
 * is log-concave: from any start the first step lands on one side of the root
 * and the rest approach it from there, so no bracket is needed. The tails are
 * the power series below the mean and the continued fraction (Lentz) above,
 * both of O(sqrt(shape)) terms; what they multiply, x^s e^-x / Gamma(s + 1), is
 * kept as a logarithm in the form that does not cancel for large shapes (C.
 * Loader, Fast and accurate computation of binomial probabilities, 2000). */
#include "stats/rate.h"

#include <math.h>

enum { STEPS_MAX = 100, TERMS_MAX = 20000000 };

#define SHAPE_MIN 0.5
#define SHAPE_MAX 1e10
#define HALF_LOG_TWO_PI 0.91893853320467274178

/* log(1 + m) - m without cancellation for small m. */
static double log1p_minus(double m)
{
    if (fabs(m) > 0.1)
        return log1p(m) - m;
    /* With r = m / (2 + m): log1p(m) = 2 (r + r^3/3 + r^5/5 + ...), and
     * 2 r - m = -r m. */
    double r = m / (2 + m), r2 = r * r, power = r * r2, sum = 0;
    for (int k = 3; k < 40; k += 2) {
        double term = power / k;
        sum += term;
        if (fabs(term) <= fabs(sum) * 1e-18)
            break;
        power *= r2;
    }
    return 2 * sum - r * m;
}

/* log of x^s e^-x / Gamma(s + 1). */
static double log_term(double s, double x)
{
    if (s < 16) {
        int sign;
        return s * log(x) - x - lgamma_r(s + 1, &sign);
    }
    double i2 = 1 / (s * s);
    double stirling =
        (1.0 / 12 - i2 * (1.0 / 360 - i2 * (1.0 / 1260 - i2 * (1.0 / 1680 - i2 / 1188)))) / s;
    return s * log1p_minus((x - s) / s) - HALF_LOG_TWO_PI - 0.5 * log(s) - stirling;
}

/* P(s, x) over the term above: 1 + x/(s+1) + x^2/((s+1)(s+2)) + ... */
static double lower_series(double s, double x)
{
    double term = 1, sum = 1;
    for (int n = 1; n < TERMS_MAX && term > sum * 1e-17; n++) {
        term *= x / (s + n);
        sum += term;
    }
    return sum;
}

/* Q(s, x) over s times the term above. */
static double upper_fraction(double s, double x)
{
    const double tiny = 1e-300;
    double b = x + 1 - s, c = 1 / tiny, d = 1 / b, h = d;
    for (int n = 1; n < TERMS_MAX; n++) {
        double a = -n * (n - s);
        b += 2;
        d = a * d + b;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = b + a / c;
        c = fabs(c) < tiny ? tiny : c;
        h *= d * c;
        if (fabs(d * c - 1) < 1e-16)
            break;
    }
    return h;
}

/* Logarithm of the tail of the gamma distribution beyond or below x. */
static double log_tail(double s, double x, double log_of_term, bool upper)
{
    if (x < s + 1) {
        double lower = log_of_term + log(lower_series(s, x));
        return upper ? log1p(-exp(lower)) : lower;
    }
    double above = log_of_term + log(s * upper_fraction(s, x));
    return upper ? above : log1p(-exp(above));
}

/* Standard normal quantile of the lower tail p <= 1/2, to 4.5e-4: Abramowitz and
 * Stegun 26.2.23. Only to begin with. */
static double rough_normal(double p)
{
    double t = sqrt(-2 * log(p));
    return (2.515517 + t * (0.802853 + t * 0.010328)) /
               (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
           t;
}

/* Wilson and Hilferty's cube; for small shapes and tails the leading term of the
 * series instead. */
static double first_guess(double tail, double s, bool upper)
{
    double z = upper ? -rough_normal(tail) : rough_normal(tail);
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
        double term = log_term(s, x), have = log_tail(s, x, term, upper);
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
