/* The cache of finished answers by itself: what is found, what makes room, what
 * the bound covers, and eight threads at once (meant for BUILD=tsan too). The
 * expected order of leaving is that of a least-recently-used list done by hand. */
#include "cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct gk_outbox outbox = {.maximum = 1 << 20};

static struct gk_cache_key key_of(const char *target, uint8_t role)
{
    struct gk_cache_key key;
    memset(&key, 0, sizeof key);
    key.class.role = role;
    key.target = target;
    key.target_length = strlen(target);
    gk_cache_key_seal(&key);
    return key;
}

/* A body of `length` bytes, all `fill`, of origin `origin`. */
static struct gk_finished *answer_of(char fill, size_t length, uint64_t origin)
{
    static const char etag[GK_ETAG_TEXT_BYTES] = "\"0123456789abcdef0123456789abcdef\"";
    struct gk_response response = {.content_type = "text/plain",
                                   .content_crs = "<crs>",
                                   .data_utc = 5,
                                   .origin = {{origin, 0, 0, 0}}};
    char *body = malloc(length);
    memset(body, fill, length);
    return gk_finished_make(&response, body, length, GK_ENCODING_GZIP, etag, &outbox);
}

static void keep(struct gk_cache *cache, const char *target, char fill, size_t length)
{
    struct gk_cache_key key = key_of(target, 0);
    struct gk_finished *answer = answer_of(fill, length, 1);
    gk_cache_keep(cache, &key, answer);
    gk_finished_release(answer);
}

/* The byte that the body under a target is made of, '-' for none. */
static char found(struct gk_cache *cache, const char *target, uint8_t role)
{
    struct gk_cache_key key = key_of(target, role);
    struct gk_finished *answer = gk_cache_find(cache, &key);
    char fill = answer == NULL ? '-' : *(const char *)answer->body;
    gk_finished_release(answer);
    return fill;
}

START_TEST(an_answer_is_found_under_its_whole_key_only)
{
    struct gk_cache *cache = gk_cache_create(1 << 20);
    keep(cache, "/a?x=1", 'a', 100);
    ck_assert_int_eq(found(cache, "/a?x=1", 0), 'a');
    ck_assert_int_eq(found(cache, "/a?x=1", 2), '-');
    ck_assert_int_eq(found(cache, "/a?x=", 0), '-');
    ck_assert_int_eq(found(cache, "/a?x=11", 0), '-');
    ck_assert_int_eq(found(cache, "/A?x=1", 0), '-');
    struct gk_cache_key other = key_of("/a?x=1", 0);
    other.class.watch_area_id = 1;
    gk_cache_key_seal(&other);
    ck_assert_ptr_null(gk_cache_find(cache, &other));
    /* Also when hashes are the same. */
    other.hash = key_of("/a?x=1", 0).hash;
    ck_assert_ptr_null(gk_cache_find(cache, &other));
    other = key_of("/a?x=2", 0);
    other.hash = key_of("/a?x=1", 0).hash;
    ck_assert_ptr_null(gk_cache_find(cache, &other));
    gk_cache_free(cache);
}
END_TEST

START_TEST(what_is_kept_has_its_headers)
{
    struct gk_cache *cache = gk_cache_create(1 << 20);
    keep(cache, "/a", 'a', 100);
    struct gk_cache_key key = key_of("/a", 0);
    struct gk_finished *answer = gk_cache_find(cache, &key);
    gk_cache_free(cache); /* who holds it keeps it */
    ck_assert_str_eq(answer->content_type, "text/plain");
    ck_assert_str_eq(answer->content_crs, "<crs>");
    ck_assert_ptr_null(answer->content_policy);
    ck_assert_str_eq(answer->etag, "\"0123456789abcdef0123456789abcdef\"");
    ck_assert_int_eq(answer->encoding, GK_ENCODING_GZIP);
    ck_assert_int_eq(answer->data_utc, 5);
    ck_assert_uint_eq(answer->length, 100);
    gk_finished_release(answer);
}
END_TEST

