/* Which releases there are, for everybody, and which revisions, for analysts: the
 * numbers that `release` and `revision` take. */
#include <string.h>

#include "html.h"
#include "link.h"
#include "view.h"

/* The newest are listed; nobody looks for older ones by eye. */
enum { LISTED_MAX = 1000, RETRY_AFTER_S = 2 };

/* A list under way. */
struct list {
    const struct gk_request *request;
    enum gk_snapshot_kind kind;
    const struct gk_number *all;
    size_t count; /* of all */
};

static bool is_release(const struct list *list)
{
    return list->kind == GK_SNAPSHOT_RELEASE;
}

/* The next that stands, going down from `i` (exclusive); NULL after the last. */
static const struct gk_number *next_standing(const struct list *list, size_t *i)
{
    while (*i > 0)
        if (list->all[--*i].state == GK_NUMBER_STANDS)
            return &list->all[*i];
    return NULL;
}

static const char *data_address(const struct list *list, const struct gk_number *number,
                                const char *format)
{
    struct gk_version version = {list->kind, number->number};
    return gk_address(list->request, "/collections",
                      (struct gk_address){.version = &version, .format = format});
}

static const char *first_day(const struct list *list, const struct gk_number *number)
{
    return gk_day_text(list->request, gk_day_from_month(number->first_month));
}

static const char *last_day(const struct list *list, const struct gk_number *number)
{
    return gk_day_text(list->request, is_release(list)
                                          ? gk_day_from_month(number->last_month + 1) - 1
                                          : number->data_through_day);
}

/* --- As JSON --------------------------------------------------------------------- */

static void put_number_json(struct gk_json *json, const struct list *list,
                            const struct gk_number *number)
{
    struct gk_buf time;
    gk_buf_init(&time, 64);
    gk_buf_put_utc(&time, number->made_utc);
    gk_json_object_begin(json);
    gk_json_member_i64(json, is_release(list) ? "release" : "revision", number->number);
    gk_json_member(json, "timeStamp", time.data == NULL ? "" : time.data);
    if (is_release(list)) {
        gk_json_member(json, "definition", number->definition);
        gk_json_member(json, "period_from", first_day(list, number));
        gk_json_member(json, "period_to", last_day(list, number));
    } else {
        gk_json_member(json, "data_through", last_day(list, number));
    }
    gk_json_key(json, "links");
    gk_json_array_begin(json);
    gk_json_put_link(json, "data", "application/json", NULL, data_address(list, number, NULL));
    gk_json_array_end(json);
    gk_json_object_end(json);
    gk_buf_release(&time);
}

static void put_list_json(const struct list *list, struct gk_buf *buf)
{
    struct gk_json json;
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_key(&json, "links");
    gk_json_array_begin(&json);
    gk_json_put_self_links(&json, list->request, "application/json");
    gk_json_put_link(&json, "latest-version", "application/json", NULL,
                     gk_address(list->request, "/collections", (struct gk_address){0}));
    gk_json_array_end(&json);
    gk_json_key(&json, is_release(list) ? "releases" : "revisions");
    gk_json_array_begin(&json);
    size_t i = list->count, listed = 0;
    const struct gk_number *number;
    while (listed++ < LISTED_MAX && (number = next_standing(list, &i)) != NULL)
        put_number_json(&json, list, number);
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
}

/* --- As a page -------------------------------------------------------------------- */

static const char *title(const struct list *list)
{
    return is_release(list) ? gk_say(list->request, "Utgåvor", "Releases")
                            : gk_say(list->request, "Revisioner", "Revisions");
}

static void put_heads(const struct list *list, struct gk_buf *buf)
{
    const struct gk_request *request = list->request;
    const char *heads[] = {is_release(list) ? gk_say(request, "Utgåva", "Release") : "Revision",
                           gk_say(request, "Gjord", "Made"),
                           is_release(list)
                               ? gk_say(request, "Period", "Period")
                               : gk_say(request, "Uppgifter till och med", "Data through"),
                           gk_say(request, "Definition", "Definition")};
    gk_buf_puts(buf, "<thead><tr>");
    for (int i = 0; i < (is_release(list) ? 4 : 3); i++) {
        gk_buf_puts(buf, "<th scope=\"col\">");
        gk_html_text(buf, heads[i]);
        gk_buf_puts(buf, "</th>");
    }
    gk_buf_puts(buf, "</tr></thead>\n<tbody>\n");
}

