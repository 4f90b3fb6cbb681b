/* Asking a daemon what the public can ask, page by page, and holding every answer
 * against the release. The comparing is done in lib/store/verify/http-*.sql. */
#include "verify_answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "store/verify_http.h"
#include "verify_client.h"
#include "verify_interval.h"

enum {
    PAGE_FEATURES = 1000,
    SAMPLE_FEATURES = 2000,
    SAMPLE_BATCH = 200,
    COLLECTIONS_MAX = 64,
    NAME_MAX_BYTES = 63,
    PATH_MAX_BYTES = 2048,
    BATCH_MAX_BYTES = 256 * 1024 * 1024
};

/* --- What is under way --------------------------------------------------------------- */

struct asking {
    struct gk_verify_report *report;
    struct gk_store *store;
    const struct gk_verify_target *target;
    struct gk_client *client;
    struct gk_answer answer;
    struct gk_verify_page page;
    struct gk_verify_release release;
    char name[COLLECTIONS_MAX][NAME_MAX_BYTES + 1]; /* the collections to fetch */
    size_t names;
    const char *collection; /* the one being fetched */
};

static struct gk_verify_outcome *outcome_of(struct asking *asking, enum gk_verify_check check)
{
    return &asking->report->finding[check].outcome;
}

/* Objects are named as "cells 12"; -1 is an answer as a whole. */
static void add_wrong(struct asking *asking, enum gk_verify_check check, const char *collection,
                      int64_t id)
{
    struct gk_verify_outcome *outcome = outcome_of(asking, check);
    size_t length = strlen(outcome->objects);
    struct gk_buf object;
    gk_buf_init(&object, sizeof outcome->objects - length - 1);
    gk_buf_printf(&object, "%s%s", length > 0 ? ", " : "", collection);
    if (id >= 0)
        gk_buf_printf(&object, " %lld", (long long)id);
    if (outcome->failed++ < GK_VERIFY_NAMED_MAX && gk_buf_status(&object) == GK_OK)
        memcpy(outcome->objects + length, object.data, object.length + 1);
    gk_buf_release(&object);
}

static void take_wrong(void *context, enum gk_verify_wrong wrong, int64_t id)
{
    static const enum gk_verify_check checks[GK_VERIFY_WRONGS] = {
        [GK_VERIFY_STRANGER] = GK_VERIFY_HTTP_COMPLETE,
        [GK_VERIFY_MORE] = GK_VERIFY_HTTP_PROPERTIES,
        [GK_VERIFY_LESS] = GK_VERIFY_HTTP_PROPERTIES,
        [GK_VERIFY_WRONG] = GK_VERIFY_HTTP_NUMBERS,
        [GK_VERIFY_FEW] = GK_VERIFY_HTTP_K,
        [GK_VERIFY_SHAPE] = GK_VERIFY_HTTP_GEOMETRY,
    };
    struct asking *asking = context;
    add_wrong(asking, checks[wrong], asking->collection, id);
}

static void take_wrong_incident(void *context, enum gk_verify_wrong wrong, int64_t id)
{
    (void)wrong;
    add_wrong(context, GK_VERIFY_HTTP_ANALYST, "cell", id);
}

static void count_features(struct asking *asking, int64_t features)
{
    asking->report->features += features;
    outcome_of(asking, GK_VERIFY_HTTP_NUMBERS)->tested += features;
    outcome_of(asking, GK_VERIFY_HTTP_PROPERTIES)->tested += features;
    outcome_of(asking, GK_VERIFY_HTTP_GEOMETRY)->tested += features;
    if (strcmp(asking->collection, "hotspots") != 0)
        outcome_of(asking, GK_VERIFY_HTTP_K)->tested += features;
}

/* --- Pages ------------------------------------------------------------------------------ */

/* The path of a next link; it may carry the address that users have. */
static enum gk_status take_next(struct gk_buf *path, const struct gk_buf *next,
                                const char *collection)
{
    struct gk_buf begin;
    gk_buf_clear(path);
    gk_buf_init(&begin, PATH_MAX_BYTES);
    gk_buf_printf(&begin, "/collections/%s/items?", collection);
    const char *found =
        next->data != NULL && begin.data != NULL ? strstr(next->data, begin.data) : NULL;
    if (found != NULL)
        gk_buf_puts(path, found);
    gk_buf_release(&begin);
    return found != NULL ? gk_buf_status(path) : GK_INVALID;
}

