/* Which case numbers of a file were there before, as nearly as two bytes a row can
 * tell: what was seen is always recognised, and of what was not, about one in 500
 * is taken for seen. */
#ifndef GK_CMD_INCIDENT_REPEATS_H
#define GK_CMD_INCIDENT_REPEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum { GK_REPEATS_LEVELS_MAX = 16 };

struct gk_incident_repeats {
    uint64_t *level[GK_REPEATS_LEVELS_MAX]; /* each twice as large as the one before */
    int level_count;
    int64_t room; /* rows that the last level still takes */
};

/* All zero: nothing was seen. */
void gk_incident_repeats_release(struct gk_incident_repeats *repeats);

/* Says whether a keyed hash (32 random-looking bytes) may have been here before, and
 * remembers it. GK_NO_MEMORY; GK_TOO_LARGE beyond eight thousand million. */
GK_CHECKED enum gk_status gk_incident_repeats_see(bool *may_repeat,
                                                  struct gk_incident_repeats *repeats,
                                                  const unsigned char hash[32]);

#endif
