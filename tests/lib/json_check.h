/* A JSON grammar check (RFC 8259) and look-ups in texts, for tests in C: written
 * apart from lib/base/json.c, which it checks. */
#ifndef GK_TESTS_JSON_CHECK_H
#define GK_TESTS_JSON_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline const char *json_skip_value(const char *p);

static inline const char *json_skip_space(const char *p)
{
    return p == NULL ? NULL : p + strspn(p, " \t\r\n");
}

static inline const char *json_skip_string(const char *p)
{
    if (*p++ != '"')
        return NULL;
    for (; *p != '"'; p++) {
        if ((unsigned char)*p < 0x20)
            return NULL;
        if (*p == '\\') {
            p++;
            if (*p == 'u' && strspn(p + 1, "0123456789abcdefABCDEF") < 4)
                return NULL;
            if (*p == '\0' || strchr("\"\\/bfnrtu", *p) == NULL)
                return NULL;
        }
    }
    return p + 1;
}

static inline const char *json_skip_list(const char *p, char end, bool has_keys)
{
    p = json_skip_space(p + 1);
    if (*p == end)
        return p + 1;
    for (;;) {
        if (has_keys) {
            p = json_skip_space(json_skip_string(p));
            if (p == NULL || *p++ != ':')
                return NULL;
            p = json_skip_space(p);
        }
        p = json_skip_space(json_skip_value(p));
        if (p == NULL || (*p != ',' && *p != end))
            return NULL;
        if (*p++ == end)
            return p;
        p = json_skip_space(p);
    }
}

/* Behind the value that begins at p, or NULL. */
static inline const char *json_skip_value(const char *p)
{
    static const char *const words[] = {"true", "false", "null"};
    if (*p == '{')
        return json_skip_list(p, '}', true);
    if (*p == '[')
        return json_skip_list(p, ']', false);
    if (*p == '"')
        return json_skip_string(p);
    for (int i = 0; i < 3; i++)
        if (strncmp(p, words[i], strlen(words[i])) == 0)
            return p + strlen(words[i]);
    size_t digits = strspn(p, "0123456789.eE+-");
    if (digits == 0 || (p[0] == '0' && p[1] >= '0' && p[1] <= '9') || p[0] == '.' || p[0] == '+')
        return NULL;
    return p + digits;
}

static inline bool is_json(const char *text)
{
    const char *end = json_skip_space(json_skip_value(json_skip_space(text)));
    return end != NULL && *end == '\0';
}

/* The value of the first member `"key":` at or after p; NULL when there is none. */
static inline const char *json_member(const char *p, const char *key)
{
    char quoted[256];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *found = strstr(p, quoted);
    return found == NULL ? NULL : found + strlen(quoted);
}

/* That value as a number, NAN-free: -1e300 when it is missing or null. */
static inline double json_number(const char *p, const char *key)
{
    const char *value = json_member(p, key);
    return value == NULL || *value == 'n' ? -1e300 : strtod(value, NULL);
}

static inline bool json_is_null(const char *p, const char *key)
{
    const char *value = json_member(p, key);
    return value != NULL && strncmp(value, "null", 4) == 0;
}

#endif
