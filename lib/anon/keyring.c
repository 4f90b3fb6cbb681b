/* The keys of case numbers: their file, their locked memory and the hash.
 *
 * A key that is lost makes old case numbers unmatchable, one that leaks makes
 * them guessable: so files are replaced whole (write, fsync, rename), files that
 * others may read are refused, and what held a key is wiped. */
#include "anon/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/date.h"
#include "keyfile.h"

enum { LOCK_ATTEMPTS_MOST = 100 };

struct gk_keyring {
    size_t count;
    struct gk_key keys[GK_KEYS_MAX];
    /* What hashing begins with, the key taken in: half of the work of hashing a
     * case number is the key's, and the same each time. Secret as the key. */
    crypto_auth_hmacsha256_state begun[GK_KEYS_MAX];
    char text[GK_KEY_FILE_MAX + 1]; /* of the file; wiped once it is parsed */
};

_Static_assert(crypto_auth_hmacsha256_KEYBYTES == GK_KEY_BYTES, "key size");
_Static_assert(crypto_auth_hmacsha256_BYTES == GK_CASE_HASH_BYTES, "hash size");

/* An empty ring in locked memory of its own pages; NULL with the reason. */
static struct gk_keyring *keyring_alloc(struct gk_error *error, enum gk_status *status)
{
    struct gk_keyring *keyring = NULL;
    long page = sysconf(_SC_PAGESIZE);
    size_t align = page > 0 ? (size_t)page : 4096;
    size_t size = (sizeof *keyring + align - 1) / align * align;
    if (sodium_init() < 0) {
        *status = gk_error_set(error, GK_INTERNAL, "read keys: libsodium does not start");
        return NULL;
    }
    keyring = aligned_alloc(align, size);
    if (keyring == NULL) {
        *status = gk_error_set(error, GK_NO_MEMORY, "read keys: out of memory");
        return NULL;
    }
    memset(keyring, 0, sizeof *keyring);
    if (sodium_mlock(keyring, sizeof *keyring) != 0) {
        free(keyring);
        *status = gk_error_set(error, GK_NO_MEMORY,
                               "read keys: cannot lock %zu bytes of memory (RLIMIT_MEMLOCK)", size);
        return NULL;
    }
    *status = GK_OK;
    return keyring;
}

static void begin_hashes(struct gk_keyring *keyring)
{
    for (size_t i = 0; i < keyring->count; i++)
        (void)crypto_auth_hmacsha256_init(&keyring->begun[i], keyring->keys[i].bytes, GK_KEY_BYTES);
}

enum gk_status gk_keyring_make(struct gk_keyring **keyring, struct gk_error *error)
{
    enum gk_status status;
    *keyring = keyring_alloc(error, &status);
    if (*keyring == NULL)
        return status;
    (*keyring)->count = 1;
    (*keyring)->keys[0].id = 1;
    randombytes_buf((*keyring)->keys[0].bytes, GK_KEY_BYTES);
    begin_hashes(*keyring);
    return GK_OK;
}

void gk_keyring_close(struct gk_keyring *keyring)
{
    if (keyring == NULL)
        return;
    (void)sodium_munlock(keyring, sizeof *keyring); /* wipes first */
    free(keyring);
}

/* Opens for reading; refuses what is not a private regular file. */
static enum gk_status open_private(int *fd, const char *path, struct gk_error *error)
{
    struct stat info;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return gk_error_set(error,
                            errno == ENOENT   ? GK_NOT_FOUND
                            : errno == EACCES ? GK_FORBIDDEN
                                              : GK_IO,
                            "open key file \"%s\": %s", path, strerror(errno));
    if (fstat(*fd, &info) != 0)
        return gk_error_set(error, GK_IO, "look at key file \"%s\": %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return gk_error_set(error, GK_INVALID, "open key file \"%s\": not a regular file", path);
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return gk_error_set(error, GK_FORBIDDEN,
                            "open key file \"%s\": mode %04o lets others at it, make it 0600", path,
                            (unsigned)info.st_mode & 07777u);
    return GK_OK;
}

