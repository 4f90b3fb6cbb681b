/* A bound tree of CQL2 for one feature after another. Truth has three values as in
 * SQL; null operands make predicates unknown, and what is unknown is not selected.
 * Every step is counted, so that a caller can bound what a filter may cost. */
#include <string.h>

#include "base/date.h"
#include "cql2.h"

enum { BYTES_PER_STEP = 16, EDGES_PER_STEP = 4, STEPS_OF_DAY = 6 };
#define MICROSECONDS INT64_C(1000000)

static enum gk_cql2_truth truth(bool is_so)
{
    return is_so ? GK_CQL2_TRUE : GK_CQL2_FALSE;
}

/* --- Operands -------------------------------------------------------------------------- */

static bool folded(const struct gk_cql2_node *node, struct gk_cql2_run *run,
                   struct gk_cql2_value *value);

/* The value of a scalar operand; false for null. */
static bool value_of(const struct gk_cql2_node *node, struct gk_cql2_run *run,
                     struct gk_cql2_value *value)
{
    run->work++;
    switch (node->kind) {
    case GK_CQL2_PROPERTY:
        return run->source->value(run->source->context, (int)node->integer, value);
    case GK_CQL2_LITERAL:
        if (node->type == GK_CQL2_NUMBER)
            value->number = node->number;
        else if (node->type == GK_CQL2_TEXT)
            value->text = node->text;
        else
            value->integer = node->integer;
        return true;
    default:
        return folded(node, run, value);
    }
}

static bool folded(const struct gk_cql2_node *node, struct gk_cql2_run *run,
                   struct gk_cql2_value *value)
{
    if (!value_of(node->child, run, value))
        return false;
    run->work += value->text.length; /* each is looked up in tables */
    value->text = node->kind == GK_CQL2_CASEI ? gk_cql2_fold_case(value->text, run->scratch)
                                              : gk_cql2_strip_accents(value->text, run->scratch);
    run->is_out_of_memory |= value->text.data == NULL;
    return value->text.data != NULL;
}

/* The order of code points is that of bytes in UTF-8. */
int gk_cql2_compare(enum gk_cql2_type type, const struct gk_cql2_value *a,
                    const struct gk_cql2_value *b)
{
    if (type == GK_CQL2_NUMBER)
        return (a->number > b->number) - (a->number < b->number);
    if (type != GK_CQL2_TEXT)
        return (a->integer > b->integer) - (a->integer < b->integer);
    size_t n = a->text.length < b->text.length ? a->text.length : b->text.length;
    int order = n == 0 ? 0 : memcmp(a->text.data, b->text.data, n);
    if (order == 0)
        order = (a->text.length > b->text.length) - (a->text.length < b->text.length);
    return (order > 0) - (order < 0);
}

/* --- Comparisons -------------------------------------------------------------------------- */

static bool holds(enum gk_cql2_comparison op, int order)
{
    switch (op) {
    case GK_CQL2_EQUAL:
        return order == 0;
    case GK_CQL2_NOT_EQUAL:
        return order != 0;
    case GK_CQL2_LESS:
        return order < 0;
    case GK_CQL2_GREATER:
        return order > 0;
    case GK_CQL2_AT_MOST:
        return order <= 0;
    case GK_CQL2_AT_LEAST:
        return order >= 0;
    }
    return false;
}

static enum gk_cql2_truth compare_two(const struct gk_cql2_node *node, struct gk_cql2_run *run)
{
    struct gk_cql2_value a, b;
    const struct gk_cql2_node *left = node->child;
    if (!value_of(left, run, &a) || !value_of(left->next, run, &b))
        return GK_CQL2_UNKNOWN;
    return truth(holds(node->op, gk_cql2_compare(left->type, &a, &b)));
}

static enum gk_cql2_truth is_like(const struct gk_cql2_node *node, struct gk_cql2_run *run)
{
    struct gk_cql2_value text, pattern;
    uint64_t steps = 0;
    if (!value_of(node->child, run, &text) || !value_of(node->child->next, run, &pattern))
        return GK_CQL2_UNKNOWN;
    bool matches = gk_cql2_like(text.text, pattern.text, &steps);
    run->work += steps / BYTES_PER_STEP;
    return truth(matches);
}

/* As a >= low AND a <= high, in which unknown AND FALSE is FALSE, but that any
 * null makes it unknown (requirement between-predicate, C). */
static enum gk_cql2_truth is_between(const struct gk_cql2_node *node, struct gk_cql2_run *run)
{
    struct gk_cql2_value value, low, high;
    const struct gk_cql2_node *first = node->child;
    if (!value_of(first, run, &value) || !value_of(first->next, run, &low) ||
        !value_of(first->next->next, run, &high))
        return GK_CQL2_UNKNOWN;
    return truth(value.number >= low.number && value.number <= high.number);
}