/* Appends "/collections/NAME/items" with the period when there is one. */
static void put_path(struct gk_buf *path, const char *collection, const char *item,
                     const char *period)
{
    gk_buf_clear(path);
    gk_buf_printf(path, "/collections/%s/items%s", collection, item);
    gk_buf_printf(path, item[0] == '\0' ? "?limit=%d" : "", PAGE_FEATURES);
    if (period[0] != '\0')
        gk_buf_printf(path, "%sdatetime=%s", item[0] == '\0' ? "&" : "?", period);
}

/* The features of a sample come one by one and are held against it in batches. */
struct sample {
    int64_t id[SAMPLE_FEATURES];
    size_t count;
};

static enum gk_status take_id(void *context, int64_t id, struct gk_error *error)
{
    struct sample *sample = context;
    if (sample->count == SAMPLE_FEATURES)
        return gk_error_set(error, GK_INTERNAL, "verify: the sample is too large");
    sample->id[sample->count++] = id;
    return GK_OK;
}

/* Appends one feature to the batch. */
static enum gk_status fetch_item(struct asking *asking, struct gk_buf *path, struct gk_buf *batch,
                                 int64_t id, const char *period, struct gk_error *error)
{
    char item[32];
    struct gk_buf text;
    gk_buf_init(&text, sizeof item - 1);
    gk_buf_printf(&text, "/%lld", (long long)id);
    memcpy(item, text.data != NULL ? text.data : "", text.length + 1);
    gk_buf_release(&text);
    put_path(path, asking->collection, item, period);
    enum gk_status status = gk_client_get(asking->client, path->data, &asking->answer, error);
    if (status != GK_OK)
        return status;
    if (asking->answer.status != 200) {
        add_wrong(asking, GK_VERIFY_HTTP_COMPLETE, asking->collection, id);
        return GK_OK;
    }
    gk_buf_putc(batch, batch->length > 0 ? ',' : '[');
    gk_buf_append(batch, asking->answer.body.data, asking->answer.body.length);
    return GK_OK;
}

static enum gk_status check_batch(struct asking *asking, struct gk_buf *batch,
                                  struct gk_error *error)
{
    struct gk_buf body;
    enum gk_status status = GK_OK;
    if (batch->length == 0)
        return GK_OK;
    gk_buf_init(&body, BATCH_MAX_BYTES);
    gk_buf_puts(&body, "{\"features\":");
    gk_buf_append(&body, batch->data, batch->length);
    gk_buf_puts(&body, "]}");
    status = gk_buf_status(&body);
    if (status != GK_OK)
        gk_error_set(error, status, "verify: a batch of features is too large");
    if (status == GK_OK)
        status = gk_verify_page(&asking->page, asking->store, asking->collection, &body, true,
                                take_wrong, asking, error);
    count_features(asking, asking->page.features);
    gk_buf_release(&body);
    gk_buf_clear(batch);
    return status;
}

static enum gk_status fetch_sample(struct asking *asking, struct gk_buf *path, const char *period,
                                   struct gk_error *error)
{
    struct sample *sample = calloc(1, sizeof *sample);
    struct gk_buf batch;
    gk_buf_init(&batch, BATCH_MAX_BYTES);
    if (sample == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "verify the answers: out of memory");
    asking->report->is_sampled = true;
    int64_t most = asking->target->features_max < SAMPLE_FEATURES ? asking->target->features_max
                                                                  : SAMPLE_FEATURES;
    asking->report->sample_features = most;
    enum gk_status status =
        gk_verify_sample(asking->store, asking->collection, most, take_id, sample, error);
    for (size_t i = 0; i < sample->count && status == GK_OK; i++) {
        status = fetch_item(asking, path, &batch, sample->id[i], period, error);
        if (status == GK_OK && (i + 1) % SAMPLE_BATCH == 0)
            status = check_batch(asking, &batch, error);
    }
    if (status == GK_OK)
        status = check_batch(asking, &batch, error);
    gk_buf_release(&batch);
    free(sample);
    return status;
}

