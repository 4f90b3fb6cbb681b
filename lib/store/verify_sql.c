/* The questions of lib/store/verify, as the build embeds them. */
#include "verify_sql.h"

#include <stddef.h>
#include <string.h>

#define GK_VERIFY_LINES(text)
static const struct {
    const char *name, *sql;
} questions[] = {
#define GK_VERIFY_SQL(name, sql) {name, sql},
#include "verify.inc"
#undef GK_VERIFY_SQL
};
#undef GK_VERIFY_LINES

const char *gk_verify_sql(const char *name)
{
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        if (strcmp(questions[i].name, name) == 0)
            return questions[i].sql;
    return NULL;
}

const char *gk_verify_lines(void)
{
#define GK_VERIFY_SQL(name, sql)
#define GK_VERIFY_LINES(text) return text;
#include "verify.inc"
#undef GK_VERIFY_LINES
#undef GK_VERIFY_SQL
}
