/* District sets: staged by COPY, compared and checked by PostgreSQL, merged so
 * that what is in use never changes. Also what all places share: the lock, and what
 * there is. (The word to the daemons is given by triggers.) */
#include "store/places.h"

#include <stdio.h>
#include <string.h>

/* --- What all places share --------------------------------------------------- */

enum gk_status gk_places_begin(struct gk_store *store, struct gk_error *error)
{
    /* References are looked up as of now (0010_place_references). A server's usual
     * 4 MB would put every join of a large town on disk. */
    enum gk_status status = gk_store_execute(store,
                                             "BEGIN ISOLATION LEVEL READ COMMITTED;"
                                             "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off",
                                             error);
    if (status == GK_OK)
        status = gk_store_query(store, "SELECT revision FROM state FOR UPDATE", NULL, 0, NULL, NULL,
                                error);
    return status;
}

static enum gk_status take_places(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct gk_places *places = context;
    const char *set = gk_store_get_text(row, 0);
    snprintf(places->base_set, sizeof places->base_set, "%s", set);
    places->source_id = (int32_t)gk_store_get_i64(row, 1);
    places->source_year = (int32_t)gk_store_get_i64(row, 2);
    places->source_square_dm = (int32_t)gk_store_get_i64(row, 3);
    places->source_has_addresses = gk_store_get_i64(row, 4) != 0;
    places->lattice_version = (int32_t)gk_store_get_i64(row, 5);
    places->lattice_source_id = (int32_t)gk_store_get_i64(row, 6);
    places->lattice_square_dm = (int32_t)gk_store_get_i64(row, 7);
    places->lattice_k = (int32_t)gk_store_get_i64(row, 8);
    places->lattice_min_addresses = (int32_t)gk_store_get_i64(row, 9);
    places->lattice_classes = (unsigned)gk_store_get_i64(row, 10);
    return GK_OK;
}

enum gk_status gk_places_read(struct gk_places *places, struct gk_store *store,
                              struct gk_error *error)
{
    static const char sql[] =
        "SELECT coalesce((SELECT name FROM district_set WHERE is_base), ''),"
        "       coalesce(s.id, 0), coalesce(s.year, 0)::int, coalesce(s.base_square_dm, 0),"
        "       coalesce(s.has_addresses, false),"
        "       coalesce(l.version, 0), coalesce(l.source_id, 0), coalesce(l.base_square_dm, 0),"
        "       coalesce(l.k, 0), coalesce(l.min_addresses, 0),"
        "       coalesce(('villa' = ANY (l.classes))::int + 2 * ('flat' = ANY (l.classes))::int"
        "                + 4 * ('holiday' = ANY (l.classes))::int, 0)"
        "  FROM (SELECT 1) one"
        "  LEFT JOIN (SELECT * FROM dwelling_source ORDER BY year DESC, id DESC LIMIT 1) s ON true"
        "  LEFT JOIN (SELECT * FROM lattice ORDER BY version DESC LIMIT 1) l ON true";
    memset(places, 0, sizeof *places);
    return gk_store_query(store, sql, NULL, 0, take_places, places, error);
}

enum gk_status gk_places_changed(struct gk_store *store, int32_t lattice_version,
                                 struct gk_error *error)
{
    const struct gk_store_value version = gk_store_i64(lattice_version);
    if (lattice_version == 0)
        return GK_OK;
    return gk_store_query(store, "SELECT refresh_memberships($1::int)", &version, 1, NULL, NULL,
                          error);
}

/* --- Staging -------------------------------------------------------------------- */

enum gk_status gk_districts_stage(struct gk_copy **copy, struct gk_store *store,
                                  struct gk_error *error)
{
    enum gk_status status = gk_store_execute(
        store,
        "CREATE TEMPORARY TABLE incoming_district (feature bigint, code text, name text,"
        " inhabitants integer, inhabitants_year smallint, outline geometry(MultiPolygon, 3006))"
        " ON COMMIT DROP",
        error);
    if (status != GK_OK)
        return status;
    return gk_copy_begin(copy, store,
                         "COPY incoming_district (feature, code, name, inhabitants,"
                         " inhabitants_year, outline) FROM STDIN (FORMAT binary)",
                         6, error);
}

void gk_copy_district(struct gk_copy *copy, const struct gk_district *district)
{
    gk_copy_row(copy);
    gk_copy_i64(copy, district->feature);
    gk_copy_text(copy, district->code, strlen(district->code));
    gk_copy_text(copy, district->name, strlen(district->name));
    if (district->inhabitants < 0) {
        gk_copy_null(copy);
        gk_copy_null(copy);
    } else {
        gk_copy_i32(copy, (int32_t)district->inhabitants);
        gk_copy_i16(copy, (int16_t)district->inhabitants_year);
    }
    gk_copy_bytes(copy, district->ewkb, district->ewkb_length);
}

