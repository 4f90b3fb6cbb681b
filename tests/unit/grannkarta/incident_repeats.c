/* What repeats in a file against a plain list of all hashes: nothing that was seen
 * is forgotten, and few that were not are taken for seen. */
#include "incident_repeats.h"

#include <string.h>

#include "unit.h"

/* A number spread over 32 bytes as a keyed hash would be (splitmix64, by its
 * published constants). */
static void spread(unsigned char hash[32], uint64_t number)
{
    for (size_t i = 0; i < 4; i++) {
        uint64_t z = (number * 4 + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        z ^= z >> 31;
        memcpy(hash + 8 * i, &z, 8);
    }
}

static bool see(struct gk_incident_repeats *repeats, uint64_t number)
{
    unsigned char hash[32];
    bool may_repeat;
    spread(hash, number);
    ck_assert_int_eq(gk_incident_repeats_see(&may_repeat, repeats, hash), GK_OK);
    return may_repeat;
}

START_TEST(what_was_seen_is_recognised_and_little_else)
{
    enum { ROWS = 600000 }; /* three levels */
    struct gk_incident_repeats repeats = {0};
    int wrong = 0;
    for (uint64_t i = 0; i < ROWS; i++)
        wrong += see(&repeats, i);
    for (uint64_t i = 0; i < ROWS; i++)
        ck_assert_msg(see(&repeats, i), "row %llu is forgotten", (unsigned long long)i);
    /* A filter of 16 bits a row, 6 set, in blocks of 512: about 0.15 % a level. */
    ck_assert_int_lt(wrong, ROWS / 250);
    ck_assert_int_eq(repeats.level_count, 3);
    gk_incident_repeats_release(&repeats);
}
END_TEST

START_TEST(the_same_twice_repeats)
{
    struct gk_incident_repeats repeats = {0};
    ck_assert(!see(&repeats, 7));
    ck_assert(see(&repeats, 7));
    ck_assert(!see(&repeats, 8));
    gk_incident_repeats_release(&repeats);
    ck_assert(!see(&repeats, 7));
    gk_incident_repeats_release(&repeats);
    gk_incident_repeats_release(&repeats);
}
END_TEST

GK_UNIT_MAIN("incident repeats", what_was_seen_is_recognised_and_little_else,
             the_same_twice_repeats)
