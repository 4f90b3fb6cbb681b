/* Geometry literals of CQL2 text: WKT and BBOX. Heights are read and dropped. What
 * is a geometry by its form is checked here (rings close, lines have two points);
 * whether coordinates are of the client's CRS, when it is bound. */
#include <string.h>

#include "cql2_parser.h"

enum { AXES_MIN = 2, AXES_MAX = 3 };

static const char *const words[] = {
    "POINT",        "LINESTRING",         "POLYGON", "MULTIPOINT", "MULTILINESTRING",
    "MULTIPOLYGON", "GEOMETRYCOLLECTION", "BBOX"};
enum { POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON, COLLECTION, BOX };
enum { WORDS = sizeof words / sizeof *words };

static int word_of(const struct gk_cql2_parser *parser)
{
    for (int i = 0; i < WORDS; i++)
        if (gk_cql2_is_word(parser, words[i]))
            return i;
    return -1;
}

bool gk_cql2_is_geometry(const struct gk_cql2_parser *parser)
{
    return word_of(parser) >= 0;
}

/* Room for what a filter can hold at most, once. */
static bool make_room(struct gk_cql2_parser *parser)
{
    enum { VERTICES = GK_CQL2_TEXT_MAX / AXES_MIN };
    parser->vertices = parser->paths = parser->parts = 0;
    if (parser->xy == NULL) {
        parser->xy = gk_arena_array(parser->arena, VERTICES, 2 * sizeof *parser->xy);
        parser->at_vertex = gk_arena_array(parser->arena, VERTICES, sizeof *parser->at_vertex);
        parser->path_start =
            gk_arena_array(parser->arena, VERTICES + 1, sizeof *parser->path_start);
        parser->part = gk_arena_array(parser->arena, VERTICES, sizeof *parser->part);
    }
    if (parser->xy != NULL && parser->at_vertex != NULL && parser->path_start != NULL &&
        parser->part != NULL)
        return true;
    gk_error_set(parser->error, GK_NO_MEMORY, "read the filter: out of memory");
    parser->failed = true;
    return false;
}

static void put_vertex(struct gk_cql2_parser *parser, double x, double y, uint32_t position)
{
    parser->xy[(size_t)parser->vertices * 2] = x;
    parser->xy[(size_t)parser->vertices * 2 + 1] = y;
    parser->at_vertex[parser->vertices++] = position;
}

static void end_path(struct gk_cql2_parser *parser)
{
    parser->path_start[++parser->paths] = parser->vertices;
}

static void end_part(struct gk_cql2_parser *parser, uint32_t first_path, bool is_area)
{
    parser->part[parser->parts++] =
        (struct gk_part){.first = first_path, .end = parser->paths, .is_area = is_area};
}

static bool read_vertex(struct gk_cql2_parser *parser)
{
    uint32_t position = parser->token.position;
    double x, y, height;
    if (!gk_cql2_take_number(parser, &x) || !gk_cql2_take_number(parser, &y))
        return false;
    bool has_height = parser->token.kind == GK_CQL2_TOKEN_NUMBER ||
                      gk_cql2_is_symbol(parser, '-') || gk_cql2_is_symbol(parser, '+');
    if (has_height && !gk_cql2_take_number(parser, &height))
        return false;
    put_vertex(parser, x, y, position);
    return true;
}

/* "(" item { "," item } ")" */
static bool read_list(struct gk_cql2_parser *parser, bool (*read_item)(struct gk_cql2_parser *))
{
    if (!gk_cql2_take(parser, '(', "\"(\""))
        return false;
    do {
        if (!read_item(parser))
            return false;
        if (gk_cql2_is_symbol(parser, ')')) {
            gk_cql2_advance(parser);
            return true;
        }
    } while (gk_cql2_take(parser, ',', "\",\" or \")\""));
    return false;
}

static bool read_point_vertex(struct gk_cql2_parser *parser)
{
    uint32_t path = parser->paths;
    if (!read_vertex(parser))
        return false;
    end_path(parser);
    end_part(parser, path, false);
    return true;
}

static bool read_point(struct gk_cql2_parser *parser)
{
    return gk_cql2_take(parser, '(', "\"(\"") && read_point_vertex(parser) &&
           gk_cql2_take(parser, ')', "\")\"");
}

/* In MULTIPOINT the inner parentheses may be left out, as many programs do. */
static bool read_point_of_many(struct gk_cql2_parser *parser)
{
    return gk_cql2_is_symbol(parser, '(') ? read_point(parser) : read_point_vertex(parser);
}

static bool read_path(struct gk_cql2_parser *parser, uint32_t least, const char *what)
{
    uint32_t first = parser->vertices;
    struct gk_cql2_token start = parser->token;
    if (!read_list(parser, read_vertex))
        return false;
    if (parser->vertices - first < least) {
        gk_cql2_refuse_token(parser, &start, what);
        return false;
    }
    end_path(parser);
    return true;
}

static bool read_line(struct gk_cql2_parser *parser)
{
    uint32_t path = parser->paths;
    if (!read_path(parser, 2, "a line of at least two points"))
        return false;
    end_part(parser, path, false);
    return true;
}

