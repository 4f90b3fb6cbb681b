/* Older snapshots without a database: which are kept, for how long and how many,
 * what can be asked for, and readers against a loader that replaces them. Run it
 * under the address sanitizer and under BUILD=tsan. */
#include "old.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "holder_internal.h"
#include "snapshot/build.h"
#include "unit.h"

static struct gk_log quiet = {-1, GK_LOG_ERROR};

enum { CELLS = 50, NUMBERS = 40, ROOMY = 1 << 20 };

/* A snapshot whose cells all carry its number. */
static struct gk_snapshot *make_snapshot(enum gk_snapshot_kind kind, int32_t number, bool is_own)
{
    struct gk_build build;
    if (gk_build_init(&build, kind, 1 << 16) != GK_OK)
        abort();
    build.snapshot->number = number;
    build.snapshot->has_own_places = is_own;
    build.snapshot->cell_count = CELLS;
    build.snapshot->cell_id = gk_arena_array(build.arena, CELLS, sizeof(int32_t));
    for (int i = 0; i < CELLS; i++)
        build.snapshot->cell_id[i] = number;
    return build.snapshot;
}

/* --- The cache ------------------------------------------------------------------- */

static bool has(struct gk_old *old, int32_t number, int64_t now_ms)
{
    const struct gk_snapshot *s = gk_old_acquire(old, number, now_ms);
    if (s == NULL)
        return false;
    ck_assert_int_eq(s->number, number);
    ck_assert(gk_old_has_slot(gk_snapshot_slot(s)));
    gk_old_release(old, s);
    return true;
}

/* Without touching when it was used. */
static bool is_open(const struct gk_old *old, int32_t number)
{
    for (uint32_t i = 0; i < GK_SWAP_SLOTS; i++)
        if (gk_swap_is_open(&old->swap, i) &&
            ((const struct gk_snapshot *)old->swap.slots[i].object)->number == number)
            return true;
    return false;
}

static void put(struct gk_old *old, int32_t number, int64_t now_ms)
{
    struct gk_snapshot *s = make_snapshot(GK_SNAPSHOT_RELEASE, number, false);
    ck_assert_int_eq(gk_old_put(old, s, now_ms), GK_OK);
}

START_TEST(the_longest_unused_goes_first)
{
    struct gk_old old;
    gk_old_init(&old, 3, ROOMY);
    for (int32_t n = 1; n <= 3; n++)
        put(&old, n, n);
    ck_assert(has(&old, 1, 10) && !has(&old, 4, 10));
    put(&old, 4, 11);
    ck_assert(is_open(&old, 1) && !is_open(&old, 2) && is_open(&old, 3) && is_open(&old, 4));
    put(&old, 5, 12);
    ck_assert(is_open(&old, 1) && !is_open(&old, 3) && is_open(&old, 4) && is_open(&old, 5));
    gk_old_release_all(&old);
}
END_TEST

START_TEST(room_is_made_before_the_next_is_loaded)
{
    struct gk_old old;
    gk_old_init(&old, 2, ROOMY);
    put(&old, 1, 1);
    put(&old, 2, 2);
    gk_old_make_room(&old);
    ck_assert(!is_open(&old, 1) && is_open(&old, 2));
    gk_old_make_room(&old);
    ck_assert(is_open(&old, 2));
    gk_old_release_all(&old);
}
END_TEST

START_TEST(all_together_stay_within_their_bytes)
{
    struct gk_snapshot *one = make_snapshot(GK_SNAPSHOT_RELEASE, 1, false);
    size_t bytes = gk_snapshot_bytes(one);
    ck_assert_uint_gt(bytes, CELLS * sizeof(int32_t) - 1);
    struct gk_old old;
    gk_old_init(&old, 6, 2 * bytes + bytes / 2);
    ck_assert_int_eq(gk_old_put(&old, one, 1), GK_OK);
    put(&old, 2, 2);
    ck_assert(is_open(&old, 1) && is_open(&old, 2));
    put(&old, 3, 3);
    ck_assert(!is_open(&old, 1) && is_open(&old, 2) && is_open(&old, 3));
    gk_old_release_all(&old);
    gk_old_init(&old, 6, bytes - 1);
    one = make_snapshot(GK_SNAPSHOT_RELEASE, 1, false);
    ck_assert_int_eq(gk_old_put(&old, one, 1), GK_TOO_LARGE);
    gk_snapshot_free(one);
    gk_old_release_all(&old);
}
END_TEST

