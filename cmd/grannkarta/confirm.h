/* Asking before something that cannot be taken back. */
#ifndef GK_CMD_CONFIRM_H
#define GK_CMD_CONFIRM_H

#include <stdbool.h>

#include "base/status.h"

/* Asks `question` on the terminal and waits for "yes"; `is_yes`: --yes was given,
 * nobody is asked. GK_INVALID without a terminal, GK_INTERRUPTED for any other
 * answer: then nothing may be done. */
GK_CHECKED enum gk_status gk_confirm(const char *question, bool is_yes, struct gk_error *error);

#endif
