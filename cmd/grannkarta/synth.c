/* `grannkarta synth`: invented data in the files that users have. Here are the
 * command, the order of work and the manifest that says what is invented. */
#include "synth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

enum { MANIFEST_MAX_BYTES = 64 * 1024, PATH_MAX_BYTES = 4096, INCIDENTS_A_YEAR = 400 };

enum { SEED, DWELLINGS, INCIDENTS, YEARS };

static const struct gk_flag flags[] = {
    [SEED] = {.name = "seed",
              .kind = GK_FLAG_NUMBER,
              .help = "another seed gives other data, the same seed the same files",
              .minimum = 0,
              .maximum = INT64_C(1000000000000),
              .initial = 1},
    [DWELLINGS] = {.name = "dwellings",
                   .kind = GK_FLAG_NUMBER,
                   .help = "dwellings of the larger municipality",
                   .minimum = 500,
                   .maximum = 5000000,
                   .initial = 60000},
    [INCIDENTS] = {.name = "incidents",
                   .kind = GK_FLAG_NUMBER,
                   .help = "incidents of the larger municipality; default 400 a year",
                   .minimum = 0,
                   .maximum = 10000000,
                   .has_no_default = true},
    [YEARS] = {.name = "years",
               .kind = GK_FLAG_NUMBER,
               .help = "whole years of incidents, up to 2025-12-31",
               .minimum = 1,
               .maximum = GK_SYNTH_YEARS_MAX,
               .initial = 8},
    {0},
};

enum gk_status gk_synth_build(struct gk_synth *synth, const struct gk_synth_plan *plan)
{
    memset(synth, 0, sizeof *synth);
    synth->plan = *plan;
    enum gk_status status = gk_synth_mesh_build(&synth->mesh, plan);
    if (status == GK_OK)
        status = gk_synth_settle(synth);
    if (status == GK_OK)
        status = gk_synth_part(synth);
    if (status == GK_OK)
        status = gk_synth_watch(synth);
    return status;
}

void gk_synth_release(struct gk_synth *synth)
{
    for (size_t d = 0; d < synth->district_count; d++)
        gk_synth_outline_release(&synth->districts[d].outline);
    for (int owner = 0; owner < GK_SYNTH_OWNERS; owner++)
        gk_synth_outline_release(&synth->municipalities[owner].outline);
    free(synth->districts);
    free(synth->addresses);
    free(synth->places);
    free(synth->mesh.owner);
    free(synth->mesh.district);
    free(synth->mesh.first);
    memset(synth, 0, sizeof *synth);
}

/* --- manifest ------------------------------------------------------------ */

static void put_municipality(struct gk_buf *buf, const struct gk_synth *synth,
                             enum gk_synth_owner owner)
{
    size_t addresses = 0, districts = 0;
    for (size_t i = 0; i < synth->address_count; i++)
        addresses += synth->addresses[i].owner == owner;
    for (size_t d = 0; d < synth->district_count; d++)
        districts += synth->districts[d].owner == owner;
    const int64_t *dwellings = synth->dwellings[owner];
    int64_t all = dwellings[0] + dwellings[1] + dwellings[2];
    gk_buf_printf(buf,
                  "%s, code %s\n  addresses = %zu\n  dwellings = %lld (villa %lld, lagenhet %lld, "
                  "fritidshus %lld)\n  inhabitants = %lld\n  districts = %zu\n\n",
                  gk_synth_municipalities[owner].name, gk_synth_municipalities[owner].code,
                  addresses, (long long)all, (long long)dwellings[GK_SYNTH_VILLA],
                  (long long)dwellings[GK_SYNTH_FLAT], (long long)dwellings[GK_SYNTH_HOLIDAY],
                  (long long)synth->municipalities[owner].inhabitants, districts);
}

