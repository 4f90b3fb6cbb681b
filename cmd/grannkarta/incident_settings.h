/* How a source writes its incident files: encoding, columns, CRS, order of dates,
 * list of codes. Said by flags, or once and for all by a profile: a file of
 * `name = value` lines as the configuration is. One table makes flags, profile and
 * sample. Pure but for reading and writing the profile. */
#ifndef GK_CMD_INCIDENT_SETTINGS_H
#define GK_CMD_INCIDENT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "import_fields.h"
#include "incident_columns.h"
#include "text.h"

enum { GK_SETTING_TEXT_MAX = 1024, GK_PROFILE_MAX_BYTES = 64 * 1024 };

enum gk_incident_format { GK_FORMAT_AUTO, GK_FORMAT_CSV, GK_FORMAT_VECTOR };

struct gk_incident_settings {
    enum gk_incident_format format;
    enum gk_encoding encoding;
    char delimiter; /* NUL: detected */
    char decimal;   /* NUL: point or comma */
    enum gk_date_order date_order;
    bool is_swapped;
    int64_t epsg; /* 0: not said */
    char layer[GK_SETTING_TEXT_MAX], codes[GK_SETTING_TEXT_MAX];
    struct gk_incident_map map;
};

/* What holds when nothing is said. */
void gk_incident_settings_init(struct gk_incident_settings *settings);

/* Sets one by its name in a profile ("date_order", "map.code", ...; - is as good as
 * _). GK_INVALID names it, the value and what is allowed. */
GK_CHECKED enum gk_status gk_incident_settings_set(struct gk_incident_settings *settings,
                                                   const char *name, const char *value,
                                                   struct gk_error *error);

/* Reads the text of a profile, which is changed by it; `path` is for messages. */
GK_CHECKED enum gk_status gk_incident_settings_parse(struct gk_incident_settings *settings,
                                                     char *text, const char *path,
                                                     struct gk_error *error);

/* Reads a profile. A list of codes that it names is beside it, unless the name is
 * absolute. */
GK_CHECKED enum gk_status gk_incident_settings_read(struct gk_incident_settings *settings,
                                                    const char *path, struct gk_error *error);

/* Appends the profile that says the same. */
void gk_buf_put_incident_settings(struct gk_buf *buf, const struct gk_incident_settings *settings);

/* Writes it; GK_CONFLICT when there is a file of that name. */
GK_CHECKED enum gk_status gk_incident_settings_write(const struct gk_incident_settings *settings,
                                                     const char *path, struct gk_error *error);

/* Appends a profile with every setting as a comment: what it does, what is allowed. */
void gk_buf_put_incident_sample(struct gk_buf *buf);

#endif
