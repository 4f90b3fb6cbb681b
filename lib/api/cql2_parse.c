/* The grammar of CQL2 text, by recursive descent, one function a rule. What belongs
 * to classes that are not understood is recognised, so that it can be refused by
 * name. Types are looked at when the tree is bound (cql2_bind.c). */
#include <string.h>

#include "cql2_parser.h"

enum { SHOWN_MAX = 32 };

/* --- Refusing ------------------------------------------------------------------------ */

/* The start of a token as printable text, cut between characters. */
static const char *shown(struct gk_text raw, char text[SHOWN_MAX + 4])
{
    size_t n = raw.length;
    if (n > SHOWN_MAX) {
        n = SHOWN_MAX;
        while (n > 0 && ((unsigned char)raw.data[n] & 0xc0) == 0x80)
            n--;
    }
    for (size_t i = 0; i < n; i++)
        text[i] = (unsigned char)raw.data[i] < 0x20 || raw.data[i] == 0x7f ? ' ' : raw.data[i];
    memcpy(text + n, "...", 4);
    text[n < raw.length ? n + 3 : n] = '\0';
    return text;
}

void *gk_cql2_refuse_token(struct gk_cql2_parser *parser, const struct gk_cql2_token *token,
                           const char *what)
{
    char text[SHOWN_MAX + 4];
    if (parser->failed)
        return NULL;
    parser->failed = true;
    if (token->kind == GK_CQL2_TOKEN_END)
        gk_error_set(parser->error, GK_INVALID,
                     "parameter filter: it ends at character %u; there must be %s",
                     (unsigned)token->position, what);
    else
        gk_error_set(parser->error, GK_INVALID,
                     "parameter filter: \"%s\" at character %u is not allowed; there must be %s",
                     shown(token->raw, text), (unsigned)token->position, what);
    return NULL;
}

void *gk_cql2_refuse(struct gk_cql2_parser *parser, const char *what)
{
    return gk_cql2_refuse_token(parser, &parser->token, what);
}

static void *refuse_class(struct gk_cql2_parser *parser, const char *what)
{
    char text[SHOWN_MAX + 4];
    if (parser->failed)
        return NULL;
    parser->failed = true;
    gk_error_set(parser->error, GK_INVALID,
                 "parameter filter: \"%s\" at character %u is not supported; %s",
                 shown(parser->token.raw, text), (unsigned)parser->token.position, what);
    return NULL;
}

/* --- Taking --------------------------------------------------------------------------- */

bool gk_cql2_same_word(struct gk_text text, const char *word)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (word[i] == '\0' || c != word[i])
            return false;
    }
    return word[text.length] == '\0';
}

bool gk_cql2_is_symbol(const struct gk_cql2_parser *parser, char symbol)
{
    return parser->token.kind == GK_CQL2_TOKEN_SYMBOL && parser->token.raw.data[0] == symbol;
}

bool gk_cql2_is_word(const struct gk_cql2_parser *parser, const char *word)
{
    return parser->token.kind == GK_CQL2_TOKEN_WORD && gk_cql2_same_word(parser->token.text, word);
}

bool gk_cql2_take(struct gk_cql2_parser *parser, char symbol, const char *what)
{
    if (!gk_cql2_is_symbol(parser, symbol)) {
        gk_cql2_refuse(parser, what);
        return false;
    }
    gk_cql2_advance(parser);
    return true;
}

static bool take_word(struct gk_cql2_parser *parser, const char *word)
{
    if (!gk_cql2_is_word(parser, word)) {
        gk_cql2_refuse(parser, word);
        return false;
    }
    gk_cql2_advance(parser);
    return true;
}

/* Takes the word if it is there. */
static bool has_word(struct gk_cql2_parser *parser, const char *word)
{
    bool is_there = gk_cql2_is_word(parser, word);
    if (is_there)
        gk_cql2_advance(parser);
    return is_there;
}

bool gk_cql2_take_number(struct gk_cql2_parser *parser, double *number)
{
    bool is_negative = gk_cql2_is_symbol(parser, '-');
    if (is_negative || gk_cql2_is_symbol(parser, '+'))
        gk_cql2_advance(parser);
    if (parser->token.kind != GK_CQL2_TOKEN_NUMBER) {
        gk_cql2_refuse(parser, "a number");
        return false;
    }
    *number = is_negative ? -parser->token.number : parser->token.number;
    gk_cql2_advance(parser);
    return true;
}

