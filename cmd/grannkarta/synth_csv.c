/* The incident files as the police export them, in the two shapes that occur.
 *
 * Rows are made in UTF-8 and written a megabyte at a time; the second file is
 * turned into Windows-1252 on the way out. A few rows are dirty on purpose, at
 * known places: what is wrong with each goes into the report. */
#include "synth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"

enum { FLUSH_BYTES = 1 << 20, ROW_MAX_BYTES = 1024, REPORT_MAX_BYTES = 4096, DIRTY_MAX = 8 };

enum dirt {
    CLEAN,
    BAD_DATE,
    FUTURE_DATE,
    BAD_CODE,
    NO_PLACE,
    ZERO_PLACE,
    REPEATED,
    BAD_COUNT,
    BACKWARDS
};

/* What each kind of dirt is, and what an import should make of it. */
static const char *const dirt_texts[] = {
    [BAD_DATE] = "rejected: it began on 30 February",
    [FUTURE_DATE] = "rejected: it began in 2099",
    [BAD_CODE] = "rejected: 1201 is not a code of burglary",
    [NO_PLACE] = "unlocated: it has no coordinates",
    [ZERO_PLACE] = "unlocated: its coordinates are 0, 0",
    [REPEATED] = "duplicate: it is the row before once more",
    [BAD_COUNT] = "rejected: Antal is a word",
    [BACKWARDS] = "rejected: it ended before it began",
};

static const enum dirt dirt_of[GK_SYNTH_OWNERS][DIRTY_MAX] = {
    [GK_SYNTH_STORBY] = {BAD_DATE, NO_PLACE, BAD_CODE, ZERO_PLACE, REPEATED, BAD_COUNT, BACKWARDS,
                         FUTURE_DATE},
    [GK_SYNTH_BROMOLLA] = {NO_PLACE, REPEATED, BAD_DATE},
};

struct writer {
    const struct gk_synth *synth;
    enum gk_synth_owner owner;
    bool is_degrees;
    FILE *file;
    struct gk_buf buf;
    struct gk_synth_csv_report *report;
    struct gk_synth_degrees *degrees;
    int64_t total, line;
    int dirty, dirty_count;
    struct gk_error *error;
    const char *path;
};

/* UTF-8 to Windows-1252 in place: only letters below U+0100 occur. */
static void to_windows_1252(struct gk_buf *buf)
{
    size_t out = 0;
    for (size_t i = 0; i < buf->length; i++) {
        unsigned char c = (unsigned char)buf->data[i];
        if ((c & 0xFC) == 0xC0 && i + 1 < buf->length)
            c = (unsigned char)((c & 3) << 6 | ((unsigned char)buf->data[++i] & 0x3F));
        buf->data[out++] = (char)c;
    }
    buf->length = out;
}

static enum gk_status flush(struct writer *writer)
{
    enum gk_status status = gk_buf_status(&writer->buf);
    if (status != GK_OK || writer->buf.length == 0)
        return status;
    if (writer->is_degrees)
        to_windows_1252(&writer->buf);
    if (fwrite(writer->buf.data, 1, writer->buf.length, writer->file) != writer->buf.length)
        return gk_error_set(writer->error, GK_IO, "write \"%s\": %s", writer->path,
                            strerror(errno));
    gk_buf_clear(&writer->buf);
    return GK_OK;
}

/* value / 10^digits with all its digits. */
static void put_decimal(struct gk_buf *buf, int64_t value, unsigned digits, char point)
{
    int64_t whole = 1;
    for (unsigned i = 0; i < digits; i++)
        whole *= 10;
    gk_buf_put_i64(buf, value / whole);
    gk_buf_putc(buf, point);
    for (int64_t rest = value % whole; (whole /= 10) > 0; rest %= whole)
        gk_buf_putc(buf, (char)('0' + rest / whole));
}

static void put_minute(struct gk_buf *buf, int64_t minute)
{
    gk_buf_put_day(buf, (int32_t)(minute / 1440));
    int64_t of_day = minute % 1440;
    char text[] = {' ', (char)('0' + of_day / 600),     (char)('0' + of_day / 60 % 10),
                   ':', (char)('0' + of_day % 60 / 10), (char)('0' + of_day % 10)};
    gk_buf_append(buf, text, sizeof text);
}

