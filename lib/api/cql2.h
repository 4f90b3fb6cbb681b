/* CQL2 (OGC 21-065r2): its text as a tree, checked against queryables, evaluated
 * feature by feature. It knows neither snapshots nor requests: names and values
 * come through struct gk_cql2_source, so that tests bring the standard's own data.
 *
 * Understood are the classes basic-cql2, advanced-comparison-operators,
 * case-insensitive-comparison, accent-insensitive-comparison,
 * basic-spatial-functions, basic-spatial-functions-plus, temporal-functions and
 * property-property. Everything else of the grammar is refused by name. */
#ifndef GK_API_CQL2_H
#define GK_API_CQL2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "geo/crs.h"
#include "http/server.h"
#include "snapshot/touch.h"

enum {
    GK_CQL2_TEXT_MAX = 4096, /* bytes of a filter */
    GK_CQL2_DEPTH_MAX = 32,  /* levels of parentheses, NOT and functions */
    GK_CQL2_NODES_MAX = 2048
};

/* --- The tree ------------------------------------------------------------------- */

enum gk_cql2_type {
    GK_CQL2_NUMBER,
    GK_CQL2_TEXT,
    GK_CQL2_BOOLEAN,
    GK_CQL2_DATE,      /* integer: a day */
    GK_CQL2_TIMESTAMP, /* integer: microseconds since 1970 UTC */
    GK_CQL2_INTERVAL,  /* two of the two before */
    GK_CQL2_GEOMETRY,
    GK_CQL2_TYPES
};

enum gk_cql2_kind {
    /* Predicates and what joins them; children are operands. */
    GK_CQL2_AND,
    GK_CQL2_OR,
    GK_CQL2_NOT,
    GK_CQL2_COMPARE, /* op */
    GK_CQL2_LIKE,
    GK_CQL2_BETWEEN,
    GK_CQL2_IN, /* first child: what is looked for */
    GK_CQL2_IS_NULL,
    GK_CQL2_INTERSECTS,
    GK_CQL2_TEMPORAL, /* op */
    /* Operands. */
    GK_CQL2_LITERAL,  /* value of its type; boolean ones are predicates too */
    GK_CQL2_PROPERTY, /* name; after binding property */
    GK_CQL2_CASEI,    /* one child */
    GK_CQL2_ACCENTI,  /* one child */
    GK_CQL2_BOUNDS    /* INTERVAL(a, b): two children; type INTERVAL */
};

enum gk_cql2_comparison {
    GK_CQL2_EQUAL,
    GK_CQL2_NOT_EQUAL,
    GK_CQL2_LESS,
    GK_CQL2_GREATER,
    GK_CQL2_AT_MOST,
    GK_CQL2_AT_LEAST
};

enum gk_cql2_relation {
    GK_CQL2_T_AFTER,
    GK_CQL2_T_BEFORE,
    GK_CQL2_T_DISJOINT,
    GK_CQL2_T_EQUALS,
    GK_CQL2_T_INTERSECTS,
    GK_CQL2_T_CONTAINS, /* from here on intervals only */
    GK_CQL2_T_DURING,
    GK_CQL2_T_FINISHEDBY,
    GK_CQL2_T_FINISHES,
    GK_CQL2_T_MEETS,
    GK_CQL2_T_METBY,
    GK_CQL2_T_OVERLAPPEDBY,
    GK_CQL2_T_OVERLAPS,
    GK_CQL2_T_STARTEDBY,
    GK_CQL2_T_STARTS,
    GK_CQL2_RELATIONS
};

/* "T_AFTER", ...; static. */
const char *gk_cql2_relation_name(enum gk_cql2_relation relation);

/* A geometry as it was written: flat, in the axis order of the client's CRS. */
struct gk_cql2_shape {
    double *xy; /* two for each vertex */
    uint32_t *path_start;
    struct gk_part *part; /* boxes are not set */
    uint32_t vertices, paths, parts;
    bool is_box;               /* two vertices: the least and the greatest corner */
    uint32_t position;         /* of the literal */
    uint32_t *at;              /* of each vertex */
    struct gk_geometry *exact; /* after binding */
};