bool gk_cql2_enter(struct gk_cql2_parser *parser)
{
    if (parser->depth == GK_CQL2_DEPTH_MAX) {
        gk_cql2_refuse(parser, "fewer levels: at most 32 are allowed");
        return false;
    }
    parser->depth++;
    return true;
}

struct gk_cql2_node *gk_cql2_node_make(struct gk_cql2_parser *parser, enum gk_cql2_kind kind,
                                       uint32_t position)
{
    if (++parser->nodes > GK_CQL2_NODES_MAX)
        return gk_cql2_refuse(parser, "fewer operands: at most 2048 are allowed");
    struct gk_cql2_node *node = gk_arena_alloc(parser->arena, sizeof *node);
    if (node == NULL) {
        if (!parser->failed)
            gk_error_set(parser->error, GK_NO_MEMORY, "read the filter: out of memory");
        parser->failed = true;
        return NULL;
    }
    node->kind = kind;
    node->position = position;
    return node;
}

/* A node with up to three children; NULL when one of the first two is. */
static struct gk_cql2_node *join(struct gk_cql2_parser *parser, enum gk_cql2_kind kind,
                                 struct gk_cql2_node *first, struct gk_cql2_node *second,
                                 struct gk_cql2_node *third)
{
    if (first == NULL || second == NULL || parser->failed)
        return NULL;
    struct gk_cql2_node *node = gk_cql2_node_make(parser, kind, first->position);
    if (node == NULL)
        return NULL;
    node->child = first;
    first->next = second;
    second->next = third;
    return node;
}

static struct gk_cql2_node *wrap(struct gk_cql2_parser *parser, enum gk_cql2_kind kind,
                                 struct gk_cql2_node *child, uint32_t position)
{
    struct gk_cql2_node *node = child == NULL ? NULL : gk_cql2_node_make(parser, kind, position);
    if (node != NULL)
        node->child = child;
    return node;
}

/* --- Literals --------------------------------------------------------------------------- */

static struct gk_cql2_node *read_number(struct gk_cql2_parser *parser)
{
    struct gk_cql2_node *node = gk_cql2_node_make(parser, GK_CQL2_LITERAL, parser->token.position);
    if (node == NULL || !gk_cql2_take_number(parser, &node->number))
        return NULL;
    node->type = GK_CQL2_NUMBER;
    return node;
}

static struct gk_cql2_node *read_string(struct gk_cql2_parser *parser, bool is_pattern)
{
    struct gk_cql2_node *node = gk_cql2_node_make(parser, GK_CQL2_LITERAL, parser->token.position);
    if (node == NULL)
        return NULL;
    node->type = GK_CQL2_TEXT;
    node->text = gk_cql2_decode(parser->token.text, is_pattern, parser->arena);
    if (node->text.data == NULL) {
        gk_error_set(parser->error, GK_NO_MEMORY, "read the filter: out of memory");
        parser->failed = true;
        return NULL;
    }
    gk_cql2_advance(parser);
    return node;
}

static struct gk_cql2_node *read_boolean(struct gk_cql2_parser *parser)
{
    struct gk_cql2_node *node = gk_cql2_node_make(parser, GK_CQL2_LITERAL, parser->token.position);
    if (node == NULL)
        return NULL;
    node->type = GK_CQL2_BOOLEAN;
    node->integer = gk_cql2_is_word(parser, "TRUE");
    gk_cql2_advance(parser);
    return node;
}

/* The string of an instant. `may_be_open`: an interval's end, which may be '..' and
 * of either kind; else it is of that type. */
static struct gk_cql2_node *read_instant(struct gk_cql2_parser *parser, bool may_be_open,
                                         enum gk_cql2_type type)
{
    struct gk_text text = parser->token.text;
    struct gk_cql2_node *node = gk_cql2_node_make(parser, GK_CQL2_LITERAL, parser->token.position);
    if (node == NULL)
        return NULL;
    bool is_string = parser->token.kind == GK_CQL2_TOKEN_STRING;
    node->type = may_be_open ? GK_CQL2_DATE : type;
    node->is_open = is_string && may_be_open && text.length == 2 && memcmp(text.data, "..", 2) == 0;
    bool done = node->is_open;
    if (is_string && !done && node->type == GK_CQL2_DATE)
        done = gk_cql2_read_date(text, &node->integer);
    if (is_string && !done && (may_be_open || type == GK_CQL2_TIMESTAMP)) {
        node->type = GK_CQL2_TIMESTAMP;
        done = gk_cql2_read_timestamp(text, &node->integer);
    }
    if (!done)
        return gk_cql2_refuse(
            parser, may_be_open ? "'YYYY-MM-DD', 'YYYY-MM-DDThh:mm:ssZ', '..' or a property"
                    : type == GK_CQL2_DATE ? "a date that exists, as 'YYYY-MM-DD'"
                                           : "a time in UTC, as 'YYYY-MM-DDThh:mm:ssZ'");
    gk_cql2_advance(parser);
    return node;
}

