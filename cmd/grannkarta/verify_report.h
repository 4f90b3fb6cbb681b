/* The report of `grannkarta verify`: what was looked at, what was found, and how
 * it is written: as text, as JSON and as a page. It holds numbers and names of
 * cells, districts, releases and columns; nothing that was read is repeated. */
#ifndef GK_CMD_VERIFY_REPORT_H
#define GK_CMD_VERIFY_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/options.h"
#include "lattice_summary.h"
#include "store/verify.h"

enum gk_verify_part { GK_VERIFY_STORE, GK_VERIFY_HTTP, GK_VERIFY_ANALYST };

enum gk_verify_check {
#define GK_VERIFY_CHECK(symbol, id, part, title_sv, title_en, proves_sv, proves_en)                \
    GK_VERIFY_##symbol,
#include "verify_checks.def"
#undef GK_VERIFY_CHECK
    GK_VERIFY_CHECKS
};

/* What a check is; static. */
struct gk_verify_check_info {
    const char *id;
    enum gk_verify_part part;
    const char *title_sv, *title_en, *proves_sv, *proves_en;
};
const struct gk_verify_check_info *gk_verify_check_info(enum gk_verify_check check);

enum gk_verify_result { GK_VERIFY_PASS, GK_VERIFY_FAIL, GK_VERIFY_NOT_APPLICABLE };

/* Why a check does not apply. */
enum gk_verify_reason {
    GK_BECAUSE_NOTHING, /* there is nothing of the kind */
    GK_BECAUSE_ERASED,  /* retention or a purge erased what it would compare with */
    GK_BECAUSE_NO_HTTP, /* --no-http */
    GK_BECAUSE_NO_TOKEN /* no --token-file */
};

struct gk_verify_finding {
    struct gk_verify_outcome outcome;
    bool is_run;
};

enum { GK_VERIFY_NUMBERS_MAX = 64, GK_VERIFY_NUMBER_NAME_MAX = 31, GK_VERIFY_URL_MAX = 300 };

struct gk_verify_report {
    int64_t made_utc;
    const char *title, *publisher; /* of the deployment; borrowed */
    struct gk_verify_finding finding[GK_VERIFY_CHECKS];
    char url[GK_VERIFY_URL_MAX + 1]; /* "": --no-http */
    bool has_token;
    int64_t features;        /* fetched over HTTP */
    bool is_sampled;         /* some collection was too large to fetch whole */
    int64_t sample_features; /* drawn from each of those, with a fixed seed */
    struct {
        char name[GK_VERIFY_NUMBER_NAME_MAX + 1];
        double number;
    } number[GK_VERIFY_NUMBERS_MAX];
    size_t number_count;
    bool has_lattice;
    struct gk_lattice_summary lattice; /* of the newest lattice */
};

/* Adds a number; GK_INTERNAL when there are too many. The context is the report. */
gk_verify_number_function gk_verify_report_add;

/* The number of that name; 0 when the report has none. */
double gk_verify_number(const struct gk_verify_report *report, const char *name);

enum gk_verify_result gk_verify_result(const struct gk_verify_report *report,
                                       enum gk_verify_check check);

/* Only of a check that does not apply. */
enum gk_verify_reason gk_verify_reason(const struct gk_verify_report *report,
                                       enum gk_verify_check check);

/* How many checks have that result. */
size_t gk_verify_count(const struct gk_verify_report *report, enum gk_verify_result result);

/* Appends the report as text for a terminal, in English. */
void gk_verify_put_text(struct gk_buf *buf, const struct gk_verify_report *report);

/* Appends the report as one JSON object. */
void gk_verify_put_json(struct gk_buf *buf, const struct gk_verify_report *report);

/* Appends the page: one HTML file without script or anything from elsewhere. */
void gk_verify_put_page(struct gk_buf *buf, const struct gk_verify_report *report, bool is_swedish);

#endif
