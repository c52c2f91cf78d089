/*
 * Sealing over EVP. Layout of what seal() makes: version 1, nonce (12), ciphertext, tag (16); of a pseudonym: synthetic
 * IV (16), ciphertext.
 */
#include "jose/seal.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/random.h"
#include "jose/digest.h"
#include "sealer.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>

#define VERSION    1
#define NONCE_SIZE 12
#define TAG_SIZE   16
#define OVERHEAD   (1 + NONCE_SIZE + TAG_SIZE)
#define SIV_SIZE   16
#define PLAIN_MOST (1024 * 1024)

struct sealer {
    unsigned char gcm_key[32];
    unsigned char siv_key[64];
    EVP_CIPHER *gcm, *siv;
    EVP_MAC_CTX *mac; /* HMAC with mac_key, copied for each use: looking the algorithm up costs more than the hash */
};

static void derive(struct secret kek, const char *purpose, const char *use, unsigned char *to, size_t len) {
    char info[128];
    int info_len = snprintf(info, sizeof(info), "tongxing %s %s", purpose, use);
    CHECK(info_len > 0 && (size_t)info_len < sizeof(info));
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, kek.ptr, kek.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, (size_t)info_len),
        OSSL_PARAM_construct_end(),
    };
    CHECK(ctx && EVP_KDF_derive(ctx, to, len, params) == 1);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

static EVP_MAC_CTX *mac_new(struct secret kek, const char *purpose) {
    unsigned char key[32];
    derive(kek, purpose, "HS256", key, sizeof(key));
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac);
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
                                 OSSL_PARAM_construct_end()};
    CHECK(mac && EVP_MAC_init(mac, key, sizeof(key), params) == 1);
    EVP_MAC_free(hmac);
    secret_wipe(key, sizeof(key));
    return mac;
}

struct sealer *sealer_new(struct secret kek, const char *purpose) {
    struct sealer *sealer = check_calloc(1, sizeof(*sealer));
    derive(kek, purpose, "A256GCM", sealer->gcm_key, sizeof(sealer->gcm_key));
    derive(kek, purpose, "A256SIV", sealer->siv_key, sizeof(sealer->siv_key));
    sealer->mac = mac_new(kek, purpose);
    sealer->gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    sealer->siv = EVP_CIPHER_fetch(NULL, "AES-256-SIV", NULL);
    CHECK(sealer->gcm && sealer->siv);
    return sealer;
}

void sealer_free(struct sealer *sealer) {
    if (!sealer) {
        return;
    }
    EVP_CIPHER_free(sealer->gcm);
    EVP_CIPHER_free(sealer->siv);
    EVP_MAC_CTX_free(sealer->mac);
    secret_wipe(sealer, sizeof(*sealer));
    free(sealer);
}

/* A CHECK on each call: encryption of bytes in memory cannot fail but by a broken library. */
static EVP_CIPHER_CTX *encrypt_begin(const EVP_CIPHER *cipher, const unsigned char *key, const unsigned char *nonce,
                                     struct str bound) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len;
    CHECK(ctx && EVP_EncryptInit_ex2(ctx, cipher, key, nonce, NULL) == 1);
    CHECK(bound.len == 0 || EVP_EncryptUpdate(ctx, NULL, &len, (const unsigned char *)bound.ptr, (int)bound.len) == 1);
    return ctx;
}

struct str seal(const struct sealer *sealer, struct arena *arena, struct str plain, struct str bound) {
    CHECK(plain.len <= PLAIN_MOST);
    unsigned char *sealed = arena_alloc(arena, plain.len + OVERHEAD);
    unsigned char *body = sealed + 1 + NONCE_SIZE;
    int len = 0, last = 0;
    sealed[0] = VERSION;
    random_bytes(sealed + 1, NONCE_SIZE);
    EVP_CIPHER_CTX *ctx = encrypt_begin(sealer->gcm, sealer->gcm_key, sealed + 1, bound);
    CHECK(EVP_EncryptUpdate(ctx, body, &len, (const unsigned char *)plain.ptr, (int)plain.len) == 1);
    CHECK(EVP_EncryptFinal_ex(ctx, body + len, &last) == 1 && (size_t)(len + last) == plain.len);
    CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, body + plain.len) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return str_of(sealed, plain.len + OVERHEAD);
}

