/* The holder, driven without a database: what readers get, what is kept and for
 * how long, tokens, and readers against swaps. Run it under the address sanitizer
 * and under BUILD=tsan. */
#include "holder_internal.h"

#include <fcntl.h>
#include <unistd.h>

#include "sample_snapshot.h"
#include "unit.h"

static struct gk_log quiet = {-1, GK_LOG_ERROR};

static struct gk_holder *make_holder(void)
{
    quiet.fd = open("/dev/null", O_WRONLY);
    struct gk_holder_config config = {"host=/nowhere", "polisen", 250, 300, 2, 1 << 20, &quiet};
    struct gk_holder *holder;
    struct gk_error error;
    ck_assert_int_eq(gk_holder_create(&holder, &config, &error), GK_OK);
    return holder;
}

static void drop_holder(struct gk_holder *holder)
{
    gk_holder_free(holder);
    close(quiet.fd);
}

enum { CELLS = 50 };

/* A snapshot whose cells all carry its number, and a checksum of nothing else. */
static struct gk_snapshot *make_snapshot(enum gk_snapshot_kind kind, int32_t number, int32_t places)
{
    struct gk_build build;
    if (gk_build_init(&build, kind, 1 << 16) != GK_OK)
        abort();
    build.snapshot->number = number;
    build.snapshot->places = places;
    build.snapshot->cell_count = CELLS;
    build.snapshot->cell_id = gk_arena_array(build.arena, CELLS, sizeof(int32_t));
    for (int i = 0; i < CELLS; i++)
        build.snapshot->cell_id[i] = number;
    return build.snapshot;
}

static void want(struct gk_holder *holder, int32_t release, int32_t revision)
{
    const struct gk_state state = {.release = release, .revision = revision, .places = 1};
    gk_holder_want(holder, &state);
}

static void publish(struct gk_holder *holder, enum gk_snapshot_kind kind, int32_t number,
                    int64_t now_ms)
{
    ck_assert_int_eq(gk_holder_publish(holder, make_snapshot(kind, number, 1), now_ms), GK_OK);
}

static int32_t current(struct gk_holder *holder, enum gk_snapshot_kind kind)
{
    const struct gk_snapshot *s = gk_holder_acquire(holder, kind);
    int32_t number = s != NULL ? s->number : 0;
    gk_holder_release(holder, s);
    return number;
}

static bool is_kept(struct gk_holder *holder, enum gk_snapshot_kind kind, int32_t number)
{
    const struct gk_snapshot *s = gk_holder_acquire_pinned(holder, kind, number, 1);
    ck_assert(s == NULL || s->number == number);
    gk_holder_release(holder, s);
    return s != NULL;
}

START_TEST(there_is_nothing_before_the_first_load)
{
    struct gk_holder *holder = make_holder();
    struct gk_token_info token;
    unsigned char hash[32] = {0};
    ck_assert_int_eq(current(holder, GK_SNAPSHOT_RELEASE), 0);
    ck_assert_int_eq(current(holder, GK_SNAPSHOT_REVISION), 0);
    ck_assert(!is_kept(holder, GK_SNAPSHOT_RELEASE, 1));
    ck_assert_int_eq(gk_holder_silent_s(holder), -1);
    ck_assert(gk_holder_is_stale(holder));
    ck_assert_int_eq(gk_holder_token(holder, hash, &token), GK_UNAVAILABLE);
    drop_holder(holder);
}
END_TEST

START_TEST(a_replaced_snapshot_is_kept_ten_minutes_for_its_cursors)
{
    struct gk_holder *holder = make_holder();
    want(holder, 0, 1);
    publish(holder, GK_SNAPSHOT_REVISION, 1, 0);
    publish(holder, GK_SNAPSHOT_REVISION, 2, 5000);
    ck_assert_int_eq(current(holder, GK_SNAPSHOT_REVISION), 2);
    ck_assert(is_kept(holder, GK_SNAPSHOT_REVISION, 1));
    ck_assert(is_kept(holder, GK_SNAPSHOT_REVISION, 2));
    ck_assert(!is_kept(holder, GK_SNAPSHOT_RELEASE, 1));
    ck_assert_ptr_null(gk_holder_acquire_pinned(holder, GK_SNAPSHOT_REVISION, 1, 2));
    gk_holder_sweep(holder, 5000 + GK_KEEP_REPLACED_MS);
    ck_assert(is_kept(holder, GK_SNAPSHOT_REVISION, 1));
    gk_holder_sweep(holder, 5001 + GK_KEEP_REPLACED_MS);
    ck_assert(!is_kept(holder, GK_SNAPSHOT_REVISION, 1));
    ck_assert(is_kept(holder, GK_SNAPSHOT_REVISION, 2));
    drop_holder(holder);
}
END_TEST

