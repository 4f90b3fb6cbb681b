/* What the two files of the page /gis share. */
#ifndef GK_API_GIS_H
#define GK_API_GIS_H

#include "base/buf.h"
#include "view.h"

/* Appends an address or a command to be copied: one click or tap selects all of it. */
void gk_gis_put_code(struct gk_buf *buf, const char *text);

/* Appends the section on how to connect programs. */
void gk_gis_put_programs(struct gk_buf *buf, const struct gk_view *view);

#endif