/* --- Refusals -------------------------------------------------------------------- */

/* Three texts of a row that is a reason to refuse. */
struct three {
    char at[3][120];
};

static struct three texts_of(struct gk_store_row *row)
{
    struct three three;
    for (int i = 0; i < 3; i++)
        snprintf(three.at[i], sizeof three.at[i], "%s", gk_store_get_text(row, i));
    return three;
}

/* A function for each refusal, so that the formats are literals. */
#define REFUSAL(name, format)                                                                      \
    static enum gk_status name(void *context, struct gk_store_row *row, struct gk_error *error)    \
    {                                                                                              \
        (void)context;                                                                             \
        struct three t = texts_of(row);                                                            \
        return gk_error_set(error, GK_REJECTED, format, t.at[0], t.at[1], t.at[2]);                \
    }

REFUSAL(refuse_repeated, "features %s and %s have the same code \"%s\"")
REFUSAL(refuse_too_long, "feature %s: its %s has more than %s characters")
REFUSAL(refuse_overlap,
        "districts \"%s\" and \"%s\" overlap by %s m2: those of the base set must not")
REFUSAL(refuse_base_change,
        "feature %s: district \"%s\" (\"%s\") differs from the one that the lattice "
        "stands on; import the new division as another set")
REFUSAL(refuse_undated,
        "feature %s: district \"%s\" (\"%s\") differs from the one in use; say from when "
        "the change is valid with --valid-from DATE")
REFUSAL(refuse_early, "feature %s: district \"%s\" is already of %s; --valid-from must be later")
REFUSAL(
    refuse_base_end,
    "district \"%s\" (\"%s\") is not in the file, but the lattice stands on it%s: import the new "
    "division as another set")
REFUSAL(
    refuse_early_end,
    "district \"%s\" (\"%s\") is not in the file and is itself of %s; --valid-from must be later")

/* --- Merging ---------------------------------------------------------------------- */

static enum gk_status check_incoming(struct gk_store *store, struct gk_error *error)
{
    enum gk_status status = gk_store_query(
        store,
        "SELECT min(feature)::text, max(feature)::text, left(code, 100) FROM incoming_district"
        " GROUP BY code HAVING count(*) > 1 ORDER BY min(feature) LIMIT 1",
        NULL, 0, refuse_repeated, NULL, error);
    if (status == GK_OK)
        status = gk_store_query(
            store,
            "SELECT feature::text, CASE WHEN length(code) > 40 THEN 'code' ELSE 'name' END,"
            "       CASE WHEN length(code) > 40 THEN '40' ELSE '200' END FROM incoming_district"
            " WHERE length(code) > 40 OR length(name) > 200 ORDER BY feature LIMIT 1",
            NULL, 0, refuse_too_long, NULL, error);
    return status;
}

static enum gk_status take_flag(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    *(int64_t *)context = gk_store_get_i64(row, 0);
    return GK_OK;
}

/* Makes the set when it is new; *is_base says what it is then. */
static enum gk_status take_set(struct gk_store *store, const struct gk_district_import *import,
                               bool *is_base, struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_text(import->set),
                                            gk_store_text(import->title_sv),
                                            gk_store_text(import->title_en)};
    struct gk_places places;
    enum gk_status status = gk_places_read(&places, store, error);
    if (status == GK_OK && import->is_base && *places.base_set != '\0' &&
        strcmp(places.base_set, import->set) != 0)
        status = gk_error_set(error, GK_CONFLICT,
                              "\"%s\" is the base set already: there is one lattice, so there is "
                              "one base set",
                              places.base_set);
    if (status == GK_OK)
        status = gk_store_query(store,
                                "INSERT INTO district_set (name, title_sv, title_en)"
                                " VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
                                values, 3, NULL, NULL, error);
    if (status == GK_OK && import->is_base && *places.base_set == '\0')
        status = gk_store_query(store, "UPDATE district_set SET is_base = true WHERE name = $1",
                                values, 1, NULL, NULL, error);
    *is_base = import->is_base || strcmp(places.base_set, import->set) == 0;
    return status;
}

/* The valid district beside each incoming one, and whether they are the same.
 * The outline is compared byte for byte: the same file gives the same bytes. */
static enum gk_status compare(struct gk_store *store, const char *set, struct gk_error *error)
{
    const struct gk_store_value value = gk_store_text(set);
    return gk_store_query(store,
                          "CREATE TEMPORARY TABLE compared_district ON COMMIT DROP AS"
                          " SELECT i.*, d.id AS old_id, d.valid_from AS old_valid_from,"
                          "   d.id IS NOT NULL AND d.name = i.name"
                          "   AND d.inhabitants IS NOT DISTINCT FROM i.inhabitants"
                          "   AND d.inhabitants_year IS NOT DISTINCT FROM i.inhabitants_year"
                          "   AND ST_AsBinary(d.outline) = ST_AsBinary(i.outline) AS is_same"
                          " FROM incoming_district i LEFT JOIN district d"
                          "   ON d.set_name = $1 AND d.code = i.code AND d.valid_to IS NULL",
                          &value, 1, NULL, NULL, error);
}