static struct gk_cql2_node *read_tagged_instant(struct gk_cql2_parser *parser,
                                                enum gk_cql2_type type)
{
    uint32_t position = parser->token.position;
    gk_cql2_advance(parser);
    if (!gk_cql2_take(parser, '(', "\"(\""))
        return NULL;
    struct gk_cql2_node *node = read_instant(parser, false, type);
    if (node == NULL || !gk_cql2_take(parser, ')', "\")\""))
        return NULL;
    node->position = position;
    return node;
}

static struct gk_cql2_node *read_property(struct gk_cql2_parser *parser);

static struct gk_cql2_node *read_bound(struct gk_cql2_parser *parser)
{
    bool is_name =
        parser->token.kind == GK_CQL2_TOKEN_WORD || parser->token.kind == GK_CQL2_TOKEN_QUOTED;
    return is_name ? read_property(parser) : read_instant(parser, true, GK_CQL2_DATE);
}

static struct gk_cql2_node *read_interval(struct gk_cql2_parser *parser)
{
    uint32_t position = parser->token.position;
    gk_cql2_advance(parser);
    if (!gk_cql2_take(parser, '(', "\"(\""))
        return NULL;
    struct gk_cql2_node *from = read_bound(parser);
    if (from == NULL || !gk_cql2_take(parser, ',', "\",\""))
        return NULL;
    struct gk_cql2_node *to = read_bound(parser);
    if (to == NULL || !gk_cql2_take(parser, ')', "\")\""))
        return NULL;
    struct gk_cql2_node *node = join(parser, GK_CQL2_BOUNDS, from, to, NULL);
    if (node == NULL)
        return NULL;
    node->type = GK_CQL2_INTERVAL;
    node->position = position;
    return node;
}

/* --- Operands ----------------------------------------------------------------------------- */

