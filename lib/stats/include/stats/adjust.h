/* Many tests at once: the false discovery rate.
 *
 * Pure function, no state, any thread. */
#ifndef GK_STATS_ADJUST_H
#define GK_STATS_ADJUST_H

#include <stddef.h>

#include "base/status.h"

/* Benjamini and Hochberg's adjusted p values: with the p values in rising order,
 *   adjusted(i) = min over j >= i of min(1, count / j * p(j))
 * A test is significant at false discovery rate q when its adjusted p is at most
 * q. Equal p values have equal adjusted ones; the answer does not depend on the
 * order. `adjusted` has `count` elements and may be `p` itself; no tests are
 * GK_OK. A p that is NaN or outside [0, 1] is GK_INVALID, and so are more than
 * 2^32 - 1 tests; `adjusted` is then untouched. O(count), 32 bytes a test while
 * it runs; GK_NO_MEMORY.
 * Valid when the tests are independent or positively dependent, as the tails of
 * overlapping windows are. Source: Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B
 * 57 (1995) 289-300; for maps: M. Caldas de Castro, B. Singer, Geographical
 * Analysis 38 (2006) 180-208. */
GK_CHECKED enum gk_status gk_adjust_fdr(double *adjusted, const double *p, size_t count);

#endif
