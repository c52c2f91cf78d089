/*
 * Loading RSA and SM2 keys from PEM.
 */
#include "foreign_internal.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/secret.h"
#include "pem_file.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define RSA_BITS_LEAST 2048
#define RSA_BITS_MOST  4096

/* --- PEM --- */

/* Nobody is there to type a passphrase: without this OpenSSL would ask the terminal. */
static int no_passphrase(char *to, int size, int writing, void *ctx) {
    return -1;
}

static bool is_usable(EVP_PKEY *pkey, enum foreign_kind kind) {
    if (kind == FOREIGN_SM2) {
        return EVP_PKEY_is_a(pkey, "SM2");
    }
    int bits = EVP_PKEY_get_bits(pkey);
    return EVP_PKEY_is_a(pkey, "RSA") && bits >= RSA_BITS_LEAST && bits <= RSA_BITS_MOST;
}

/* Takes the pkey over. */
static bool key_from(EVP_PKEY *pkey, enum foreign_kind kind, struct foreign_key **ret_key) {
    if (!pkey || !is_usable(pkey, kind)) {
        EVP_PKEY_free(pkey);
        return false;
    }
    struct foreign_key *key = check_calloc(1, sizeof(*key));
    key->kind = kind;
    key->pkey = pkey;
    *ret_key = key;
    return true;
}

static void put_serial(struct foreign_key *key, X509 *certificate) {
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *text = number ? BN_bn2dec(number) : NULL;
    if (text && strlen(text) < sizeof(key->serial)) {
        key->serial_len = strlen(text);
        memcpy(key->serial, text, key->serial_len);
    }
    OPENSSL_free(text);
    BN_free(number);
}

bool foreign_key_parse_private(struct str pem, enum foreign_kind kind, struct foreign_key **ret_key) {
    if (pem.len == 0 || pem.len > PEM_FILE_MOST) {
        return false;
    }
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    CHECK(bio);
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    return key_from(pkey, kind, ret_key);
}

static bool parse_certificate(struct str pem, enum foreign_kind kind, struct foreign_key **ret_key) {
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    CHECK(bio);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    bool fine = certificate && key_from(X509_get_pubkey(certificate), kind, ret_key);
    if (fine) {
        put_serial(*ret_key, certificate);
    }
    X509_free(certificate);
    return fine;
}

bool foreign_key_parse_public(struct str pem, enum foreign_kind kind, struct foreign_key **ret_key) {
    if (pem.len == 0 || pem.len > PEM_FILE_MOST) {
        return false;
    }
    if (parse_certificate(pem, kind, ret_key)) {
        return true;
    }
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    CHECK(bio);
    EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    return key_from(pkey, kind, ret_key);
}

static const char *kind_name(enum foreign_kind kind) {
    return kind == FOREIGN_RSA ? "an RSA key of 2048 to 4096 bits" : "an SM2 key";
}

bool foreign_key_read_private(struct str path, enum foreign_kind kind, struct foreign_key **ret_key,
                              struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    const char *name = str_c(arena, path);
    struct str pem;
    if (!pem_file_read(arena, str_from(name), true, &pem, fault)) {
        return false;
    }
    bool fine = foreign_key_parse_private(pem, kind, ret_key);
    secret_wipe((void *)(uintptr_t)pem.ptr, pem.len);
    return fine ||
           fault_set(fault, "%s does not hold %s in PEM, private and without a passphrase", name, kind_name(kind));
}

bool foreign_key_read_public(struct str path, enum foreign_kind kind, struct foreign_key **ret_key,
                             struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    const char *name = str_c(arena, path);
    struct str pem;
    return pem_file_read(arena, str_from(name), false, &pem, fault) &&
           (foreign_key_parse_public(pem, kind, ret_key) ||
            fault_set(fault, "%s does not hold %s in PEM, as a certificate or a public key", name, kind_name(kind)));
}

struct foreign_key *foreign_key_generate(enum foreign_kind kind) {
    struct foreign_key *key;
    EVP_PKEY *pkey = kind == FOREIGN_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS_LEAST)
                                         : EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    CHECK(key_from(pkey, kind, &key));
    return key;
}

void foreign_key_free(struct foreign_key *key) {
    if (key) {
        EVP_PKEY_free(key->pkey);
        free(key);
    }
}

struct str foreign_key_serial(const struct foreign_key *key) {
    return key->serial_len > 0 ? str_of(key->serial, key->serial_len) : STR_NONE;
}

bool foreign_key_pair(const struct foreign_key *private_key, const struct foreign_key *public_key) {
    return EVP_PKEY_eq(private_key->pkey, public_key->pkey) == 1;
}
