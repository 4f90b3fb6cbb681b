/* Lists of codes against tables written by hand. */
#include "incident_codes.h"

#include <string.h>

#include "unit.h"

struct bytes {
    const char *at;
    size_t left;
};

static long give(void *context, char *buffer, size_t size)
{
    struct bytes *bytes = context;
    size_t n = bytes->left < size ? bytes->left : size;
    memcpy(buffer, bytes->at, n);
    bytes->at += n;
    bytes->left -= n;
    return (long)n;
}

static enum gk_status read_list(struct gk_incident_codes **codes, const char *list,
                                struct gk_error *error)
{
    struct bytes bytes = {list, strlen(list)};
    ck_assert_int_eq(gk_incident_codes_create(codes), GK_OK);
    ck_assert_int_eq(gk_incident_codes_add(*codes, 1, "9801", error), GK_OK);
    ck_assert_int_eq(gk_incident_codes_add(*codes, 2, "0857", error), GK_OK);
    return list[0] == '\0' ? GK_OK : gk_incident_codes_read(*codes, give, &bytes, error);
}

static enum gk_code_kind find(struct gk_incident_codes *codes, const char *text, int16_t *id)
{
    return gk_incident_codes_find(codes, GK_ENCODING_AUTO, text, strlen(text), id);
}

START_TEST(without_a_list_only_codes_are_known)
{
    struct gk_incident_codes *codes;
    struct gk_error error;
    int16_t id;
    ck_assert_int_eq(read_list(&codes, "", &error), GK_OK);
    ck_assert_int_eq(find(codes, "9801", &id), GK_CODE_BURGLARY);
    ck_assert_int_eq(id, 1);
    ck_assert_int_eq(find(codes, "857", &id), GK_CODE_BURGLARY);
    ck_assert_int_eq(id, 2);
    ck_assert_int_eq(find(codes, "1201", &id), GK_CODE_OTHER);
    ck_assert_int_eq(find(codes, "Inbrott", &id), GK_CODE_NONE);
    ck_assert_int_eq(find(codes, "", &id), GK_CODE_NONE);
    gk_incident_codes_free(codes);
}
END_TEST

START_TEST(a_list_goes_before_codes_and_star_behind_them)
{
    struct gk_incident_codes *codes;
    struct gk_error error;
    int16_t id;
    ck_assert_int_eq(
        read_list(&codes, "value;code\nInbrott Öster;857\n9801;\ncykel;\n*;9801\n", &error), GK_OK);
    ck_assert_int_eq(find(codes, "INBROTT ÖSTER", &id), GK_CODE_BURGLARY);
    ck_assert_int_eq(id, 2);
    ck_assert_int_eq(find(codes, "inbrott \xD6ster", &id), GK_CODE_BURGLARY);
    ck_assert_int_eq(find(codes, "Cykel", &id), GK_CODE_SKIPPED);
    ck_assert_int_eq(find(codes, "9801", &id), GK_CODE_SKIPPED); /* the list says so */
    ck_assert_int_eq(find(codes, "0857", &id), GK_CODE_BURGLARY);
    ck_assert_int_eq(id, 2);
    ck_assert_int_eq(find(codes, "annat", &id), GK_CODE_BURGLARY);
    ck_assert_int_eq(id, 1);
    gk_incident_codes_free(codes);
    ck_assert_int_eq(read_list(&codes, "a,9801\n", &error), GK_OK);
    ck_assert_int_eq(find(codes, "b", &id), GK_CODE_UNLISTED);
    ck_assert_int_eq(find(codes, "1201", &id), GK_CODE_OTHER);
    gk_incident_codes_free(codes);
}
END_TEST

START_TEST(a_wrong_list_is_refused_with_its_line)
{
    static const char *const table[][2] = {{"a;1201\n", "line 1: 1201 is no code of burglary"},
                                           {"v;k\na;x\n", "line 2: the second column"},
                                           {"v;k\na\n", "line 2: two columns"},
                                           {"v;k\n;9801\n", "line 2: a value that is empty"},
                                           {"a;9801\n\nA;857\n", "lines 1 and 3"},
                                           {"*;\n*;9801\n", "line 2: \"*\" is there twice"},
                                           {"a;\"9801\n", "line 1: a quote"}};
    struct gk_incident_codes *codes;
    struct gk_error error;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ck_assert_int_eq(read_list(&codes, table[i][0], &error), GK_REJECTED);
        ck_assert_msg(strstr(error.message, table[i][1]) != NULL, "%s", error.message);
        gk_incident_codes_free(codes);
    }
    /* The same value with the same code is no contradiction. */
    ck_assert_int_eq(read_list(&codes, "a;9801\nA;9801\n*;\n*;\n", &error), GK_OK);
    gk_incident_codes_free(codes);
}
END_TEST

START_TEST(a_code_of_another_shape_is_not_taken)
{
    struct gk_incident_codes *codes;
    struct gk_error error;
    ck_assert_int_eq(gk_incident_codes_create(&codes), GK_OK);
    ck_assert_int_eq(gk_incident_codes_add(codes, 1, "98010", &error), GK_INTERNAL);
    ck_assert_int_eq(gk_incident_codes_add(codes, 0, "9801", &error), GK_INTERNAL);
    gk_incident_codes_free(codes);
    gk_incident_codes_free(NULL);
}
END_TEST

GK_UNIT_MAIN("incident codes", without_a_list_only_codes_are_known,
             a_list_goes_before_codes_and_star_behind_them, a_wrong_list_is_refused_with_its_line,
             a_code_of_another_shape_is_not_taken)
