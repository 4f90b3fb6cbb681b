/* The file that incidents are read from. */
#include "incident_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { PACKED_BYTES = 64 * 1024, GZIP_WINDOW = 15 + 16 };

struct gk_incident_file {
    int fd;
    int64_t position, size;
    crypto_hash_sha256_state hash;
    const char *fault;
    bool has_begun, is_packed, is_inside; /* inside: a gzip member has begun and not ended */
    z_stream zip;
    unsigned char packed[PACKED_BYTES];
};

enum gk_status gk_incident_file_open(struct gk_incident_file **file, const char *path,
                                     struct gk_error *error)
{
    struct stat about;
    *file = calloc(1, sizeof **file);
    if (*file == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "open \"%.300s\": out of memory", path);
    enum gk_status status = GK_OK;
    (*file)->fault = "";
    (*file)->fd = open(path, O_RDONLY | O_CLOEXEC);
    if ((*file)->fd < 0)
        status = gk_error_set(error, errno == ENOENT ? GK_NOT_FOUND : GK_IO, "open \"%.300s\": %s",
                              path, strerror(errno));
    else if (fstat((*file)->fd, &about) != 0 || S_ISDIR(about.st_mode))
        status = gk_error_set(error, GK_INVALID, "open \"%.300s\": not a file", path);
    else
        (*file)->size = (int64_t)about.st_size;
    crypto_hash_sha256_init(&(*file)->hash);
    if (status != GK_OK) {
        gk_incident_file_close(*file);
        *file = NULL;
    }
    return status;
}

void gk_incident_file_close(struct gk_incident_file *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (file->is_packed)
        inflateEnd(&file->zip);
    explicit_bzero(file, sizeof *file);
    free(file);
}

static long read_bytes(struct gk_incident_file *file, void *buffer, size_t size)
{
    ssize_t n;
    do
        n = read(file->fd, buffer, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        file->fault = strerror(errno);
    if (n > 0) {
        file->position += n;
        crypto_hash_sha256_update(&file->hash, buffer, (unsigned long long)n);
    }
    return (long)n;
}

/* The first bytes say whether the file is gzip. They are kept in `packed`. */
static bool begin(struct gk_incident_file *file)
{
    long n;
    file->has_begun = true;
    while (file->zip.avail_in < 2 && (n = read_bytes(file, file->packed + file->zip.avail_in,
                                                     PACKED_BYTES - file->zip.avail_in)) != 0) {
        if (n < 0)
            return false;
        file->zip.avail_in += (unsigned)n;
    }
    file->zip.next_in = file->packed;
    file->is_packed = file->zip.avail_in >= 2 && memcmp(file->packed, "\x1F\x8B", 2) == 0;
    file->is_inside = file->is_packed;
    if (!file->is_packed || inflateInit2(&file->zip, GZIP_WINDOW) == Z_OK)
        return true;
    file->is_packed = false;
    file->fault = "gzip: out of memory";
    return false;
}

/* What begin() read, then the file itself. */
static long read_plain(struct gk_incident_file *file, char *buffer, size_t size)
{
    if (file->zip.avail_in == 0)
        return read_bytes(file, buffer, size);
    size_t n = file->zip.avail_in < size ? file->zip.avail_in : size;
    memcpy(buffer, file->zip.next_in, n);
    file->zip.next_in += n;
    file->zip.avail_in -= (unsigned)n;
    return (long)n;
}

/* More packed bytes; false at the end and when reading failed. A file may be
 * several members one after the other. */
static bool refill(struct gk_incident_file *file, long *failed)
{
    long n = read_bytes(file, file->packed, PACKED_BYTES);
    *failed = n < 0 ? -1 : 0;
    if (n == 0 && file->is_inside) {
        file->fault = "gzip: the file is cut off";
        *failed = -1;
    }
    file->zip.next_in = file->packed;
    file->zip.avail_in = n > 0 ? (unsigned)n : 0;
    return n > 0;
}

static long read_packed(struct gk_incident_file *file, char *buffer, size_t size)
{
    long failed = 0;
    file->zip.next_out = (unsigned char *)buffer;
    file->zip.avail_out = (unsigned)size;
    while (file->zip.avail_out == size) {
        if (file->zip.avail_in == 0 && !refill(file, &failed))
            return failed;
        if (!file->is_inside && inflateReset(&file->zip) != Z_OK)
            return -1;
        file->is_inside = true;
        int result = inflate(&file->zip, Z_NO_FLUSH);
        if (result == Z_STREAM_END) {
            file->is_inside = false;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            file->fault = "gzip: the file is damaged";
            return -1;
        }
    }
    return (long)(size - file->zip.avail_out);
}

long gk_incident_file_read(void *context, char *buffer, size_t size)
{
    struct gk_incident_file *file = context;
    if (!file->has_begun && !begin(file))
        return -1;
    return file->is_packed ? read_packed(file, buffer, size) : read_plain(file, buffer, size);
}

const char *gk_incident_file_fault(const struct gk_incident_file *file)
{
    return file->fault;
}

int64_t gk_incident_file_position(const struct gk_incident_file *file)
{
    return file->position;
}

int64_t gk_incident_file_size(const struct gk_incident_file *file)
{
    return file->size;
}

void gk_incident_file_hash(struct gk_incident_file *file, unsigned char hash[32])
{
    crypto_hash_sha256_final(&file->hash, hash);
}
