/* Case numbers as keyed hashes: HMAC-SHA256 with keys that live in a file
 * outside the database.
 *
 * The file has one key a line, `id created-date hex64`, oldest first, mode
 * 0600; the last is the newest. Keys are held in locked memory and wiped. */
#ifndef GK_ANON_KEYRING_H
#define GK_ANON_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { GK_CASE_HASH_BYTES = 32, GK_KEYS_MAX = 64 };

struct gk_keyring;

/* Makes a key file with one fresh random key; refuses (GK_CONFLICT) when the
 * file exists. `created_day` is stored beside the key. */
GK_CHECKED enum gk_status gk_keyring_create(const char *path, int32_t created_day,
                                            struct gk_error *error);

/* Adds a fresh newest key to the file, atomically (write, fsync, rename). */
GK_CHECKED enum gk_status gk_keyring_add(const char *path, int32_t created_day,
                                         struct gk_error *error);

/* Reads a key file. Refused with the reason: missing, readable by group or
 * others, malformed, empty, too many keys. */
GK_CHECKED enum gk_status gk_keyring_open(struct gk_keyring **keyring, const char *path,
                                          struct gk_error *error);

/* A ring of one random key in memory only, with the id 1: for a rehearsal that
 * stores nothing. */
GK_CHECKED enum gk_status gk_keyring_make(struct gk_keyring **keyring, struct gk_error *error);

/* Wipes and frees; NULL is allowed. */
void gk_keyring_close(struct gk_keyring *keyring);

/* Number of keys; the newest has the index count - 1. */
size_t gk_keyring_count(const struct gk_keyring *keyring);

/* A key's id, 1 to 2^31 - 1, as the file gives it. */
int32_t gk_keyring_id(const struct gk_keyring *keyring, size_t index);

/* A key's fingerprint: the first 8 bytes of HMAC(key, "grannkarta key check"), by
 * which a database notices a wrong key. It tells nothing about the key. */
void gk_keyring_fingerprint(const struct gk_keyring *keyring, size_t index,
                            unsigned char fingerprint[8]);

/* The keyed hash of a case number under key `index`. The number is normalised
 * first: ASCII letters upper-cased, white space at both ends removed and runs of
 * it inside made one space. */
void gk_case_hash(const struct gk_keyring *keyring, size_t index, const char *number, size_t length,
                  unsigned char hash[GK_CASE_HASH_BYTES]);

#endif