static void put_reported(struct writer *writer, int32_t day)
{
    struct gk_civil civil = gk_civil_from_day(day);
    if (writer->is_degrees) /* both ways of writing a date occur */
        gk_buf_put_i64(&writer->buf, civil.year * 10000 + civil.month * 100 + civil.day);
    else
        gk_buf_put_day(&writer->buf, day);
}

static void put_times(struct writer *writer, const struct gk_synth_incident *incident,
                      enum dirt dirt)
{
    struct gk_buf *buf = &writer->buf;
    if (dirt == BAD_DATE)
        gk_buf_puts(buf, "2023-02-30 08:00");
    else if (dirt == FUTURE_DATE)
        gk_buf_puts(buf, "2099-01-01 08:00");
    else
        put_minute(buf, incident->from_minute);
    gk_buf_putc(buf, ';');
    put_minute(buf, dirt == BACKWARDS ? incident->from_minute - 1500 : incident->to_minute);
    gk_buf_putc(buf, ';');
    put_reported(writer, incident->reported_day);
    gk_buf_putc(buf, ';');
}

static enum gk_status put_place(struct writer *writer, const struct gk_synth_incident *incident,
                                enum dirt dirt)
{
    struct gk_buf *buf = &writer->buf;
    if (dirt == NO_PLACE || dirt == ZERO_PLACE) {
        gk_buf_puts(buf, dirt == NO_PLACE ? ";;" : "0;0;");
        return GK_OK;
    }
    if (!writer->is_degrees) {
        put_decimal(buf, incident->n_mm, 3, '.');
        gk_buf_putc(buf, ';');
        put_decimal(buf, incident->e_mm, 3, '.');
        gk_buf_putc(buf, ';');
        return GK_OK;
    }
    struct gk_lonlat at;
    enum gk_status status = gk_synth_degrees_of(
        writer->degrees,
        (struct gk_en){(double)incident->e_mm / 1000, (double)incident->n_mm / 1000}, &at);
    if (status != GK_OK)
        return status;
    put_decimal(buf, (int64_t)floor(at.lat_deg * 1e7 + 0.5), 7, ',');
    gk_buf_putc(buf, ';');
    put_decimal(buf, (int64_t)floor(at.lon_deg * 1e7 + 0.5), 7, ',');
    gk_buf_putc(buf, ';');
    return GK_OK;
}

static enum gk_status put_row(struct writer *writer, const struct gk_synth_incident *incident,
                              enum dirt dirt)
{
    struct gk_buf *buf = &writer->buf;
    const struct gk_synth_municipality *municipality = &gk_synth_municipalities[writer->owner];
    uint32_t code = dirt == BAD_CODE ? 1201 : incident->code;
    char digits[] = {(char)('0' + code / 1000 % 10), (char)('0' + code / 100 % 10),
                     (char)('0' + code / 10 % 10), (char)('0' + code % 10), ';'};
    gk_buf_append(buf, digits, sizeof digits);
    put_times(writer, incident, dirt);
    gk_buf_puts(buf, municipality->name);
    gk_buf_putc(buf, ';');
    gk_synth_put_street(buf, incident->address->street);
    gk_buf_putc(buf, ';');
    gk_synth_put_number(buf, incident->address);
    gk_buf_putc(buf, ';');
    enum gk_status status = put_place(writer, incident, dirt);
    if (dirt == BAD_COUNT)
        gk_buf_puts(buf, "två");
    else
        gk_buf_put_i64(buf, incident->count);
    /* Serials of dirty rows lie above all others. */
    uint32_t serial = incident->serial;
    if (dirt != CLEAN && dirt != REPEATED)
        serial = (writer->total < 200000 ? 990000U : 99000000U) + (uint32_t)writer->dirty;
    gk_buf_putc(buf, ';');
    gk_buf_puts(buf, municipality->case_prefix);
    gk_buf_puts(buf, "-K");
    for (uint32_t place = 100000; place > 1 && serial < place; place /= 10)
        gk_buf_putc(buf, '0');
    gk_buf_put_i64(buf, serial);
    int year = gk_civil_from_day(incident->reported_day).year % 100;
    char ending[] = {'-', (char)('0' + year / 10), (char)('0' + year % 10), '\r', '\n'};
    if (writer->is_degrees)
        ending[3] = '\n';
    gk_buf_append(buf, ending, writer->is_degrees ? 4 : 5);
    writer->line++;
    return status;
}