struct gk_cql2_node {
    enum gk_cql2_kind kind;
    enum gk_cql2_type type; /* operands; of properties after binding */
    unsigned op;
    bool is_open;      /* of an interval's end: '..' */
    uint32_t position; /* in the text, in characters from 1 */
    struct gk_cql2_node *child, *next;
    union {
        double number;
        int64_t integer; /* BOOLEAN, DATE, TIMESTAMP; PROPERTY after binding: its number */
        struct gk_cql2_shape *shape;
    };
    struct gk_text text; /* TEXT literals, names; of a LIKE pattern see GK_CQL2_ANY */
};

/* In the text of a pattern: no byte of UTF-8. */
#define GK_CQL2_ANY '\xfe'     /* % */
#define GK_CQL2_ANY_ONE '\xff' /* _ */

/* Parses a filter of `length` bytes of UTF-8 into the arena. GK_INVALID with the
 * position, what was found there and what is allowed; GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_cql2_parse(struct gk_cql2_node **root, const char *text, size_t length,
                                        struct gk_arena *arena, struct gk_error *error);

/* --- Values ------------------------------------------------------------------------ */

struct gk_cql2_value {
    union {
        double number;
        int64_t integer; /* BOOLEAN, DATE, TIMESTAMP */
        struct gk_text text;
    };
};

/* Where names and values come from. */
struct gk_cql2_source {
    void *context;
    const char *names; /* of all queryables, for those who name another */
    /* Number and type of a queryable; false when there is none of that name. */
    bool (*find)(void *context, struct gk_text name, int *property, enum gk_cql2_type *type);
    /* The current feature's value; false for null. Texts live until the next feature. */
    bool (*value)(void *context, int property, struct gk_cql2_value *value);
    /* Whether its geometry touches one (NULL: whether there is one): 1 or 0, -1 for null. */
    int (*touches)(void *context, int property, const struct gk_geometry *geometry, uint64_t *work);
    const struct gk_crs *crs; /* of coordinates; static; NULL: CRS84 */
};

/* Finds the names, checks the types of all operands, makes geometries of the
 * literals. GK_INVALID with the position; GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_cql2_bind(struct gk_cql2_node *root,
                                       const struct gk_cql2_source *source, struct gk_arena *arena,
                                       struct gk_error *error);

/* --- Evaluation ---------------------------------------------------------------------- */

/* SQL's three values; AND is the least and OR the greatest of its operands. */
enum gk_cql2_truth { GK_CQL2_FALSE, GK_CQL2_UNKNOWN, GK_CQL2_TRUE };

/* One evaluation after another, on one thread. */
struct gk_cql2_run {
    const struct gk_cql2_source *source;
    struct gk_arena *scratch; /* folded texts; emptied by whoever owns it */
    uint64_t work;            /* grows with what was done, the same for the same data */
    bool is_out_of_memory;
};

/* The bound tree for the source's current feature. */
enum gk_cql2_truth gk_cql2_evaluate(const struct gk_cql2_node *root, struct gk_cql2_run *run);

/* --- Pieces (for each other, and for tests) --------------------------------------------- */

/* -1, 0, 1: texts by code point. Of types that have an order: not intervals, not
 * geometries. */
int gk_cql2_compare(enum gk_cql2_type type, const struct gk_cql2_value *a,
                    const struct gk_cql2_value *b);

/* Whether a text matches a pattern with wildcards as above. */
bool gk_cql2_like(struct gk_text text, struct gk_text pattern, uint64_t *work);

/* Full case folding (Unicode, C and F of CaseFolding.txt); wildcards stay. Without
 * memory the result's data are NULL. */
struct gk_text gk_cql2_fold_case(struct gk_text text, struct gk_arena *arena);

/* Canonical decomposition without nonspacing marks (but those of Japanese). */
struct gk_text gk_cql2_strip_accents(struct gk_text text, struct gk_arena *arena);

/* Two intervals, ends included; open ones are INT64_MIN and INT64_MAX. */
bool gk_cql2_relate(enum gk_cql2_relation relation, const int64_t a[2], const int64_t b[2]);

/* A DATE literal's day, and a TIMESTAMP's microseconds; false if it is not that. */
bool gk_cql2_read_date(struct gk_text text, int64_t *day);
bool gk_cql2_read_timestamp(struct gk_text text, int64_t *microseconds);

#endif