START_TEST(the_longest_unused_leaves_first)
{
    /* Room for eight of this size, not for nine. */
    struct gk_cache *cache = gk_cache_create(8 * 1350);
    char target[2] = "a";
    for (char c = 'a'; c <= 'h'; c++) {
        target[0] = c;
        keep(cache, target, c, 1000);
    }
    ck_assert_int_eq(found(cache, "a", 0), 'a'); /* now the newest: b is next to go */
    keep(cache, "b", 'B', 1000);                 /* in place of the old one: c is next */
    keep(cache, "i", 'i', 1000);
    struct gk_cache_counters counters;
    gk_cache_counters(cache, &counters);
    ck_assert_uint_eq(counters.evictions, 1);
    ck_assert_uint_eq(counters.answers, 8);
    ck_assert_int_eq(found(cache, "c", 0), '-');
    ck_assert_int_eq(found(cache, "a", 0), 'a');
    ck_assert_int_eq(found(cache, "b", 0), 'B');
    ck_assert_int_eq(found(cache, "i", 0), 'i');
    gk_cache_free(cache);
}
END_TEST

START_TEST(the_bound_holds_for_all_sizes)
{
    enum { MAXIMUM = 1 << 16 };
    struct gk_cache *cache = gk_cache_create(MAXIMUM);
    struct gk_cache_counters counters;
    uint32_t random = 1;
    char target[600];
    for (int i = 0; i < 5000; i++) {
        random = random * 1664525 + 1013904223;
        size_t length = 1 + (random >> 8) % 10000;
        int width = (int)((random >> 4) % 500) + 1;
        snprintf(target, sizeof target, "/%0*u", width, random % 300);
        keep(cache, target, 'x', length);
        gk_cache_counters(cache, &counters);
        ck_assert_uint_le(counters.bytes, MAXIMUM);
        ck_assert_uint_ge(counters.bytes, counters.answers * sizeof(struct gk_finished));
    }
    ck_assert_uint_gt(counters.evictions, 1000);
    keep(cache, "large", 'x', MAXIMUM / 8); /* with what is beside the body: too large */
    ck_assert_int_eq(found(cache, "large", 0), '-');
    gk_cache_free(cache);
}
END_TEST

static bool is_odd(void *context, const struct gk_origin *origin)
{
    (void)context;
    return origin->word[0] % 2 == 1;
}

START_TEST(what_is_no_longer_current_is_swept)
{
    struct gk_cache *cache = gk_cache_create(1 << 22);
    struct gk_cache_counters counters;
    char target[16];
    for (uint64_t i = 0; i < 1000; i++) {
        snprintf(target, sizeof target, "/%u", (unsigned)i);
        struct gk_cache_key key = key_of(target, 0);
        struct gk_finished *answer = answer_of('x', 10, i);
        gk_cache_keep(cache, &key, answer);
        gk_finished_release(answer);
    }
    for (int i = 0; i < GK_CACHE_SWEEPS; i++)
        gk_cache_sweep(cache, is_odd, NULL);
    gk_cache_counters(cache, &counters);
    ck_assert_uint_eq(counters.answers, 500);
    ck_assert_int_eq(found(cache, "/7", 0), 'x');
    ck_assert_int_eq(found(cache, "/8", 0), '-');
    struct gk_cache_key key = key_of("/7", 0);
    struct gk_finished *answer = gk_cache_find(cache, &key);
    keep(cache, "/7", 'y', 10);
    gk_cache_forget(cache, &key, answer); /* it is another by now */
    ck_assert_int_eq(found(cache, "/7", 0), 'y');
    gk_finished_release(answer);
    answer = gk_cache_find(cache, &key);
    gk_cache_forget(cache, &key, answer);
    ck_assert_int_eq(found(cache, "/7", 0), '-');
    gk_finished_release(answer);
    gk_cache_free(cache);
}
END_TEST

