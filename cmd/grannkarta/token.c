/* `token create`, `token list` and `token revoke`. A token is 256 random bits;
 * it is shown once, or written once to a file, and only its SHA-256 is stored. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "store/tokens.h"

enum {
    TOKEN_BYTES = 32,
    PREFIX_LENGTH = 3,
    /* The prefix lets a search through files and logs find tokens. */
    TOKEN_TEXT_MAX = PREFIX_LENGTH + sodium_base64_ENCODED_LEN(
                                         TOKEN_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)
};

static void make_token(char text[TOKEN_TEXT_MAX], unsigned char hash[crypto_hash_sha256_BYTES])
{
    unsigned char bytes[TOKEN_BYTES];
    randombytes_buf(bytes, sizeof bytes);
    memcpy(text, "gk_", PREFIX_LENGTH);
    sodium_bin2base64(text + PREFIX_LENGTH, TOKEN_TEXT_MAX - PREFIX_LENGTH, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
    sodium_memzero(bytes, sizeof bytes);
}

static enum gk_status fail_to_write(const char *path, struct gk_error *error)
{
    return gk_error_set(error, GK_IO, "write \"%.300s\": %s", path, strerror(errno));
}

/* Writes the token beside `path`, mode 0600 from the first moment; it takes the
 * name only when the database has it. */
static enum gk_status write_beside(char **beside, const char *path, const char *text,
                                   struct gk_error *error)
{
    if (asprintf(beside, "%s.new", path) < 0) {
        *beside = NULL;
        return gk_error_set(error, GK_NO_MEMORY, "write \"%.300s\": out of memory", path);
    }
    (void)unlink(*beside);
    int fd = open(*beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_to_write(path, error);
    enum gk_status status = GK_OK;
    if (dprintf(fd, "%s\n", text) < 0 || fsync(fd) != 0)
        status = fail_to_write(path, error);
    if (close(fd) != 0 && status == GK_OK)
        status = fail_to_write(path, error);
    return status;
}

/* A file that is there may hold the only copy of another token. */
static enum gk_status refuse_existing(const char *path, struct gk_error *error)
{
    struct stat found;
    if (lstat(path, &found) == 0)
        return gk_error_set(error, GK_CONFLICT,
                            "write \"%.300s\": it exists; name another file, or replace it with "
                            "--force",
                            path);
    return errno == ENOENT ? GK_OK : fail_to_write(path, error);
}

enum { FLAG_ROLE, FLAG_NAME, FLAG_DAYS, FLAG_OUT, FLAG_FORCE };
static const struct gk_flag create_flags[] = {
    [FLAG_ROLE] = {.name = "role",
                   .kind = GK_FLAG_CHOICE,
                   .help = "what it lets its holder do",
                   .choices = "analyst",
                   .is_required = true},
    [FLAG_NAME] = {.name = "name",
                   .kind = GK_FLAG_TEXT,
                   .help = "who holds it; shown in the list and in the audit log",
                   .is_required = true},
    [FLAG_DAYS] = {.name = "days",
                   .kind = GK_FLAG_NUMBER,
                   .help = "ends after so many days; without it, when revoked",
                   .minimum = 1,
                   .maximum = 3660,
                   .has_no_default = true},
    [FLAG_OUT] = {.name = "out",
                  .kind = GK_FLAG_TEXT,
                  .help = "write the token to this file, mode 0600, instead of showing it"},
    [FLAG_FORCE] = {.name = "force",
                    .kind = GK_FLAG_SWITCH,
                    .help = "let --out replace a file that exists"},
    {.name = NULL},
};

static enum gk_status create(const struct gk_options *options, const struct gk_arguments *arguments,
                             struct gk_error *error)
{
    const struct gk_flag_value *values = arguments->values;
    const char *name = values[FLAG_NAME].text, *out = values[FLAG_OUT].text;
    if (*name == '\0' || strlen(name) > 200)
        return gk_error_set(error, GK_INVALID,
                            "--name is \"%.100s\"; allowed are 1 to 200 characters", name);
    enum gk_status status = GK_OK;
    if (out != NULL && values[FLAG_FORCE].count == 0)
        status = refuse_existing(out, error);
    if (status != GK_OK)
        return status;
    if (sodium_init() < 0)
        return gk_error_set(error, GK_INTERNAL, "make a token: no source of random numbers");
    struct gk_store *store = NULL;
    char text[TOKEN_TEXT_MAX], *beside = NULL;
    unsigned char hash[crypto_hash_sha256_BYTES];
    int32_t id = 0;
    make_token(text, hash);
    status = gk_command_open_store(&store, options, GK_STORE_OWNER, "grannkarta token", error);
    if (status == GK_OK && out != NULL)
        status = write_beside(&beside, out, text, error);
    if (status == GK_OK)
        status = gk_store_token_add(
            &id, store, name, values[FLAG_ROLE].text,
            values[FLAG_DAYS].count > 0 ? (int32_t)values[FLAG_DAYS].number : 0, hash, error);
    if (status == GK_OK && out != NULL && rename(beside, out) != 0) {
        status = fail_to_write(out, error);
        (void)!gk_store_token_revoke(NULL, store, id, NULL);
    }
    if (beside != NULL && status != GK_OK)
        (void)unlink(beside);
    if (status == GK_OK && out != NULL)
        printf("token %d for \"%s\" is in %s\n", (int)id, name, out);
    else if (status == GK_OK) {
        fprintf(stderr, "token %d for \"%s\"; it is not shown again:\n", (int)id, name);
        puts(text);
    }
    sodium_memzero(text, sizeof text);
    free(beside);
    gk_store_close(store);
    return status;
}

static enum gk_status put_token(void *context, const struct gk_token_row *row,
                                struct gk_error *error)
{
    (void)error;
    struct gk_report *report = context;
    bool is_revoked = row->revoked_utc != 0, ends = row->expires_utc != 0;
    const char *state = row->is_expired ? "  ended {}" : "  ends {}";
    gk_report_row_begin(report);
    gk_report_i64(report, "token", row->id, "token {}");
    gk_report_text(report, "role", row->role, "  {}");
    gk_report_utc(report, "made", row->created_utc, "  made {}");
    if (is_revoked)
        gk_report_utc(report, "revoked", row->revoked_utc, "  revoked {}");
    else
        gk_report_null(report, "revoked", NULL);
    if (ends)
        gk_report_utc(report, "ends", row->expires_utc, is_revoked ? NULL : state);
    else
        gk_report_null(report, "ends", NULL);
    gk_report_bool(report, "has_ended", row->is_expired, NULL);
    gk_report_text(report, "name", row->name, "  {}\n");
    gk_report_row_end(report);
    return GK_OK;
}

static enum gk_status list(const struct gk_options *options, const struct gk_arguments *arguments,
                           struct gk_error *error)
{
    struct gk_report *report = arguments->report;
    struct gk_store *store = NULL;
    enum gk_status status =
        gk_command_open_store(&store, options, GK_STORE_OWNER, "grannkarta token", error);
    gk_report_list_begin(report, "tokens");
    if (status == GK_OK)
        status = gk_store_tokens(store, put_token, report, error);
    gk_report_list_end(report);
    gk_store_close(store);
    return status;
}

static enum gk_status revoke_token(const struct gk_options *options,
                                   const struct gk_arguments *arguments, struct gk_error *error)
{
    const char *text = arguments->operands[0];
    char *end;
    errno = 0;
    long id = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || id < 1 || id > INT32_MAX)
        return gk_error_set(error, GK_INVALID,
                            "token \"%.64s\"; allowed is a number of \"token list\"", text);
    struct gk_store *store = NULL;
    int64_t earlier_utc = 0;
    struct gk_report *report = arguments->report;
    enum gk_status status =
        gk_command_open_store(&store, options, GK_STORE_OWNER, "grannkarta token", error);
    if (status == GK_OK)
        status = gk_store_token_revoke(&earlier_utc, store, (int32_t)id, error);
    if (status == GK_OK && earlier_utc != 0) {
        gk_report_i64(report, "revoked", id, "token {} was revoked already");
        gk_report_utc(report, "revoked_before", earlier_utc, ", {}\n");
    } else if (status == GK_OK)
        gk_report_i64(report, "revoked", id,
                      "token {} is revoked; daemons that reach the database refuse it within a "
                      "second\n");
    gk_store_close(store);
    return status;
}

const struct gk_command gk_command_token_create = {
    .name = "token create",
    .operands = "",
    .help = "make a token for an analyst and show it once",
    .flags = create_flags,
    .run = create,
};

const struct gk_command gk_command_token_list = {
    .name = "token list",
    .operands = "",
    .help = "list tokens, without what they are",
    .has_report = true,
    .run = list,
};

const struct gk_command gk_command_token_revoke = {
    .name = "token revoke",
    .operands = "ID",
    .help = "end a token",
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = revoke_token,
};