START_TEST(many_numbers_do_not_make_it_grow)
{
    struct gk_old old;
    gk_old_init(&old, 2, ROOMY);
    for (int32_t n = 1; n <= 1000; n++) {
        put(&old, n, n);
        int objects = 0;
        for (int i = 0; i < GK_SWAP_SLOTS; i++)
            objects += old.swap.slots[i].object != NULL;
        ck_assert_int_le(objects, 2);
        ck_assert(is_open(&old, n));
    }
    gk_old_release_all(&old);
}
END_TEST

START_TEST(what_is_not_used_for_ten_minutes_goes)
{
    struct gk_old old;
    gk_old_init(&old, 2, ROOMY);
    put(&old, 1, 0);
    put(&old, 2, 0);
    ck_assert(has(&old, 2, 5000));
    gk_old_sweep(&old, GK_OLD_KEEP_MS);
    ck_assert(is_open(&old, 1) && is_open(&old, 2));
    gk_old_sweep(&old, GK_OLD_KEEP_MS + 1);
    ck_assert(!is_open(&old, 1) && is_open(&old, 2));
    gk_old_sweep(&old, GK_OLD_KEEP_MS + 5001);
    ck_assert(!is_open(&old, 2));
    gk_old_release_all(&old);
}
END_TEST

START_TEST(a_reader_keeps_what_it_holds)
{
    struct gk_old old;
    gk_old_init(&old, 1, ROOMY);
    put(&old, 1, 1);
    const struct gk_snapshot *held[GK_SWAP_SLOTS];
    for (int32_t n = 1; n <= GK_SWAP_SLOTS; n++) {
        held[n - 1] = gk_old_acquire(&old, n, n);
        ck_assert_ptr_nonnull(held[n - 1]);
        if (n < GK_SWAP_SLOTS)
            put(&old, n + 1, n + 1);
    }
    /* All slots are held: nothing more can be kept, and nothing is freed. */
    struct gk_snapshot *more = make_snapshot(GK_SNAPSHOT_RELEASE, 99, false);
    ck_assert_int_eq(gk_old_put(&old, more, 99), GK_UNAVAILABLE);
    for (int32_t n = 1; n <= GK_SWAP_SLOTS; n++) {
        ck_assert_int_eq(held[n - 1]->cell_id[CELLS - 1], n);
        gk_old_release(&old, held[n - 1]);
    }
    ck_assert_int_eq(gk_old_put(&old, more, 99), GK_OK);
    gk_old_release_all(&old);
}
END_TEST

START_TEST(few_numbers_can_be_asked_for_at_a_time)
{
    struct gk_old old;
    gk_old_init(&old, 2, ROOMY);
    ck_assert_int_eq(gk_old_next(&old), 0);
    for (int32_t n = 1; n <= GK_OLD_ASKED_MAX; n++)
        ck_assert(gk_old_ask(&old, n));
    ck_assert(gk_old_ask(&old, 2)); /* it is noted already */
    ck_assert(!gk_old_ask(&old, 99));
    ck_assert_int_eq(gk_old_next(&old), 1);
    gk_old_answered(&old, 1);
    ck_assert_int_eq(gk_old_next(&old), 2);
    ck_assert(gk_old_ask(&old, 99));
    for (int32_t n = 2; n <= GK_OLD_ASKED_MAX; n++)
        gk_old_answered(&old, n);
    ck_assert_int_eq(gk_old_next(&old), 99);
    /* Who asks at once for the next gets the place that was freed, not the next turn. */
    ck_assert(gk_old_ask(&old, 100));
    gk_old_answered(&old, 99);
    ck_assert(gk_old_ask(&old, 101));
    ck_assert_int_eq(gk_old_next(&old), 100);
    gk_old_release_all(&old);
}
END_TEST

/* --- In the holder ------------------------------------------------------------------ */

static struct gk_holder *make_holder(void)
{
    quiet.fd = open("/dev/null", O_WRONLY);
    struct gk_holder_config config = {"host=/nowhere", "polisen", 250, 300, 2, ROOMY, &quiet};
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

/* Lists of releases and revisions 1 to `count`; one number does not stand. */
static void set_numbers(struct gk_holder *holder, int32_t count, int32_t number,
                        enum gk_number_state state)
{
    struct gk_numbers numbers = {0};
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++) {
        struct gk_number *all = calloc((size_t)count, sizeof *all);
        ck_assert_ptr_nonnull(all);
        for (int32_t i = 0; i < count; i++)
            all[i] = (struct gk_number){.number = i + 1,
                                        .state = i + 1 == number ? state : GK_NUMBER_STANDS};
        numbers.of[kind] = all;
        numbers.count[kind] = (size_t)count;
    }
    ck_assert_int_eq(gk_holder_set_numbers(holder, &numbers), GK_OK);
}