static void put_csv(struct gk_buf *buf, const char *file, const char *shape,
                    const struct gk_synth_csv_report *report)
{
    gk_buf_printf(buf, "%s (%s)\n  good rows = %lld\n", file, shape, (long long)report->good);
    for (int kind = 0; kind < GK_SYNTH_KINDS; kind++)
        gk_buf_printf(buf, "    %s = %lld\n", gk_synth_kind_names[kind],
                      (long long)report->by_kind[kind]);
    gk_buf_printf(buf, "    attempted, of these = %lld\n", (long long)report->attempted);
    if (report->dirty.length > 0)
        gk_buf_printf(buf, "  dirty rows, on purpose, by line (the heading is line 1):\n%s",
                      report->dirty.data);
    gk_buf_puts(buf, "\n");
}

static void put_manifest(struct gk_buf *buf, const struct gk_synth *synth,
                         const struct gk_synth_csv_report *reports)
{
    const struct gk_synth_plan *plan = &synth->plan;
    gk_buf_printf(
        buf,
        "INVENTED DATA (påhittade data), made by grannkarta %s: grannkarta synth\n\n"
        "Everything in this folder is invented by a random generator: every home, street,\n"
        "address, border, watch area, burglary and case number. Nothing here happened. Bromölla\n"
        "(syntetisk) has the extent, the localities and about the size of the real municipality,\n"
        "and nothing else of it. Storby (påhittad) does not exist; its code 1299 is no\n"
        "municipality's. Its ground is drawn west of the other, over places that are in truth\n"
        "other municipalities.\n\n"
        "seed = %llu\nyears = %d (%d-01-01 to %d-12-31)\n\n",
        GK_VERSION, (unsigned long long)plan->seed, plan->years,
        GK_SYNTH_LAST_YEAR - plan->years + 1, GK_SYNTH_LAST_YEAR);
    put_municipality(buf, synth, GK_SYNTH_BROMOLLA);
    put_municipality(buf, synth, GK_SYNTH_STORBY);
    gk_buf_puts(buf, "addresses.gpkg         address points, EPSG:3006: address, class, dwellings, "
                     "year\ndistricts-regso.gpkg   districts, EPSG:3006: code, name, inhabitants, "
                     "inhabitants_year\ndistricts-kommun.gpkg  municipalities, the unions of their "
                     "districts\nwatch-areas.geojson    Grannsamverkan, CRS84: name, slug, since, "
                     "approved\n\n");
    size_t approved = 0, across = 0;
    for (size_t i = 0; i < synth->watch_count; i++) {
        approved += synth->watches[i].is_approved;
        across += synth->watches[i].districts > 1;
    }
    gk_buf_printf(buf, "watch areas = %zu (approved %zu, across a district's border %zu)\n\n",
                  synth->watch_count, approved, across);
    put_csv(buf, "incidents.csv", "Storby; UTF-8 with BOM, CRLF, SWEREF 99 TM",
            &reports[GK_SYNTH_STORBY]);
    put_csv(buf, "incidents-latlon.csv", "Bromölla; Windows-1252, LF, degrees with decimal comma",
            &reports[GK_SYNTH_BROMOLLA]);
    gk_buf_puts(buf,
                "The model: villas are burgled most in November, then December and October, "
                "least in\nMay and April; numbers fall over the years; risk is uneven; within "
                "100 m and 7 days of\na burglary the next is 2.83 times as likely as by chance "
                "(where there are enough);\na burglary that an approved watch area would have "
                "seen is left out in one case of five.\n");
}

static enum gk_status write_manifest(const struct gk_synth *synth, const char *path,
                                     const struct gk_synth_csv_report *reports,
                                     struct gk_error *error)
{
    struct gk_buf buf;
    gk_buf_init(&buf, MANIFEST_MAX_BYTES);
    put_manifest(&buf, synth, reports);
    enum gk_status status = gk_buf_status(&buf);
    FILE *file = status == GK_OK ? fopen(path, "wbe") : NULL;
    bool is_written = file != NULL && fwrite(buf.data, 1, buf.length, file) == buf.length;
    if (file != NULL && fclose(file) != 0)
        is_written = false;
    if (status == GK_OK && !is_written)
        status = gk_error_set(error, GK_IO, "write \"%s\": %s", path, strerror(errno));
    gk_buf_release(&buf);
    return status;
}

/* --- the command ----------------------------------------------------------- */

