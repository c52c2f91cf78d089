/*
 * Encrypted content of the gateway (encrypt_type=AES): AES-128-CBC in base64. The IV is zeros each time, as Alipay has
 * it: two contents that begin alike show that they do. It is TLS that hides them; this is what the contract asks for.
 */
#include "base/encode.h"
#include "base/secret.h"
#include "jose/aes_cbc.h"
#include "upstream/alipay_gateway.h"

static const char zeros[AES_BLOCK_SIZE];

static struct str iv(void) {
    return str_of(zeros, sizeof(zeros));
}

bool alipay_content_key_read(struct arena *arena, struct str text, struct secret *ret_key) {
    struct str bytes;
    if (!base64_decode(arena, text, &bytes)) {
        return false;
    }
    bool fine = bytes.len == AES128_KEY_SIZE;
    if (fine) {
        *ret_key = secret_copy(arena, bytes);
    }
    secret_wipe((void *)(uintptr_t)bytes.ptr, bytes.len);
    return fine;
}

struct str alipay_content_seal(struct arena *arena, struct str key, struct str plain) {
    return base64_encode(arena, aes128_cbc_encrypt(arena, key, iv(), plain));
}

bool alipay_content_open(struct arena *arena, struct str key, struct str sealed, struct str *ret_plain) {
    struct str cipher;
    return base64_decode(arena, sealed, &cipher) && aes128_cbc_decrypt(arena, key, iv(), cipher, ret_plain);
}
