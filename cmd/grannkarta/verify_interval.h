/* The exact 95 % interval of a count, found without the service's own statistics. */
#ifndef GK_CMD_VERIFY_INTERVAL_H
#define GK_CMD_VERIFY_INTERVAL_H

#include <stdint.h>

/* Garwood's bounds by their definition: P(X >= count | lower) and
 * P(X <= count | upper) are 2.5 %, X being Poisson (Garwood 1936, Biometrika 28). */
void gk_verify_interval(int64_t count, double *lower, double *upper);

#endif
