/* `profile sample`: a profile for `import incidents`, from the table that reads
 * profiles. */
#include <stdio.h>

#include "command.h"
#include "incident_settings.h"

enum { SAMPLE_MAX_BYTES = 16 * 1024 };

static enum gk_status print_sample(const struct gk_options *options,
                                   const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options, (void)arguments;
    struct gk_buf buf;
    gk_buf_init(&buf, SAMPLE_MAX_BYTES);
    gk_buf_put_incident_sample(&buf);
    enum gk_status status = gk_buf_status(&buf);
    if (status == GK_OK)
        fwrite(buf.data, 1, buf.length, stdout);
    else
        gk_error_set(error, status, "make the sample: %s", gk_status_text(status));
    gk_buf_release(&buf);
    return status;
}

const struct gk_command gk_command_profile_sample = {
    .name = "profile sample",
    .operands = "",
    .help = "print a profile for `import incidents` with every setting",
    .run = print_sample,
};
