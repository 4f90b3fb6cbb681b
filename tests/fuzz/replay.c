/* A main for fuzz targets where libFuzzer is not: runs the target over every
 * file of the files and folders given, and prints one TAP line. A target that
 * does not like an input aborts, or the sanitizers do. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_MAX_BYTES = 16 * 1024 * 1024, PATH_MAX_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path, long bytes)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *data = malloc(bytes > 0 ? (size_t)bytes : 1);
    if (file == NULL || data == NULL || bytes > INPUT_MAX_BYTES) {
        printf("# %s cannot be read\n", path);
        if (file != NULL)
            fclose(file);
        free(data);
        return -1;
    }
    size_t n = fread(data, 1, (size_t)bytes, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, n);
    free(data);
    return 1;
}

/* The number of inputs run, -1 when one could not be read. */
static int run_path(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        printf("# %s is not there\n", path);
        return -1;
    }
    if (!S_ISDIR(about.st_mode))
        return run_file(path, about.st_size);
    DIR *folder = opendir(path);
    int total = 0;
    if (folder == NULL)
        return -1;
    for (const struct dirent *entry; total >= 0 && (entry = readdir(folder)) != NULL;) {
        char inner[PATH_MAX_BYTES];
        if (entry->d_name[0] == '.')
            continue;
        int n = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        int ran = n < PATH_MAX_BYTES ? run_path(inner) : -1;
        total = ran < 0 ? -1 : total + ran;
    }
    closedir(folder);
    return total;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    int total = 0;
    for (int i = 1; i < argc && total >= 0; i++) {
        int ran = run_path(argv[i]);
        total = ran < 0 ? -1 : total + ran;
    }
    printf("%s 1 - fuzz %s over %d inputs\n1..1\n", total > 0 ? "ok" : "not ok",
           slash != NULL ? slash + 1 : argv[0], total);
    return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
