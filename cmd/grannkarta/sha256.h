/* SHA-256 of files: which file an import came from. */
#ifndef GK_CMD_SHA256_H
#define GK_CMD_SHA256_H

#include "base/status.h"

/* The hash of a file's bytes; of no bytes when `path` is a directory (some
 * vector formats are). */
GK_CHECKED enum gk_status gk_sha256_file(unsigned char hash[32], const char *path,
                                         struct gk_error *error);

#endif