START_TEST(the_outbox_counts_each_body_once_and_refuses_large_ones)
{
    struct gk_outbox box = {.maximum = 200000};
    struct gk_response response = {.content_type = "a"};
    static const char etag[GK_ETAG_TEXT_BYTES] = "";
    struct gk_finished *a = gk_finished_make(&response, calloc(1, 150000), 150000, 0, etag, &box);
    struct gk_finished *b = gk_finished_make(&response, calloc(1, 100000), 100000, 0, etag, &box);
    struct gk_finished *small = gk_finished_make(&response, calloc(1, 60000), 60000, 0, etag, &box);
    struct gk_finished *huge =
        gk_finished_make(&response, calloc(1, 300000), 300000, 0, etag, &box);
    ck_assert(gk_finished_send(a));
    ck_assert(gk_finished_send(a)); /* the same bytes to another client */
    ck_assert_uint_eq(box.bytes, 150000);
    ck_assert(!gk_finished_send(b));
    ck_assert(gk_finished_send(small));
    ck_assert_uint_eq(box.bytes, 210000);
    ck_assert(gk_finished_send(a)); /* costs nothing more */
    ck_assert_uint_eq(box.refused, 1);
    for (int i = 0; i < 3; i++)
        gk_finished_sent(a);
    ck_assert_uint_eq(box.bytes, 60000);
    ck_assert(gk_finished_send(b));
    gk_finished_sent(b);
    ck_assert(!gk_finished_send(huge));
    gk_finished_sent(small);
    ck_assert_uint_eq(box.bytes, 0);
    ck_assert(gk_finished_send(huge)); /* alone it may be larger than the bound */
    gk_finished_sent(huge);
    ck_assert_uint_eq(box.bytes, 0);
    gk_finished_release(a);
    gk_finished_release(b);
    gk_finished_release(small);
    gk_finished_release(huge);
}
END_TEST

/* --- Threads --------------------------------------------------------------- */

enum { THREADS = 8, ROUNDS = 3000 };

static void *use(void *context)
{
    struct gk_cache *cache = context;
    uint32_t random = (uint32_t)(uintptr_t)&cache;
    char target[16];
    for (int i = 0; i < ROUNDS; i++) {
        random = random * 1664525 + 1013904223;
        char fill = (char)('a' + (random >> 10) % 26);
        snprintf(target, sizeof target, "/%c", fill);
        struct gk_cache_key key = key_of(target, 0);
        struct gk_finished *answer = gk_cache_find(cache, &key);
        if (answer == NULL)
            keep(cache, target, fill, 500 + (random >> 16) % 500);
        if (answer != NULL && gk_finished_send(answer)) {
            const char *body = answer->body;
            if (body[0] != fill || body[answer->length - 1] != fill)
                abort();
            gk_finished_sent(answer);
        }
        if (answer != NULL && random % 64 == 0)
            gk_cache_forget(cache, &key, answer);
        if (random % 128 == 0)
            gk_cache_sweep(cache, is_odd, NULL);
        gk_finished_release(answer);
    }
    return NULL;
}

START_TEST(threads_share_it)
{
    struct gk_cache *cache = gk_cache_create(12 * 1300);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use, cache), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(outbox.bytes, 0);
    gk_cache_free(cache);
}
END_TEST

static void *send_and_end(void *finished)
{
    for (int i = 0; i < 3000000; i++)
        if (gk_finished_send(finished))
            gk_finished_sent(finished);
    return NULL;
}

/* Two connections are to be sent the same answer while it has no room: whichever of
 * them is refused, nothing is counted twice or never. */
START_TEST(refusing_one_of_two_leaves_the_count_right)
{
    struct gk_finished *before = answer_of('b', 60000, 1), *large = answer_of('l', 80000, 1);
    size_t maximum = outbox.maximum;
    pthread_t threads[2];
    outbox.maximum = 100000;
    ck_assert(gk_finished_send(before));
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_and_end, large), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(outbox.bytes, 60000);
    gk_finished_sent(before);
    outbox.maximum = maximum;
    gk_finished_release(before);
    gk_finished_release(large);
}
END_TEST

GK_UNIT_MAIN("cache", an_answer_is_found_under_its_whole_key_only, what_is_kept_has_its_headers,
             the_longest_unused_leaves_first, the_bound_holds_for_all_sizes,
             what_is_no_longer_current_is_swept,
             the_outbox_counts_each_body_once_and_refuses_large_ones, threads_share_it,
             refusing_one_of_two_leaves_the_count_right)
