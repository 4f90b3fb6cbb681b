/* The arena: zeroed, aligned, apart from each other, and never more than its
 * maximum. AddressSanitizer sees what is written outside a block or leaked. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/random.h"
#include "unit.h"

START_TEST(pieces_are_zeroed_aligned_and_apart)
{
    enum { PIECES = 3000 };
    static struct {
        unsigned char *at;
        size_t bytes;
    } pieces[PIECES];
    struct gk_random random;
    struct gk_arena arena;
    gk_random_init(&random, 1, 0);
    gk_arena_init(&arena, 1 << 26);
    for (size_t i = 0; i < PIECES; i++) {
        size_t bytes = gk_random_below(&random, i % 100 == 0 ? 60000 : 200);
        unsigned char *p = gk_arena_alloc(&arena, bytes);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t k = 0; k < bytes; k++)
            ck_assert_uint_eq(p[k], 0);
        memset(p, (int)(i & 255), bytes);
        pieces[i].at = p;
        pieces[i].bytes = bytes;
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < pieces[i].bytes; k++)
            ck_assert_uint_eq(pieces[i].at[k], i & 255);
    gk_arena_release(&arena);
    ck_assert_uint_eq(arena.used, 0);
    ck_assert_ptr_nonnull(gk_arena_alloc(&arena, 10));
    gk_arena_release(&arena);
}
END_TEST

START_TEST(the_maximum_holds)
{
    struct gk_arena arena;
    gk_arena_init(&arena, 100000);
    size_t got = 0;
    while (gk_arena_alloc(&arena, 1000) != NULL)
        got += 1000;
    ck_assert(got <= 100000 && got >= 98000);
    ck_assert_uint_le(arena.used, 100000);
    ck_assert_ptr_null(gk_arena_alloc(&arena, 2000));
    gk_arena_release(&arena);
    gk_arena_init(&arena, 0);
    ck_assert_ptr_null(gk_arena_alloc(&arena, 1));
    gk_arena_release(&arena);
}
END_TEST

START_TEST(sizes_that_overflow_are_refused)
{
    struct gk_arena arena;
    gk_arena_init(&arena, SIZE_MAX);
    ck_assert_ptr_null(gk_arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(gk_arena_alloc(&arena, SIZE_MAX - 7));
    ck_assert_ptr_null(gk_arena_array(&arena, SIZE_MAX / 8 + 2, 8));
    ck_assert_ptr_null(gk_arena_array(&arena, SIZE_MAX, SIZE_MAX));
    ck_assert_ptr_null(gk_arena_strndup(&arena, "x", SIZE_MAX));
    ck_assert_ptr_nonnull(gk_arena_array(&arena, 0, 8));
    ck_assert_ptr_nonnull(gk_arena_array(&arena, 8, 0));
    gk_arena_release(&arena);
}
END_TEST

START_TEST(copies_end_where_they_should)
{
    struct gk_arena arena;
    gk_arena_init(&arena, 1000);
    ck_assert_str_eq(gk_arena_strndup(&arena, "Bromölla kommun", 9), "Bromölla");
    ck_assert_str_eq(gk_arena_strndup(&arena, "", 0), "");
    ck_assert_str_eq(gk_arena_strndup(&arena, NULL, 0), "");
    gk_arena_release(&arena);
}
END_TEST

GK_UNIT_MAIN("base/arena", pieces_are_zeroed_aligned_and_apart, the_maximum_holds,
             sizes_that_overflow_are_refused, copies_end_where_they_should)
