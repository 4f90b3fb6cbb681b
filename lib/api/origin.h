/* The origin of an answer: the snapshot that it was made from, how that was chosen,
 * and the settings. Enough to tell later, without making it again, whether the
 * same request would give the same bytes. */
#ifndef GK_API_ORIGIN_H
#define GK_API_ORIGIN_H

#include "view.h"

enum gk_origin_how {
    GK_ORIGIN_NEWEST = 1, /* the request named no data */
    GK_ORIGIN_PINNED,     /* a cursor did */
    GK_ORIGIN_NUMBERED    /* `release` or `revision` did */
};

/* The origin of what is answered from the view's snapshot. */
struct gk_origin gk_origin_make(const struct gk_view *view, enum gk_origin_how how);

#endif
