/* The incomplete gamma and beta functions as logarithms of tails, on which every
 * distribution and quantile of this module stands.
 *
 * The smaller tail is always the one that is summed, so that nothing cancels:
 * for the gamma distribution the power series below the mean and the continued
 * fraction (Lentz) above, for the beta distribution the continued fraction on
 * the nearer side (DLMF 8.17.22). All are of O(sqrt(shape)) terms. What they
 * multiply is kept as a logarithm in the form that does not cancel for large
 * shapes (C. Loader, Fast and accurate computation of binomial probabilities,
 * 2000). */
#include "tails.h"

#include <math.h>

enum { STEPS_MAX = 200, TERMS_MAX = 20000000 };

#define HALF_LOG_TWO_PI 0.91893853320467274178

/* s log(x / s) + s - x, at most 0, without cancellation where x is near s and
 * without loss where it is far below. */
static double deviance(double s, double x)
{
    double m = (x - s) / s;
    if (fabs(m) > 0.1)
        return s * (log(x / s) - m);
    /* log1p(m) - m: with r = m / (2 + m), log1p(m) = 2 (r + r^3/3 + r^5/5 + ...),
     * and 2 r - m = -r m. */
    double r = m / (2 + m), r2 = r * r, power = r * r2, sum = 0;
    for (int k = 3; k < 40; k += 2) {
        double term = power / k;
        sum += term;
        if (fabs(term) <= fabs(sum) * 1e-18)
            break;
        power *= r2;
    }
    return s * (2 * sum - r * m);
}

/* log Gamma(s + 1) - log of Stirling's formula without its series. */
static double stirling_error(double s)
{
    if (s < 16) {
        int sign;
        return lgamma_r(s + 1, &sign) - (s + 0.5) * log(s) + s - HALF_LOG_TWO_PI;
    }
    double i2 = 1 / (s * s);
    return (1.0 / 12 - i2 * (1.0 / 360 - i2 * (1.0 / 1260 - i2 * (1.0 / 1680 - i2 / 1188)))) / s;
}

double gk_gamma_log_term(double s, double x)
{
    if (s < 16) {
        int sign;
        return s * log(x) - x - lgamma_r(s + 1, &sign);
    }
    return deviance(s, x) - HALF_LOG_TWO_PI - 0.5 * log(s) - stirling_error(s);
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

double gk_gamma_log_tail(double s, double x, bool upper)
{
    double term = gk_gamma_log_term(s, x);
    if (x < s + 1) {
        double lower = term + log(lower_series(s, x));
        return upper ? log1p(-exp(lower)) : lower;
    }
    double above = term + log(s * upper_fraction(s, x));
    return upper ? above : log1p(-exp(above));
}

double gk_beta_log_term(double a, double b, double x, double y)
{
    double n = a + b;
    return stirling_error(n) - stirling_error(a) - stirling_error(b) + deviance(a, n * x) +
           deviance(b, n * y) - HALF_LOG_TWO_PI - 0.5 * (log(a) + log(b) - log(n));
}

static double away_from_zero(double v)
{
    return fabs(v) < 1e-300 ? 1e-300 : v;
}

/* I_x(a, b) over x^a y^b / (a B(a, b)), for x below (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), h = d;
    for (int m = 1; m < TERMS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        h *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) < 3e-16)
            break;
    }
    return h;
}

/* The smaller tail, from the side that x is on. */
static double beta_near_tail(double a, double b, double x, double y)
{
    return gk_beta_log_term(a, b, x, y) + log(b / (a + b) * beta_fraction(a, b, x));
}

double gk_beta_log_tail(double a, double b, double x, double y)
{
    if (x <= 0 || y <= 0)
        return x <= 0 ? -INFINITY : 0;
    if (x * (a + b + 2) < a + 1)
        return fmin(beta_near_tail(a, b, x, y), 0);
    double above = beta_near_tail(b, a, y, x);
    return log1p(-fmin(exp(above), 1));
}

double gk_beta_logit(double tail, double a, double b)
{
    double goal = log(tail);
    double t = log(a / b) + gk_rough_normal(tail) * sqrt(1 / a + 1 / b);
    for (int step = 0; step < STEPS_MAX; step++) {
        double x = 1 / (1 + exp(-t)), y = 1 / (1 + exp(t));
        double have = gk_beta_log_tail(a, b, x, y);
        double slope = exp(gk_beta_log_term(a, b, x, y) + log(a * b / (a + b)) - have);
        double move = fmin(fmax((goal - have) / slope, -30), 30);
        t += move;
        if (fabs(move) < 1e-11)
            break;
    }
    return t;
}

double gk_rough_normal(double p)
{
    double t = sqrt(-2 * log(p));
    return (2.515517 + t * (0.802853 + t * 0.010328)) /
               (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
           t;
}
