/* gk_outline against the squares themselves: a raster of each polygon, the
 * boundary edges counted one by one, and the 4-connected parts found by filling.
 * That every unit edge is used once and no ring meets a corner twice makes the
 * rings simple; that a polygon's raster is one part makes it valid. */
#include "geo/square.h"

#include <stdbool.h>
#include <string.h>

#include "base/random.h"
#include "unit.h"

enum { MAX = 64, SIDE = 5000 };

/* A set of squares with an empty margin around it. */
struct field {
    int width, height;
    bool set[MAX + 2][MAX + 2];
    int part[MAX + 2][MAX + 2]; /* from 1 */
    int part_count;
    int32_t e0, n0;
};

static void fill_part(struct field *f, int n, int e, int part)
{
    if (!f->set[n][e] || f->part[n][e] != 0)
        return;
    f->part[n][e] = part;
    fill_part(f, n - 1, e, part);
    fill_part(f, n + 1, e, part);
    fill_part(f, n, e - 1, part);
    fill_part(f, n, e + 1, part);
}

static size_t squares_of(struct field *f, struct gk_square *squares)
{
    size_t count = 0;
    memset(f->part, 0, sizeof f->part);
    f->part_count = 0;
    for (int n = 1; n <= f->height; n++)
        for (int e = 1; e <= f->width; e++) {
            if (!f->set[n][e])
                continue;
            if (f->part[n][e] == 0)
                fill_part(f, n, e, ++f->part_count);
            squares[count++] = (struct gk_square){f->e0 + e, f->n0 + n};
        }
    return count;
}

/* Corner of the field, in squares of the field. */
static void corner(const struct field *f, struct gk_cm p, int *e, int *n)
{
    ck_assert(p.e % SIDE == 0 && p.n % SIDE == 0);
    *e = (int)(p.e / SIDE - f->e0);
    *n = (int)(p.n / SIDE - f->n0);
    ck_assert(*e >= 1 && *e <= f->width + 1 && *n >= 1 && *n <= f->height + 1);
}

/* Walks a ring unit by unit. Adds its level edges to `level`, from which the
 * raster follows, and their number to `edges`. Returns the signed area. */
static int check_ring(const struct field *f, const struct gk_cm *p, uint32_t count,
                      int (*level)[MAX + 2], int *edges)
{
    bool seen[MAX + 3][MAX + 3] = {{false}};
    int area = 0;
    ck_assert_uint_ge(count, 5);
    ck_assert(p[0].e == p[count - 1].e && p[0].n == p[count - 1].n);
    for (uint32_t i = 0; i + 1 < count; i++) {
        int e, n, to_e, to_n;
        corner(f, p[i], &e, &n);
        corner(f, p[i + 1], &to_e, &to_n);
        ck_assert_msg((e == to_e) != (n == to_n), "edges are level or upright");
        const struct gk_cm *after = &p[i + 2 < count ? i + 2 : 1];
        ck_assert_msg((p[i].e == p[i + 1].e) != (p[i + 1].e == after->e), "no collinear points");
        ck_assert_msg(p[i].n > p[0].n || (p[i].n == p[0].n && p[i].e >= p[0].e), "first is least");
        int de = (to_e > e) - (to_e < e), dn = (to_n > n) - (to_n < n);
        while (e != to_e || n != to_n) {
            ck_assert_msg(!seen[n][e], "a ring touches itself");
            seen[n][e] = true;
            (*edges)++;
            if (dn == 0) {
                level[n][de > 0 ? e : e - 1] += de;
                area -= de * n;
            }
            /* The interior, a square of the set, is on the left. */
            int left_e = de > 0 ? e : de < 0 ? e - 1 : dn > 0 ? e - 1 : e;
            int left_n = dn > 0 ? n : dn < 0 ? n - 1 : de > 0 ? n : n - 1;
            int right_e = dn > 0 ? e : dn < 0 ? e - 1 : left_e;
            int right_n = de > 0 ? n - 1 : de < 0 ? n : left_n;
            ck_assert(f->set[left_n][left_e]);
            ck_assert(!f->set[right_n][right_e]);
            e += de;
            n += dn;
        }
    }
    return area;
}

