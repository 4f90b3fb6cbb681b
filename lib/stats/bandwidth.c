/* Bandwidths: Scott's rule, and the likelihood of each point given the others. */
#include "stats/bandwidth.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"

#define TWO_PI 6.28318530717958647692

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static double standard_deviation(const double *values, size_t count)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        mean += (values[i] - values[0]) / (double)count;
    mean += values[0];
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(count - 1));
}

enum gk_status gk_bandwidth_scott(double *sigma_e_m, double *sigma_n_m, const double *e_m,
                                  const double *n_m, size_t count)
{
    if (count < 2 || !all_finite(e_m, count) || !all_finite(n_m, count))
        return GK_INVALID;
    double shrink = pow((double)count, -1.0 / 6);
    *sigma_e_m = standard_deviation(e_m, count) * shrink;
    *sigma_n_m = standard_deviation(n_m, count) * shrink;
    return GK_OK;
}

/* others[i] = sum over the other points of exp(-d^2 / 2 s^2). */
static void sum_others(double *others, const double *e, const double *n, size_t count, double s)
{
    double scale = -1 / (2 * s * s);
    memset(others, 0, count * sizeof *others);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            double de = e[i] - e[j], dn = n[i] - n[j], x = (de * de + dn * dn) * scale;
            if (x < -745) /* exp is 0 */
                continue;
            double k = exp(x);
            others[i] += k;
            others[j] += k;
        }
}

static double score(double *others, const struct gk_window *window, const double *e,
                    const double *n, size_t count, double s)
{
    double sum = 0, mass = 0;
    sum_others(others, e, n, count, s);
    for (size_t i = 0; i < count; i++) {
        sum += log(fmax(others[i] / (TWO_PI * s * s), 1e-300));
        mass += normal_between((window->e0_m - e[i]) / s, (window->e1_m - e[i]) / s) *
                normal_between((window->n0_m - n[i]) / s, (window->n1_m - n[i]) / s);
    }
    return sum - mass;
}

static bool usable(const double *sigmas_m, size_t sigmas, const struct gk_window *window)
{
    for (size_t k = 0; k < sigmas; k++)
        if (!(sigmas_m[k] > 0) || isinf(sigmas_m[k]))
            return false;
    const double edges[] = {window->e0_m, window->n0_m, window->e1_m, window->n1_m};
    return sigmas > 0 && all_finite(edges, 4) && window->e0_m <= window->e1_m &&
           window->n0_m <= window->n1_m;
}

enum gk_status gk_bandwidth_likelihood(double *scores, size_t *best, const double *sigmas_m,
                                       size_t sigmas, const struct gk_window *window,
                                       const double *e_m, const double *n_m, size_t count)
{
    if (count < 2 || !usable(sigmas_m, sigmas, window) || !all_finite(e_m, count) ||
        !all_finite(n_m, count))
        return GK_INVALID;
    if ((double)count * (double)count / 2 * (double)sigmas > GK_BANDWIDTH_COST_MAX)
        return GK_TOO_LARGE;
    double *others = malloc(count * sizeof *others);
    if (others == NULL)
        return GK_NO_MEMORY;
    size_t found = 0;
    for (size_t k = 0; k < sigmas; k++) {
        scores[k] = score(others, window, e_m, n_m, count, sigmas_m[k]);
        if (scores[k] > scores[found] ||
            (scores[k] == scores[found] && sigmas_m[k] < sigmas_m[found]))
            found = k;
    }
    if (best != NULL)
        *best = found;
    free(others);
    return GK_OK;
}
