/* The key ring: its hash against RFC 4231 and OpenSSL, its file against people
 * who would read, break or lose it. */
#include "anon/keyring.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/date.h"
#include "keyfile.h"
#include "unit.h"

#define COUNTING "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static char folder[64];
static char path[128];

static void enter_folder(void)
{
    strcpy(folder, "/tmp/gk-keyring-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/keys", folder);
}

static void leave_folder(void)
{
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "something was left behind");
}

static void write_file(const char *text, size_t length, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static size_t read_file(char *text, size_t size)
{
    int fd = open(path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ssize_t length = read(fd, text, size - 1);
    ck_assert_int_ge(length, 0);
    text[length] = '\0';
    close(fd);
    return (size_t)length;
}

static void assert_hex(const unsigned char *bytes, size_t count, const char *hex)
{
    char got[2 * GK_CASE_HASH_BYTES + 1];
    for (size_t i = 0; i < count; i++)
        snprintf(got + 2 * i, 3, "%02x", bytes[i]);
    ck_assert_str_eq(got, hex);
}

static struct gk_keyring *ring_of(const char *text)
{
    struct gk_keyring *ring;
    struct gk_error error;
    write_file(text, strlen(text), 0600);
    enum gk_status status = gk_keyring_open(&ring, path, &error);
    ck_assert_msg(status == GK_OK, "%s", error.message);
    return ring;
}

static void assert_hash(const struct gk_keyring *ring, size_t index, const char *number,
                        size_t length, const char *hex)
{
    unsigned char hash[GK_CASE_HASH_BYTES];
    gk_case_hash(ring, index, number, length, hash);
    assert_hex(hash, sizeof hash, hex);
}

/* RFC 4231 test cases 3 and 4, whose data no normalisation changes. HMAC fills
 * short keys with zeros, so their 20 and 25 bytes fit a key of 32. */
START_TEST(hashes_are_those_of_rfc_4231)
{
    char data[50];
    enter_folder();
    struct gk_keyring *ring = ring_of("1 2020-01-01 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                      "000000000000000000000000\n"
                                      "7 2021-01-01 0102030405060708090a0b0c0d0e0f1011121314"
                                      "1516171819"
                                      "00000000000000\n");
    ck_assert_uint_eq(gk_keyring_count(ring), 2);
    ck_assert_int_eq(gk_keyring_id(ring, 1), 7);
    memset(data, 0xdd, sizeof data);
    assert_hash(ring, 0, data, sizeof data,
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    memset(data, 0xcd, sizeof data);
    assert_hash(ring, 1, data, sizeof data,
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    gk_keyring_close(ring);
    leave_folder();
}
END_TEST

/* Expected values: printf '5000-K1 2' | openssl dgst -sha256 -mac HMAC -macopt
 * hexkey:000102...1f, and Python's hmac for the two long ones. */
START_TEST(case_numbers_are_normalised)
{
    static const char *const same[] = {"5000-K123456-24", "5000-k123456-24", "  5000-K123456-24",
                                       "5000-k123456-24\r\n", "\t\v\f5000-K123456-24 "};
    static const char *const spaced[] = {"5000-K1 2", "5000-k1  2", " 5000-k1\t \n2 "};
    char many[300];
    enter_folder();
    struct gk_keyring *ring = ring_of("1 2020-01-01 " COUNTING "\n");
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_hash(ring, 0, same[i], strlen(same[i]),
                    "a0b5910dc9ef08b59cf39a0bed694133e8bfb62a698a99f3bb17d397f6e0457b");
    for (size_t i = 0; i < sizeof spaced / sizeof *spaced; i++)
        assert_hash(ring, 0, spaced[i], strlen(spaced[i]),
                    "80e82283163b0bcf154aaf0c7c73d5861c867c423f4b3b4c3874fd9221b19b33");
    assert_hash(ring, 0, "", 0, "d38b42096d80f45f826b44a9d5607de72496a415d3f4a1a8c88e3bb9da8dc1cb");
    assert_hash(ring, 0, " \t ", 3,
                "d38b42096d80f45f826b44a9d5607de72496a415d3f4a1a8c88e3bb9da8dc1cb");
    memset(many, 'a', sizeof many);
    assert_hash(ring, 0, many, sizeof many,
                "daf4bdfba9a20ab3b156bd601582bcfd0dbb5da0aec0d276a55bad3c3150a897");
    assert_hash(ring, 0,
                "\xc3\x85"
                "5000-k1",
                9, "df1a935b19fd41d4f400130275547a3204f81b9e0330e50bd4e720cf74e5358d");
    unsigned char fingerprint[8];
    gk_keyring_fingerprint(ring, 0, fingerprint);
    assert_hex(fingerprint, sizeof fingerprint, "4869d72445201662");
    gk_keyring_close(ring);
    leave_folder();
}
END_TEST

START_TEST(a_file_that_others_may_touch_is_refused)
{
    static const char text[] = "1 2020-01-01 " COUNTING "\n";
    struct gk_keyring *ring;
    struct gk_error error;
    enter_folder();
    for (unsigned mode = 01; mode <= 0777; mode++) {
        /* Owner readable: root would read the rest, others could not. */
        write_file(text, sizeof text - 1, (mode_t)(mode | 0400));
        bool is_private = (mode & 077) == 0;
        ck_assert_int_eq(gk_keyring_open(&ring, path, &error), is_private ? GK_OK : GK_FORBIDDEN);
        if (is_private)
            gk_keyring_close(ring);
        else
            ck_assert_ptr_null(ring);
        if (!is_private)
            ck_assert_int_eq(gk_keyring_add(path, 1, &error), GK_FORBIDDEN);
    }
    leave_folder();
}
END_TEST

static void assert_refused(const char *text, size_t length, enum gk_status status)
{
    struct gk_keyring *ring;
    struct gk_error error;
    write_file(text, length, 0600);
    ck_assert_msg(gk_keyring_open(&ring, path, &error) == status, "\"%s\": %s", text,
                  error.message);
    ck_assert_ptr_null(ring);
    ck_assert_msg(strstr(error.message, "00010203") == NULL, "a key in a message");
    ck_assert_int_eq(gk_keyring_add(path, 1, &error), status);
}

START_TEST(wrong_files_are_refused)
{
    static const char *const bad[] = {
        "",
        "\n",
        "1 2020-01-01 " COUNTING, /* cut short */
        "1 2020-01-01 " COUNTING "\r\n",
        "1 2020-01-01 " COUNTING "\n\n",
        "1  2020-01-01 " COUNTING "\n",
        " 1 2020-01-01 " COUNTING "\n",
        "1 2020-01-01 " COUNTING " \n",
        "1 2020-02-30 " COUNTING "\n",
        "1 2020-01-01 " COUNTING "00\n",
        "1 2020-01-01 0001\n",
        "1 2020-01-01 g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
        "0 2020-01-01 " COUNTING "\n",
        "01 2020-01-01 " COUNTING "\n",
        "-1 2020-01-01 " COUNTING "\n",
        "2147483648 2020-01-01 " COUNTING "\n",
        "99999999999 2020-01-01 " COUNTING "\n",
        "x 2020-01-01 " COUNTING "\n",
        "# a comment\n1 2020-01-01 " COUNTING "\n",
        "2 2020-01-01 " COUNTING "\n2 2020-01-01 " COUNTING "\n",
        "2 2020-01-01 " COUNTING "\n1 2020-01-01 " COUNTING "\n",
    };
    static char long_text[GK_KEY_FILE_MAX + 200];
    struct gk_keyring *ring;
    struct gk_error error;
    enter_folder();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(bad[i], strlen(bad[i]), GK_INVALID);
    assert_refused("1 2020-01-01 " COUNTING "\0\n", 13 + 64 + 2, GK_INVALID);
    memset(long_text, '1', sizeof long_text);
    assert_refused(long_text, sizeof long_text, GK_TOO_LARGE);
    size_t length = 0;
    for (int i = 0; i < GK_KEYS_MAX + 1; i++)
        length += (size_t)snprintf(long_text + length, sizeof long_text - length,
                                   "%d 2020-01-01 " COUNTING "\n", i + 1);
    assert_refused(long_text, length, GK_TOO_LARGE);
    unlink(path);
    ck_assert_int_eq(gk_keyring_open(&ring, path, &error), GK_NOT_FOUND);
    ck_assert_int_eq(gk_keyring_add(path, 1, &error), GK_NOT_FOUND);
    ck_assert_int_eq(mkfifo(path, 0600), 0); /* must not wait for a writer */
    ck_assert_int_eq(gk_keyring_open(&ring, path, &error), GK_INVALID);
    unlink(path);
    ck_assert_int_eq(gk_keyring_open(&ring, folder, &error), GK_INVALID);
    leave_folder();
}
END_TEST

START_TEST(create_makes_a_private_file_once)
{
    struct gk_error error;
    struct stat info;
    char text[512];
    char again[512];
    enter_folder();
    mode_t mask = umask(0);
    ck_assert_int_eq(gk_keyring_create(path, 19783, &error), GK_OK); /* 2024-03-01 */
    umask(mask);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    ck_assert_uint_eq(read_file(text, sizeof text), 2 + 11 + 64 + 1);
    ck_assert_int_eq(strncmp(text, "1 2024-03-01 ", 13), 0);
    ck_assert_int_eq(gk_keyring_create(path, 19783, &error), GK_CONFLICT);
    read_file(again, sizeof again);
    ck_assert_str_eq(text, again);
    unlink(path);
    ck_assert_int_eq(gk_keyring_create(path, 19783, &error), GK_OK);
    read_file(again, sizeof again);
    ck_assert_str_ne(text, again);
    unlink(path);
    ck_assert_int_eq(gk_keyring_create(path, INT32_MAX, &error), GK_INVALID);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(symlink("elsewhere", path), 0);
    ck_assert_int_eq(gk_keyring_create(path, 19783, &error), GK_CONFLICT);
    ck_assert_int_eq(gk_keyring_create("/nonexistent/keys", 19783, &error), GK_IO);
    leave_folder();
}
END_TEST

START_TEST(add_keeps_the_old_keys)
{
    struct gk_error error;
    struct gk_keyring *ring;
    struct stat info;
    char text[GK_KEY_FILE_MAX + 1];
    char before[GK_KEY_FILE_MAX + 1];
    enter_folder();
    ck_assert_int_eq(gk_keyring_create(path, 19783, &error), GK_OK);
    for (int i = 1; i < GK_KEYS_MAX; i++) {
        size_t length = read_file(before, sizeof before);
        ck_assert_int_eq(gk_keyring_add(path, 19783 + i, &error), GK_OK);
        ck_assert_uint_eq(read_file(text, sizeof text), length + strcspn(text + length, "\n") + 1);
        ck_assert_int_eq(strncmp(text, before, length), 0);
    }
    ck_assert_int_eq(gk_keyring_add(path, 19900, &error), GK_TOO_LARGE);
    read_file(before, sizeof before);
    ck_assert_str_eq(text, before);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    ck_assert_int_eq(gk_keyring_open(&ring, path, &error), GK_OK);
    ck_assert_uint_eq(gk_keyring_count(ring), GK_KEYS_MAX);
    for (size_t i = 0; i < GK_KEYS_MAX; i++)
        ck_assert_int_eq(gk_keyring_id(ring, i), (int32_t)i + 1);
    gk_keyring_close(ring);
    leave_folder();
}
END_TEST

START_TEST(keys_added_at_the_same_time_are_all_kept)
{
    enum { ADDERS = 8 };
    struct gk_error error;
    struct gk_keyring *ring;
    enter_folder();
    ck_assert_int_eq(gk_keyring_create(path, 19783, &error), GK_OK);
    pid_t adders[ADDERS];
    for (int i = 0; i < ADDERS; i++) {
        adders[i] = fork();
        ck_assert_int_ge(adders[i], 0);
        if (adders[i] == 0)
            _exit(gk_keyring_add(path, 19783, NULL) == GK_OK &&
                          gk_keyring_add(path, 19783, NULL) == GK_OK
                      ? 0
                      : 1);
    }
    for (int i = 0; i < ADDERS; i++) {
        int result;
        ck_assert_int_eq(waitpid(adders[i], &result, 0), adders[i]);
        ck_assert_int_eq(result, 0);
    }
    ck_assert_int_eq(gk_keyring_open(&ring, path, &error), GK_OK);
    ck_assert_uint_eq(gk_keyring_count(ring), 1 + 2 * ADDERS);
    gk_keyring_close(ring);
    leave_folder();
}
END_TEST

START_TEST(add_writes_behind_a_symbolic_link)
{
    struct gk_error error;
    struct stat info;
    char link_path[160];
    enter_folder();
    snprintf(link_path, sizeof link_path, "%s/link", folder);
    ck_assert_int_eq(gk_keyring_create(path, 19783, &error), GK_OK);
    ck_assert_int_eq(symlink("keys", link_path), 0);
    ck_assert_int_eq(gk_keyring_add(link_path, 19783, &error), GK_OK);
    ck_assert_int_eq(lstat(link_path, &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    struct gk_keyring *ring;
    ck_assert_int_eq(gk_keyring_open(&ring, path, &error), GK_OK);
    ck_assert_uint_eq(gk_keyring_count(ring), 2);
    gk_keyring_close(ring);
    unlink(link_path);
    leave_folder();
}
END_TEST

START_TEST(closing_nothing_is_allowed)
{
    gk_keyring_close(NULL);
}
END_TEST

GK_UNIT_MAIN("anon/keyring", hashes_are_those_of_rfc_4231, case_numbers_are_normalised,
             a_file_that_others_may_touch_is_refused, wrong_files_are_refused,
             create_makes_a_private_file_once, add_keeps_the_old_keys,
             keys_added_at_the_same_time_are_all_kept, add_writes_behind_a_symbolic_link,
             closing_nothing_is_allowed)