/* Every page held against what is expected; `is_large` says that it was left to
 * the sample after the first. */
static enum gk_status fetch_pages(struct asking *asking, struct gk_buf *path, bool *is_large,
                                  int64_t *matched, struct gk_error *error)
{
    *is_large = false;
    *matched = -1;
    /* A server that always has a next page is stopped by the number it named first. */
    for (int64_t fetched = 0; path->length > 0; fetched += asking->page.features) {
        enum gk_status status = gk_client_get(asking->client, path->data, &asking->answer, error);
        if (status != GK_OK)
            return status;
        if (asking->answer.status != 200 || (fetched > 0 && fetched >= *matched)) {
            add_wrong(asking, GK_VERIFY_HTTP_COMPLETE, asking->collection, -1);
            return GK_OK;
        }
        status = gk_verify_page(&asking->page, asking->store, asking->collection,
                                &asking->answer.body, false, take_wrong, asking, error);
        if (status != GK_OK)
            return status;
        count_features(asking, asking->page.features);
        if (fetched == 0)
            *matched = asking->page.matched;
        else if (*matched != asking->page.matched)
            add_wrong(asking, GK_VERIFY_HTTP_COMPLETE, asking->collection, -1);
        gk_buf_clear(path);
        if (asking->page.next.length == 0)
            return GK_OK;
        if (*matched > asking->target->features_max) {
            *is_large = true;
            return GK_OK;
        }
        if (asking->page.features == 0 ||
            take_next(path, &asking->page.next, asking->collection) != GK_OK) {
            add_wrong(asking, GK_VERIFY_HTTP_COMPLETE, asking->collection, -1);
            return GK_OK;
        }
    }
    return GK_OK;
}

static enum gk_status fetch_collection(struct asking *asking, const char *collection,
                                       const char *period, struct gk_error *error)
{
    struct gk_buf path;
    bool is_large;
    int64_t matched, expected, seen, different;
    gk_buf_init(&path, PATH_MAX_BYTES);
    asking->collection = collection;
    put_path(&path, collection, "", period);
    outcome_of(asking, GK_VERIFY_HTTP_COMPLETE)->tested++;
    enum gk_status status = fetch_pages(asking, &path, &is_large, &matched, error);
    if (status == GK_OK && is_large)
        status = fetch_sample(asking, &path, period, error);
    if (status == GK_OK)
        status = gk_verify_seen(&expected, &seen, &different, asking->store, collection, error);
    if (status == GK_OK &&
        (matched != expected || (!is_large && (seen != expected || different != expected))))
        add_wrong(asking, GK_VERIFY_HTTP_COMPLETE, collection, -1);
    gk_buf_release(&path);
    return status;
}

/* --- Periods ------------------------------------------------------------------------------- */

/* Sets what is expected of the months and fetches: every collection, or only the
 * municipalities. `is_default`: without saying the period. */
static enum gk_status fetch_period(struct asking *asking, int32_t first, int32_t last,
                                   bool is_default, bool only_municipalities,
                                   struct gk_error *error)
{
    struct gk_buf period;
    gk_buf_init(&period, 64);
    if (!is_default) {
        gk_buf_put_day(&period, gk_day_from_month(first));
        gk_buf_putc(&period, '/');
        gk_buf_put_day(&period, gk_day_from_month(last + 1) - 1);
    }
    enum gk_status status = gk_verify_expect(asking->store, first, last, only_municipalities,
                                             gk_verify_interval, error);
    for (size_t i = 0; i < asking->names && status == GK_OK; i++)
        if (!only_municipalities || strcmp(asking->name[i], "districts-kommun") == 0)
            status =
                fetch_collection(asking, asking->name[i], is_default ? "" : period.data, error);
    gk_buf_release(&period);
    return status;
}

/* The last 12 months, as when nothing is asked; everything; and each calendar year
 * of the municipalities, because kinds of dwelling are shown for those. */
