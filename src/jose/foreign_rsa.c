/*
 * RSA as services without JOSE want it: PKCS #1 v1.5, signatures with SHA-256.
 */
#include "foreign_internal.h"

#include "base/arena.h"
#include "base/check.h"

#include <openssl/rsa.h>

struct str foreign_rsa_sign(const struct foreign_key *key, struct arena *arena, struct str text) {
    CHECK(key->kind == FOREIGN_RSA);
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    unsigned char *signature = arena_alloc(arena, len);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    CHECK(md && EVP_DigestSignInit_ex(md, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1);
    CHECK(EVP_DigestSign(md, signature, &len, (const unsigned char *)text.ptr, text.len) == 1);
    EVP_MD_CTX_free(md);
    return str_of(signature, len);
}

bool foreign_rsa_verify(const struct foreign_key *key, struct str text, struct str signature) {
    CHECK(key->kind == FOREIGN_RSA);
    if (signature.len != (size_t)EVP_PKEY_get_size(key->pkey)) {
        return false;
    }
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool fits = md && EVP_DigestVerifyInit_ex(md, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1 &&
                EVP_DigestVerify(md, (const unsigned char *)signature.ptr, signature.len,
                                 (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(md);
    return fits;
}

bool foreign_rsa_encrypt(const struct foreign_key *key, struct arena *arena, struct str plain, struct str *ret_sealed) {
    CHECK(key->kind == FOREIGN_RSA);
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    unsigned char *sealed = arena_alloc(arena, len);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    bool fine = ctx && EVP_PKEY_encrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_encrypt(ctx, sealed, &len, (const unsigned char *)plain.ptr, plain.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (fine) {
        *ret_sealed = str_of(sealed, len);
    }
    return fine;
}

bool foreign_rsa_decrypt(const struct foreign_key *key, struct arena *arena, struct str sealed, struct str *ret_plain) {
    CHECK(key->kind == FOREIGN_RSA);
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    unsigned char *plain = arena_alloc(arena, len);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    bool fine = ctx && EVP_PKEY_decrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_decrypt(ctx, plain, &len, (const unsigned char *)sealed.ptr, sealed.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (fine) {
        *ret_plain = str_of(plain, len);
    }
    return fine;
}
