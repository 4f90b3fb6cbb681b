/* A tree of CQL2 meets the queryables: names are found, types checked, and geometry
 * literals made exact. Nothing is cast but dates, which temporal functions take
 * together with times as the whole days that they are. */
#include <string.h>

#include "cql2.h"
#include "cql2_geometry.h"

enum { NAME_SHOWN = 40, NAMES_SHOWN = 320 };

struct binding {
    const struct gk_cql2_source *source;
    struct gk_arena *arena;
    struct gk_error *error;
};

static const char *const type_names[GK_CQL2_TYPES] = {
    "a number", "a text", "a boolean", "a date", "a time", "an interval", "a geometry"};

static enum gk_status refuse_type(struct binding *b, const struct gk_cql2_node *node,
                                  const char *what)
{
    return gk_error_set(b->error, GK_INVALID,
                        "parameter filter: the operand at character %u is %s; there must be %s",
                        (unsigned)node->position, type_names[node->type], what);
}

static enum gk_status bind_property(struct binding *b, struct gk_cql2_node *node)
{
    int property;
    if (b->source->find(b->source->context, node->text, &property, &node->type)) {
        node->integer = property;
        return GK_OK;
    }
    size_t n = node->text.length > NAME_SHOWN ? NAME_SHOWN : node->text.length;
    while (n > 0 && n < node->text.length && ((unsigned char)node->text.data[n] & 0xc0) == 0x80)
        n--;
    const char *names = b->source->names == NULL ? "others" : b->source->names;
    size_t shown = strlen(names);
    bool is_cut = shown > NAMES_SHOWN;
    for (shown = is_cut ? NAMES_SHOWN : shown; is_cut && shown > 0 && names[shown] != ',';)
        shown--;
    return gk_error_set(b->error, GK_INVALID,
                        "parameter filter: there is no property \"%.*s\" (character %u); there are "
                        "%.*s%s",
                        (int)n, node->text.data, (unsigned)node->position, (int)shown, names,
                        is_cut ? " and others, see queryables" : "");
}

static enum gk_status bind_node(struct binding *b, struct gk_cql2_node *node);

static enum gk_status bind_children(struct binding *b, struct gk_cql2_node *node)
{
    enum gk_status status = GK_OK;
    for (struct gk_cql2_node *c = node->child; status == GK_OK && c != NULL; c = c->next)
        status = bind_node(b, c);
    return status;
}

static bool is_scalar(enum gk_cql2_type type)
{
    return type < GK_CQL2_INTERVAL;
}

/* All children have the type of the first, which is a scalar. */
static enum gk_status check_same(struct binding *b, const struct gk_cql2_node *node)
{
    const struct gk_cql2_node *first = node->child;
    if (!is_scalar(first->type))
        return refuse_type(b, first, "a number, a text, a boolean, a date or a time");
    for (const struct gk_cql2_node *c = first->next; c != NULL; c = c->next)
        if (c->type != first->type)
            return refuse_type(b, c, type_names[first->type]);
    return GK_OK;
}

static enum gk_status check_all(struct binding *b, const struct gk_cql2_node *node,
                                enum gk_cql2_type type)
{
    for (const struct gk_cql2_node *c = node->child; c != NULL; c = c->next)
        if (c->type != type)
            return refuse_type(b, c, type_names[type]);
    return GK_OK;
}

static bool is_instant(enum gk_cql2_type type)
{
    return type == GK_CQL2_DATE || type == GK_CQL2_TIMESTAMP;
}

static enum gk_status check_bounds(struct binding *b, const struct gk_cql2_node *node)
{
    const struct gk_cql2_node *from = node->child, *to = from->next;
    for (const struct gk_cql2_node *c = from; c != NULL; c = c->next)
        if (!is_instant(c->type))
            return refuse_type(b, c, "a date or a time");
    bool are_literals = from->kind == GK_CQL2_LITERAL && to->kind == GK_CQL2_LITERAL &&
                        !from->is_open && !to->is_open && from->type == to->type;
    if (are_literals && from->integer > to->integer)
        return gk_error_set(b->error, GK_INVALID,
                            "parameter filter: the interval at character %u ends before it begins; "
                            "there must be the earlier instant first",
                            (unsigned)node->position);
    return GK_OK;
}

static enum gk_status check_temporal(struct binding *b, const struct gk_cql2_node *node)
{
    bool wants_intervals = node->op >= GK_CQL2_T_CONTAINS;
    for (const struct gk_cql2_node *c = node->child; c != NULL; c = c->next)
        if (c->type != GK_CQL2_INTERVAL && (wants_intervals || !is_instant(c->type)))
            return refuse_type(b, c,
                               wants_intervals ? "an interval, INTERVAL(from, to)"
                                               : "a date, a time or an interval");
    return GK_OK;
}

static enum gk_status check_operands(struct binding *b, const struct gk_cql2_node *node)
{
    switch (node->kind) {
    case GK_CQL2_COMPARE:
    case GK_CQL2_IN:
        return check_same(b, node);
    case GK_CQL2_LIKE:
    case GK_CQL2_CASEI:
    case GK_CQL2_ACCENTI:
        return check_all(b, node, GK_CQL2_TEXT);
    case GK_CQL2_BETWEEN:
        return check_all(b, node, GK_CQL2_NUMBER);
    case GK_CQL2_INTERSECTS:
        return check_all(b, node, GK_CQL2_GEOMETRY);
    case GK_CQL2_TEMPORAL:
        return check_temporal(b, node);
    case GK_CQL2_BOUNDS:
        return check_bounds(b, node);
    default:
        return GK_OK;
    }
}

/* What is the same for all features is folded once. */
static enum gk_status fold_literal(struct binding *b, struct gk_cql2_node *node)
{
    if (node->child->kind != GK_CQL2_LITERAL)
        return GK_OK;
    struct gk_text text = node->child->text;
    node->text = node->kind == GK_CQL2_CASEI ? gk_cql2_fold_case(text, b->arena)
                                             : gk_cql2_strip_accents(text, b->arena);
    node->kind = GK_CQL2_LITERAL;
    return node->text.data != NULL
               ? GK_OK
               : gk_error_set(b->error, GK_NO_MEMORY, "read the filter: out of memory");
}

/* As deep as the text was: GK_CQL2_DEPTH_MAX and a few. */
static enum gk_status bind_node(struct binding *b, struct gk_cql2_node *node)
{
    if (node->kind == GK_CQL2_PROPERTY)
        return bind_property(b, node);
    if (node->kind == GK_CQL2_LITERAL && node->type == GK_CQL2_GEOMETRY)
        return gk_cql2_geometry_make(node->shape, b->source, b->arena, b->error);
    enum gk_status status = bind_children(b, node);
    if (status == GK_OK)
        status = check_operands(b, node);
    bool folds = node->kind == GK_CQL2_CASEI || node->kind == GK_CQL2_ACCENTI;
    return status == GK_OK && folds ? fold_literal(b, node) : status;
}

enum gk_status gk_cql2_bind(struct gk_cql2_node *root, const struct gk_cql2_source *source,
                            struct gk_arena *arena, struct gk_error *error)
{
    struct binding binding = {.source = source, .arena = arena, .error = error};
    return bind_node(&binding, root);
}
