/* Case numbers as keyed hashes, and the check that the keys are the right ones. */
#ifndef GK_CMD_INCIDENT_KEYS_H
#define GK_CMD_INCIDENT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "anon/keyring.h"
#include "base/status.h"
#include "store/connection.h"

struct gk_incident_keys {
    struct gk_keyring *keyring;
    size_t newest;           /* index in the key ring */
    size_t old[GK_KEYS_MAX]; /* indexes of older keys in use */
    size_t old_count;
    unsigned char hash[GK_CASE_HASH_BYTES]; /* of the last number */
    unsigned char old_hashes[GK_KEYS_MAX * GK_CASE_HASH_BYTES];
};

/* Opens the key ring and compares it with the fingerprints of the keys that are
 * in use. GK_CONFLICT when one is missing or another. `may_do_without`: where there
 * is no key ring and no key is in use, as before the first import, a key that
 * nobody keeps will do to find what is alike in one file. Release also after failure. */
GK_CHECKED enum gk_status gk_incident_keys_open(struct gk_incident_keys *keys,
                                                struct gk_store *store, const char *path,
                                                bool may_do_without, struct gk_error *error);
void gk_incident_keys_release(struct gk_incident_keys *keys);

/* The id and fingerprint of the newest key, to be written down when it is used. */
int32_t gk_incident_keys_newest(const struct gk_incident_keys *keys, unsigned char fingerprint[8]);

/* Hashes a case number (UTF-8) into `hash` and `old_hashes`. */
void gk_incident_keys_hash(struct gk_incident_keys *keys, const char *number, size_t length);

#endif