static enum gk_status join(char *path, const char *directory, const char *file,
                           struct gk_error *error)
{
    int n = snprintf(path, PATH_MAX_BYTES, "%s/%s", directory, file);
    if (n < 0 || n >= PATH_MAX_BYTES)
        return gk_error_set(error, GK_INVALID, "path \"%.200s...\" is too long", directory);
    return GK_OK;
}

/* The manifest comes last: where it is, the other files are whole. */
static enum gk_status write_files(const struct gk_synth *synth, const char *directory,
                                  struct gk_report *report, struct gk_error *error)
{
    static const char *const files[GK_SYNTH_OWNERS] = {
        [GK_SYNTH_BROMOLLA] = "incidents-latlon.csv", [GK_SYNTH_STORBY] = "incidents.csv"};
    struct gk_synth_csv_report reports[GK_SYNTH_OWNERS] = {0};
    char path[PATH_MAX_BYTES];
    if (mkdir(directory, 0777) != 0 && errno != EEXIST)
        return gk_error_set(error, GK_IO, "make folder \"%s\": %s", directory, strerror(errno));
    enum gk_status status = join(path, directory, "README.txt", error);
    if (status == GK_OK && unlink(path) != 0 && errno != ENOENT)
        status = gk_error_set(error, GK_IO, "replace \"%s\": %s", path, strerror(errno));
    if (status == GK_OK)
        status = gk_synth_write_vectors(synth, directory, error);
    for (int owner = GK_SYNTH_BROMOLLA; owner < GK_SYNTH_OWNERS && status == GK_OK; owner++) {
        status = join(path, directory, files[owner], error);
        if (status == GK_OK)
            status =
                gk_synth_write_csv(synth, (enum gk_synth_owner)owner, path, &reports[owner], error);
    }
    if (status == GK_OK)
        status = join(path, directory, "README.txt", error);
    if (status == GK_OK)
        status = write_manifest(synth, path, reports, error);
    if (status == GK_OK) {
        gk_report_i64(report, "addresses", (int64_t)synth->address_count, "wrote {} addresses, ");
        gk_report_i64(report, "districts", (int64_t)synth->district_count, "{} districts, ");
        gk_report_i64(report, "watch_areas", (int64_t)synth->watch_count, "{} watch areas, ");
        gk_report_i64(report, "incidents",
                      reports[GK_SYNTH_STORBY].good + reports[GK_SYNTH_BROMOLLA].good,
                      "{} incidents to ");
        gk_report_text(report, "directory", directory, "{}\n");
    }
    for (int owner = 0; owner < GK_SYNTH_OWNERS; owner++)
        gk_buf_release(&reports[owner].dirty);
    return status;
}

static enum gk_status run(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error)
{
    (void)options;
    const struct gk_flag_value *values = arguments->values;
    struct gk_synth_plan plan = {.seed = (uint64_t)values[SEED].number,
                                 .dwellings = values[DWELLINGS].number,
                                 .incidents = values[INCIDENTS].number,
                                 .years = (int)values[YEARS].number,
                                 .progress = arguments->progress};
    if (values[INCIDENTS].count == 0)
        plan.incidents = (int64_t)plan.years * INCIDENTS_A_YEAR;
    struct gk_synth synth;
    enum gk_status status = gk_synth_build(&synth, &plan);
    if (status != GK_OK)
        gk_error_set(error, status, "invent the municipalities: %s", gk_status_text(status));
    else
        status = write_files(&synth, arguments->operands[0], arguments->report, error);
    gk_synth_release(&synth);
    return status;
}

const struct gk_command gk_command_synth = {
    .name = "synth",
    .operands = "DIR",
    .help = "write invented municipalities as files, to try things with",
    .usage = "Makes the folder DIR and in it addresses.gpkg, districts-regso.gpkg,\n"
             "districts-kommun.gpkg, watch-areas.geojson, incidents.csv, incidents-latlon.csv and\n"
             "README.txt, which says what is in them. All of it is invented. Files of these names\n"
             "that are there already are replaced.\n",
    .flags = flags,
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = run,
};
