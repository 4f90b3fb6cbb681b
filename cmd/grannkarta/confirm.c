/* Asking before something that cannot be taken back. */
#include "confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MAX_BYTES = 16 };

enum gk_status gk_confirm(const char *question, bool is_yes, struct gk_error *error)
{
    char answer[ANSWER_MAX_BYTES];
    if (is_yes)
        return GK_OK;
    if (isatty(STDIN_FILENO) != 1)
        return gk_error_set(error, GK_INVALID,
                            "this cannot be taken back and nobody is at a terminal to be asked: "
                            "say --yes (--dry-run shows what would go)");
    fprintf(stderr, "%s This cannot be taken back. Type yes to go on: ", question);
    fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) == NULL || strcmp(answer, "yes\n") != 0)
        return gk_error_set(error, GK_INTERRUPTED, "not confirmed: nothing was erased");
    return GK_OK;
}