static enum gk_status read_keys(struct gk_keyring *keyring, int fd, const char *path,
                                struct gk_error *error)
{
    size_t length = 0;
    while (length < sizeof keyring->text) {
        ssize_t got = read(fd, keyring->text + length, sizeof keyring->text - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gk_error_set(error, GK_IO, "read key file \"%s\": %s", path, strerror(errno));
        if (got == 0)
            break;
        length += (size_t)got;
    }
    enum gk_status status;
    if (length > GK_KEY_FILE_MAX)
        status = gk_error_set(error, GK_TOO_LARGE, "read key file \"%s\": longer than %d bytes",
                              path, (int)GK_KEY_FILE_MAX);
    else
        status = gk_key_file_parse(keyring->text, length, keyring->keys, &keyring->count, error);
    sodium_memzero(keyring->text, sizeof keyring->text);
    return status;
}

enum gk_status gk_keyring_open(struct gk_keyring **keyring, const char *path,
                               struct gk_error *error)
{
    int fd = -1;
    enum gk_status status;
    *keyring = keyring_alloc(error, &status);
    if (*keyring == NULL)
        return status;
    status = open_private(&fd, path, error);
    if (status == GK_OK)
        status = read_keys(*keyring, fd, path, error);
    if (fd >= 0)
        close(fd);
    if (status == GK_OK)
        begin_hashes(*keyring);
    if (status != GK_OK) {
        gk_keyring_close(*keyring);
        *keyring = NULL;
    }
    return status;
}

/* Writes all keys as the content of an open file and makes it durable. */
static enum gk_status write_keys(const struct gk_keyring *keyring, int fd, const char *path,
                                 struct gk_error *error)
{
    enum gk_status status = GK_OK;
    char line[GK_KEY_LINE_MAX];
    for (size_t i = 0; i < keyring->count && status == GK_OK; i++) {
        size_t length = gk_key_line(&keyring->keys[i], line);
        ssize_t put = write(fd, line, length);
        if (put < 0 || (size_t)put != length)
            status = gk_error_set(error, GK_IO, "write key file \"%s\": %s", path,
                                  put < 0 ? strerror(errno) : "short write");
    }
    sodium_memzero(line, sizeof line);
    if (status == GK_OK && fsync(fd) != 0)
        status = gk_error_set(error, GK_IO, "write key file \"%s\": %s", path, strerror(errno));
    return status;
}

/* Makes the name of a file in its folder durable; nothing can be done if that
 * fails, the file itself is whole. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length >= sizeof folder)
        return;
    memcpy(folder, path, length);
    folder[length] = '\0';
    int fd = open(slash == NULL   ? "."
                  : slash == path ? "/"
                                  : folder,
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* A fresh key at the end of the ring. */
static enum gk_status append_key(struct gk_keyring *keyring, int32_t created_day,
                                 struct gk_error *error)
{
    int32_t first_day = gk_day_from_civil((struct gk_civil){1, 1, 1});
    int32_t last_day = gk_day_from_civil((struct gk_civil){9999, 12, 31});
    if (created_day < first_day || created_day > last_day)
        return gk_error_set(error, GK_INVALID, "add key: the day is out of range");
    if (keyring->count == GK_KEYS_MAX)
        return gk_error_set(error, GK_TOO_LARGE, "add key: there are %d keys already",
                            (int)GK_KEYS_MAX);
    int32_t last = keyring->count == 0 ? 0 : keyring->keys[keyring->count - 1].id;
    if (last == INT32_MAX)
        return gk_error_set(error, GK_TOO_LARGE, "add key: the ids are used up");
    struct gk_key *key = &keyring->keys[keyring->count++];
    key->id = last + 1;
    key->created_day = created_day;
    randombytes_buf(key->bytes, sizeof key->bytes);
    return GK_OK;
}

enum gk_status gk_keyring_create(const char *path, int32_t created_day, struct gk_error *error)
{
    enum gk_status status;
    struct gk_keyring *keyring = keyring_alloc(error, &status);
    if (keyring == NULL)
        return status;
    status = append_key(keyring, created_day, error);
    if (status != GK_OK)
        goto out;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        status =
            errno == EEXIST
                ? gk_error_set(error, GK_CONFLICT,
                               "create key file \"%s\": it exists; keys are never replaced", path)
                : gk_error_set(error, GK_IO, "create key file \"%s\": %s", path, strerror(errno));
        goto out;
    }
    status = write_keys(keyring, fd, path, error);
    if (close(fd) != 0 && status == GK_OK)
        status = gk_error_set(error, GK_IO, "create key file \"%s\": %s", path, strerror(errno));
    if (status == GK_OK)
        sync_folder(path);
    else
        unlink(path);
out:
    gk_keyring_close(keyring);
    return status;
}

/* Opens the file and locks it. Who waited for a lock may hold the lock of a file
 * that was replaced meanwhile: then once more. */