/* Dirty rows stand at even distances, each a spoiled copy of the row before. */
static enum gk_status put_dirty_row(struct writer *writer, const struct gk_synth_incident *incident)
{
    struct gk_synth_csv_report *report = writer->report;
    if (writer->dirty == writer->dirty_count ||
        report->good < writer->total * (writer->dirty + 1) / (writer->dirty_count + 1))
        return GK_OK;
    enum dirt dirt = dirt_of[writer->owner][writer->dirty++];
    enum gk_status status = put_row(writer, incident, dirt);
    gk_buf_printf(&report->dirty, "  line %lld  %s\n", (long long)writer->line, dirt_texts[dirt]);
    return status;
}

static enum gk_status take(void *context, const struct gk_synth_incident *incident)
{
    struct writer *writer = context;
    enum gk_synth_kind kind = gk_synth_kind_of(incident->code);
    writer->report->good++;
    writer->report->by_kind[kind]++;
    writer->report->attempted +=
        incident->code == 857 || incident->code == 874 || incident->code == 9832;
    enum gk_status status = put_row(writer, incident, CLEAN);
    if (status == GK_OK)
        status = put_dirty_row(writer, incident);
    if (status == GK_OK && writer->buf.length > FLUSH_BYTES - 2 * ROW_MAX_BYTES)
        status = flush(writer);
    return status;
}

static enum gk_status put_header(struct writer *writer)
{
    if (!writer->is_degrees)
        gk_buf_puts(&writer->buf, "\xEF\xBB\xBF");
    gk_buf_puts(&writer->buf, "BROTTSKOD;BROTTSDATUMTID_START;BROTTSDATUMTID_SLUT;"
                              "Inskrivningsdatum;KOMMUN;GATA;GATUNR;");
    gk_buf_puts(&writer->buf, writer->is_degrees ? "LATITUDE;LONGITUDE;" : "SWEREF N;SWEREF E;");
    gk_buf_puts(&writer->buf, writer->is_degrees ? "Antal;DIARIENR\n" : "Antal;DIARIENR\r\n");
    writer->line = 1;
    return flush(writer);
}

enum gk_status gk_synth_write_csv(const struct gk_synth *synth, enum gk_synth_owner owner,
                                  const char *path, struct gk_synth_csv_report *report,
                                  struct gk_error *error)
{
    struct writer writer = {.synth = synth,
                            .owner = owner,
                            .is_degrees = owner == GK_SYNTH_BROMOLLA,
                            .report = report,
                            .total = gk_synth_incident_count(&synth->plan, owner),
                            .error = error,
                            .path = path};
    gk_buf_init(&writer.buf, FLUSH_BYTES);
    memset(report, 0, sizeof *report);
    gk_buf_init(&report->dirty, REPORT_MAX_BYTES);
    while (writer.dirty_count < DIRTY_MAX && dirt_of[owner][writer.dirty_count] != CLEAN)
        writer.dirty_count++;
    enum gk_status status = GK_OK;
    writer.file = fopen(path, "wbe");
    if (writer.file == NULL) {
        status = gk_error_set(error, GK_IO, "write \"%s\": %s", path, strerror(errno));
        goto out;
    }
    if (writer.is_degrees)
        status = gk_synth_degrees_open(&writer.degrees, error);
    if (status == GK_OK)
        status = put_header(&writer);
    if (status == GK_OK)
        status = gk_synth_incidents(synth, owner, take, &writer);
    if (status == GK_OK)
        status = flush(&writer);
out:
    gk_synth_degrees_close(writer.degrees);
    if (writer.file != NULL && fclose(writer.file) != 0 && status == GK_OK)
        status = gk_error_set(error, GK_IO, "write \"%s\": %s", path, strerror(errno));
    gk_buf_release(&writer.buf);
    return status;
}
