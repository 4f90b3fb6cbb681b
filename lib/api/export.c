/* Features without a server: a view on a snapshot that is read to its end, by
 * the same steps as a page of /items. What is printed there comes out as values
 * here, rounded by the same function. */
#include "api/export.h"

#include <stdlib.h>
#include <string.h>

#include "selection.h"
#include "view.h"

enum { ARENA_MAX_BYTES = 4 * 1024 * 1024, GEOMETRY_MAX_BYTES = 64 * 1024 * 1024 };

struct gk_export {
    struct gk_api *api;
    struct gk_arena arena;
    struct gk_request request;
    struct gk_view view;
    struct gk_columns columns;
    struct gk_fields fields;
    struct gk_export_field field[GK_COLUMNS_MAX];
    struct gk_export_value value[GK_COLUMNS_MAX];
    struct gk_export_about about;
    struct gk_buf geometry, number;
    uint32_t at;
};

/* --- A source with one snapshot ------------------------------------------------------ */

static const struct gk_snapshot *acquire(void *context, enum gk_snapshot_kind kind)
{
    const struct gk_snapshot *snapshot = context;
    return snapshot->kind == kind ? snapshot : NULL;
}

static const struct gk_snapshot *acquire_pinned(void *context, enum gk_snapshot_kind kind,
                                                int32_t number, int32_t places)
{
    (void)context, (void)kind, (void)number, (void)places;
    return NULL;
}

static enum gk_status acquire_numbered(void *context, const struct gk_snapshot **snapshot,
                                       enum gk_snapshot_kind kind, int32_t number,
                                       struct gk_error *error)
{
    (void)context, (void)kind;
    *snapshot = NULL;
    return gk_error_set(error, GK_NOT_FOUND, "read number %d: it is not loaded", (int)number);
}

static void release(void *context, const struct gk_snapshot *snapshot)
{
    (void)context, (void)snapshot;
}

static const struct gk_numbers *acquire_numbers(void *context)
{
    (void)context;
    return NULL;
}

static void release_numbers(void *context, const struct gk_numbers *numbers)
{
    (void)context, (void)numbers;
}

static int64_t silent_s(void *context)
{
    (void)context;
    return 0;
}

static bool is_stale(void *context)
{
    (void)context;
    return false;
}

static enum gk_status token(void *context, const unsigned char hash[32], struct gk_token_info *info)
{
    (void)context, (void)hash, (void)info;
    return GK_UNAUTHORIZED;
}

static enum gk_status make_api(struct gk_api **api, const struct gk_snapshot *snapshot,
                               struct gk_error *error)
{
    void *context; /* not const, for other sources; it is only read */
    memcpy(&context, &snapshot, sizeof context);
    struct gk_source source = {
        .context = context,
        .acquire = acquire,
        .acquire_pinned = acquire_pinned,
        .acquire_numbered = acquire_numbered,
        .release = release,
        .acquire_numbers = acquire_numbers,
        .release_numbers = release_numbers,
        .silent_s = silent_s,
        .is_stale = is_stale,
        .token = token,
    };
    struct gk_api_config config = {.title = "", .publisher = "", .limit_default = 1};
    return gk_api_create_on(api, &source, &config, error);
}

/* --- Opening ---------------------------------------------------------------------------- */

/* The plane CRS of the service with a code, NULL for none: degrees come as CRS84. */
static const struct gk_crs *crs_of(int epsg)
{
    for (size_t i = 0; i < gk_crs_count(); i++)
        if (!gk_crs_at(i)->is_geographic && gk_crs_at(i)->epsg == epsg)
            return gk_crs_at(i);
    return NULL;
}

static enum gk_status make_request(struct gk_export *exported, const struct gk_snapshot *snapshot,
                                   const struct gk_export_question *question,
                                   struct gk_error *error)
{
    struct gk_request *request = &exported->request;
    *request = (struct gk_request){
        .path = "",
        .variable = {{question->collection, strlen(question->collection)}},
        .principal = {.role = snapshot->kind == GK_SNAPSHOT_REVISION ? GK_ROLE_ANALYST
                                                                     : GK_ROLE_PUBLIC},
        .language = question->language,
        .base_url = "",
        .target = "",
        .id = "",
        .arena = &exported->arena,
    };
    const struct gk_crs *crs = crs_of(question->epsg);
    if (question->parameter_count >= GK_PARAMETERS_MAX)
        return gk_error_set(error, GK_INVALID, "more than %d parameters", GK_PARAMETERS_MAX);
    for (size_t i = 0; i < question->parameter_count; i++) {
        const struct gk_export_parameter *parameter = &question->parameters[i];
        size_t length = strlen(parameter->value);
        request->query[i] = (struct gk_query_parameter){
            parameter->name,
            {gk_arena_strndup(&exported->arena, parameter->value, length), length}};
        if (request->query[i].value.data == NULL)
            return gk_error_set(error, GK_NO_MEMORY, "read the parameters: out of memory");
        request->query_count++;
    }
    if (crs != NULL)
        request->query[request->query_count++] =
            (struct gk_query_parameter){"crs", {crs->uri, strlen(crs->uri)}};
    return GK_OK;
}