static int boundary_edges(const struct field *f)
{
    int edges = 0;
    for (int n = 1; n <= f->height; n++)
        for (int e = 1; e <= f->width; e++)
            if (f->set[n][e])
                edges +=
                    !f->set[n - 1][e] + !f->set[n + 1][e] + !f->set[n][e - 1] + !f->set[n][e + 1];
    return edges;
}

/* The raster of a polygon is exactly one part of the field. */
static void check_part(const struct field *f, int (*level)[MAX + 2])
{
    int part = 0, squares = 0, whole = 0;
    for (int e = 1; e <= f->width; e++) {
        int depth = 0;
        for (int n = 1; n <= f->height; n++) {
            depth += level[n][e];
            ck_assert(depth == 0 || depth == 1);
            if (depth == 0)
                continue;
            part = part == 0 ? f->part[n][e] : part;
            ck_assert_int_ne(part, 0);
            ck_assert_int_eq(f->part[n][e], part);
            squares++;
        }
    }
    for (int n = 1; n <= f->height; n++)
        for (int e = 1; e <= f->width; e++)
            whole += f->part[n][e] == part;
    ck_assert_int_eq(squares, whole);
}

static bool less(struct gk_cm a, struct gk_cm b)
{
    return a.n != b.n ? a.n < b.n : a.e < b.e;
}

static void check_polygons(const struct field *f, const struct gk_polygons *p)
{
    int edges = 0;
    ck_assert_int_eq((int)p->polygon_count, f->part_count);
    ck_assert_uint_eq(p->ring_start[p->polygon_count], p->ring_count);
    for (uint32_t k = 0; k < p->polygon_count; k++) {
        int level[MAX + 2][MAX + 2] = {{0}};
        for (uint32_t r = p->ring_start[k]; r < p->ring_start[k + 1]; r++) {
            uint32_t start = p->point_start[r];
            int area =
                check_ring(f, p->points + start, p->point_start[r + 1] - start, level, &edges);
            if (r == p->ring_start[k])
                ck_assert_msg(area > 0, "a shell is counter-clockwise");
            else
                ck_assert_msg(area < 0, "a hole is clockwise");
            if (r > p->ring_start[k] + 1)
                ck_assert(less(p->points[p->point_start[r - 1]], p->points[start]));
        }
        check_part(f, level);
        if (k > 0)
            ck_assert(less(p->points[p->point_start[p->ring_start[k - 1]]],
                           p->points[p->point_start[p->ring_start[k]]]));
    }
    ck_assert_int_eq(edges, boundary_edges(f));
}

static void check_field(struct field *f, struct gk_random *random)
{
    static struct gk_square squares[MAX * MAX];
    size_t count = squares_of(f, squares);
    struct gk_polygons first, second;
    if (count == 0)
        return;
    ck_assert_int_eq(gk_outline(&first, squares, count, SIDE), GK_OK);
    check_polygons(f, &first);
    for (size_t i = count - 1; i > 0; i--) {
        size_t j = gk_random_below(random, i + 1);
        struct gk_square swap = squares[i];
        squares[i] = squares[j];
        squares[j] = swap;
    }
    ck_assert_int_eq(gk_outline(&second, squares, count, SIDE), GK_OK);
    uint32_t points = first.point_start[first.ring_count];
    ck_assert_uint_eq(first.ring_count, second.ring_count);
    ck_assert_uint_eq(points, second.point_start[second.ring_count]);
    ck_assert_mem_eq(first.points, second.points, points * sizeof *first.points);
    gk_polygons_release(&first);
    gk_polygons_release(&second);
}

START_TEST(random_sets_have_valid_outlines)
{
    struct gk_random random;
    gk_random_init(&random, 11, 0);
    static struct field f;
    for (int round = 0; round < 300; round++) {
        memset(&f, 0, sizeof f);
        f.width = 1 + (int)gk_random_below(&random, round % 50 == 0 ? MAX : 14);
        f.height = 1 + (int)gk_random_below(&random, round % 50 == 0 ? MAX : 14);
        f.e0 = (int32_t)gk_random_below(&random, 2000) - 1000;
        f.n0 = (int32_t)gk_random_below(&random, 2000) - 1000;
        uint64_t percent = 5 + gk_random_below(&random, 95);
        for (int n = 1; n <= f.height; n++)
            for (int e = 1; e <= f.width; e++)
                f.set[n][e] = gk_random_below(&random, 100) < percent;
        check_field(&f, &random);
    }
}
END_TEST