static enum gk_status ask(struct gk_holder *holder, enum gk_snapshot_kind kind, int32_t number,
                          const char *words)
{
    const struct gk_snapshot *s;
    struct gk_error error = {.message = ""};
    enum gk_status status = gk_holder_acquire_numbered(&s, holder, kind, number, &error);
    ck_assert_int_eq(s != NULL, status == GK_OK);
    ck_assert(s == NULL || (s->number == number && s->kind == kind));
    ck_assert_msg(strstr(error.message, words) != NULL, "%s", error.message);
    gk_holder_release(holder, s);
    return status;
}

START_TEST(a_number_is_known_gone_or_loaded)
{
    struct gk_holder *holder = make_holder();
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_RELEASE, 1, "not known yet"), GK_UNAVAILABLE);
    set_numbers(holder, 3, 2, GK_NUMBER_WITHDRAWN);
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_RELEASE, 4, "there is none"), GK_NOT_FOUND);
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_RELEASE, 2, "withdrawn"), GK_GONE);
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_RELEASE, 1, "cannot be reached"), GK_UNAVAILABLE);
    ck_assert_int_eq(gk_old_next(&holder->old[GK_SNAPSHOT_RELEASE]), 0);
    gk_holder_answered(holder);
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_RELEASE, 1, "being loaded"), GK_UNAVAILABLE);
    ck_assert_int_eq(gk_old_next(&holder->old[GK_SNAPSHOT_RELEASE]), 1);
    ck_assert_int_eq(gk_old_next(&holder->old[GK_SNAPSHOT_REVISION]), 0);
    struct gk_snapshot *s = make_snapshot(GK_SNAPSHOT_RELEASE, 1, false);
    ck_assert_int_eq(gk_holder_keep_old(holder, s, gk_holder_now_ms()), GK_OK);
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_RELEASE, 1, ""), GK_OK);
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_REVISION, 1, "being loaded"), GK_UNAVAILABLE);
    set_numbers(holder, 3, 1, GK_NUMBER_ERASED);
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_RELEASE, 1, "erased"), GK_GONE);
    drop_holder(holder);
}
END_TEST

START_TEST(the_newest_revision_answers_for_its_number_only_with_its_own_places)
{
    struct gk_holder *holder = make_holder();
    const struct gk_state state = {.release = 0, .revision = 2};
    gk_holder_want(holder, &state);
    gk_holder_answered(holder);
    set_numbers(holder, 2, 0, GK_NUMBER_STANDS);
    struct gk_snapshot *s = make_snapshot(GK_SNAPSHOT_REVISION, 2, true);
    ck_assert_int_eq(gk_holder_publish(holder, s, 0), GK_OK);
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_REVISION, 2, ""), GK_OK);
    s = make_snapshot(GK_SNAPSHOT_REVISION, 2, false); /* places were changed */
    ck_assert_int_eq(gk_holder_publish(holder, s, 1), GK_OK);
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_REVISION, 2, ""), GK_OK); /* the former one */
    gk_holder_sweep(holder, GK_KEEP_REPLACED_MS + 2);
    ck_assert_int_eq(ask(holder, GK_SNAPSHOT_REVISION, 2, "being loaded"), GK_UNAVAILABLE);
    drop_holder(holder);
}
END_TEST

static bool is_kept(struct gk_holder *holder, int32_t number)
{
    const struct gk_snapshot *s = gk_holder_acquire_pinned(holder, GK_SNAPSHOT_RELEASE, number, 0);
    gk_holder_release(holder, s);
    return s != NULL;
}

