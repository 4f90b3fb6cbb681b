/* Whether an answer given before would be given now. What is expected is what the
 * handlers themselves do: as long as an origin is called current, the same question
 * must be answered with the same bytes; when they refuse, no origin is current. */
#include "api_fixture.h"
#include "cursor.h"
#include "unit.h"

enum { CELLS = 12 };
#define PUBLIC GK_ROLE_PUBLIC
#define ANALYST GK_ROLE_ANALYST
#define ITEMS gk_resource_items

static struct world world;
static struct gk_api *api;
static struct gk_snapshot *release5, *release6, *revision9, *revision9_moved;
static struct gk_number release_numbers[] = {{.number = 5, .made_utc = INT64_C(1706000005)},
                                             {.number = 6, .made_utc = INT64_C(1706000006)}};
static struct gk_number revision_numbers[] = {{.number = 9, .made_utc = INT64_C(1706000009)}};
static const struct gk_numbers numbers = {.of = {release_numbers, revision_numbers},
                                          .count = {2, 1}};

static void open_world(void)
{
    release5 = world_make(GK_SNAPSHOT_RELEASE, 5, CELLS, 0);
    release6 = world_make(GK_SNAPSHOT_RELEASE, 6, CELLS, 1);
    revision9 = world_make(GK_SNAPSHOT_REVISION, 9, CELLS, 1);
    revision9_moved = world_make(GK_SNAPSHOT_REVISION, 9, CELLS, 2);
    revision9_moved->places = 2;
    release_numbers[0].state = release_numbers[1].state = revision_numbers[0].state =
        GK_NUMBER_STANDS;
    world = (struct world){.newest = {release5, revision9}, .numbers = &numbers};
    api = world_api(&world);
}

static void close_world(void)
{
    ck_assert_int_eq(world.held, 0);
    gk_api_free(api);
    gk_snapshot_free(release5);
    gk_snapshot_free(release6);
    gk_snapshot_free(revision9);
    gk_snapshot_free(revision9_moved);
}

static bool is_current(const struct answer *a)
{
    return gk_api_recall(api, &a->response.origin, NULL);
}

START_TEST(the_newest_is_current_until_another_is)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells"});
    ck_assert(is_current(&a));
    world.newest[GK_SNAPSHOT_REVISION] = revision9_moved; /* is not the public's */
    ck_assert(is_current(&a));
    world.newest[GK_SNAPSHOT_RELEASE] = release6;
    ck_assert(!is_current(&a));
    world.replaced = release5; /* for cursors, not for who asks for the newest */
    ck_assert(!is_current(&a));
    world.newest[GK_SNAPSHOT_RELEASE] = NULL;
    ck_assert(!is_current(&a));
    world.newest[GK_SNAPSHOT_RELEASE] = release5;
    ck_assert(is_current(&a));
    release5->made_utc++; /* a restored database may use a number again */
    ck_assert(!is_current(&a));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(a_revision_is_not_current_when_places_changed)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, ANALYST, .collection = "cells"});
    ck_assert(is_current(&a));
    world.newest[GK_SNAPSHOT_REVISION] = revision9_moved;
    ck_assert(!is_current(&a));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(a_cursors_answer_is_current_while_its_data_are_kept)
{
    open_world();
    struct answer a =
        ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells", .query = {"limit", "5"}});
    const char *at = strstr(a.body, "cursor=");
    ck_assert_ptr_nonnull(at);
    char cursor[GK_CURSOR_LENGTH + 1] = "";
    memcpy(cursor, at + 7, GK_CURSOR_LENGTH);
    forget(&a);
    a = ask(api,
            (struct question){ITEMS, PUBLIC, .collection = "cells", .query = {"cursor", cursor}});
    ck_assert_int_eq(a.status, GK_OK);
    ck_assert(is_current(&a));
    world.newest[GK_SNAPSHOT_RELEASE] = release6;
    ck_assert(!is_current(&a)); /* not kept: 410 */
    world.replaced = release5;
    ck_assert(is_current(&a));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(a_number_is_current_while_it_stands)
{
    open_world();
    struct answer a = ask(
        api, (struct question){ITEMS, PUBLIC, .collection = "cells", .query = {"release", "5"}});
    struct answer b = ask(
        api, (struct question){ITEMS, ANALYST, .collection = "cells", .query = {"revision", "9"}});
    ck_assert(is_current(&a) && is_current(&b));
    world.newest[GK_SNAPSHOT_RELEASE] = release6; /* 5 is not in memory: it stands all the same */
    ck_assert(is_current(&a));
    release_numbers[0].state = GK_NUMBER_WITHDRAWN;
    ck_assert(!is_current(&a));
    ck_assert(is_current(&b));
    revision_numbers[0].state = GK_NUMBER_ERASED;
    ck_assert(!is_current(&b));
    release_numbers[0].state = GK_NUMBER_STANDS;
    release_numbers[0].made_utc++;
    ck_assert(!is_current(&a));
    release_numbers[0].made_utc--;
    ck_assert(is_current(&a));
    world.numbers = NULL; /* not known yet which there are */
    ck_assert(!is_current(&a));
    forget(&a);
    forget(&b);
    close_world();
}
END_TEST

START_TEST(other_settings_make_other_answers)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells"});
    struct gk_api_config config = {.title = "x", .publisher = "", .limit_default = 3};
    ck_assert_int_eq(gk_api_reconfigure(api, &config), GK_OK);
    ck_assert(!is_current(&a));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(the_age_is_that_of_now)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells"});
    struct gk_response response = {.data_age_s = -1, .is_stale = true};
    ck_assert(gk_api_recall(api, &a.response.origin, &response));
    ck_assert_int_eq(response.data_age_s, 0); /* as the fixture's source says */
    ck_assert(!response.is_stale);
    struct gk_origin unknown = {{0}};
    ck_assert(!gk_api_recall(api, &unknown, &response));
    forget(&a);
    close_world();
}
END_TEST

