/*
 * AES-128-CBC over EVP.
 */
#include "jose/aes_cbc.h"

#include "base/check.h"
#include "base/random.h"

#include <openssl/evp.h>

#define PLAIN_MOST (1024 * 1024)

static const unsigned char *bytes_of(struct str text) {
    return (const unsigned char *)text.ptr;
}

static EVP_CIPHER_CTX *begin(struct str key, struct str iv, bool encrypting) {
    CHECK(key.len == AES128_KEY_SIZE && iv.len == AES_BLOCK_SIZE);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    CHECK(ctx && EVP_CipherInit_ex2(ctx, EVP_aes_128_cbc(), bytes_of(key), bytes_of(iv), encrypting, NULL) == 1);
    return ctx;
}

struct str aes128_cbc_encrypt(struct arena *arena, struct str key, struct str iv, struct str plain) {
    CHECK(plain.len <= PLAIN_MOST);
    unsigned char *to = arena_alloc(arena, plain.len + AES_BLOCK_SIZE);
    int len = 0, last = 0;
    EVP_CIPHER_CTX *ctx = begin(key, iv, true);
    CHECK(EVP_CipherUpdate(ctx, to, &len, bytes_of(plain), (int)plain.len) == 1 &&
          EVP_CipherFinal_ex(ctx, to + len, &last) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return str_of(to, (size_t)len + (size_t)last);
}

bool aes128_cbc_decrypt(struct arena *arena, struct str key, struct str iv, struct str cipher, struct str *ret_plain) {
    if (cipher.len == 0 || cipher.len % AES_BLOCK_SIZE != 0 || cipher.len > PLAIN_MOST) {
        return false;
    }
    unsigned char *to = arena_alloc(arena, cipher.len + AES_BLOCK_SIZE);
    int len = 0, last = 0;
    EVP_CIPHER_CTX *ctx = begin(key, iv, false);
    bool fine = EVP_CipherUpdate(ctx, to, &len, bytes_of(cipher), (int)cipher.len) == 1 &&
                EVP_CipherFinal_ex(ctx, to + len, &last) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (fine) {
        *ret_plain = str_of(to, (size_t)len + (size_t)last);
    }
    return fine;
}

struct str aes128_cbc_seal(struct arena *arena, struct str key, struct str plain) {
    unsigned char iv[AES_BLOCK_SIZE];
    random_bytes(iv, sizeof(iv));
    struct str fresh = str_of(iv, sizeof(iv));
    return str_concat(arena, fresh, aes128_cbc_encrypt(arena, key, fresh, plain));
}

bool aes128_cbc_open(struct arena *arena, struct str key, struct str sealed, struct str *ret_plain) {
    if (sealed.len <= AES_BLOCK_SIZE) {
        return false;
    }
    return aes128_cbc_decrypt(arena, key, str_sub(sealed, 0, AES_BLOCK_SIZE),
                              str_sub(sealed, AES_BLOCK_SIZE, sealed.len - AES_BLOCK_SIZE), ret_plain);
}
