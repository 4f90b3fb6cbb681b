/* The options of both programs, generated from base/options.def.
 *
 * Flag over environment (GRANNKARTA_NAME) over file. A file has lines
 * `name = value`, `#` starts a comment, an unknown name is an error. */
#ifndef GK_BASE_OPTIONS_H
#define GK_BASE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/* What is read when nothing else is named; `make SYSCONFDIR=...` moves it. */
#ifndef GK_OPTIONS_FILE
#define GK_OPTIONS_FILE "/etc/grannkarta/grannkarta.conf"
#endif

struct gk_options {
#define GK_OPTION_TEXT(name, value, secret, reload, help) char *name;
#define GK_OPTION_CHOICE(name, value, choices, reload, help) char *name;
#define GK_OPTION_NUMBER(name, value, minimum, maximum, unit, reload, help) int64_t name;
#include "base/options.def"
#undef GK_OPTION_TEXT
#undef GK_OPTION_CHOICE
#undef GK_OPTION_NUMBER
};

/* Fills in the defaults; release with gk_options_release(). */
GK_CHECKED enum gk_status gk_options_init(struct gk_options *options);

/* Frees the texts. */
void gk_options_release(struct gk_options *options);

/* Sets one option from text. GK_INVALID names the option, the value (unless
 * secret) and what is allowed; GK_NOT_FOUND for an unknown name. */
GK_CHECKED enum gk_status gk_options_set(struct gk_options *options, const char *name,
                                         const char *value, struct gk_error *error);

/* Reads a file of at most 64 KiB; messages carry path and line number. */
GK_CHECKED enum gk_status gk_options_read_file(struct gk_options *options, const char *path,
                                               struct gk_error *error);

/* Takes GRANNKARTA_NAME variables from `environment` (NULL-terminated). Other
 * names that begin with GRANNKARTA_ are errors; GRANNKARTA_CONFIG is passed over. */
GK_CHECKED enum gk_status gk_options_read_environment(struct gk_options *options,
                                                      char *const *environment,
                                                      struct gk_error *error);

/* Takes options `--name value` or `--name=value` out of argv (moving the rest
 * together and updating *argc); `--config FILE` is read first wherever it
 * stands; without it the file of GRANNKARTA_CONFIG (empty: none), without that
 * GK_OPTIONS_FILE where there is one. Precedence is kept: file, environment,
 * flags. Names may be written with - for _. Stops at "--". Flags it does not know
 * stay in argv. */
GK_CHECKED enum gk_status gk_options_read_arguments(struct gk_options *options, int *argc,
                                                    char **argv, char *const *environment,
                                                    struct gk_error *error);

/* Copies the values that may change at run time from `fresh`; a changed value
 * that may not is named in `ignored`. */
GK_CHECKED enum gk_status gk_options_reload(struct gk_options *options,
                                            const struct gk_options *fresh, struct gk_buf *ignored);

/* Appends the --help section. */
void gk_options_put_help(struct gk_buf *buf);

/* Appends a sample configuration file with every option commented out. */
void gk_options_put_sample(struct gk_buf *buf);

#endif
