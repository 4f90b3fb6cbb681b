/* What a file says about its data (rule 5): title, period, definition, release,
 * date of the data, k, and what each column is; as far as its format can. */
#ifndef GK_CMD_EXPORT_ABOUT_H
#define GK_CMD_EXPORT_ABOUT_H

#include <gdal.h>
#include <ogr_api.h>

#include "api/export.h"
#include "export_file.h"

/* OGR's layer creation options (a CSL list, the caller's) that carry it in a
 * format; NULL for a format that has no place for it. */
char **gk_export_about_options(const struct gk_export_about *about,
                               const struct gk_export_file_options *options, const char *driver);

/* GeoPackage: labels and descriptions of columns into its own table of them, and
 * the facts into its metadata. What fails is told by GDAL's error handler. */
void gk_export_about_put(const struct gk_export_about *about,
                         const struct gk_export_file_options *options, GDALDatasetH dataset,
                         OGRLayerH layer);

#endif