START_TEST(no_more_than_four_replaced_ones_are_kept)
{
    struct gk_holder *holder = make_holder();
    want(holder, 0, 1);
    for (int32_t n = 1; n <= 20; n++) {
        publish(holder, GK_SNAPSHOT_REVISION, n, n);
        ck_assert_int_eq(current(holder, GK_SNAPSHOT_REVISION), n);
        for (int32_t m = 1; m <= n; m++)
            ck_assert_int_eq(is_kept(holder, GK_SNAPSHOT_REVISION, m), m >= n - 4);
    }
    drop_holder(holder);
}
END_TEST

START_TEST(a_reader_keeps_what_it_holds_whatever_happens)
{
    struct gk_holder *holder = make_holder();
    want(holder, 0, 1);
    publish(holder, GK_SNAPSHOT_REVISION, 1, 0);
    const struct gk_snapshot *held = gk_holder_acquire(holder, GK_SNAPSHOT_REVISION);
    for (int32_t n = 2; n <= 30; n++)
        publish(holder, GK_SNAPSHOT_REVISION, n, n * (int64_t)GK_KEEP_REPLACED_MS);
    ck_assert(!is_kept(holder, GK_SNAPSHOT_REVISION, 1));
    ck_assert_int_eq(held->cell_id[CELLS - 1], 1); /* freed memory would be reported */
    gk_holder_release(holder, held);
    gk_holder_release(holder, NULL);
    drop_holder(holder);
}
END_TEST

START_TEST(when_readers_hold_every_slot_the_old_snapshot_stays)
{
    struct gk_holder *holder = make_holder();
    want(holder, 0, 1);
    const struct gk_snapshot *held[GK_SWAP_SLOTS];
    for (int32_t n = 0; n < GK_SWAP_SLOTS; n++) {
        publish(holder, GK_SNAPSHOT_REVISION, n + 1, n);
        held[n] = gk_holder_acquire(holder, GK_SNAPSHOT_REVISION);
    }
    struct gk_snapshot *late = make_snapshot(GK_SNAPSHOT_REVISION, 99, 1);
    ck_assert_int_eq(gk_holder_publish(holder, late, 50), GK_UNAVAILABLE);
    ck_assert_int_eq(current(holder, GK_SNAPSHOT_REVISION), GK_SWAP_SLOTS);
    gk_holder_release(holder, held[0]);
    gk_holder_sweep(holder, 60);
    ck_assert_int_eq(gk_holder_publish(holder, late, 70), GK_OK);
    ck_assert_int_eq(current(holder, GK_SNAPSHOT_REVISION), 99);
    for (int n = 1; n < GK_SWAP_SLOTS; n++)
        gk_holder_release(holder, held[n]);
    drop_holder(holder);
}
END_TEST

START_TEST(a_withdrawn_release_is_gone_at_once_also_for_cursors)
{
    struct gk_holder *holder = make_holder();
    want(holder, 1, 0);
    publish(holder, GK_SNAPSHOT_RELEASE, 1, 0);
    want(holder, 2, 0);
    ck_assert_int_eq(current(holder, GK_SNAPSHOT_RELEASE), 1); /* until 2 is loaded */
    publish(holder, GK_SNAPSHOT_RELEASE, 2, 1);
    const struct gk_snapshot *held = gk_holder_acquire(holder, GK_SNAPSHOT_RELEASE);
    want(holder, 1, 0);
    ck_assert_int_eq(current(holder, GK_SNAPSHOT_RELEASE), 0);
    ck_assert(!is_kept(holder, GK_SNAPSHOT_RELEASE, 2));
    ck_assert(is_kept(holder, GK_SNAPSHOT_RELEASE, 1));
    ck_assert_int_eq(held->cell_id[0], 2);
    gk_holder_release(holder, held);
    publish(holder, GK_SNAPSHOT_RELEASE, 1, 2);
    ck_assert_int_eq(current(holder, GK_SNAPSHOT_RELEASE), 1);
    want(holder, 0, 0);
    ck_assert_int_eq(current(holder, GK_SNAPSHOT_RELEASE), 0);
    ck_assert(!is_kept(holder, GK_SNAPSHOT_RELEASE, 1));
    drop_holder(holder);
}
END_TEST

START_TEST(a_release_that_was_withdrawn_while_it_was_loaded_is_not_published)
{
    struct gk_holder *holder = make_holder();
    want(holder, 2, 0);
    struct gk_snapshot *snapshot = make_snapshot(GK_SNAPSHOT_RELEASE, 2, 0);
    want(holder, 1, 0);
    ck_assert_int_eq(gk_holder_publish(holder, snapshot, 0), GK_CONFLICT);
    gk_snapshot_free(snapshot);
    ck_assert_int_eq(current(holder, GK_SNAPSHOT_RELEASE), 0);
    drop_holder(holder);
}
END_TEST

