/*
 * Private keys from PEM files, as operators make them with openssl(1). Only once, at the start: what is used is the
 * loaded key.
 */
#include "base/arena.h"
#include "internal.h"
#include "key_file.h"

#include <openssl/pem.h>

#define RSA_BITS_LEAST 2048
#define RSA_BITS_MOST  4096

/* Without it OpenSSL would ask for a passphrase on the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *ctx) {
    return -1;
}

static EVP_PKEY *parse(struct str text) {
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    return pkey;
}

static bool is_p256(const EVP_PKEY *pkey) {
    char group[32];
    return EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 && strcmp(group, "prime256v1") == 0;
}

/* JOSE_NONE for a key that is for none of ours. */
static enum jose_alg alg_of(const EVP_PKEY *pkey, enum jose_alg wanted) {
    int bits = EVP_PKEY_get_bits(pkey);
    if (EVP_PKEY_is_a(pkey, "RSA") && bits >= RSA_BITS_LEAST && bits <= RSA_BITS_MOST) {
        return wanted == JOSE_PS256 ? JOSE_PS256 : JOSE_RS256;
    }
    if (EVP_PKEY_is_a(pkey, "EC") && is_p256(pkey)) {
        return JOSE_ES256;
    }
    return EVP_PKEY_is_a(pkey, "ED25519") ? JOSE_EDDSA : JOSE_NONE;
}

bool jose_key_read_pem(struct str path, enum jose_alg alg, struct str kid, struct jose_key **ret_key,
                       struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text;
    if (!private_file_read(arena, str_c(arena, path), &text, fault)) {
        return false;
    }
    EVP_PKEY *pkey = parse(text);
    secret_wipe((char *)text.ptr, text.len);
    enum jose_alg found = pkey ? alg_of(pkey, alg) : JOSE_NONE;
    if (found == JOSE_NONE) {
        EVP_PKEY_free(pkey);
        return fault_set(fault,
                         "%.*s: is not a private key in PEM, without passphrase, of RSA with 2048 to 4096 bits, "
                         "P-256 or Ed25519",
                         STR_ARG(path));
    }
    struct jose_key *key = jose_key_of(pkey, found);
    if (!str_is_absent(kid) && !jose_key_set_kid(key, kid)) {
        jose_key_free(key);
        return fault_set(fault, "the key's id is empty or longer than 128 bytes");
    }
    *ret_key = key;
    return true;
}