/* Words that are no property without double quotes. */
static bool is_keyword(struct gk_text text)
{
    static const char *const keywords[] = {"ACCENTI",
                                           "AND",
                                           "BBOX",
                                           "BETWEEN",
                                           "CASEI",
                                           "DATE",
                                           "DIV",
                                           "FALSE",
                                           "IN",
                                           "IS",
                                           "LIKE",
                                           "LINESTRING",
                                           "NOT",
                                           "NULL",
                                           "MULTIPOINT",
                                           "MULTILINESTRING",
                                           "MULTIPOLYGON",
                                           "OR",
                                           "POINT",
                                           "POLYGON",
                                           "TIMESTAMP",
                                           "TRUE",
                                           "A_EQUALS",
                                           "A_CONTAINS",
                                           "A_OVERLAPS",
                                           "A_CONTAINEDBY",
                                           "S_INTERSECTS",
                                           "S_EQUALS",
                                           "S_DISJOINT",
                                           "S_TOUCHES",
                                           "S_WITHIN",
                                           "S_OVERLAPS",
                                           "S_CROSSES",
                                           "S_CONTAINS",
                                           "GEOMETRYCOLLECTION"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (gk_cql2_same_word(text, keywords[i]))
            return true;
    for (enum gk_cql2_relation r = 0; r < GK_CQL2_RELATIONS; r++)
        if (gk_cql2_same_word(text, gk_cql2_relation_name(r)))
            return true;
    return false;
}

static struct gk_cql2_node *read_property(struct gk_cql2_parser *parser)
{
    bool is_word = parser->token.kind == GK_CQL2_TOKEN_WORD;
    if (is_word && is_keyword(parser->token.text))
        return gk_cql2_refuse(parser, "an operand; a property of this name needs double quotes");
    if (is_word && gk_cql2_is_call(parser))
        return refuse_class(parser, "of functions only CASEI and ACCENTI, S_INTERSECTS and those "
                                    "that begin with T_ are");
    struct gk_cql2_node *node = gk_cql2_node_make(parser, GK_CQL2_PROPERTY, parser->token.position);
    if (node == NULL)
        return NULL;
    node->text = parser->token.text;
    gk_cql2_advance(parser);
    return node;
}

static struct gk_cql2_node *read_text(struct gk_cql2_parser *parser, bool is_pattern);

/* CASEI(...) or ACCENTI(...) of a text, or of a pattern. */
static struct gk_cql2_node *read_folding(struct gk_cql2_parser *parser, bool is_pattern)
{
    enum gk_cql2_kind kind = gk_cql2_is_word(parser, "CASEI") ? GK_CQL2_CASEI : GK_CQL2_ACCENTI;
    uint32_t position = parser->token.position;
    gk_cql2_advance(parser);
    if (!gk_cql2_enter(parser) || !gk_cql2_take(parser, '(', "\"(\""))
        return NULL;
    struct gk_cql2_node *node = wrap(parser, kind, read_text(parser, is_pattern), position);
    if (node == NULL || !gk_cql2_take(parser, ')', "\")\""))
        return NULL;
    parser->depth--;
    node->type = GK_CQL2_TEXT;
    return node;
}

static bool is_folding(const struct gk_cql2_parser *parser)
{
    return gk_cql2_is_word(parser, "CASEI") || gk_cql2_is_word(parser, "ACCENTI");
}

/* Rule characterExpression, or patternExpression. */
static struct gk_cql2_node *read_text(struct gk_cql2_parser *parser, bool is_pattern)
{
    if (is_folding(parser))
        return read_folding(parser, is_pattern);
    if (parser->token.kind == GK_CQL2_TOKEN_STRING)
        return read_string(parser, is_pattern);
    bool is_name =
        parser->token.kind == GK_CQL2_TOKEN_WORD || parser->token.kind == GK_CQL2_TOKEN_QUOTED;
    if (is_pattern || !is_name)
        return gk_cql2_refuse(parser, is_pattern ? "a text in single quotes, CASEI or ACCENTI"
                                                 : "a text in single quotes, CASEI, ACCENTI or a "
                                                   "property");
    return read_property(parser);
}

/* Any operand: a scalar, an interval, a geometry. */
static struct gk_cql2_node *read_operand(struct gk_cql2_parser *parser)
{
    if (gk_cql2_is_word(parser, "TRUE") || gk_cql2_is_word(parser, "FALSE"))
        return read_boolean(parser);
    if (gk_cql2_is_word(parser, "DATE"))
        return read_tagged_instant(parser, GK_CQL2_DATE);
    if (gk_cql2_is_word(parser, "TIMESTAMP"))
        return read_tagged_instant(parser, GK_CQL2_TIMESTAMP);
    if (gk_cql2_is_word(parser, "INTERVAL") && gk_cql2_is_call(parser))
        return read_interval(parser);
    if (gk_cql2_is_geometry(parser))
        return gk_cql2_read_geometry(parser);
    switch (parser->token.kind) {
    case GK_CQL2_TOKEN_WORD:
    case GK_CQL2_TOKEN_QUOTED:
    case GK_CQL2_TOKEN_STRING:
        return read_text(parser, false);
    case GK_CQL2_TOKEN_NUMBER:
        return read_number(parser);
    default:
        if (gk_cql2_is_symbol(parser, '-') || gk_cql2_is_symbol(parser, '+'))
            return read_number(parser);
        if (gk_cql2_is_symbol(parser, '('))
            return refuse_class(parser, "arithmetic and arrays are not");
        return gk_cql2_refuse(parser, "a property, a number, a text in single quotes, TRUE, FALSE, "
                                      "DATE, TIMESTAMP, CASEI or ACCENTI");
    }
}

static bool is_arithmetic(const struct gk_cql2_parser *parser)
{
    return (parser->token.kind == GK_CQL2_TOKEN_SYMBOL &&
            strchr("+-*/%^", parser->token.raw.data[0]) != NULL) ||
           gk_cql2_is_word(parser, "DIV");
}

/* --- Predicates ------------------------------------------------------------------------------ */

/* "(" operand "," operand ")" behind a function's name. */
static struct gk_cql2_node *read_pair(struct gk_cql2_parser *parser, enum gk_cql2_kind kind)
{
    uint32_t position = parser->token.position;
    gk_cql2_advance(parser);
    if (!gk_cql2_take(parser, '(', "\"(\""))
        return NULL;
    struct gk_cql2_node *first = read_operand(parser);
    if (first == NULL || !gk_cql2_take(parser, ',', "\",\""))
        return NULL;
    struct gk_cql2_node *second = read_operand(parser);
    if (second == NULL || !gk_cql2_take(parser, ')', "\")\""))
        return NULL;
    struct gk_cql2_node *node = join(parser, kind, first, second, NULL);
    if (node != NULL)
        node->position = position;
    return node;
}

static int relation_of(const struct gk_cql2_parser *parser)
{
    for (enum gk_cql2_relation r = 0; r < GK_CQL2_RELATIONS; r++)
        if (gk_cql2_is_word(parser, gk_cql2_relation_name(r)))
            return (int)r;
    return -1;
}

static struct gk_cql2_node *read_in(struct gk_cql2_parser *parser, struct gk_cql2_node *value)
{
    if (!gk_cql2_take(parser, '(', "\"(\""))
        return NULL;
    struct gk_cql2_node *first = read_operand(parser), *last = first;
    while (last != NULL && gk_cql2_is_symbol(parser, ',')) {
        gk_cql2_advance(parser);
        last->next = read_operand(parser);
        last = last->next;
    }
    if (last == NULL || !gk_cql2_take(parser, ')', "\",\" or \")\""))
        return NULL;
    struct gk_cql2_node *node = wrap(parser, GK_CQL2_IN, value, value->position);
    if (node != NULL)
        value->next = first;
    return node;
}

static struct gk_cql2_node *read_between(struct gk_cql2_parser *parser, struct gk_cql2_node *value)
{
    struct gk_cql2_node *low = read_operand(parser);
    if (low == NULL || !take_word(parser, "AND"))
        return NULL;
    struct gk_cql2_node *high = read_operand(parser);
    return high == NULL ? NULL : join(parser, GK_CQL2_BETWEEN, value, low, high);
}

static struct gk_cql2_node *read_is_null(struct gk_cql2_parser *parser, struct gk_cql2_node *value)
{
    uint32_t position = parser->token.position;
    if (!take_word(parser, "IS"))
        return NULL;
    bool is_not = has_word(parser, "NOT");
    if (!take_word(parser, "NULL"))
        return NULL;
    struct gk_cql2_node *node = wrap(parser, GK_CQL2_IS_NULL, value, value->position);
    return is_not ? wrap(parser, GK_CQL2_NOT, node, position) : node;
}

static struct gk_cql2_node *read_comparison(struct gk_cql2_parser *parser,
                                            struct gk_cql2_node *left)
{
    enum gk_cql2_comparison op = parser->token.comparison;
    gk_cql2_advance(parser);
    struct gk_cql2_node *right = read_operand(parser);
    struct gk_cql2_node *node = join(parser, GK_CQL2_COMPARE, left, right, NULL);
    if (node != NULL)
        node->op = op;
    return node;
}

/* What follows an operand that stands where a predicate must be. */
static struct gk_cql2_node *read_rest(struct gk_cql2_parser *parser, struct gk_cql2_node *left)
{
    if (parser->token.kind == GK_CQL2_TOKEN_COMPARISON)
        return read_comparison(parser, left);
    if (gk_cql2_is_word(parser, "IS"))
        return read_is_null(parser, left);
    uint32_t position = parser->token.position;
    bool is_not = has_word(parser, "NOT");
    struct gk_cql2_node *node;
    if (has_word(parser, "LIKE"))
        node = join(parser, GK_CQL2_LIKE, left, read_text(parser, true), NULL);
    else if (has_word(parser, "BETWEEN"))
        node = read_between(parser, left);
    else if (has_word(parser, "IN"))
        node = read_in(parser, left);
    else if (!is_not && is_arithmetic(parser))
        return refuse_class(parser, "arithmetic is not");
    else if (!is_not && left->kind == GK_CQL2_LITERAL && left->type == GK_CQL2_BOOLEAN)
        return left;
    else
        return gk_cql2_refuse(parser, is_not ? "LIKE, BETWEEN or IN"
                                             : "=, <>, <, >, <=, >=, LIKE, BETWEEN, IN or IS NULL");
    return is_not ? wrap(parser, GK_CQL2_NOT, node, position) : node;
}

static bool is_undeclared_function(const struct gk_cql2_parser *parser)
{
    struct gk_text text = parser->token.text;
    return parser->token.kind == GK_CQL2_TOKEN_WORD && text.length > 2 && text.data[1] == '_' &&
           is_keyword(text) && relation_of(parser) < 0;
}

static struct gk_cql2_node *read_predicate(struct gk_cql2_parser *parser)
{
    if (gk_cql2_is_word(parser, "S_INTERSECTS"))
        return read_pair(parser, GK_CQL2_INTERSECTS);
    if (is_undeclared_function(parser))
        return refuse_class(parser, "of spatial functions only S_INTERSECTS is, of array functions "
                                    "none");
    int relation = relation_of(parser);
    if (relation >= 0) {
        struct gk_cql2_node *node = read_pair(parser, GK_CQL2_TEMPORAL);
        if (node != NULL)
            node->op = (unsigned)relation;
        return node;
    }
    struct gk_cql2_node *left = read_operand(parser);
    if (left == NULL)
        return NULL;
    struct gk_cql2_node *node = read_rest(parser, left);
    if (node != NULL && is_arithmetic(parser))
        return refuse_class(parser, "arithmetic is not");
    return node;
}

/* --- Boolean expressions ------------------------------------------------------------------------
 */

static struct gk_cql2_node *read_expression(struct gk_cql2_parser *parser);

static struct gk_cql2_node *read_parenthesis(struct gk_cql2_parser *parser)
{
    if (!gk_cql2_enter(parser))
        return NULL;
    gk_cql2_advance(parser);
    struct gk_cql2_node *node = read_expression(parser);
    if (node == NULL || !gk_cql2_take(parser, ')', "AND, OR or \")\""))
        return NULL;
    parser->depth--;
    return node;
}

/* A truth is an operand too, of IS NULL. */
static struct gk_cql2_node *read_primary(struct gk_cql2_parser *parser)
{
    struct gk_cql2_node *node =
        gk_cql2_is_symbol(parser, '(') ? read_parenthesis(parser) : read_predicate(parser);
    bool is_operand = node != NULL && gk_cql2_is_word(parser, "IS");
    return is_operand ? read_is_null(parser, node) : node;
}

static struct gk_cql2_node *read_factor(struct gk_cql2_parser *parser)
{
    uint32_t position = parser->token.position;
    if (!has_word(parser, "NOT"))
        return read_primary(parser);
    return wrap(parser, GK_CQL2_NOT, read_primary(parser), position);
}

/* A list of operands joined by a word; one alone is itself. */
static struct gk_cql2_node *read_joined(struct gk_cql2_parser *parser, enum gk_cql2_kind kind,
                                        const char *word,
                                        struct gk_cql2_node *(*read)(struct gk_cql2_parser *))
{
    struct gk_cql2_node *first = read(parser), *last = first, *node = first;
    while (last != NULL && gk_cql2_is_word(parser, word)) {
        gk_cql2_advance(parser);
        if (node == first)
            node = wrap(parser, kind, first, first->position);
        last->next = read(parser);
        last = last->next;
    }
    return last == NULL ? NULL : node;
}

static struct gk_cql2_node *read_term(struct gk_cql2_parser *parser)
{
    return read_joined(parser, GK_CQL2_AND, "AND", read_factor);
}

static struct gk_cql2_node *read_expression(struct gk_cql2_parser *parser)
{
    return read_joined(parser, GK_CQL2_OR, "OR", read_term);
}

enum gk_status gk_cql2_parse(struct gk_cql2_node **root, const char *text, size_t length,
                             struct gk_arena *arena, struct gk_error *error)
{
    struct gk_cql2_parser parser = {
        .at = text, .end = text + length, .position = 1, .arena = arena, .error = error};
    gk_error_clear(error);
    if (length > GK_CQL2_TEXT_MAX)
        return gk_error_set(error, GK_INVALID,
                            "parameter filter: it has %zu bytes; at most %d are "
                            "allowed",
                            length, GK_CQL2_TEXT_MAX);
    gk_cql2_advance(&parser);
    *root = read_expression(&parser);
    if (*root != NULL && parser.token.kind != GK_CQL2_TOKEN_END)
        *root = gk_cql2_refuse(&parser, "AND, OR or the end");
    if (*root != NULL)
        return GK_OK;
    return error->status == GK_OK ? gk_error_set(error, GK_INTERNAL, "read the filter: it failed")
                                  : error->status;
}
