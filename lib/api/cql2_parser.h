/* What the files that read CQL2 text share: tokens, and the parser under way. */
#ifndef GK_API_CQL2_PARSER_H
#define GK_API_CQL2_PARSER_H

#include "cql2.h"

enum gk_cql2_token_kind {
    GK_CQL2_TOKEN_END,
    GK_CQL2_TOKEN_WORD,   /* an identifier or a keyword */
    GK_CQL2_TOKEN_QUOTED, /* an identifier in double quotes; text is without them */
    GK_CQL2_TOKEN_STRING, /* text is what stands between the quotes, as written */
    GK_CQL2_TOKEN_NUMBER, /* without a sign */
    GK_CQL2_TOKEN_COMPARISON,
    GK_CQL2_TOKEN_SYMBOL, /* one of ( ) , + - * / % ^ */
    GK_CQL2_TOKEN_BAD     /* what no token begins with, or one that does not end */
};

struct gk_cql2_token {
    enum gk_cql2_token_kind kind;
    struct gk_text text; /* what it means */
    struct gk_text raw;  /* as written, for messages */
    uint32_t position;   /* in characters from 1 */
    double number;
    enum gk_cql2_comparison comparison;
};

/* Where reading is; `token` is the next one, not used yet. */
struct gk_cql2_parser {
    const char *at, *end;
    uint32_t position;
    struct gk_cql2_token token;
    struct gk_arena *arena;
    struct gk_error *error;
    unsigned depth, nodes;
    bool failed; /* error says why */
    /* The geometry being read; room for as many vertices as a filter can have. */
    double *xy;
    uint32_t *at_vertex, *path_start;
    struct gk_part *part;
    uint32_t vertices, paths, parts;
};

/* Reads the next token into parser->token. */
void gk_cql2_advance(struct gk_cql2_parser *parser);

/* Whether the next token is that symbol, or that word in any case. */
bool gk_cql2_is_symbol(const struct gk_cql2_parser *parser, char symbol);
bool gk_cql2_is_word(const struct gk_cql2_parser *parser, const char *word);

/* Whether a text is a word, in any case of ASCII letters. */
bool gk_cql2_same_word(struct gk_text text, const char *word);

/* Whether what follows the next token is "(". */
bool gk_cql2_is_call(const struct gk_cql2_parser *parser);

/* Takes the symbol, or fails: it must be `what`. */
bool gk_cql2_take(struct gk_cql2_parser *parser, char symbol, const char *what);

/* Sets the error once: the next token is not allowed, it must be `what`. Returns
 * NULL, so that parsers can end with it. */
void *gk_cql2_refuse(struct gk_cql2_parser *parser, const char *what);

/* As gk_cql2_refuse(), about a token taken before. */
void *gk_cql2_refuse_token(struct gk_cql2_parser *parser, const struct gk_cql2_token *token,
                           const char *what);

/* One level deeper, or fails. Leave with --parser->depth. */
bool gk_cql2_enter(struct gk_cql2_parser *parser);

/* A new node, or NULL (failed). */
struct gk_cql2_node *gk_cql2_node_make(struct gk_cql2_parser *parser, enum gk_cql2_kind kind,
                                       uint32_t position);

/* A number with an optional sign. */
bool gk_cql2_take_number(struct gk_cql2_parser *parser, double *number);

/* Whether the next token begins a geometry literal, and reading it. */
bool gk_cql2_is_geometry(const struct gk_cql2_parser *parser);
struct gk_cql2_node *gk_cql2_read_geometry(struct gk_cql2_parser *parser);

/* What a string literal means: quotes and escapes resolved, and for a pattern the
 * wildcards marked. In the arena; data NULL without memory. */
struct gk_text gk_cql2_decode(struct gk_text raw, bool is_pattern, struct gk_arena *arena);

/* Whether a code point may begin, or go on in, an identifier. */
bool gk_cql2_is_name_start(uint32_t c);
bool gk_cql2_is_name_part(uint32_t c);

/* The code point at `at` (of valid UTF-8) and its bytes. */
uint32_t gk_cql2_code_point(const char *at, const char *end, size_t *bytes);

#endif