START_TEST(what_is_withdrawn_is_closed_wherever_it_is_and_does_not_come_back)
{
    struct gk_holder *holder = make_holder();
    struct gk_state state = {.release = 2};
    gk_holder_answered(holder);
    set_numbers(holder, 3, 0, GK_NUMBER_STANDS);
    gk_holder_want(holder, &state);
    ck_assert_int_eq(gk_holder_publish(holder, make_snapshot(GK_SNAPSHOT_RELEASE, 2, false), 0),
                     GK_OK);
    state.release = 3;
    gk_holder_want(holder, &state);
    ck_assert_int_eq(gk_holder_publish(holder, make_snapshot(GK_SNAPSHOT_RELEASE, 3, false), 1),
                     GK_OK);
    struct gk_snapshot *one = make_snapshot(GK_SNAPSHOT_RELEASE, 1, false);
    ck_assert_int_eq(gk_holder_keep_old(holder, one, 1), GK_OK);
    ck_assert(is_kept(holder, 2)); /* replaced, for its cursors */
    set_numbers(holder, 3, 2, GK_NUMBER_WITHDRAWN);
    ck_assert(!is_kept(holder, 2));
    ck_assert(is_open(&holder->old[GK_SNAPSHOT_RELEASE], 1));
    set_numbers(holder, 3, 1, GK_NUMBER_WITHDRAWN);
    ck_assert(!is_open(&holder->old[GK_SNAPSHOT_RELEASE], 1));
    /* It was being loaded while it was withdrawn. */
    one = make_snapshot(GK_SNAPSHOT_RELEASE, 1, false);
    ck_assert_int_eq(gk_holder_keep_old(holder, one, 2), GK_CONFLICT);
    gk_snapshot_free(one);
    drop_holder(holder);
}
END_TEST

/* --- Readers against the loader ------------------------------------------------------- */

enum { READERS = 3, ROUNDS = 3000 };

struct stress {
    struct gk_holder *holder;
    atomic_bool done;
    _Atomic uint32_t faults, reads;
};

static void *read_on(void *context)
{
    struct stress *stress = context;
    for (uint32_t round = 0; !atomic_load(&stress->done); round++) {
        int32_t number = 1 + (int32_t)(round % NUMBERS);
        const struct gk_snapshot *s;
        struct gk_error error;
        enum gk_status status =
            gk_holder_acquire_numbered(&s, stress->holder, GK_SNAPSHOT_RELEASE, number, &error);
        for (int i = 0; s != NULL && i < CELLS; i++)
            if (s->cell_id[i] != number)
                atomic_fetch_add(&stress->faults, 1);
        if (status != GK_OK && status != GK_UNAVAILABLE && status != GK_GONE)
            atomic_fetch_add(&stress->faults, 1);
        atomic_fetch_add(&stress->reads, s != NULL);
        gk_holder_release(stress->holder, s);
    }
    return NULL;
}

START_TEST(readers_hold_whole_snapshots_while_others_are_loaded_and_withdrawn)
{
    struct stress stress = {.holder = make_holder()};
    gk_holder_answered(stress.holder);
    set_numbers(stress.holder, NUMBERS, 0, GK_NUMBER_STANDS);
    struct gk_old *old = &stress.holder->old[GK_SNAPSHOT_RELEASE];
    pthread_t readers[READERS];
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_on, &stress), 0);
    for (int n = 0; n < ROUNDS || atomic_load(&stress.reads) == 0; n++) {
        int32_t number = gk_old_next(old);
        if (number != 0) {
            struct gk_snapshot *s = make_snapshot(GK_SNAPSHOT_RELEASE, number, false);
            if (gk_holder_keep_old(stress.holder, s, n) != GK_OK)
                gk_snapshot_free(s); /* withdrawn, or all slots are held */
            gk_old_answered(old, number);
        }
        if (n % 20 == 0)
            set_numbers(stress.holder, NUMBERS, n % 40 == 0 ? 1 + n % NUMBERS : 0,
                        GK_NUMBER_WITHDRAWN);
        if (n % 16 == 0) {
            gk_holder_sweep(stress.holder, n);
            sched_yield();
        }
    }
    atomic_store(&stress.done, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    ck_assert_uint_eq(atomic_load(&stress.faults), 0);
    ck_assert_uint_gt(atomic_load(&stress.reads), 0);
    drop_holder(stress.holder);
}
END_TEST

GK_UNIT_MAIN("snapshot/old", the_longest_unused_goes_first, room_is_made_before_the_next_is_loaded,
             all_together_stay_within_their_bytes, many_numbers_do_not_make_it_grow,
             what_is_not_used_for_ten_minutes_goes, a_reader_keeps_what_it_holds,
             few_numbers_can_be_asked_for_at_a_time, a_number_is_known_gone_or_loaded,
             the_newest_revision_answers_for_its_number_only_with_its_own_places,
             what_is_withdrawn_is_closed_wherever_it_is_and_does_not_come_back,
             readers_hold_whole_snapshots_while_others_are_loaded_and_withdrawn)