static bool decrypt(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const unsigned char *key, const unsigned char *nonce,
                    struct str tag, struct str body, struct str bound, unsigned char *plain) {
    int len = 0, last = 0;
    return EVP_DecryptInit_ex2(ctx, cipher, key, nonce, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)tag.len, (void *)(uintptr_t)tag.ptr) == 1 &&
           (bound.len == 0 ||
            EVP_DecryptUpdate(ctx, NULL, &len, (const unsigned char *)bound.ptr, (int)bound.len) == 1) &&
           EVP_DecryptUpdate(ctx, plain, &len, (const unsigned char *)body.ptr, (int)body.len) == 1 &&
           EVP_DecryptFinal_ex(ctx, plain + len, &last) == 1;
}

bool seal_open(const struct sealer *sealer, struct arena *arena, struct str sealed, struct str bound,
               struct str *ret_plain) {
    if (sealed.len < OVERHEAD || sealed.len > PLAIN_MOST + OVERHEAD || sealed.ptr[0] != VERSION) {
        return false;
    }
    const unsigned char *nonce = (const unsigned char *)sealed.ptr + 1;
    struct str body = str_sub(sealed, 1 + NONCE_SIZE, sealed.len - OVERHEAD);
    struct str tag = str_sub(sealed, sealed.len - TAG_SIZE, TAG_SIZE);
    unsigned char *plain = arena_alloc(arena, body.len + 1);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    CHECK(ctx);
    bool fine = decrypt(ctx, sealer->gcm, sealer->gcm_key, nonce, tag, body, bound, plain);
    EVP_CIPHER_CTX_free(ctx);
    if (fine) {
        *ret_plain = str_of(plain, body.len);
    }
    return fine;
}

struct str seal_pseudonym(const struct sealer *sealer, struct arena *arena, struct str plain, struct str bound) {
    CHECK(plain.len > 0 && plain.len <= PLAIN_MOST);
    unsigned char *sealed = arena_alloc(arena, SIV_SIZE + plain.len);
    int len = 0, last = 0;
    EVP_CIPHER_CTX *ctx = encrypt_begin(sealer->siv, sealer->siv_key, NULL, bound);
    CHECK(EVP_EncryptUpdate(ctx, sealed + SIV_SIZE, &len, (const unsigned char *)plain.ptr, (int)plain.len) == 1);
    CHECK(EVP_EncryptFinal_ex(ctx, sealed + SIV_SIZE + len, &last) == 1 && (size_t)(len + last) == plain.len);
    CHECK(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SIV_SIZE, sealed) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return str_of(sealed, SIV_SIZE + plain.len);
}

bool seal_pseudonym_open(const struct sealer *sealer, struct arena *arena, struct str sealed, struct str bound,
                         struct str *ret_plain) {
    if (sealed.len <= SIV_SIZE || sealed.len > PLAIN_MOST) {
        return false;
    }
    struct str tag = str_sub(sealed, 0, SIV_SIZE);
    struct str body = str_sub(sealed, SIV_SIZE, sealed.len - SIV_SIZE);
    unsigned char *plain = arena_alloc(arena, body.len);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    CHECK(ctx);
    bool fine = decrypt(ctx, sealer->siv, sealer->siv_key, NULL, tag, body, bound, plain);
    EVP_CIPHER_CTX_free(ctx);
    if (fine) {
        *ret_plain = str_of(plain, body.len);
    }
    return fine;
}

/* The parts' hash is what is authenticated: an unambiguous encoding, and one HMAC over 32 bytes. */
void seal_mac(const struct sealer *sealer, const struct str *parts, size_t count, unsigned char ret_mac[32]) {
    struct sha256 inner = sha256_of_parts(parts, count);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(sealer->mac);
    size_t len = 0;
    CHECK(mac && EVP_MAC_update(mac, inner.bytes, SHA256_SIZE) == 1);
    CHECK(EVP_MAC_final(mac, ret_mac, &len, SHA256_SIZE) == 1 && len == SHA256_SIZE);
    EVP_MAC_CTX_free(mac);
}
