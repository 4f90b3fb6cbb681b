/* Where `verify` asks, and the token that it asks with. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify_answers.h"

static enum gk_status read_token(char token[GK_VERIFY_TOKEN_MAX + 1], const char *path,
                                 struct gk_error *error)
{
    struct stat about;
    enum gk_status status = GK_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0)
        status = gk_error_set(error, GK_INVALID, "read \"%.300s\": %s", path, strerror(errno));
    else if (!S_ISREG(about.st_mode) || (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        status = gk_error_set(error, GK_INVALID,
                              "read \"%.300s\": it must be a file that only its owner can read "
                              "(chmod 600)",
                              path);
    ssize_t length = status == GK_OK ? read(fd, token, GK_VERIFY_TOKEN_MAX) : 0;
    if (fd >= 0)
        (void)close(fd);
    token[length > 0 ? length : 0] = '\0';
    token[strcspn(token, "\r\n \t")] = '\0';
    if (status == GK_OK && token[0] == '\0')
        status = gk_error_set(error, GK_INVALID, "read \"%.300s\": there is no token in it", path);
    return status;
}

enum gk_status gk_verify_target_find(struct gk_verify_target *target,
                                     const struct gk_options *options, const char *url,
                                     const char *token_file, struct gk_error *error)
{
    struct gk_buf text;
    gk_buf_init(&text, GK_VERIFY_URL_MAX);
    if (url == NULL && options->port == 0)
        return gk_error_set(error, GK_INVALID,
                            "verify: option port is 0, so give --url, or --no-http");
    const char *host = options->listen;
    if (strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    else if (strcmp(host, "::") == 0)
        host = "::1";
    if (url != NULL)
        gk_buf_puts(&text, url);
    else
        gk_buf_printf(&text, strchr(host, ':') != NULL ? "http://[%s]:%lld" : "http://%s:%lld",
                      host, (long long)options->port);
    enum gk_status status = gk_buf_status(&text);
    if (status != GK_OK ||
        (strncmp(text.data, "http://", 7) != 0 && strncmp(text.data, "https://", 8) != 0) ||
        strpbrk(text.data, "?#@ ") != NULL)
        status = gk_error_set(error, GK_INVALID,
                              "flag --url has to be http://host:port or https://..., of at most %d "
                              "bytes, without user and query",
                              GK_VERIFY_URL_MAX);
    if (status == GK_OK) {
        while (text.length > 0 && text.data[text.length - 1] == '/')
            text.length--;
        memcpy(target->url, text.data, text.length);
        target->url[text.length] = '\0';
        if (token_file != NULL)
            status = read_token(target->token, token_file, error);
    }
    gk_buf_release(&text);
    return status;
}

void gk_verify_target_forget(struct gk_verify_target *target)
{
    sodium_memzero(target->token, sizeof target->token);
}