/* Changed districts that something stands on, and what is said about them. */
static enum gk_status check_changes(struct gk_store *store, const struct gk_district_import *import,
                                    bool is_base, struct gk_error *error)
{
    int64_t changed = 0;
    enum gk_status status =
        gk_store_query(store,
                       "SELECT count(*) FROM compared_district WHERE old_id IS NOT NULL"
                       " AND NOT is_same",
                       NULL, 0, take_flag, &changed, error);
    if (status != GK_OK || changed == 0)
        return status;
    status = gk_store_execute(store,
                              "CREATE TEMPORARY TABLE used_district ON COMMIT DROP AS"
                              " SELECT district_id FROM dwelling UNION SELECT district_id FROM unit"
                              " UNION SELECT district_id FROM district_cell"
                              " UNION SELECT district_id FROM release_district"
                              " UNION SELECT municipality_id FROM incident",
                              error);
    if (status == GK_OK && (is_base || !import->has_valid_from))
        status =
            gk_store_query(store,
                           "SELECT feature::text, left(code, 100), left(name, 100)"
                           "  FROM compared_district JOIN used_district ON district_id = old_id"
                           " WHERE NOT is_same ORDER BY feature LIMIT 1",
                           NULL, 0, is_base ? refuse_base_change : refuse_undated, NULL, error);
    if (status == GK_OK && import->has_valid_from) {
        const struct gk_store_value day = gk_store_i64(import->valid_from);
        status = gk_store_query(store,
                                "SELECT feature::text, left(code, 100), old_valid_from::text"
                                "  FROM compared_district WHERE NOT is_same"
                                "   AND old_valid_from >= DATE '1970-01-01' + $1::int"
                                " ORDER BY feature LIMIT 1",
                                &day, 1, refuse_early, NULL, error);
    }
    return status;
}

/* Valid districts that the file does not have and that are to end. */
static enum gk_status check_ends(struct gk_store *store, const struct gk_district_import *import,
                                 bool is_base, struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_text(import->set),
                                            gk_store_i64(import->valid_from)};
    enum gk_status status =
        gk_store_query(store,
                       "CREATE TEMPORARY TABLE absent_district ON COMMIT DROP AS"
                       " SELECT id, code, name, valid_from FROM district d WHERE set_name = $1 AND "
                       "valid_to IS NULL"
                       "   AND NOT EXISTS (SELECT FROM incoming_district i WHERE i.code = d.code)",
                       values, 1, NULL, NULL, error);
    if (status != GK_OK || !import->ends_absent)
        return status;
    if (is_base)
        return gk_store_query(store,
                              "SELECT left(code, 100), left(name, 100), '' FROM absent_district"
                              " WHERE id IN (SELECT district_id FROM dwelling UNION"
                              "              SELECT district_id FROM unit) ORDER BY code LIMIT 1",
                              NULL, 0, refuse_base_end, NULL, error);
    return gk_store_query(store,
                          "SELECT left(code, 100), left(name, 100), valid_from::text"
                          "  FROM absent_district"
                          " WHERE valid_from >= DATE '1970-01-01' + $1::int ORDER BY code LIMIT 1",
                          values + 1, 1, refuse_early_end, NULL, error);
}

static enum gk_status end_absent(struct gk_store *store, const struct gk_district_import *import,
                                 struct gk_error *error)
{
    const struct gk_store_value day = gk_store_i64(import->valid_from);
    return gk_store_query(store,
                          "UPDATE district d SET valid_to = DATE '1970-01-01' + $1::int"
                          "  FROM absent_district a WHERE a.id = d.id",
                          &day, 1, NULL, NULL, error);
}

static enum gk_status write_changes(struct gk_store *store, const struct gk_district_import *import,
                                    struct gk_error *error)
{
    const struct gk_store_value values[] = {
        gk_store_text(import->set),
        import->has_valid_from ? gk_store_i64(import->valid_from) : gk_store_null()};
    enum gk_status status = GK_OK;
    if (import->has_valid_from)
        status =
            gk_store_query(store,
                           "UPDATE district d SET valid_to = DATE '1970-01-01' + $1::int"
                           "  FROM compared_district c WHERE c.old_id = d.id AND NOT c.is_same",
                           values + 1, 1, NULL, NULL, error);
    else
        status =
            gk_store_execute(store,
                             "UPDATE district d SET name = c.name, outline = c.outline,"
                             " inhabitants = c.inhabitants,"
                             " inhabitants_year = c.inhabitants_year"
                             " FROM compared_district c WHERE c.old_id = d.id AND NOT c.is_same",
                             error);
    if (status == GK_OK)
        status = gk_store_query(
            store,
            "INSERT INTO district (set_name, code, name, valid_from, inhabitants,"
            "                      inhabitants_year, outline)"
            " SELECT $1, code, name, coalesce(DATE '1970-01-01' + $2::int, DATE '1900-01-01'),"
            "        inhabitants, inhabitants_year, outline"
            "   FROM compared_district"
            "  WHERE old_id IS NULL OR ($2::int IS NOT NULL AND NOT is_same) ORDER BY code",
            values, 2, NULL, NULL, error);
    return status;
}

