/* Examples for the definition of the interface: values that the data at hand
 * answer with features. A test sends every one of them. */
#ifndef GK_API_EXAMPLE_H
#define GK_API_EXAMPLE_H

#include "view.h"

/* Sets row->example (arena) for a parameter of a collection, unless it has one
 * or no value is an example: a cursor comes only from a link. */
void gk_example_set(const struct gk_view *view, const struct gk_collection *collection,
                    enum gk_query query, struct gk_parameter *row);

/* The id of a feature of the collection, -1 when it is empty or cannot be opened. */
int64_t gk_example_id(const struct gk_view *view, const struct gk_collection *collection);

#endif
