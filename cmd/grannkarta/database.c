/* Opening the database as commands do: with the schema of this very program.
 * Against an older one a command would end in the middle of its work with a
 * missing column, against a newer one it might break a rule that it does not
 * know. Only `migrate` opens without looking. */
#include "command.h"

#include "store/migrate.h"

enum gk_status gk_command_open_store(struct gk_store **store, const struct gk_options *options,
                                     enum gk_store_role role, const char *application_name,
                                     struct gk_error *error)
{
    enum gk_status status = gk_store_open(store, options->database, role, application_name, error);
    if (status != GK_OK)
        return status;
    status = gk_store_check_schema(*store, error);
    if (status != GK_OK) {
        gk_store_close(*store);
        *store = NULL;
    }
    return status;
}