static enum gk_cql2_truth is_in(const struct gk_cql2_node *node, struct gk_cql2_run *run)
{
    struct gk_cql2_value value, item;
    const struct gk_cql2_node *first = node->child;
    if (!value_of(first, run, &value))
        return GK_CQL2_UNKNOWN;
    enum gk_cql2_truth result = GK_CQL2_FALSE;
    for (const struct gk_cql2_node *c = first->next; c != NULL; c = c->next) {
        if (!value_of(c, run, &item))
            result = GK_CQL2_UNKNOWN;
        else if (gk_cql2_compare(first->type, &value, &item) == 0)
            return GK_CQL2_TRUE;
    }
    return result;
}

/* --- Space ------------------------------------------------------------------------------------ */

static int touches(const struct gk_cql2_node *property, const struct gk_geometry *geometry,
                   struct gk_cql2_run *run)
{
    uint64_t edges = 0;
    int answer =
        run->source->touches(run->source->context, (int)property->integer, geometry, &edges);
    run->work += edges / EDGES_PER_STEP;
    return answer;
}

/* A feature has one geometry: with itself it touches when there is one. */
static enum gk_cql2_truth intersects(const struct gk_cql2_node *node, struct gk_cql2_run *run)
{
    const struct gk_cql2_node *a = node->child, *b = a->next;
    run->work++;
    if (a->kind == GK_CQL2_LITERAL && b->kind == GK_CQL2_LITERAL) {
        uint64_t edges = 0;
        bool touch = gk_geometry_touches(a->shape->exact, b->shape->exact, &edges);
        run->work += edges / EDGES_PER_STEP;
        return truth(touch);
    }
    const struct gk_cql2_node *literal = a->kind == GK_CQL2_LITERAL   ? a
                                         : b->kind == GK_CQL2_LITERAL ? b
                                                                      : NULL;
    int answer = touches(a == literal ? b : a, literal == NULL ? NULL : literal->shape->exact, run);
    return answer < 0 ? GK_CQL2_UNKNOWN : truth(answer > 0);
}

/* --- Time ---------------------------------------------------------------------------------------
 */

static bool has_timestamp(const struct gk_cql2_node *node)
{
    if (node->kind != GK_CQL2_BOUNDS)
        return node->type == GK_CQL2_TIMESTAMP && !node->is_open;
    return has_timestamp(node->child) || has_timestamp(node->child->next);
}

/* First or last microsecond of a Swedish day. */
static int64_t day_as_time(int64_t day, bool is_end)
{
    enum { HOURS = 24 };
    if (!is_end)
        return gk_utc_from_hour((int32_t)day * HOURS) * MICROSECONDS;
    return gk_utc_from_hour(((int32_t)day + 1) * HOURS) * MICROSECONDS - 1;
}

/* One end of an interval, in days or in microseconds; false for null. */
static bool end_of(const struct gk_cql2_node *node, bool is_end, bool in_time,
                   struct gk_cql2_run *run, int64_t *end)
{
    struct gk_cql2_value value;
    if (node->is_open) {
        *end = is_end ? INT64_MAX : INT64_MIN;
        return true;
    }
    if (!value_of(node, run, &value))
        return false;
    bool casts = in_time && node->type == GK_CQL2_DATE;
    run->work += casts ? STEPS_OF_DAY : 0;
    *end = casts ? day_as_time(value.integer, is_end) : value.integer;
    return true;
}

/* An instant is the interval that begins and ends with it; a day among times, all
 * of it. */
static bool ends_of(const struct gk_cql2_node *node, bool in_time, struct gk_cql2_run *run,
                    int64_t end[2])
{
    bool is_interval = node->kind == GK_CQL2_BOUNDS;
    const struct gk_cql2_node *from = is_interval ? node->child : node;
    const struct gk_cql2_node *to = is_interval ? node->child->next : node;
    return end_of(from, false, in_time, run, &end[0]) && end_of(to, true, in_time, run, &end[1]);
}

static enum gk_cql2_truth relate(const struct gk_cql2_node *node, struct gk_cql2_run *run)
{
    int64_t a[2], b[2];
    const struct gk_cql2_node *first = node->child;
    bool in_time = has_timestamp(first) || has_timestamp(first->next);
    if (!ends_of(first, in_time, run, a) || !ends_of(first->next, in_time, run, b))
        return GK_CQL2_UNKNOWN;
    return truth(gk_cql2_relate(node->op, a, b));
}

const char *gk_cql2_relation_name(enum gk_cql2_relation relation)
{
    static const char *const names[GK_CQL2_RELATIONS] = {
        "T_AFTER",    "T_BEFORE",       "T_DISJOINT",   "T_EQUALS",    "T_INTERSECTS",
        "T_CONTAINS", "T_DURING",       "T_FINISHEDBY", "T_FINISHES",  "T_MEETS",
        "T_METBY",    "T_OVERLAPPEDBY", "T_OVERLAPS",   "T_STARTEDBY", "T_STARTS"};
    return names[relation];
}