/* Slivers of drawing are allowed: the first district by code then has them. */
static enum gk_status check_overlaps(struct gk_store *store, const char *set,
                                     struct gk_error *error)
{
    const struct gk_store_value value = gk_store_text(set);
    return gk_store_query(
        store,
        "SELECT left(code_a, 100), left(code_b, 100), round(ST_Area(common))::text FROM ("
        "  SELECT a.code AS code_a, b.code AS code_b, ST_Intersection(a.outline, b.outline) AS "
        "common"
        "    FROM district a JOIN district b ON a.set_name = b.set_name AND a.code < b.code"
        "     AND a.outline && b.outline AND ST_Intersects(a.outline, b.outline)"
        "   WHERE a.set_name = $1 AND a.valid_to IS NULL AND b.valid_to IS NULL OFFSET 0) pair"
        " WHERE ST_Area(common) > 1"
        "   AND ST_Area(common) > 0.5 * ST_Perimeter(ST_CollectionExtract(common, 3)) / 2"
        " ORDER BY ST_Area(common) DESC LIMIT 1",
        &value, 1, refuse_overlap, NULL, error);
}

static enum gk_status take_counts(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct gk_district_counts *counts = context;
    counts->added = gk_store_get_i64(row, 0);
    counts->changed = gk_store_get_i64(row, 1);
    counts->unchanged = gk_store_get_i64(row, 2);
    counts->absent = gk_store_get_i64(row, 3);
    counts->ended = gk_store_get_i64(row, 4);
    return GK_OK;
}

enum gk_status gk_districts_merge(struct gk_district_counts *counts, struct gk_store *store,
                                  const struct gk_district_import *import, struct gk_error *error)
{
    const struct gk_store_value ends_absent = gk_store_i64(import->ends_absent);
    bool is_base = false;
    memset(counts, 0, sizeof *counts);
    enum gk_status status = check_incoming(store, error);
    if (status == GK_OK)
        status = take_set(store, import, &is_base, error);
    if (status == GK_OK)
        status = compare(store, import->set, error);
    if (status == GK_OK)
        status = check_changes(store, import, is_base, error);
    if (status == GK_OK)
        status = check_ends(store, import, is_base, error);
    if (status == GK_OK)
        status = gk_store_query(store,
                                "SELECT count(*) FILTER (WHERE old_id IS NULL),"
                                "       count(*) FILTER (WHERE old_id IS NOT NULL AND NOT is_same),"
                                "       count(*) FILTER (WHERE is_same),"
                                "       (SELECT count(*) FROM absent_district),"
                                "       (SELECT count(*) FROM absent_district WHERE $1 <> 0)"
                                "  FROM compared_district",
                                &ends_absent, 1, take_counts, counts, error);
    if (status == GK_OK && counts->added + counts->changed > 0)
        status = write_changes(store, import, error);
    if (status == GK_OK && counts->ended > 0)
        status = end_absent(store, import, error);
    if (status == GK_OK && is_base)
        status = check_overlaps(store, import->set, error);
    return status;
}

/* --- Reading ------------------------------------------------------------------------ */

struct each {
    gk_district_function *function;
    void *context;
};

static enum gk_status take_district(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct each *each = context;
    struct gk_stored_district district = {.id = (int32_t)gk_store_get_i64(row, 0),
                                          .code = gk_store_get_text(row, 1),
                                          .name = gk_store_get_text(row, 2)};
    district.ewkb = gk_store_get_bytes(row, 3, &district.ewkb_length);
    return each->function(each->context, &district, error);
}

enum gk_status gk_districts_each(struct gk_store *store, const char *set,
                                 gk_district_function *function, void *context,
                                 struct gk_error *error)
{
    const struct gk_store_value value = gk_store_text(set);
    struct each each = {function, context};
    return gk_store_query(store,
                          "SELECT d.id, d.code, d.name, d.outline FROM district d"
                          "  JOIN district_set s ON s.name = d.set_name"
                          " WHERE CASE WHEN $1 = '' THEN is_base ELSE s.name = $1 END"
                          "   AND valid_to IS NULL ORDER BY code",
                          &value, 1, take_district, &each, error);
}
