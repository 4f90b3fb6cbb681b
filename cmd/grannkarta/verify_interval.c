/* The interval by bisection on sums of Poisson terms: slow, and another way than
 * that of lib/stats. */
#include "verify_interval.h"

#include <math.h>

enum { STEPS = 200 };
static const double tail = 0.025;

static double term(double k, double mean)
{
    return exp(k * log(mean) - mean - lgamma(k + 1));
}

/* P(X <= count): terms fall towards 0 when the mean is above the count. */
static double at_most(double count, double mean)
{
    double sum = 0, last = term(count, mean);
    for (double k = count; k >= 0 && last > 1e-18; k--) {
        sum += last;
        last *= k / mean;
    }
    return sum;
}

/* P(X >= count), for a mean below the count. */
static double at_least(double count, double mean)
{
    double sum = 0, last = term(count, mean);
    for (double k = count; last > 1e-18; k++) {
        sum += last;
        last *= mean / (k + 1);
    }
    return sum;
}

void gk_verify_interval(int64_t count, double *lower, double *upper)
{
    double c = (double)(count > 0 ? count : 0), low = 0, high = c;
    for (int i = 0; i < STEPS && c > 0; i++) {
        double middle = (low + high) / 2;
        if (at_least(c, middle) < tail)
            low = middle;
        else
            high = middle;
    }
    *lower = c > 0 ? high : 0;
    low = c;
    high = c + 20 * sqrt(c + 1) + 20;
    for (int i = 0; i < STEPS; i++) {
        double middle = (low + high) / 2;
        if (at_most(c, middle) > tail)
            low = middle;
        else
            high = middle;
    }
    *upper = high;
}