static enum gk_status fetch_periods(struct asking *asking, struct gk_error *error)
{
    enum { YEAR = 12 };
    int32_t first = asking->release.first_month, through = asking->release.through_month;
    int32_t from = through - YEAR + 1 > first ? through - YEAR + 1 : first;
    enum gk_status status = fetch_period(asking, from, through, true, false, error);
    if (status == GK_OK && from > first)
        status = fetch_period(asking, first, through, false, false, error);
    /* Months count from 1970-01, so that years begin at multiples of 12. */
    int32_t year = first >= 0 ? (first + YEAR - 1) / YEAR : first / YEAR;
    for (; year * YEAR + YEAR - 1 <= through && status == GK_OK; year++)
        status = fetch_period(asking, year * YEAR, year * YEAR + YEAR - 1, false, true, error);
    return status;
}

/* --- What is closed, and what stays the same ----------------------------------------------------
 */

static enum gk_status take_collection(void *context, const char *name, bool is_there,
                                      bool is_wanted, bool is_incidents, struct gk_error *error)
{
    struct asking *asking = context;
    if (is_incidents)
        add_wrong(asking, GK_VERIFY_HTTP_CLOSED, "/collections", -1);
    else if (!is_wanted)
        add_wrong(asking, GK_VERIFY_HTTP_PROPERTIES, "/collections", -1);
    if (!is_wanted)
        return GK_OK;
    if (!is_there)
        add_wrong(asking, GK_VERIFY_HTTP_COMPLETE, name, -1);
    if (asking->names == COLLECTIONS_MAX || strlen(name) > NAME_MAX_BYTES)
        return gk_error_set(error, GK_INTERNAL, "verify: too many collections");
    memcpy(asking->name[asking->names++], name, strlen(name) + 1);
    return GK_OK;
}

static enum gk_status find_collections(struct asking *asking, struct gk_error *error)
{
    enum gk_status status = gk_client_get(asking->client, "/collections", &asking->answer, error);
    if (status == GK_OK && asking->answer.status == 503)
        return gk_error_set(error, GK_UNAVAILABLE,
                            "ask the daemon at \"%.200s\": it has no data to answer from yet",
                            asking->target->url);
    if (status == GK_OK && asking->answer.status != 200)
        return gk_error_set(
            error, GK_REJECTED,
            "ask the daemon at \"%.200s\": /collections is answered with %ld; is it "
            "a grannkartad?",
            asking->target->url, asking->answer.status);
    if (status == GK_OK)
        status = gk_verify_collections(asking->store, &asking->answer.body, take_collection, asking,
                                       error);
    return status;
}

static enum gk_status check_closed(struct asking *asking, struct gk_error *error)
{
    static const char *const paths[] = {"/collections/incidents", "/collections/incidents/items",
                                        "/collections/incidents/items/1",
                                        "/collections/incidents/schema"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        enum gk_status status = gk_client_get(asking->client, paths[i], &asking->answer, error);
        if (status != GK_OK)
            return status;
        outcome_of(asking, GK_VERIFY_HTTP_CLOSED)->tested++;
        if (asking->answer.status != 401)
            add_wrong(asking, GK_VERIFY_HTTP_CLOSED, paths[i], -1);
    }
    return GK_OK;
}

