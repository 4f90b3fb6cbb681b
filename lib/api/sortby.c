/* Features in order. Values are taken once for each feature and key, then indices
 * are sorted; features that are equal in all keys stay as the layer has them, so
 * that the order is total and the same everywhere. */
#include "sortby.h"

#include <stdlib.h>
#include <string.h>

struct sort_value {
    struct gk_cql2_value value;
    bool has;
};

/* One sort under way. */
struct sorting {
    const struct gk_sort *sort;
    enum gk_cql2_type type[GK_SORT_KEYS_MAX];
    const struct sort_value *value; /* of feature number i: value[i * sort->count] and on */
};

bool gk_is_sortable(const struct gk_view *view, const struct gk_column *column)
{
    enum gk_property_kind kind = gk_property_info(column->property)->kind;
    bool ranks =
        column->property != GK_PROPERTY_CELLS &&
        (kind == GK_KIND_OF_COUNT || kind == GK_KIND_OF_RATE || kind == GK_KIND_OF_INTERVAL);
    return !column->is_same && !(view->collection.layer->is_unranked && ranks);
}

/* --- Reading ------------------------------------------------------------------------ */

static enum gk_status refuse(const struct gk_filter *filter, struct gk_text name,
                             struct gk_error *error)
{
    enum { SHOWN = 40, ALLOWED_MAX_BYTES = 320 };
    struct gk_buf allowed;
    gk_buf_init(&allowed, ALLOWED_MAX_BYTES);
    for (size_t i = 0; i < filter->columns.count; i++) {
        if (!gk_is_sortable(filter->view, &filter->columns.column[i]))
            continue;
        const char *known = gk_property_info(filter->columns.column[i].property)->name;
        if (allowed.length + strlen(known) + sizeof ", ... (see sortables)" > ALLOWED_MAX_BYTES) {
            gk_buf_puts(&allowed, ", ... (see sortables)");
            break;
        }
        if (allowed.length > 0)
            gk_buf_puts(&allowed, ", ");
        gk_buf_puts(&allowed, known);
    }
    size_t n = name.length > SHOWN ? SHOWN : name.length;
    while (n > 0 && n < name.length && ((unsigned char)name.data[n] & 0xc0) == 0x80)
        n--;
    gk_error_set(error, GK_INVALID,
                 "parameter sortby: \"%.*s\" is not allowed; it must be at most %d of these, with "
                 "commas between, each with - before it for descending: %.*s",
                 (int)n, name.data, GK_SORT_KEYS_MAX, (int)allowed.length,
                 allowed.data == NULL ? "" : allowed.data);
    gk_buf_release(&allowed);
    return GK_INVALID;
}

static bool read_key(struct gk_sort *sort, const struct gk_filter *filter, struct gk_text name)
{
    bool has_sign = name.length > 0 && strchr("+- ", name.data[0]) != NULL;
    struct gk_sort_key key = {.is_descending = has_sign && name.data[0] == '-'};
    if (has_sign)
        name = (struct gk_text){name.data + 1, name.length - 1};
    for (size_t i = 0; i < filter->columns.count; i++) {
        const struct gk_column *column = &filter->columns.column[i];
        const char *of = gk_property_info(column->property)->name;
        if (strlen(of) != name.length || memcmp(of, name.data, name.length) != 0 ||
            !gk_is_sortable(filter->view, column) || sort->count == GK_SORT_KEYS_MAX)
            continue;
        key.property = column->property;
        sort->key[sort->count++] = key;
        return true;
    }
    return false;
}

/* A plus that was not percent-encoded arrives as a space. */
enum gk_status gk_sort_read(struct gk_sort *sort, const struct gk_filter *filter,
                            struct gk_text text, struct gk_error *error)
{
    const char *at = text.data, *end = text.data + text.length;
    sort->count = 0;
    do {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct gk_text name = {at, (size_t)((comma == NULL ? end : comma) - at)};
        if (!read_key(sort, filter, name))
            return refuse(filter, name, error);
        at = comma == NULL ? NULL : comma + 1;
    } while (at != NULL);
    return GK_OK;
}

