/*
 * Signatures with a loaded key, over an input of the length of a token.
 */
#include "floor.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_SIZE 480

static EVP_PKEY *key;
static EVP_PKEY_CTX *signer, *verifier;
static EVP_MD *sha256;
static bool is_eddsa;
static unsigned char input[INPUT_SIZE], known[512];
static size_t known_len = sizeof(known);

static void need(bool fine) {
    if (!fine) {
        abort();
    }
}

static void digest(unsigned char to[32]) {
    need(EVP_Digest(input, sizeof(input), to, NULL, sha256, NULL) == 1);
}

static void init_contexts(bool pss) {
    unsigned char hash[32];
    signer = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    verifier = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    need(EVP_PKEY_sign_init(signer) == 1 && EVP_PKEY_verify_init(verifier) == 1);
    need(!pss || (EVP_PKEY_CTX_set_rsa_padding(signer, RSA_PKCS1_PSS_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_padding(verifier, RSA_PKCS1_PSS_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_pss_saltlen(signer, RSA_PSS_SALTLEN_DIGEST) == 1));
    need(EVP_PKEY_CTX_set_signature_md(signer, sha256) == 1 && EVP_PKEY_CTX_set_signature_md(verifier, sha256) == 1);
    digest(hash);
    need(EVP_PKEY_sign(signer, known, &known_len, hash, sizeof(hash)) == 1);
}

void crypto_init(const char *case_name) {
    bool rs = strcasestr(case_name, "rs256"), ps = strcasestr(case_name, "ps256");
    is_eddsa = strcasestr(case_name, "eddsa");
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    key = is_eddsa   ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
          : rs || ps ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072)
                     : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    need(key && sha256);
    if (!is_eddsa) {
        init_contexts(ps);
    }
}

static void sign_message(void) {
    unsigned char signature[64];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    need(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
         EVP_DigestSign(ctx, signature, &len, input, sizeof(input)) == 1);
    EVP_MD_CTX_free(ctx);
}

void crypto_sign(void) {
    unsigned char signature[512], hash[32];
    size_t len = sizeof(signature);
    if (is_eddsa) {
        sign_message();
        return;
    }
    digest(hash);
    need(EVP_PKEY_sign(signer, signature, &len, hash, sizeof(hash)) == 1);
}

void crypto_verify(void) {
    unsigned char hash[32];
    digest(hash);
    need(EVP_PKEY_verify(verifier, known, known_len, hash, sizeof(hash)) == 1);
}
