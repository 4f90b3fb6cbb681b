/* `key create` and `key add`: the keys that turn case numbers into hashes. They
 * live in a file outside the database; without it, imports cannot recognise a
 * case again. */
#include <stdio.h>
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
    (void)arguments;
    enum gk_status status = gk_keyring_create(options->key_ring, today(), error);
    if (status == GK_OK)
        printf("made a key in %s; keep a copy elsewhere than the backup of the database\n",
               options->key_ring);
    return status;
}

static enum gk_status add(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error)
{
    (void)arguments;
    enum gk_status status = gk_keyring_add(options->key_ring, today(), error);
    if (status == GK_OK)
        printf("added a key to %s; imports use it from now on, and still know cases of the "
               "older ones\n",
               options->key_ring);
    return status;
}

const struct gk_command gk_command_key_create = {
    .name = "key create",
    .operands = "",
    .help = "make the file with the key for case numbers",
    .usage = "Writes the file of the option key_ring, mode 0600; refuses when it exists.\n",
    .run = create,
};

const struct gk_command gk_command_key_add = {
    .name = "key add",
    .operands = "",
    .help = "add a newer key for case numbers",
    .run = add,
};