/* --- Tokens ---------------------------------------------------------------------------- */

static void set_tokens(struct gk_holder *holder, size_t count, uint64_t seed, int64_t expires_ms)
{
    struct gk_random random;
    gk_random_init(&random, seed, 0);
    struct gk_token *tokens = calloc(count + 1, sizeof *tokens);
    for (size_t i = 0; i < count; i++) {
        for (int b = 0; b < 32; b++)
            tokens[i].hash[b] = (unsigned char)(b < 4 && i % 2 == 0 ? 7 : gk_random_bits(&random));
        tokens[i].info = (struct gk_token_info){(int32_t)i, i % 3 == 0, i % 3 == 0 ? 0 : 5};
        tokens[i].expires_ms = expires_ms;
    }
    ck_assert_int_eq(gk_holder_set_tokens(holder, tokens, count), GK_OK);
}

START_TEST(tokens_are_found_by_every_byte_of_their_hash)
{
    struct gk_holder *holder = make_holder();
    gk_holder_answered(holder);
    set_tokens(holder, 400, 1, INT64_MAX);
    struct gk_random random;
    gk_random_init(&random, 1, 0);
    for (int32_t i = 0; i < 400; i++) {
        unsigned char hash[32];
        for (int b = 0; b < 32; b++)
            hash[b] = (unsigned char)(b < 4 && i % 2 == 0 ? 7 : gk_random_bits(&random));
        struct gk_token_info info;
        ck_assert_int_eq(gk_holder_token(holder, hash, &info), GK_OK);
        ck_assert_int_eq(info.id, i);
        ck_assert_int_eq(info.is_analyst, i % 3 == 0);
        for (int b = 0; b < 32; b++) {
            hash[b] ^= 1;
            ck_assert_int_eq(gk_holder_token(holder, hash, &info), GK_UNAUTHORIZED);
            hash[b] ^= 1;
        }
    }
    drop_holder(holder);
}
END_TEST

START_TEST(revoked_expired_and_stale_tokens_are_refused)
{
    struct gk_holder *holder = make_holder();
    unsigned char hash[32];
    struct gk_random random;
    gk_random_init(&random, 3, 0);
    for (int b = 0; b < 32; b++)
        hash[b] = (unsigned char)(b < 4 ? 7 : gk_random_bits(&random));
    struct gk_token_info info;
    gk_holder_answered(holder);
    ck_assert_int_eq(gk_holder_token(holder, hash, &info), GK_UNAVAILABLE); /* never loaded */
    set_tokens(holder, 1, 3, INT64_MAX);
    ck_assert_int_eq(gk_holder_token(holder, hash, &info), GK_OK);
    set_tokens(holder, 0, 3, INT64_MAX);
    ck_assert_int_eq(gk_holder_token(holder, hash, &info), GK_UNAUTHORIZED);
    set_tokens(holder, 1, 3, gk_holder_now_ms());
    ck_assert_int_eq(gk_holder_token(holder, hash, &info), GK_UNAUTHORIZED);
    set_tokens(holder, 1, 3, INT64_MAX);
    /* The store was last heard of longer ago than the grace allows. */
    atomic_store(&holder->answered_ms, gk_holder_now_ms() - 302000);
    ck_assert_int_eq(gk_holder_token(holder, hash, &info), GK_UNAVAILABLE);
    ck_assert_int_ge(gk_holder_silent_s(holder), 302);
    ck_assert(gk_holder_is_stale(holder));
    atomic_store(&holder->answered_ms, gk_holder_now_ms() - 200000);
    ck_assert_int_eq(gk_holder_token(holder, hash, &info), GK_OK);
    gk_holder_reconfigure(holder, 250, 100);
    ck_assert_int_eq(gk_holder_token(holder, hash, &info), GK_UNAVAILABLE);
    gk_holder_answered(holder);
    ck_assert_int_eq(gk_holder_token(holder, hash, &info), GK_OK);
    ck_assert_int_eq(gk_holder_silent_s(holder), 0);
    ck_assert(!gk_holder_is_stale(holder));
    drop_holder(holder);
}
END_TEST

/* --- Readers against swaps --------------------------------------------------------------- */

enum { READERS = 3, SWAPS = 3000 };

struct stress {
    struct gk_holder *holder;
    atomic_bool done;
    _Atomic uint32_t faults, reads;
};

