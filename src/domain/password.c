/*
 * argon2id in a bounded pool, so that a flood of sign-ins waits for itself and never for a token. The only home of
 * libargon2.
 */
#include "domain/password.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/random.h"
#include "base/utf8.h"
#include "loop/pool.h"

#include <argon2.h>

#define SALT_SIZE           16
#define TAG_SIZE            32
#define ENCODED_MOST        256
#define PASSWORD_BYTES_MOST 256
#define LONG_ENOUGH         12 /* characters that need no further classes */

struct hashing {
    const struct domain_settings *settings;
    struct str password;
    unsigned char salt[SALT_SIZE];
    char encoded[ENCODED_MOST];
    bool fits, failed;
};

static void hash_work(void *arg) {
    struct hashing *hashing = arg;
    int result = argon2id_hash_encoded((uint32_t)hashing->settings->password_passes,
                                       (uint32_t)hashing->settings->password_memory_kib, 1, hashing->password.ptr,
                                       hashing->password.len, hashing->salt, SALT_SIZE, TAG_SIZE, hashing->encoded,
                                       ENCODED_MOST);
    hashing->failed = result != ARGON2_OK;
}

static void verify_work(void *arg) {
    struct hashing *hashing = arg;
    int result = argon2id_verify(hashing->encoded, hashing->password.ptr, hashing->password.len);
    hashing->fits = result == ARGON2_OK;
    hashing->failed = result != ARGON2_OK && result != ARGON2_VERIFY_MISMATCH;
}

enum domain_status password_hash(struct domain *domain, struct arena *arena, struct str password,
                                 struct str *ret_hash) {
    struct hashing hashing = {.settings = domain->settings, .password = password};
    random_bytes(hashing.salt, SALT_SIZE);
    if (pool_run(domain->passwords, hash_work, &hashing) != POOL_DONE || hashing.failed) {
        return DOMAIN_UNAVAILABLE;
    }
    *ret_hash = str_dup(arena, str_from(hashing.encoded));
    return DOMAIN_DONE;
}

enum domain_status password_verify(struct domain *domain, struct arena *arena, struct str password, struct str hash) {
    struct hashing hashing = {.settings = domain->settings, .password = password};
    bool known = !str_is_absent(hash) && hash.len < ENCODED_MOST;
    if (known) {
        memcpy(hashing.encoded, hash.ptr, hash.len);
    }
    /* Nobody's hash: hashing anew under the same parameters costs what verifying does. */
    if (pool_run(domain->passwords, known ? verify_work : hash_work, &hashing) != POOL_DONE || hashing.failed) {
        return DOMAIN_UNAVAILABLE;
    }
    return known && hashing.fits ? DOMAIN_DONE : DOMAIN_NO;
}

static unsigned classes_of(struct str password) {
    bool lower = false, upper = false, digit = false, other = false;
    for (size_t i = 0; i < password.len; i++) {
        char c = password.ptr[i];
        lower = lower || (c >= 'a' && c <= 'z');
        upper = upper || (c >= 'A' && c <= 'Z');
        digit = digit || (c >= '0' && c <= '9');
        other = other || !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
    }
    return (unsigned)lower + upper + digit + other;
}

enum password_problem password_check(const struct domain *domain, struct str password) {
    if (!utf8_valid(password) || str_contains(password, '\0')) {
        return PASSWORD_BAD_TEXT;
    }
    if (password.len > PASSWORD_BYTES_MOST) {
        return PASSWORD_LONG;
    }
    size_t length = utf8_count(password);
    if (length < (size_t)domain->settings->password_least) {
        return PASSWORD_SHORT;
    }
    return length >= LONG_ENOUGH || classes_of(password) >= 3 ? PASSWORD_FINE : PASSWORD_SIMPLE;
}
