/* Features without a server: counts against the fixture's own rule, who gets
 * what, and what is refused. That files equal answers is tested with a running
 * daemon in tests/integration/export.t. */
#include "api/export.h"
#include "api_fixture.h"
#include "unit.h"

enum { CELLS = 43, RELEASE = 5, REVISION = 9 };

static const struct gk_export_value *value_of(const struct gk_export *exported,
                                              const struct gk_export_feature *feature,
                                              const char *name)
{
    const struct gk_export_about *about = gk_export_about(exported);
    for (size_t i = 0; i < about->field_count; i++)
        if (strcmp(about->fields[i].name, name) == 0)
            return &feature->values[i];
    ck_abort_msg("there is no column %s", name);
}

static bool has_column(const struct gk_export *exported, const char *name)
{
    const struct gk_export_about *about = gk_export_about(exported);
    for (size_t i = 0; i < about->field_count; i++)
        if (strcmp(about->fields[i].name, name) == 0)
            return true;
    return false;
}

static enum gk_status open_one(struct gk_export **exported, const struct gk_snapshot *snapshot,
                               const char *collection, const char *name, const char *value,
                               struct gk_error *error)
{
    struct gk_export_parameter parameter = {name, value};
    struct gk_export_question question = {.collection = collection,
                                          .language = "en",
                                          .parameters = &parameter,
                                          .parameter_count = name != NULL};
    return gk_export_open(exported, snapshot, &question, error);
}

static size_t read_all(struct gk_export *exported)
{
    struct gk_export_feature feature;
    size_t count = 0;
    for (bool has = true;; count++) {
        ck_assert_int_eq(gk_export_next(exported, &has, &feature, NULL), GK_OK);
        if (!has)
            return count;
    }
}

START_TEST(cells_of_a_release_have_their_counts)
{
    struct gk_snapshot *s = world_make(GK_SNAPSHOT_RELEASE, RELEASE, CELLS, 0);
    struct gk_export *exported = NULL;
    ck_assert_int_eq(open_one(&exported, s, "cells", NULL, NULL, NULL), GK_OK);
    const struct gk_export_about *about = gk_export_about(exported);
    ck_assert_str_eq(about->title, "Cells");
    ck_assert_str_eq(about->geometry, "MultiPolygon");
    ck_assert_str_eq(about->definition, "polisen");
    ck_assert_uint_eq(about->features, CELLS);
    ck_assert_int_eq(about->number, RELEASE);
    ck_assert(about->is_covered);
    ck_assert(!has_column(exported, "revision"));
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        struct gk_export_feature feature;
        bool has;
        int64_t expected = 0;
        for (int32_t m = month_of(2023, 1); m <= month_of(2023, 12); m++)
            expected += world_events(cell, m, 0);
        ck_assert_int_eq(gk_export_next(exported, &has, &feature, NULL), GK_OK);
        ck_assert(has);
        ck_assert_int_eq(feature.id, world_cell_id(cell, CELLS));
        ck_assert_int_eq(value_of(exported, &feature, "count")->integer, expected);
        ck_assert_int_eq(value_of(exported, &feature, "release")->integer, RELEASE);
        ck_assert_int_eq(value_of(exported, &feature, "period_to")->integer,
                         gk_day_from_civil((struct gk_civil){2023, 12, 31}));
        ck_assert_int_eq(strncmp(feature.geometry, "{\"type\":\"MultiPolygon\"", 22), 0);
    }
    ck_assert_uint_eq(read_all(exported), 0);
    gk_export_close(exported);
    gk_snapshot_free(s);
}
END_TEST

START_TEST(a_release_has_no_incidents_and_knows_no_definition)
{
    struct gk_snapshot *s = world_make(GK_SNAPSHOT_RELEASE, RELEASE, CELLS, 0);
    struct gk_export *exported = NULL;
    struct gk_error error;
    ck_assert_int_eq(open_one(&exported, s, "incidents", NULL, NULL, &error), GK_UNAUTHORIZED);
    ck_assert_ptr_null(exported);
    ck_assert_int_eq(open_one(&exported, s, "cell", NULL, NULL, &error), GK_NOT_FOUND);
    ck_assert_int_eq(open_one(&exported, s, "cells", "definition", "bra", &error), GK_INVALID);
    ck_assert_int_eq(open_one(&exported, s, "hotspots", "size", "100", &error), GK_INVALID);
    struct gk_buf names;
    gk_buf_init(&names, 256);
    gk_export_put_collections(&names, s);
    ck_assert_str_eq(names.data, "cells, districts-regso, districts-kommun, watch-areas, hotspots");
    gk_buf_release(&names);
    gk_snapshot_free(s);
}
END_TEST

START_TEST(a_revision_is_an_analysts)
{
    struct gk_snapshot *s = world_make(GK_SNAPSHOT_REVISION, REVISION, CELLS, 1);
    struct gk_export *exported = NULL;
    struct gk_export_feature feature;
    bool has = true;
    size_t placeless = 0, count = 0;
    ck_assert_int_eq(open_one(&exported, s, "incidents", NULL, NULL, NULL), GK_OK);
    ck_assert_str_eq(gk_export_about(exported)->geometry, "Point");
    ck_assert(has_column(exported, "revision"));
    while (gk_export_next(exported, &has, &feature, NULL) == GK_OK && has) {
        count++;
        placeless += feature.geometry == NULL;
        ck_assert_int_eq(value_of(exported, &feature, "cell")->has, feature.geometry != NULL);
    }
    ck_assert_uint_eq(count, gk_export_about(exported)->features);
    ck_assert_uint_eq(placeless, 3);
    gk_export_close(exported);
    ck_assert_int_eq(open_one(&exported, s, "cells", "definition", "bra", NULL), GK_OK);
    ck_assert_str_eq(gk_export_about(exported)->definition, "bra");
    gk_export_close(exported);
    gk_snapshot_free(s);
}
END_TEST

START_TEST(a_box_and_a_period_do_what_they_do_over_http)
{
    struct gk_snapshot *s = world_make(GK_SNAPSHOT_RELEASE, RELEASE, CELLS, 0);
    struct gk_export *exported = NULL;
    struct gk_export_feature feature;
    bool has;
    ck_assert_int_eq(open_one(&exported, s, "cells", "bbox", "0,0,1,1", NULL), GK_OK);
    ck_assert_uint_eq(gk_export_about(exported)->features, 0);
    ck_assert_uint_eq(read_all(exported), 0);
    gk_export_close(exported);
    ck_assert_int_eq(open_one(&exported, s, "cells", "datetime", "2030-01-01/..", NULL), GK_OK);
    ck_assert(!gk_export_about(exported)->is_covered);
    ck_assert_int_eq(gk_export_next(exported, &has, &feature, NULL), GK_OK);
    ck_assert(!value_of(exported, &feature, "count")->has);
    ck_assert(!value_of(exported, &feature, "rate_per_1000")->has);
    gk_export_close(exported);
    gk_snapshot_free(s);
}
END_TEST

GK_UNIT_MAIN("api export", cells_of_a_release_have_their_counts,
             a_release_has_no_incidents_and_knows_no_definition, a_revision_is_an_analysts,
             a_box_and_a_period_do_what_they_do_over_http)
