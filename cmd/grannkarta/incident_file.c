/* The file that incidents are read from. */
#include "incident_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct gk_incident_file {
    int fd;
    int64_t position, size;
    crypto_hash_sha256_state hash;
};

enum gk_status gk_incident_file_open(struct gk_incident_file **file, const char *path,
                                     struct gk_error *error)
{
    struct stat about;
    *file = calloc(1, sizeof **file);
    if (*file == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "open \"%.300s\": out of memory", path);
    enum gk_status status = GK_OK;
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
    free(file);
}

long gk_incident_file_read(void *context, char *buffer, size_t size)
{
    struct gk_incident_file *file = context;
    ssize_t n;
    do
        n = read(file->fd, buffer, size);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
        file->position += n;
        crypto_hash_sha256_update(&file->hash, (const unsigned char *)buffer,
                                  (unsigned long long)n);
    }
    return (long)n;
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