/* The steps of a page (items.c), from the collection's name to its first feature. */
static enum gk_status open_view(struct gk_export *exported, struct gk_error *error)
{
    struct gk_view *view = &exported->view;
    struct gk_response response = {.http_status = 200};
    struct gk_query_table table;
    struct gk_value value[GK_QUERIES];
    enum gk_status status = gk_view_open(view, exported->api, &exported->request, &response, error);
    if (status == GK_OK)
        status = gk_view_find_collection(view, error);
    if (status == GK_OK && gk_query_table_make(view, &view->collection, false, &table) != GK_OK)
        status = gk_error_set(error, GK_NO_MEMORY, "read the parameters: out of memory");
    if (status == GK_OK)
        status = gk_query_read(view, &table, value, error);
    if (status == GK_OK)
        status = gk_view_apply(view, value, error);
    if (status == GK_OK)
        status = view->collection.layer->open(view, error);
    if (status == GK_OK)
        status = gk_view_select(view, value, error);
    if (status != GK_OK)
        return status;
    gk_collection_columns(view, &view->collection, &exported->columns);
    gk_view_fill_same(view, &exported->fields);
    exported->at = view->first;
    return GK_OK;
}

static enum gk_export_type type_of(enum gk_property_type type)
{
    static const enum gk_export_type types[] = {
        [GK_TYPE_INTEGER] = GK_EXPORT_INTEGER, [GK_TYPE_NUMBER] = GK_EXPORT_NUMBER,
        [GK_TYPE_TEXT] = GK_EXPORT_TEXT,       [GK_TYPE_DATE] = GK_EXPORT_DATE,
        [GK_TYPE_TIME] = GK_EXPORT_TIME,       [GK_TYPE_BOOLEAN] = GK_EXPORT_BOOLEAN,
    };
    return types[type];
}

static void describe_fields(struct gk_export *exported)
{
    for (size_t i = 0; i < exported->columns.count; i++) {
        const struct gk_property_info *info =
            gk_property_info(exported->columns.column[i].property);
        exported->field[i] = (struct gk_export_field){
            .name = info->name,
            .type = type_of(info->type),
            .kind = gk_property_kind_name(info->kind),
            .unit = info->unit,
            .label = exported->view.is_swedish ? info->label_sv : info->label_en,
            .text = exported->view.is_swedish ? info->text_sv : info->text_en,
        };
    }
    exported->about.fields = exported->field;
    exported->about.field_count = exported->columns.count;
}

static void describe(struct gk_export *exported)
{
    const struct gk_view *view = &exported->view;
    const struct gk_snapshot *s = view->snapshot;
    const struct gk_layer *layer = view->collection.layer;
    const struct gk_definition_info *definition = &s->definitions[view->definition];
    exported->about = (struct gk_export_about){
        .name = view->collection.name,
        .title = gk_collection_title(view, &view->collection),
        .text = view->is_swedish ? layer->text_sv : layer->text_en,
        .geometry = strcmp(layer->geometry, "geometry-point") == 0     ? "Point"
                    : strcmp(layer->geometry, "geometry-polygon") == 0 ? "Polygon"
                                                                       : "MultiPolygon",
        .epsg = view->crs->is_geographic ? 0 : view->crs->epsg,
        .is_northing_first = !view->crs->is_geographic && view->crs->northing_first,
        .features = gk_view_matched(view),
        .kind = s->kind,
        .number = s->number,
        .made_utc = s->made_utc,
        .data_through_day = s->data_through_day,
        .dwellings_year = s->dwellings_year,
        .k = s->k,
        .min_addresses = s->min_addresses,
        .has_counts = layer->has_counts,
    };
    if (layer->has_counts) {
        exported->about.definition = definition->name;
        exported->about.definition_title =
            view->is_swedish ? definition->title_sv : definition->title_en;
        exported->about.definition_text =
            view->is_swedish ? definition->description_sv : definition->description_en;
        exported->about.is_covered = view->is_covered;
        exported->about.period = view->period;
    }
    describe_fields(exported);
}