static void put_number_html(const struct list *list, const struct gk_number *number,
                            struct gk_buf *buf)
{
    const struct gk_request *request = list->request;
    struct gk_buf made;
    gk_buf_init(&made, 64);
    gk_buf_put_utc(&made, number->made_utc);
    gk_buf_puts(buf, "<tr><th scope=\"row\">");
    gk_html_link(buf, data_address(list, number, "html"),
                 gk_text(request, "%d", (int)number->number));
    gk_buf_puts(buf, "</th><td>");
    gk_html_text(buf, made.data == NULL ? "" : made.data);
    gk_buf_puts(buf, "</td><td>");
    if (is_release(list))
        gk_html_text(buf, gk_text(request, gk_say(request, "%s till %s", "%s to %s"),
                                  first_day(list, number), last_day(list, number)));
    else
        gk_html_text(buf, last_day(list, number));
    if (is_release(list)) {
        gk_buf_puts(buf, "</td><td>");
        gk_html_text(buf, number->definition);
    }
    gk_buf_puts(buf, "</td></tr>\n");
    gk_buf_release(&made);
}

static void put_list_html(const struct list *list, const struct gk_settings *settings,
                          struct gk_buf *buf)
{
    const struct gk_request *request = list->request;
    gk_html_begin(buf, settings, request, title(list));
    gk_html_element(
        buf, "p",
        is_release(list)
            ? gk_say(request,
                     "Varje utgåva kan visas igen som den var, så länge den inte har tagits "
                     "tillbaka.",
                     "Each release can be shown again as it was, unless it was withdrawn.")
            : gk_say(request, "Varje revision kan visas igen som den var, tills den gallras.",
                     "Each revision can be shown again as it was, until it is erased."));
    gk_html_table_begin(buf, title(list));
    put_heads(list, buf);
    size_t i = list->count, listed = 0;
    const struct gk_number *number;
    while (listed++ < LISTED_MAX && (number = next_standing(list, &i)) != NULL)
        put_number_html(list, number, buf);
    gk_buf_puts(buf, "</tbody>\n");
    gk_html_table_end(buf);
    gk_html_end(buf, settings, request);
}

/* --- The resources ------------------------------------------------------------------ */

static enum gk_status answer_list(struct gk_api *api, const struct gk_request *request,
                                  enum gk_snapshot_kind kind, struct gk_response *response,
                                  struct gk_error *error)
{
    const struct gk_source *source = &api->source;
    response->data_age_s = source->silent_s(source->context);
    response->is_stale = source->is_stale(source->context);
    const struct gk_numbers *numbers = source->acquire_numbers(source->context);
    if (numbers == NULL) {
        response->retry_after_s = RETRY_AFTER_S;
        return gk_error_set(error, GK_UNAVAILABLE, "read the list: it is not loaded yet");
    }
    struct list list = {request, kind, numbers->of[kind], numbers->count[kind]};
    size_t i = list.count;
    const struct gk_number *newest = next_standing(&list, &i);
    response->data_utc = newest != NULL ? newest->made_utc : 0;
    if (request->format == GK_FORMAT_HTML)
        put_list_html(&list, atomic_load(&api->settings), &response->body);
    else
        put_list_json(&list, &response->body);
    source->release_numbers(source->context, numbers);
    return gk_view_finish(response, error);
}

enum gk_status gk_resource_releases(void *context, const struct gk_request *request,
                                    struct gk_response *response, struct gk_error *error)
{
    return answer_list(context, request, GK_SNAPSHOT_RELEASE, response, error);
}

enum gk_status gk_resource_revisions(void *context, const struct gk_request *request,
                                     struct gk_response *response, struct gk_error *error)
{
    return answer_list(context, request, GK_SNAPSHOT_REVISION, response, error);
}