/* --- Sorting ---------------------------------------------------------------------------- */

static int compare_key(const struct sorting *sorting, size_t key, const struct sort_value *a,
                       const struct sort_value *b)
{
    if (!a->has || !b->has)
        return (int)b->has - (int)a->has;
    int order = gk_cql2_compare(sorting->type[key], &a->value, &b->value);
    return sorting->sort->key[key].is_descending ? -order : order;
}

/* Of two features by their numbers, which are in the order of the layer. */
static int compare(const void *left, const void *right, void *context)
{
    const struct sorting *sorting = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    size_t keys = sorting->sort->count;
    for (size_t k = 0; k < keys; k++) {
        int order =
            compare_key(sorting, k, &sorting->value[a * keys + k], &sorting->value[b * keys + k]);
        if (order != 0)
            return order;
    }
    return (a > b) - (a < b);
}

static enum gk_status no_memory(struct gk_error *error)
{
    return gk_error_set(error, GK_NO_MEMORY, "put features in order: out of memory");
}

/* Steps of a sort: values, then comparisons. */
static uint64_t cost_of(uint32_t count, size_t keys)
{
    uint64_t levels = 1;
    for (uint32_t n = count; n > 1; n /= 2)
        levels++;
    return (uint64_t)count * (keys + levels);
}

static void take_values(const struct gk_sort *sort, struct gk_filter *filter,
                        const uint32_t *feature, uint32_t count, struct sort_value *value)
{
    for (uint32_t i = 0; i < count; i++) {
        gk_filter_move(filter, feature[i]);
        for (size_t k = 0; k < sort->count; k++, value++)
            value->has = filter->source.value(filter, (int)sort->key[k].property, &value->value);
    }
}

/* Replaces the order of numbers by the features that they are of. */
static enum gk_status put_in_order(uint32_t *feature, const uint32_t *number, uint32_t count,
                                   struct gk_error *error)
{
    uint32_t *copy = malloc(((size_t)count + 1) * sizeof *copy);
    if (copy == NULL)
        return no_memory(error);
    memcpy(copy, feature, (size_t)count * sizeof *copy);
    for (uint32_t i = 0; i < count; i++)
        feature[i] = copy[number[i]];
    free(copy);
    return GK_OK;
}

enum gk_status gk_sort_features(const struct gk_sort *sort, struct gk_filter *filter,
                                uint32_t *feature, uint32_t count, uint64_t *work,
                                struct gk_error *error)
{
    struct sorting sorting = {.sort = sort};
    size_t values = (size_t)count * sort->count;
    if (count < 2)
        return GK_OK;
    *work += cost_of(count, sort->count);
    if (*work > GK_SELECTION_WORK_MAX || values > GK_SORT_MAX_BYTES / sizeof(struct sort_value))
        return gk_error_set(error, GK_INVALID,
                            "parameter sortby: %u features are too many to put in order; there "
                            "must be fewer, by `filter`, `bbox` or `datetime`",
                            (unsigned)count);
    struct sort_value *value = malloc((values + 1) * sizeof *value);
    uint32_t *number = malloc(((size_t)count + 1) * sizeof *number);
    enum gk_status status = GK_OK;
    if (value == NULL || number == NULL) {
        status = no_memory(error);
        goto out;
    }
    for (size_t k = 0; k < sort->count; k++)
        sorting.type[k] = gk_filter_type(sort->key[k].property);
    take_values(sort, filter, feature, count, value);
    for (uint32_t i = 0; i < count; i++)
        number[i] = i;
    sorting.value = value;
    qsort_r(number, count, sizeof *number, compare, &sorting);
    status = put_in_order(feature, number, count, error);
out:
    free(value);
    free(number);
    return status;
}