enum gk_status gk_export_open(struct gk_export **out, const struct gk_snapshot *snapshot,
                              const struct gk_export_question *question, struct gk_error *error)
{
    enum { NUMBER_MAX_BYTES = 64 };
    *out = NULL;
    struct gk_export *exported = calloc(1, sizeof *exported);
    if (exported == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "open the layer: out of memory");
    gk_arena_init(&exported->arena, ARENA_MAX_BYTES);
    gk_buf_init(&exported->geometry, GEOMETRY_MAX_BYTES);
    gk_buf_init(&exported->number, NUMBER_MAX_BYTES);
    enum gk_status status = make_api(&exported->api, snapshot, error);
    if (status == GK_OK)
        status = make_request(exported, snapshot, question, error);
    if (status == GK_OK)
        status = open_view(exported, error);
    if (status != GK_OK) {
        gk_export_close(exported);
        return status;
    }
    describe(exported);
    *out = exported;
    return GK_OK;
}

void gk_export_close(struct gk_export *exported)
{
    if (exported == NULL)
        return;
    if (exported->view.api != NULL)
        gk_view_close(&exported->view);
    gk_api_free(exported->api);
    gk_buf_release(&exported->geometry);
    gk_buf_release(&exported->number);
    gk_arena_release(&exported->arena);
    free(exported);
}

const struct gk_export_about *gk_export_about(const struct gk_export *exported)
{
    return &exported->about;
}

/* --- Features ------------------------------------------------------------------------------ */

/* Through the text that answers print, so that a file has the same digits. */
static void set_number(struct gk_export *exported, struct gk_export_value *value, double number,
                       unsigned decimals)
{
    gk_buf_clear(&exported->number);
    gk_buf_put_double(&exported->number, number, decimals);
    const char *text = exported->number.data;
    value->has = text != NULL && text[0] != 'n'; /* null */
    value->number = value->has ? strtod(text, NULL) : 0;
}

static void set_value(struct gk_export *exported, size_t i)
{
    enum gk_property property = exported->columns.column[i].property;
    const struct gk_field *field = &exported->fields.of[property];
    struct gk_export_value *value = &exported->value[i];
    *value = (struct gk_export_value){.has = field->has};
    if (!field->has)
        return;
    switch (exported->field[i].type) {
    case GK_EXPORT_NUMBER:
        set_number(exported, value, field->number, gk_property_info(property)->decimals);
        return;
    case GK_EXPORT_TEXT:
        value->text = field->text;
        return;
    default:
        value->integer = field->integer;
        return;
    }
}

enum gk_status gk_export_next(struct gk_export *exported, bool *has,
                              struct gk_export_feature *feature, struct gk_error *error)
{
    const struct gk_view *view = &exported->view;
    uint32_t rank = gk_view_next(view, exported->at);
    *has = rank < view->end;
    if (!*has)
        return GK_OK;
    uint32_t index = gk_view_feature(view, rank);
    exported->at = rank + 1;
    view->collection.layer->fill(view, index, &exported->fields);
    gk_buf_clear(&exported->geometry);
    gk_view_put_geometry(view, index, &exported->geometry);
    enum gk_status status = gk_buf_status(&exported->geometry);
    if (status != GK_OK)
        return gk_error_set(error, status, "read a shape: %s", gk_status_text(status));
    for (size_t i = 0; i < exported->columns.count; i++)
        set_value(exported, i);
    *feature = (struct gk_export_feature){
        .id = view->collection.layer->id(view, index),
        .geometry = strcmp(exported->geometry.data, "null") == 0 ? NULL : exported->geometry.data,
        .values = exported->value,
    };
    return GK_OK;
}

void gk_export_put_collections(struct gk_buf *buf, const struct gk_snapshot *snapshot)
{
    struct gk_view view = {.snapshot = snapshot,
                           .role = snapshot->kind == GK_SNAPSHOT_REVISION ? GK_ROLE_ANALYST
                                                                          : GK_ROLE_PUBLIC};
    struct gk_collection collection;
    for (size_t i = 0; gk_view_collection_at(&view, i, &collection); i++)
        gk_buf_printf(buf, "%s%s", i > 0 ? ", " : "", collection.name);
}
