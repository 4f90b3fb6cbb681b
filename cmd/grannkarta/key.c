/* `key create` and `key add`: the keys that turn case numbers into hashes. They
 * live in a file outside the database; without it, imports cannot recognise a
 * case again. */
#include <time.h>

#include "anon/keyring.h"
#include "base/date.h"
#include "command.h"

static int32_t today(void)
{
    return gk_day_from_hour(gk_hour_from_utc((int64_t)time(NULL)));
}

static enum gk_status create(const struct gk_options *options, const struct gk_arguments *arguments,
                             struct gk_error *error)
{
    enum gk_status status = gk_keyring_create(options->key_ring, today(), error);
    if (status == GK_OK)
        gk_report_text(arguments->report, "key_ring", options->key_ring,
                       "made a key in {}; keep a copy elsewhere than the backup of the database\n");
    return status;
}

static enum gk_status add(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error)
{
    enum gk_status status = gk_keyring_add(options->key_ring, today(), error);
    if (status == GK_OK)
        gk_report_text(arguments->report, "key_ring", options->key_ring,
                       "added a key to {}; imports use it from now on, and still know cases of "
                       "the older ones\n");
    return status;
}

const struct gk_command gk_command_key_create = {
    .name = "key create",
    .operands = "",
    .help = "make the file with the key for case numbers",
    .usage = "Writes the file of the option key_ring, mode 0600; refuses when it exists.\n",
    .has_report = true,
    .run = create,
};

const struct gk_command gk_command_key_add = {
    .name = "key add",
    .operands = "",
    .help = "add a newer key for case numbers",
    .has_report = true,
    .run = add,
};
