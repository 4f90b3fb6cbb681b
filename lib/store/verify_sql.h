/* The questions of lib/store/verify by name, compiled in. */
#ifndef GK_STORE_VERIFY_SQL_H
#define GK_STORE_VERIFY_SQL_H

/* The text of verify/<name>.sql; NULL when there is no such file. */
const char *gk_verify_sql(const char *name);

/* The lines of verify/schema.expected, one after the other. */
const char *gk_verify_lines(void);

#endif
