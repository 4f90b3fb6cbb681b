/* CQL2 text as tokens: which characters belong together, where each stands, and
 * what string literals mean. The text is valid UTF-8: positions count characters. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cql2_parser.h"

enum { NUMBER_MAX_BYTES = 64 };

/* --- Characters ------------------------------------------------------------------- */

uint32_t gk_cql2_code_point(const char *at, const char *end, size_t *bytes)
{
    const unsigned char *c = (const unsigned char *)at;
    size_t length = c[0] < 0x80 ? 1 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
    if ((size_t)(end - at) < length || (c[0] >= 0x80 && c[0] < 0xc0) || c[0] >= 0xf8) {
        *bytes = 1; /* not UTF-8: taken as it is, and allowed nowhere */
        return 0xfffe;
    }
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = c[0] & mask[length];
    for (size_t i = 1; i < length; i++)
        point = point << 6 | (c[i] & 0x3f);
    *bytes = length;
    return point;
}

struct range {
    uint32_t first, last;
};

static bool is_in(const struct range *range, size_t count, uint32_t c)
{
    for (size_t i = 0; i < count; i++)
        if (c >= range[i].first && c <= range[i].last)
            return true;
    return false;
}

/* Rule identifierStart of the standard's grammar. */
bool gk_cql2_is_name_start(uint32_t c)
{
    static const struct range range[] = {
        {':', ':'},       {'_', '_'},       {'A', 'Z'},       {'a', 'z'},
        {0xc0, 0xd6},     {0xd8, 0xf6},     {0xf8, 0x2ff},    {0x370, 0x37d},
        {0x37f, 0x1ffe},  {0x200c, 0x200d}, {0x2070, 0x218f}, {0x2c00, 0x2fef},
        {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff}};
    return is_in(range, sizeof range / sizeof *range, c);
}

bool gk_cql2_is_name_part(uint32_t c)
{
    static const struct range range[] = {{'.', '.'}, {'0', '9'}, {0x300, 0x36f}, {0x203f, 0x2040}};
    return gk_cql2_is_name_start(c) || is_in(range, sizeof range / sizeof *range, c);
}