static bool is_same(const struct gk_buf *a, const struct gk_buf *b)
{
    return a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

static enum gk_status ask_twice(struct asking *asking, const char *path, struct gk_error *error)
{
    struct gk_answer again;
    gk_answer_init(&again);
    enum gk_status status = gk_client_get(asking->client, path, &asking->answer, error);
    if (status == GK_OK)
        status = gk_client_get(asking->client, path, &again, error);
    outcome_of(asking, GK_VERIFY_HTTP_SAME)->tested++;
    if (status == GK_OK &&
        (asking->answer.status != again.status || !is_same(&asking->answer.body, &again.body) ||
         !is_same(&asking->answer.headers, &again.headers)))
        add_wrong(asking, GK_VERIFY_HTTP_SAME, path, -1);
    gk_answer_release(&again);
    return status;
}

static enum gk_status check_same(struct asking *asking, struct gk_error *error)
{
    static const char *const paths[] = {"/", "/conformance", "/api", "/collections"};
    struct gk_buf path;
    enum gk_status status = GK_OK;
    gk_buf_init(&path, PATH_MAX_BYTES);
    for (size_t i = 0; i < sizeof paths / sizeof *paths && status == GK_OK; i++)
        status = ask_twice(asking, paths[i], error);
    for (size_t i = 0; i < asking->names && status == GK_OK; i++) {
        put_path(&path, asking->name[i], "", "");
        status = ask_twice(asking, path.data, error);
    }
    gk_buf_release(&path);
    return status;
}

/* --- Analysts
 * ------------------------------------------------------------------------------------- */

static enum gk_status fetch_incidents(struct asking *asking, struct gk_error *error)
{
    struct gk_buf path;
    gk_buf_init(&path, PATH_MAX_BYTES);
    put_path(&path, "incidents", "", "");
    enum gk_status status = GK_OK;
    int64_t fetched = 0;
    while (path.length > 0 && fetched < asking->target->features_max && status == GK_OK) {
        status = gk_client_get(asking->client, path.data, &asking->answer, error);
        if (status == GK_OK && asking->answer.status != 200)
            status = gk_error_set(error, GK_UNAUTHORIZED,
                                  "ask for incidents: the daemon answers %ld; is the token an "
                                  "analyst's, and valid?",
                                  asking->answer.status);
        if (status == GK_OK)
            status = gk_verify_incidents(&asking->page, asking->store, &asking->answer.body,
                                         take_wrong_incident, asking, error);
        fetched += asking->page.features;
        if (asking->page.features == 0 ||
            take_next(&path, &asking->page.next, "incidents") != GK_OK)
            gk_buf_clear(&path);
    }
    outcome_of(asking, GK_VERIFY_HTTP_ANALYST)->tested += fetched;
    asking->report->features += fetched;
    gk_buf_release(&path);
    return status;
}

static enum gk_status check_analyst(struct asking *asking, struct gk_error *error)
{
    gk_client_close(asking->client);
    asking->client = NULL;
    enum gk_status status =
        gk_client_open(&asking->client, asking->target->url, asking->target->token, error);
    if (status == GK_OK)
        status = fetch_incidents(asking, error);
    asking->report->finding[GK_VERIFY_HTTP_ANALYST].is_run = true;
    return status;
}

/* --- All of it
 * ------------------------------------------------------------------------------------- */

static enum gk_status ask_all(struct asking *asking, struct gk_error *error)
{
    enum gk_status status = gk_client_open(&asking->client, asking->target->url, "", error);
    if (status == GK_OK)
        status = gk_verify_http_begin(&asking->release, asking->store, error);
    if (status == GK_OK && asking->release.id == 0)
        return gk_error_set(error, GK_NOT_FOUND,
                            "verify the answers: there is no release yet (--no-http leaves the "
                            "answers out)");
    if (status == GK_OK)
        status = find_collections(asking, error);
    if (status == GK_OK)
        status = check_closed(asking, error);
    if (status == GK_OK)
        status = check_same(asking, error);
    if (status == GK_OK)
        status = fetch_periods(asking, error);
    if (status == GK_OK && asking->target->token[0] != '\0')
        status = check_analyst(asking, error);
    return status;
}

enum gk_status gk_verify_answers(struct gk_verify_report *report, struct gk_store *store,
                                 const struct gk_verify_target *target, struct gk_error *error)
{
    struct asking *asking = calloc(1, sizeof *asking);
    if (asking == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "verify the answers: out of memory");
    asking->report = report;
    asking->store = store;
    asking->target = target;
    memcpy(report->url, target->url, sizeof report->url);
    gk_answer_init(&asking->answer);
    gk_buf_init(&asking->page.next, PATH_MAX_BYTES);
    for (enum gk_verify_check check = 0; check < GK_VERIFY_CHECKS; check++)
        if (gk_verify_check_info(check)->part == GK_VERIFY_HTTP)
            report->finding[check].is_run = true;
    enum gk_status status = ask_all(asking, error);
    gk_client_close(asking->client);
    gk_answer_release(&asking->answer);
    gk_buf_release(&asking->page.next);
    free(asking);
    return status;
}