/* Every resource, in every state of the world, after an answer in every other. */
START_TEST(what_is_current_is_what_would_be_made)
{
    static const struct question questions[] = {
        {gk_resource_landing, .role = PUBLIC},
        {gk_resource_landing, ANALYST, .language = "en"},
        {gk_resource_api, .role = PUBLIC},
        {gk_resource_api, .role = ANALYST},
        {gk_resource_collections, .role = PUBLIC, .format = GK_FORMAT_HTML},
        {gk_resource_collections, .role = ANALYST},
        {gk_resource_collection, PUBLIC, .collection = "cells"},
        {gk_resource_collection, ANALYST, .collection = "incidents"},
        {gk_resource_schema, PUBLIC, .collection = "cells"},
        {ITEMS, PUBLIC, .collection = "cells"},
        {ITEMS, PUBLIC, .collection = "hotspots"},
        {ITEMS, ANALYST, .collection = "cells"},
        {ITEMS, ANALYST, .collection = "incidents"},
        {ITEMS, PUBLIC, .collection = "cells", .query = {"release", "5"}},
        {ITEMS, ANALYST, .collection = "cells", .query = {"release", "6"}},
        {ITEMS, ANALYST, .collection = "cells", .query = {"revision", "9"}},
        {gk_resource_item, PUBLIC, .collection = "cells", .id = "3"},
    };
    enum { QUESTIONS = sizeof questions / sizeof *questions, STATES = 8 };
    int current = 0, kept = 0;
    open_world();
    for (size_t q = 0; q < QUESTIONS; q++)
        for (int before = 0; before < STATES; before++)
            for (int after = 0; after < STATES; after++) {
                struct answer a[2];
                for (int i = 0; i < 2; i++) {
                    int state = i == 0 ? before : after;
                    world.newest[GK_SNAPSHOT_RELEASE] = state & 1 ? release6 : release5;
                    world.newest[GK_SNAPSHOT_REVISION] = state & 2 ? revision9_moved : revision9;
                    world.replaced = state & 4 ? release5 : NULL;
                    a[i] = ask(api, questions[q]);
                }
                kept += a[0].response.origin.word[0] != 0;
                if (a[0].status == GK_OK && is_current(&a[0])) {
                    current++;
                    /* A number not in memory may have to be waited for, no more. */
                    ck_assert(a[1].status == GK_OK || a[1].status == GK_NOT_FOUND);
                    if (a[1].status == GK_OK && questions[q].query[0] == NULL)
                        ck_assert_str_eq(a[0].body, a[1].body);
                }
                forget(&a[0]);
                forget(&a[1]);
            }
    ck_assert_int_gt(current, QUESTIONS * STATES);
    ck_assert_int_gt(kept, current);
    close_world();
}
END_TEST

GK_UNIT_MAIN("origin", the_newest_is_current_until_another_is,
             a_revision_is_not_current_when_places_changed,
             a_cursors_answer_is_current_while_its_data_are_kept,
             a_number_is_current_while_it_stands, other_settings_make_other_answers,
             the_age_is_that_of_now, what_is_current_is_what_would_be_made)