/* Rule whitespace. */
static bool is_space(uint32_t c)
{
    static const struct range range[] = {
        {0x09, 0x0d},     {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
        {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};
    return is_in(range, sizeof range / sizeof *range, c);
}

static void step(struct gk_cql2_parser *parser, size_t bytes)
{
    parser->at += bytes;
    parser->position++;
}

static void skip_space(struct gk_cql2_parser *parser)
{
    size_t bytes;
    while (parser->at < parser->end &&
           is_space(gk_cql2_code_point(parser->at, parser->end, &bytes)))
        step(parser, bytes);
}

/* --- Tokens -------------------------------------------------------------------------- */

static void end_token(struct gk_cql2_parser *parser, enum gk_cql2_token_kind kind)
{
    struct gk_cql2_token *token = &parser->token;
    token->kind = kind;
    token->raw.length = (size_t)(parser->at - token->raw.data);
    if (kind != GK_CQL2_TOKEN_STRING && kind != GK_CQL2_TOKEN_QUOTED)
        token->text = token->raw;
}

static void read_name(struct gk_cql2_parser *parser)
{
    size_t bytes;
    while (parser->at < parser->end &&
           gk_cql2_is_name_part(gk_cql2_code_point(parser->at, parser->end, &bytes)))
        step(parser, bytes);
}

static void read_quoted(struct gk_cql2_parser *parser)
{
    size_t bytes;
    step(parser, 1);
    const char *start = parser->at;
    bool is_name = parser->at < parser->end &&
                   gk_cql2_is_name_start(gk_cql2_code_point(parser->at, parser->end, &bytes));
    read_name(parser);
    parser->token.text = (struct gk_text){start, (size_t)(parser->at - start)};
    bool is_closed = parser->at < parser->end && *parser->at == '"';
    if (is_closed)
        step(parser, 1);
    end_token(parser, is_name && is_closed ? GK_CQL2_TOKEN_QUOTED : GK_CQL2_TOKEN_BAD);
}

/* To the quote that ends it: not a doubled one, not one behind a backslash. */
static void read_string(struct gk_cql2_parser *parser)
{
    step(parser, 1);
    const char *start = parser->at;
    while (parser->at < parser->end) {
        size_t bytes;
        bool has_next = parser->at + 1 < parser->end;
        if (*parser->at == '\\' && has_next) {
            step(parser, 1);
        } else if (*parser->at == '\'') {
            if (!has_next || parser->at[1] != '\'')
                break;
            step(parser, 1);
        }
        gk_cql2_code_point(parser->at, parser->end, &bytes);
        step(parser, bytes);
    }
    parser->token.text = (struct gk_text){start, (size_t)(parser->at - start)};
    bool is_closed = parser->at < parser->end;
    if (is_closed)
        step(parser, 1);
    end_token(parser, is_closed ? GK_CQL2_TOKEN_STRING : GK_CQL2_TOKEN_BAD);
}

static size_t read_digits(struct gk_cql2_parser *parser)
{
    const char *start = parser->at;
    while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9')
        step(parser, 1);
    return (size_t)(parser->at - start);
}

/* Rule unsignedNumericLiteral; what does not fit it is BAD. */
static void read_number(struct gk_cql2_parser *parser)
{
    size_t digits = read_digits(parser);
    if (parser->at < parser->end && *parser->at == '.') {
        step(parser, 1);
        digits += read_digits(parser);
    }
    bool is_number = digits > 0;
    if (is_number && parser->at < parser->end && (*parser->at | 0x20) == 'e') {
        step(parser, 1);
        if (parser->at < parser->end && (*parser->at == '+' || *parser->at == '-'))
            step(parser, 1);
        is_number = read_digits(parser) > 0;
    }
    end_token(parser, GK_CQL2_TOKEN_NUMBER);
    char copy[NUMBER_MAX_BYTES + 1];
    struct gk_text raw = parser->token.raw;
    if (!is_number || raw.length > NUMBER_MAX_BYTES) {
        parser->token.kind = GK_CQL2_TOKEN_BAD;
        return;
    }
    memcpy(copy, raw.data, raw.length);
    copy[raw.length] = '\0';
    parser->token.number = strtod(copy, NULL);
    if (!isfinite(parser->token.number))
        parser->token.kind = GK_CQL2_TOKEN_BAD;
}

static void read_comparison(struct gk_cql2_parser *parser, char first)
{
    char second = parser->at + 1 < parser->end ? parser->at[1] : '\0';
    enum gk_cql2_comparison comparison = first == '='   ? GK_CQL2_EQUAL
                                         : first == '<' ? GK_CQL2_LESS
                                                        : GK_CQL2_GREATER;
    step(parser, 1);
    if (first != '=' && (second == '=' || (first == '<' && second == '>'))) {
        comparison = second == '>'  ? GK_CQL2_NOT_EQUAL
                     : first == '<' ? GK_CQL2_AT_MOST
                                    : GK_CQL2_AT_LEAST;
        step(parser, 1);
    }
    parser->token.comparison = comparison;
    end_token(parser, GK_CQL2_TOKEN_COMPARISON);
}

void gk_cql2_advance(struct gk_cql2_parser *parser)
{
    skip_space(parser);
    parser->token = (struct gk_cql2_token){.position = parser->position, .raw.data = parser->at};
    if (parser->at == parser->end) {
        end_token(parser, GK_CQL2_TOKEN_END);
        return;
    }
    size_t bytes;
    uint32_t c = gk_cql2_code_point(parser->at, parser->end, &bytes);
    if (gk_cql2_is_name_start(c)) {
        read_name(parser);
        end_token(parser, GK_CQL2_TOKEN_WORD);
    } else if ((c >= '0' && c <= '9') || c == '.') {
        read_number(parser);
    } else if (c == '"') {
        read_quoted(parser);
    } else if (c == '\'') {
        read_string(parser);
    } else if (c == '=' || c == '<' || c == '>') {
        read_comparison(parser, (char)c);
    } else {
        bool is_symbol = c < 0x80 && strchr("(),+-*/%^", (int)c) != NULL;
        step(parser, bytes);
        end_token(parser, is_symbol ? GK_CQL2_TOKEN_SYMBOL : GK_CQL2_TOKEN_BAD);
    }
}

bool gk_cql2_is_call(const struct gk_cql2_parser *parser)
{
    struct gk_cql2_parser ahead = *parser;
    skip_space(&ahead);
    return ahead.at < ahead.end && *ahead.at == '(';
}

/* --- String literals -------------------------------------------------------------------- */

/* The control character that a letter behind a backslash stands for, or 0. */
static char control_of(char letter)
{
    static const char letters[] = "abtnvfr", controls[] = "\a\b\t\n\v\f\r";
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);
    return found == NULL ? '\0' : controls[found - letters];
}

/* A backslash before anything else that is not special stays, as in LIKE. */
static size_t decode_escape(const char *raw, bool is_pattern, char *to)
{
    char control = control_of(raw[1]);
    bool is_special =
        raw[1] == '\'' || raw[1] == '\\' || (is_pattern && (raw[1] == '%' || raw[1] == '_'));
    *to = control != '\0' ? control : is_special ? raw[1] : '\\';
    return control != '\0' || is_special ? 2 : 1;
}

struct gk_text gk_cql2_decode(struct gk_text raw, bool is_pattern, struct gk_arena *arena)
{
    char *text = gk_arena_alloc(arena, raw.length + 1), *to = text;
    if (text == NULL)
        return (struct gk_text){NULL, 0};
    for (size_t i = 0; i < raw.length;) {
        char c = raw.data[i];
        if (c == '\\' && i + 1 < raw.length) {
            i += decode_escape(raw.data + i, is_pattern, to++);
            continue;
        }
        if (is_pattern && (c == '%' || c == '_'))
            c = c == '%' ? GK_CQL2_ANY : GK_CQL2_ANY_ONE;
        *to++ = c;
        i += c == '\'' ? 2 : 1; /* doubled */
    }
    return (struct gk_text){text, (size_t)(to - text)};
}