START_TEST(every_set_in_four_by_four_has_a_valid_outline)
{
    struct gk_random random;
    gk_random_init(&random, 12, 0);
    static struct field f;
    for (unsigned bits = 1; bits < 65536; bits += 19) {
        memset(&f, 0, sizeof f);
        f.width = f.height = 4;
        for (int i = 0; i < 16; i++)
            f.set[1 + i / 4][1 + i % 4] = bits >> i & 1U;
        check_field(&f, &random);
    }
}
END_TEST

/* Drawn with # for squares, north up. */
static void draw(struct field *f, const char *const *rows, int height)
{
    memset(f, 0, sizeof *f);
    f->height = height;
    f->width = (int)strlen(rows[0]);
    for (int r = 0; r < height; r++)
        for (int e = 0; e < f->width; e++)
            f->set[height - r][e + 1] = rows[r][e] == '#';
}

static const char *const checkers[] = {"#.#.#.", ".#.#.#", "#.#.#.", ".#.#.#"};
static const char *const hole_at_corner[] = {"###", "#.#", "##."};
static const char *const holes_touch[] = {"#####", "#.###", "##.##", "###.#", "#####"};
static const char *const islands[] = {"#########", "#.......#", "#.#####.#",
                                      "#.#...#.#", "#.#.#.#.#", "#.#...#.#",
                                      "#.#####.#", "#.......#", "#########"};
static const char *const ring_of_holes[] = {"#####", "##.##", "#.#.#", "##.##", "#####"};

START_TEST(drawn_sets_have_the_rings_one_can_count)
{
    static const struct {
        const char *const *rows;
        int height;
        uint32_t polygons, rings;
    } cases[] = {{checkers, 4, 12, 12},
                 {hole_at_corner, 3, 1, 2},
                 {holes_touch, 5, 1, 4},
                 {islands, 9, 3, 5},
                 {ring_of_holes, 5, 2, 3}};
    struct gk_random random;
    gk_random_init(&random, 13, 0);
    static struct field f;
    static struct gk_square squares[MAX * MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gk_polygons p;
        draw(&f, cases[i].rows, cases[i].height);
        check_field(&f, &random);
        size_t count = squares_of(&f, squares);
        ck_assert_int_eq(gk_outline(&p, squares, count, SIDE), GK_OK);
        ck_assert_uint_eq(p.polygon_count, cases[i].polygons);
        ck_assert_uint_eq(p.ring_count, cases[i].rings);
        gk_polygons_release(&p);
    }
}
END_TEST

START_TEST(squares_at_the_ends_of_the_range_do_not_meet)
{
    /* Neighbours only if the index wrapped around. */
    const struct gk_square s[] = {{INT32_MAX, 0},         {INT32_MIN, 1}, {INT32_MIN, 0},
                                  {5, INT32_MAX},         {5, INT32_MIN}, {INT32_MIN, INT32_MIN},
                                  {INT32_MAX, INT32_MAX}, {INT32_MAX, 1}};
    struct gk_polygons p;
    ck_assert_int_eq(gk_outline(&p, s, sizeof s / sizeof *s, INT32_MAX), GK_OK);
    ck_assert_uint_eq(p.polygon_count, 6);
    gk_polygons_release(&p);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    const struct gk_square s[] = {{1, 2}, {3, 4}, {1, 2}};
    struct gk_polygons p;
    ck_assert_int_eq(gk_outline(&p, s, 3, SIDE), GK_INVALID);
    ck_assert_ptr_null(p.points);
    ck_assert_int_eq(gk_outline(&p, s, 0, SIDE), GK_INVALID);
    ck_assert_int_eq(gk_outline(&p, s, 1, 0), GK_INVALID);
    ck_assert_int_eq(gk_outline(&p, s, SIZE_MAX, SIDE), GK_TOO_LARGE);
    gk_polygons_release(&p);
}
END_TEST

GK_UNIT_MAIN("geo/outline", random_sets_have_valid_outlines,
             every_set_in_four_by_four_has_a_valid_outline, drawn_sets_have_the_rings_one_can_count,
             squares_at_the_ends_of_the_range_do_not_meet, nonsense_is_refused)
