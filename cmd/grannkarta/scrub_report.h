/* The end of `retain` and `purge`: the server's files, and what still holds
 * something of what was erased. */
#ifndef GK_CMD_SCRUB_REPORT_H
#define GK_CMD_SCRUB_REPORT_H

#include "command.h"
#include "store/erase.h"

/* Scrubs and says what came of it. GK_CONFLICT when tables or WAL of this server
 * still hold erased rows; archives and backups are named, but are not a failure. */
GK_CHECKED enum gk_status gk_scrub_and_report(struct gk_store *store,
                                              const struct gk_arguments *arguments, int wait_s,
                                              struct gk_error *error);

#endif
