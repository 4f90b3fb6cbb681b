/* Case numbers as keyed hashes, and the check that the keys are the right ones. */
#include "incident_keys.h"

#include <string.h>

#include "store/incidents.h"

static enum gk_status check_key(void *context, int32_t id, const unsigned char fingerprint[8],
                                struct gk_error *error)
{
    struct gk_incident_keys *keys = context;
    unsigned char own[8];
    size_t count = gk_keyring_count(keys->keyring), i = 0;
    while (i < count && gk_keyring_id(keys->keyring, i) != id)
        i++;
    if (i == count)
        return gk_error_set(error, GK_CONFLICT,
                            "the key ring lacks key %d, under which case numbers are stored: with "
                            "another ring every case would be new",
                            id);
    gk_keyring_fingerprint(keys->keyring, i, own);
    if (memcmp(own, fingerprint, sizeof own) != 0)
        return gk_error_set(error, GK_CONFLICT,
                            "key %d of the key ring is not the one under which case numbers are "
                            "stored: with another ring every case would be new",
                            id);
    if (i != keys->newest)
        keys->old[keys->old_count++] = i;
    return GK_OK;
}

static enum gk_status count_key(void *context, int32_t id, const unsigned char fingerprint[8],
                                struct gk_error *error)
{
    (void)id, (void)fingerprint, (void)error;
    ++*(size_t *)context;
    return GK_OK;
}

enum gk_status gk_incident_keys_open(struct gk_incident_keys *keys, struct gk_store *store,
                                     const char *path, bool may_do_without, struct gk_error *error)
{
    size_t in_use = 0;
    memset(keys, 0, sizeof *keys);
    enum gk_status status = gk_keyring_open(&keys->keyring, path, error);
    if (status == GK_NOT_FOUND && may_do_without) {
        struct gk_error other;
        if (gk_case_keys_each(store, count_key, &in_use, &other) == GK_OK && in_use == 0)
            return gk_keyring_make(&keys->keyring, error);
    }
    if (status == GK_NOT_FOUND) /* only the first time is the answer to make one */
        return gk_error_set(error, status,
                            "open key file \"%s\": it does not exist; option key_ring names it, "
                            "`grannkarta key create` makes the first one",
                            path);
    if (status != GK_OK)
        return status;
    keys->newest = gk_keyring_count(keys->keyring) - 1;
    return gk_case_keys_each(store, check_key, keys, error);
}

void gk_incident_keys_release(struct gk_incident_keys *keys)
{
    gk_keyring_close(keys->keyring);
    memset(keys, 0, sizeof *keys);
}

int32_t gk_incident_keys_newest(const struct gk_incident_keys *keys, unsigned char fingerprint[8])
{
    gk_keyring_fingerprint(keys->keyring, keys->newest, fingerprint);
    return gk_keyring_id(keys->keyring, keys->newest);
}

void gk_incident_keys_hash(struct gk_incident_keys *keys, const char *number, size_t length)
{
    gk_case_hash(keys->keyring, keys->newest, number, length, keys->hash);
    for (size_t i = 0; i < keys->old_count; i++)
        gk_case_hash(keys->keyring, keys->old[i], number, length,
                     keys->old_hashes + i * GK_CASE_HASH_BYTES);
}
