/* `revert` and `withdraw`: an import, or a release, is taken back. Nothing is
 * erased by that; what is, is in erase.c. */
#include <errno.h>
#include <stdlib.h>

#include "command.h"
#include "store/lifecycle.h"

/* A number of revisions or releases; GK_INVALID names it and the command that
 * lists what is allowed. */
static enum gk_status read_number(int32_t *number, const char *text, const char *what,
                                  struct gk_error *error)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1 || value > INT32_MAX)
        return gk_error_set(error, GK_INVALID,
                            "%s \"%.64s\"; allowed is a number of `grannkarta %ss`", what, text,
                            what);
    *number = (int32_t)value;
    return GK_OK;
}

static enum gk_status revert(const struct gk_options *options, const struct gk_arguments *arguments,
                             struct gk_error *error)
{
    struct gk_store *store = NULL;
    struct gk_reverted reverted = {0};
    int32_t revision = 0;
    enum gk_status status = read_number(&revision, arguments->operands[0], "revision", error);
    if (status == GK_OK)
        status =
            gk_command_open_store(&store, options, GK_STORE_IMPORTER, "grannkarta revert", error);
    if (status == GK_OK)
        status = gk_store_revert(&reverted, store, revision, error);
    gk_store_close(store);
    if (status != GK_OK)
        return status;
    struct gk_report *report = arguments->report;
    gk_report_i64(report, "revision", reverted.revision, "revision {}");
    gk_report_i64(report, "reverts", revision, " reverts revision {}: ");
    gk_report_count(report, "removed", reverted.removed, "{} incidents taken out, ");
    gk_report_count(report, "restored", reverted.restored, "{} as they were before, ");
    gk_report_count(report, "returned", reverted.returned, "{} back; ");
    gk_report_day(report, "data_through", reverted.data_through_day, "data through {}\n");
    gk_report_note(report, "releases stay as they are; `grannkarta publish` makes a new one");
    return GK_OK;
}

static enum gk_status withdraw(const struct gk_options *options,
                               const struct gk_arguments *arguments, struct gk_error *error)
{
    struct gk_store *store = NULL;
    int32_t release = 0, newest = 0;
    enum gk_status status = read_number(&release, arguments->operands[0], "release", error);
    if (status == GK_OK)
        status =
            gk_command_open_store(&store, options, GK_STORE_IMPORTER, "grannkarta withdraw", error);
    if (status == GK_OK)
        status = gk_store_withdraw(&newest, store, release, error);
    gk_store_close(store);
    if (status != GK_OK)
        return status;
    struct gk_report *report = arguments->report;
    gk_report_i64(report, "withdrawn", release, "release {} is withdrawn\n");
    if (newest > 0)
        gk_report_i64(report, "newest", newest,
                      "the public sees release {}, from daemons that reach the database within a "
                      "second\n");
    else
        gk_report_null(report, "newest",
                       "no release stands: the public sees none until the next `grannkarta "
                       "publish`\n");
    return GK_OK;
}

const struct gk_command gk_command_revert = {
    .name = "revert",
    .operands = "REVISION",
    .help = "take an import back, by a new revision",
    .usage =
        "Incidents that the import added are out, those that it changed are as they were. The\n"
        "same file may be imported again, with the same result as the first time: a case keeps\n"
        "its number and is located by the lattice of its first import. A revert can itself be\n"
        "reverted. Refused when a later revision changed the same incidents: revert that first;\n"
        "and when incidents of it were erased. Releases stay as they are.\n",
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = revert,
};

const struct gk_command gk_command_withdraw = {
    .name = "withdraw",
    .operands = "RELEASE",
    .help = "take a release back; the public sees the newest that stands",
    .usage =
        "For good: the release is never shown again. When none stands, the public sees none.\n",
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = withdraw,
};
