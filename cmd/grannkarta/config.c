/* `config sample` and `config check`: the configuration file, from the same
 * table that reads it. */
#include <stdio.h>

#include "command.h"

enum { SAMPLE_MAX_BYTES = 64 * 1024 };

static enum gk_status print_sample(const struct gk_options *options,
                                   const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options, (void)arguments;
    struct gk_buf buf;
    gk_buf_init(&buf, SAMPLE_MAX_BYTES);
    gk_options_put_sample(&buf);
    enum gk_status status = gk_buf_status(&buf);
    if (status == GK_OK)
        fwrite(buf.data, 1, buf.length, stdout);
    else
        gk_error_set(error, status, "make the sample: %s", gk_status_text(status));
    gk_buf_release(&buf);
    return status;
}

/* The configuration that --config, environment and flags give was read before
 * this runs: a fault in it has been reported already. A file named here is read
 * by itself. */
static enum gk_status check(const struct gk_options *options, const struct gk_arguments *arguments,
                            struct gk_error *error)
{
    (void)options;
    if (arguments->operand_count > 0) {
        struct gk_options own;
        enum gk_status status = gk_options_init(&own);
        if (status == GK_OK)
            status = gk_options_read_file(&own, arguments->operands[0], error);
        gk_options_release(&own);
        if (status != GK_OK)
            return status;
    }
    puts("the configuration is valid");
    return GK_OK;
}

const struct gk_command gk_command_config_sample = {
    .name = "config sample",
    .operands = "",
    .help = "print a configuration file with every option and its default",
    .run = print_sample,
};

const struct gk_command gk_command_config_check = {
    .name = "config check",
    .operands = "[FILE]",
    .help = "say whether a configuration is valid",
    .usage = "Checks FILE, or what --config, the environment and flags give together.\n",
    .operand_maximum = 1,
    .run = check,
};
