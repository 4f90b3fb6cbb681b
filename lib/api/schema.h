/* JSON Schemas of a collection's features: the logical one of OGC API - Features
 * Part 5, and that of a feature as GeoJSON. */
#ifndef GK_API_SCHEMA_H
#define GK_API_SCHEMA_H

#include "base/buf.h"
#include "view.h"

/* Appends the logical schema (returnables): properties of any encoding, with roles,
 * units and kinds. */
void gk_schema_put_logical(const struct gk_view *view, struct gk_buf *buf);

/* Appends the schema that each feature of an answer keeps, with `nullable` as OpenAPI
 * 3.0 has it. */
void gk_schema_put_feature(const struct gk_view *view, struct gk_buf *buf);

#endif