/* Allen's relations as OWL-Time has them. The standard's table of the last two links
 * each to the other; its own predicates and counts are as here. */
bool gk_cql2_relate(enum gk_cql2_relation relation, const int64_t a[2], const int64_t b[2])
{
    switch (relation) {
    case GK_CQL2_T_AFTER:
        return a[0] > b[1];
    case GK_CQL2_T_BEFORE:
        return a[1] < b[0];
    case GK_CQL2_T_DISJOINT:
        return a[0] > b[1] || a[1] < b[0];
    case GK_CQL2_T_EQUALS:
        return a[0] == b[0] && a[1] == b[1];
    case GK_CQL2_T_INTERSECTS:
        return a[0] <= b[1] && a[1] >= b[0];
    case GK_CQL2_T_CONTAINS:
        return a[0] < b[0] && a[1] > b[1];
    case GK_CQL2_T_DURING:
        return a[0] > b[0] && a[1] < b[1];
    case GK_CQL2_T_FINISHEDBY:
        return a[0] < b[0] && a[1] == b[1];
    case GK_CQL2_T_FINISHES:
        return a[0] > b[0] && a[1] == b[1];
    case GK_CQL2_T_MEETS:
        return a[1] == b[0];
    case GK_CQL2_T_METBY:
        return a[0] == b[1];
    case GK_CQL2_T_OVERLAPPEDBY:
        return a[0] > b[0] && a[0] < b[1] && a[1] > b[1];
    case GK_CQL2_T_OVERLAPS:
        return a[0] < b[0] && a[1] > b[0] && a[1] < b[1];
    case GK_CQL2_T_STARTEDBY:
        return a[0] == b[0] && a[1] > b[1];
    case GK_CQL2_T_STARTS:
        return a[0] == b[0] && a[1] < b[1];
    case GK_CQL2_RELATIONS:
        break;
    }
    return false;
}

/* --- Truth
 * ----------------------------------------------------------------------------------------- */

/* Operands that are not predicates; an interval is null when an end is. */
static enum gk_cql2_truth is_null(const struct gk_cql2_node *operand, struct gk_cql2_run *run)
{
    struct gk_cql2_value value;
    int64_t ends[2];
    switch (operand->kind) {
    case GK_CQL2_BOUNDS:
        return truth(!ends_of(operand, false, run, ends));
    case GK_CQL2_LITERAL:
        return GK_CQL2_FALSE;
    case GK_CQL2_PROPERTY:
        if (operand->type == GK_CQL2_GEOMETRY)
            return truth(touches(operand, NULL, run) < 0);
        return truth(!value_of(operand, run, &value));
    case GK_CQL2_CASEI:
    case GK_CQL2_ACCENTI:
        return truth(!value_of(operand, run, &value));
    default:
        return truth(gk_cql2_evaluate(operand, run) == GK_CQL2_UNKNOWN);
    }
}

/* The least (AND) or greatest (OR) of the children; the rest need not be known once
 * it cannot change. */
static enum gk_cql2_truth join(const struct gk_cql2_node *node, struct gk_cql2_run *run)
{
    bool is_and = node->kind == GK_CQL2_AND;
    enum gk_cql2_truth result = is_and ? GK_CQL2_TRUE : GK_CQL2_FALSE;
    enum gk_cql2_truth final = is_and ? GK_CQL2_FALSE : GK_CQL2_TRUE;
    for (const struct gk_cql2_node *c = node->child; c != NULL && result != final; c = c->next) {
        enum gk_cql2_truth one = gk_cql2_evaluate(c, run);
        if (is_and ? one < result : one > result)
            result = one;
    }
    return result;
}

enum gk_cql2_truth gk_cql2_evaluate(const struct gk_cql2_node *node, struct gk_cql2_run *run)
{
    run->work++;
    switch (node->kind) {
    case GK_CQL2_AND:
    case GK_CQL2_OR:
        return join(node, run);
    case GK_CQL2_NOT:
        return (enum gk_cql2_truth)(GK_CQL2_TRUE - gk_cql2_evaluate(node->child, run));
    case GK_CQL2_COMPARE:
        return compare_two(node, run);
    case GK_CQL2_LIKE:
        return is_like(node, run);
    case GK_CQL2_BETWEEN:
        return is_between(node, run);
    case GK_CQL2_IN:
        return is_in(node, run);
    case GK_CQL2_IS_NULL:
        return is_null(node->child, run);
    case GK_CQL2_INTERSECTS:
        return intersects(node, run);
    case GK_CQL2_TEMPORAL:
        return relate(node, run);
    case GK_CQL2_LITERAL:
        return truth(node->integer != 0);
    default:
        return GK_CQL2_UNKNOWN; /* operands are no predicates: the grammar says so */
    }
}
