/* Private to lib/stats: logarithms of the tails of the gamma and beta
 * distributions. No checks of arguments: the public functions make them. */
#ifndef GK_STATS_TAILS_H
#define GK_STATS_TAILS_H

#include <stdbool.h>

/* log of x^s e^-x / Gamma(s + 1); for a whole s the logarithm of the probability
 * of s events at mean x. s, x > 0. */
double gk_gamma_log_term(double s, double x);

/* log of P(s, x), or of Q(s, x) when `upper`. s, x > 0. */
double gk_gamma_log_tail(double s, double x, bool upper);

/* log of Gamma(a+b+1) / (Gamma(a+1) Gamma(b+1)) x^a y^b, where y = 1 - x; for
 * whole a and b the logarithm of a binomial probability. a, b, x, y > 0. */
double gk_beta_log_term(double a, double b, double x, double y);

/* log of I_x(a, b), where y = 1 - x is given so that neither is rounded. */
double gk_beta_log_tail(double a, double b, double x, double y);

/* log(x / (1 - x)) for the x with I_x(a, b) = tail, 0 < tail <= 1/2. Newton's
 * method on the logarithm of the tail, which is concave in this variable: see
 * rate.c. */
double gk_beta_logit(double tail, double a, double b);

/* Standard normal quantile of the lower tail p <= 1/2, to 4.5e-4: Abramowitz and
 * Stegun 26.2.23. Only to begin a search with. */
double gk_rough_normal(double p);

#endif