static bool read_ring(struct gk_cql2_parser *parser)
{
    static const char what[] = "a ring of at least four points that ends where it begins";
    uint32_t first = parser->vertices;
    struct gk_cql2_token start = parser->token;
    if (!read_path(parser, 4, what))
        return false;
    const double *xy = parser->xy + (size_t)first * 2,
                 *last = parser->xy + (size_t)(parser->vertices - 1) * 2;
    if (xy[0] == last[0] && xy[1] == last[1])
        return true;
    gk_cql2_refuse_token(parser, &start, what);
    return false;
}

static bool read_polygon(struct gk_cql2_parser *parser)
{
    uint32_t path = parser->paths;
    if (!read_list(parser, read_ring))
        return false;
    end_part(parser, path, true);
    return true;
}

static bool read_member(struct gk_cql2_parser *parser);

static bool read_body(struct gk_cql2_parser *parser, int word)
{
    switch (word) {
    case POINT:
        return read_point(parser);
    case LINESTRING:
        return read_line(parser);
    case POLYGON:
        return read_polygon(parser);
    case MULTIPOINT:
        return read_list(parser, read_point_of_many);
    case MULTILINESTRING:
        return read_list(parser, read_line);
    case MULTIPOLYGON:
        return read_list(parser, read_polygon);
    default:
        return read_list(parser, read_member);
    }
}

/* The word, an optional Z, and what belongs to it. */
static bool read_tagged(struct gk_cql2_parser *parser, int word)
{
    gk_cql2_advance(parser);
    if (gk_cql2_is_word(parser, "Z"))
        gk_cql2_advance(parser);
    return read_body(parser, word);
}

static bool read_member(struct gk_cql2_parser *parser)
{
    int word = word_of(parser);
    if (word >= 0 && word < COLLECTION)
        return read_tagged(parser, word);
    gk_cql2_refuse(parser, "POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING or "
                           "MULTIPOLYGON");
    return false;
}

/* BBOX: 4 numbers, or 6 with heights. */
static bool read_box(struct gk_cql2_parser *parser)
{
    enum { NUMBERS_MAX = 2 * AXES_MAX };
    struct gk_cql2_token start = parser->token;
    double number[NUMBERS_MAX];
    size_t count = 0;
    gk_cql2_advance(parser);
    if (!gk_cql2_take(parser, '(', "\"(\""))
        return false;
    do {
        if (count == NUMBERS_MAX) {
            gk_cql2_refuse(parser, "4 or 6 numbers");
            return false;
        }
        if (!gk_cql2_take_number(parser, &number[count++]))
            return false;
        if (!gk_cql2_is_symbol(parser, ','))
            break;
        gk_cql2_advance(parser);
    } while (true);
    if (!gk_cql2_take(parser, ')', "\",\" or \")\""))
        return false;
    if (count != 2 * AXES_MIN && count != 2 * AXES_MAX) {
        gk_cql2_refuse_token(parser, &start, "a BBOX of 4 or 6 numbers");
        return false;
    }
    size_t axes = count / 2;
    put_vertex(parser, number[0], number[1], start.position);
    put_vertex(parser, number[axes], number[axes + 1], start.position);
    end_path(parser);
    end_part(parser, 0, true);
    return true;
}

/* The geometry that was read, in arrays of its own. */
static struct gk_cql2_shape *keep(struct gk_cql2_parser *parser)
{
    size_t n = parser->vertices;
    struct gk_cql2_shape *shape = gk_arena_alloc(parser->arena, sizeof *shape);
    if (shape == NULL)
        return NULL;
    shape->vertices = parser->vertices;
    shape->paths = parser->paths;
    shape->parts = parser->parts;
    shape->xy = gk_arena_array(parser->arena, n, 2 * sizeof *shape->xy);
    shape->at = gk_arena_array(parser->arena, n, sizeof *shape->at);
    shape->path_start = gk_arena_array(parser->arena, shape->paths + 1, sizeof *shape->path_start);
    shape->part = gk_arena_array(parser->arena, shape->parts, sizeof *shape->part);
    if (shape->xy == NULL || shape->at == NULL || shape->path_start == NULL || shape->part == NULL)
        return NULL;
    memcpy(shape->xy, parser->xy, n * 2 * sizeof *shape->xy);
    memcpy(shape->at, parser->at_vertex, n * sizeof *shape->at);
    memcpy(shape->path_start, parser->path_start, (shape->paths + 1) * sizeof *shape->path_start);
    memcpy(shape->part, parser->part, shape->parts * sizeof *shape->part);
    return shape;
}

struct gk_cql2_node *gk_cql2_read_geometry(struct gk_cql2_parser *parser)
{
    int word = word_of(parser);
    struct gk_cql2_node *node = gk_cql2_node_make(parser, GK_CQL2_LITERAL, parser->token.position);
    if (node == NULL || !make_room(parser) ||
        !(word == BOX ? read_box(parser) : read_tagged(parser, word)))
        return NULL;
    node->type = GK_CQL2_GEOMETRY;
    node->shape = keep(parser);
    if (node->shape == NULL) {
        gk_error_set(parser->error, GK_NO_MEMORY, "read the filter: out of memory");
        parser->failed = true;
        return NULL;
    }
    node->shape->is_box = word == BOX;
    node->shape->position = node->position;
    return node;
}