static enum gk_status open_locked(int *fd, const char *path, struct gk_error *error)
{
    for (int attempt = 0; attempt < LOCK_ATTEMPTS_MOST; attempt++) {
        struct stat opened;
        struct stat named;
        enum gk_status status = open_private(fd, path, error);
        if (status != GK_OK)
            return status;
        while (flock(*fd, LOCK_EX) != 0)
            if (errno != EINTR)
                return gk_error_set(error, GK_IO, "lock key file \"%s\": %s", path,
                                    strerror(errno));
        if (fstat(*fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
            opened.st_dev == named.st_dev)
            return GK_OK;
        close(*fd);
        *fd = -1;
    }
    return gk_error_set(error, GK_CONFLICT, "lock key file \"%s\": it keeps changing", path);
}

/* Puts the ring in the place of the file, with the same owner. */
static enum gk_status replace_file(const struct gk_keyring *keyring, int old_fd, const char *path,
                                   struct gk_error *error)
{
    char fresh[PATH_MAX + 8];
    struct stat old;
    struct stat info;
    int length = snprintf(fresh, sizeof fresh, "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= sizeof fresh)
        return gk_error_set(error, GK_INVALID, "write key file \"%s\": the path is too long", path);
    int fd = mkstemp(fresh);
    if (fd < 0)
        return gk_error_set(error, GK_IO, "write key file \"%s\": %s", path, strerror(errno));
    enum gk_status status = write_keys(keyring, fd, path, error);
    if (status == GK_OK && (fstat(old_fd, &old) != 0 || fstat(fd, &info) != 0 ||
                            ((old.st_uid != info.st_uid || old.st_gid != info.st_gid) &&
                             fchown(fd, old.st_uid, old.st_gid) != 0)))
        status = gk_error_set(error, GK_IO, "keep the owner of key file \"%s\": %s", path,
                              strerror(errno));
    if (close(fd) != 0 && status == GK_OK)
        status = gk_error_set(error, GK_IO, "write key file \"%s\": %s", path, strerror(errno));
    if (status == GK_OK && rename(fresh, path) != 0)
        status = gk_error_set(error, GK_IO, "replace key file \"%s\": %s", path, strerror(errno));
    if (status == GK_OK)
        sync_folder(path);
    else
        unlink(fresh);
    return status;
}

enum gk_status gk_keyring_add(const char *path, int32_t created_day, struct gk_error *error)
{
    int fd = -1;
    enum gk_status status;
    struct gk_keyring *keyring = NULL;
    /* Behind a symbolic link, not in its place. */
    char *real = realpath(path, NULL);
    if (real == NULL)
        return gk_error_set(error, errno == ENOENT ? GK_NOT_FOUND : GK_IO,
                            "open key file \"%s\": %s", path, strerror(errno));
    keyring = keyring_alloc(error, &status);
    if (keyring == NULL) {
        free(real);
        return status;
    }
    status = open_locked(&fd, real, error);
    if (status == GK_OK)
        status = read_keys(keyring, fd, real, error);
    if (status == GK_OK)
        status = append_key(keyring, created_day, error);
    if (status == GK_OK)
        status = replace_file(keyring, fd, real, error);
    if (fd >= 0)
        close(fd);
    gk_keyring_close(keyring);
    free(real);
    return status;
}

size_t gk_keyring_count(const struct gk_keyring *keyring)
{
    return keyring->count;
}

int32_t gk_keyring_id(const struct gk_keyring *keyring, size_t index)
{
    return keyring->keys[index].id;
}

void gk_keyring_fingerprint(const struct gk_keyring *keyring, size_t index,
                            unsigned char fingerprint[8])
{
    static const char text[] = "grannkarta key check";
    unsigned char hash[GK_CASE_HASH_BYTES];
    (void)crypto_auth_hmacsha256(hash, (const unsigned char *)text, sizeof text - 1,
                                 keyring->keys[index].bytes);
    memcpy(fingerprint, hash, 8);
    sodium_memzero(hash, sizeof hash);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

void gk_case_hash(const struct gk_keyring *keyring, size_t index, const char *number, size_t length,
                  unsigned char hash[GK_CASE_HASH_BYTES])
{
    crypto_auth_hmacsha256_state state = keyring->begun[index];
    unsigned char part[128];
    size_t used = 0;
    bool is_after_text = false;
    bool is_gap = false;
    for (size_t i = 0; i < length; i++) {
        char c = number[i];
        if (is_space(c)) {
            is_gap = is_after_text;
            continue;
        }
        if (used + 2 > sizeof part) {
            (void)crypto_auth_hmacsha256_update(&state, part, used);
            used = 0;
        }
        if (is_gap)
            part[used++] = ' ';
        is_gap = false;
        is_after_text = true;
        part[used++] = (unsigned char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    (void)crypto_auth_hmacsha256_update(&state, part, used);
    (void)crypto_auth_hmacsha256_final(&state, hash);
    sodium_memzero(&state, sizeof state);
    sodium_memzero(part, sizeof part);
}