/* What is read must be one snapshot, and a current one may never get older. */
static void *read_on(void *context)
{
    struct stress *stress = context;
    int32_t last = 0;
    unsigned char hash[32] = {0};
    for (uint32_t round = 0; !atomic_load(&stress->done); round++) {
        bool is_pinned = round % 3 == 0 && last > 2;
        const struct gk_snapshot *s =
            is_pinned ? gk_holder_acquire_pinned(stress->holder, GK_SNAPSHOT_REVISION, last - 2, 1)
                      : gk_holder_acquire(stress->holder, GK_SNAPSHOT_REVISION);
        if (s != NULL) {
            for (int i = 0; i < CELLS; i++)
                if (s->cell_id[i] != s->number)
                    atomic_fetch_add(&stress->faults, 1);
            if (is_pinned ? s->number != last - 2 : s->number < last)
                atomic_fetch_add(&stress->faults, 1);
            last = is_pinned ? last : s->number;
            gk_holder_release(stress->holder, s);
            atomic_fetch_add(&stress->reads, 1);
        }
        struct gk_token_info info;
        if (gk_holder_token(stress->holder, hash, &info) != GK_UNAUTHORIZED)
            atomic_fetch_add(&stress->faults, 1);
    }
    return NULL;
}

START_TEST(readers_always_hold_one_whole_snapshot_while_it_is_swapped)
{
    struct stress stress = {.holder = make_holder()};
    want(stress.holder, 0, 1);
    gk_holder_answered(stress.holder);
    set_tokens(stress.holder, 3, 9, INT64_MAX);
    publish(stress.holder, GK_SNAPSHOT_REVISION, 1, 0);
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_on, &stress), 0);
    for (int32_t n = 2; n < SWAPS; n++) {
        /* Now and then all former ones are too old. */
        int64_t now_ms = n * (n % 50 == 0 ? (int64_t)GK_KEEP_REPLACED_MS : 1);
        struct gk_snapshot *snapshot = make_snapshot(GK_SNAPSHOT_REVISION, n, 1);
        if (gk_holder_publish(stress.holder, snapshot, now_ms) != GK_OK)
            gk_snapshot_free(snapshot); /* readers were preempted with all slots held */
        if (n % 7 == 0)
            set_tokens(stress.holder, (size_t)(n % 5), 9, INT64_MAX);
        if (n % 16 == 0)
            sched_yield();
    }
    atomic_store(&stress.done, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    ck_assert_uint_eq(atomic_load(&stress.faults), 0);
    ck_assert_uint_gt(atomic_load(&stress.reads), 0);
    drop_holder(stress.holder);
}
END_TEST

START_TEST(threads_start_and_stop_without_a_database)
{
    quiet.fd = open("/dev/null", O_WRONLY);
    struct gk_holder_config config = {
        "host=/nonexistent connect_timeout=2", "polisen", 50, 300, 2, 1 << 20, &quiet};
    for (int i = 0; i < 3; i++) {
        struct gk_holder *holder;
        struct gk_error error;
        ck_assert_int_eq(gk_holder_start(&holder, &config, &error), GK_OK);
        ck_assert_ptr_null(gk_holder_acquire(holder, GK_SNAPSHOT_RELEASE));
        gk_holder_reconfigure(holder, 60, 10);
        gk_holder_stop(holder);
    }
    gk_holder_stop(NULL);
    close(quiet.fd);
}
END_TEST

START_TEST(waits_grow_to_five_seconds_and_differ)
{
    struct gk_holder *holder = make_holder();
    struct gk_backoff backoff;
    gk_backoff_init(&backoff, holder, 1);
    uint32_t different = 0, before = 0;
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t full = i < 6 ? 100U << i : 5000, wait = gk_backoff_next_ms(&backoff);
        ck_assert_uint_ge(wait, full / 2);
        ck_assert_uint_le(wait, full);
        different += wait != before;
        before = wait;
    }
    ck_assert_uint_gt(different, 50);
    drop_holder(holder);
}
END_TEST

GK_UNIT_MAIN("snapshot/holder", there_is_nothing_before_the_first_load,
             a_replaced_snapshot_is_kept_ten_minutes_for_its_cursors,
             no_more_than_four_replaced_ones_are_kept,
             a_reader_keeps_what_it_holds_whatever_happens,
             when_readers_hold_every_slot_the_old_snapshot_stays,
             a_withdrawn_release_is_gone_at_once_also_for_cursors,
             a_release_that_was_withdrawn_while_it_was_loaded_is_not_published,
             tokens_are_found_by_every_byte_of_their_hash,
             revoked_expired_and_stale_tokens_are_refused,
             readers_always_hold_one_whole_snapshot_while_it_is_swapped,
             threads_start_and_stop_without_a_database, waits_grow_to_five_seconds_and_differ)
