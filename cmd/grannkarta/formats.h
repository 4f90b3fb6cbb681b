/* The vector formats that are read: a list of what users have, and nothing else.
 * GDAL knows eighty, among them ones that call other machines, run programs, point
 * at other files or write beside the one that is read. */
#ifndef GK_CMD_FORMATS_H
#define GK_CMD_FORMATS_H

#include "base/status.h"

enum gk_format_use {
    GK_FORMATS_OF_PLACES,   /* districts, dwellings, watch areas */
    GK_FORMATS_OF_INCIDENTS /* without CSV, which has a reader of its own */
};

/* The drivers of GDAL that may be used and are built in, as a list that the caller
 * frees with CSLDestroy(). Registers GDAL's drivers. */
char **gk_formats_allowed(enum gk_format_use use);

/* GK_REJECTED for a file that none of them opens, with what it is when GDAL knows
 * that, and what is read. Nothing of the file is in the message. */
GK_CHECKED enum gk_status gk_formats_refuse(const char *path, enum gk_format_use use,
                                            struct gk_error *error);

#endif
