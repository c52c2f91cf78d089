/*
 * Signatures over EVP: ready contexts for signing, and the exact lengths and encodings that JWA wants (RFC 7518 §3, RFC
 * 8037 §3.1).
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "internal.h"
#include "jose/digest.h"
#include "jose/jws.h"

#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define SIGNATURE_MOST 512
#define HEADER_MOST    512
#define HEADERS_MOST   8

/* The first part of a token, in base64url with its dot: the same for all tokens of one key and type. */
struct header {
    struct str typ, text;
};

struct jose_signer {
    struct jose_key *key;
    EVP_PKEY_CTX *ready; /* signs a digest; NULL for Ed25519, which signs the message itself */
    EVP_MD_CTX *work;    /* for Ed25519 */
    struct arena *arena; /* the headers' */
    struct header headers[HEADERS_MOST];
    size_t header_count;
};

static bool set_padding(EVP_PKEY_CTX *ctx, enum jose_alg alg) {
    if (alg != JOSE_PS256) {
        return true;
    }
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static const char *digest_name(enum jose_alg alg) {
    return alg == JOSE_EDDSA ? NULL : "SHA256";
}

/* One context serves all signatures of a key: OpenSSL allows it as long as the parameters stay (EVP_PKEY_sign(3)). */
static EVP_PKEY_CTX *ready_context(const struct jose_key *key) {
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    bool fine = ctx && EVP_PKEY_sign_init(ctx) == 1 && set_padding(ctx, key->alg) &&
                EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1;
    if (!fine) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

struct jose_signer *jose_signer_new(struct jose_key *key) {
    struct jose_signer *signer = check_calloc(1, sizeof(*signer));
    signer->key = jose_key_hold(key);
    signer->arena = arena_new();
    if (key->alg == JOSE_EDDSA) {
        signer->work = EVP_MD_CTX_new();
        CHECK(signer->work);
    } else if (!(signer->ready = ready_context(key))) {
        jose_signer_free(signer);
        return NULL;
    }
    return signer;
}

void jose_signer_free(struct jose_signer *signer) {
    if (!signer) {
        return;
    }
    EVP_PKEY_CTX_free(signer->ready);
    EVP_MD_CTX_free(signer->work);
    arena_free(signer->arena);
    jose_key_free(signer->key);
    free(signer);
}

bool jose_raw_from_der(const unsigned char *der, size_t len, unsigned char raw[ES256_SIZE]) {
    ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool fine = parsed && BN_bn2binpad(ECDSA_SIG_get0_r(parsed), raw, ES256_HALF) == ES256_HALF &&
                BN_bn2binpad(ECDSA_SIG_get0_s(parsed), raw + ES256_HALF, ES256_HALF) == ES256_HALF;
    ECDSA_SIG_free(parsed);
    return fine;
}

static bool sign_message(struct jose_signer *signer, struct str input, unsigned char *signature, size_t *len) {
    return EVP_MD_CTX_reset(signer->work) == 1 &&
           EVP_DigestSignInit_ex(signer->work, NULL, NULL, NULL, NULL, signer->key->pkey, NULL) == 1 &&
           EVP_DigestSign(signer->work, signature, len, (const unsigned char *)input.ptr, input.len) == 1;
}

static bool sign_digest(struct jose_signer *signer, struct str input, unsigned char *signature, size_t *len) {
    struct sha256 digest = sha256_of(input);
    return EVP_PKEY_sign(signer->ready, signature, len, digest.bytes, SHA256_SIZE) == 1;
}

static bool sign(struct jose_signer *signer, struct str input, unsigned char signature[SIGNATURE_MOST],
                 size_t *ret_len) {
    size_t len = SIGNATURE_MOST;
    bool fine =
        signer->ready ? sign_digest(signer, input, signature, &len) : sign_message(signer, input, signature, &len);
    if (fine && signer->key->alg == JOSE_ES256) {
        unsigned char raw[ES256_SIZE];
        fine = jose_raw_from_der(signature, len, raw);
        memcpy(signature, raw, ES256_SIZE);
        len = ES256_SIZE;
    }
    *ret_len = len;
    return fine;
}

static struct str header_make(struct jose_signer *signer, struct str typ) {
    struct buf header, text;
    buf_init(&header, signer->arena, HEADER_MOST, HEADER_MOST);
    struct json_out out = json_out(&header);
    json_open_object(&out, NULL);
    json_put_str(&out, "alg", jose_alg_name(signer->key->alg));
    json_put_str(&out, "typ", typ);
    json_put_str(&out, "kid", jose_key_kid(signer->key));
    json_close_object(&out);
    buf_init(&text, signer->arena, HEADER_MOST * 2, HEADER_MOST * 2);
    buf_put_base64url(&text, buf_str(&header));
    buf_putc(&text, '.');
    CHECK(!header.failed && !text.failed);
    return buf_str(&text);
}

/* Types are constants of the domain, and few. */
static struct str header_of(struct jose_signer *signer, struct str typ) {
    for (size_t i = 0; i < signer->header_count; i++) {
        if (str_equal(signer->headers[i].typ, typ)) {
            return signer->headers[i].text;
        }
    }
    CHECK(signer->header_count < HEADERS_MOST);
    struct header *header = &signer->headers[signer->header_count++];
    *header = (struct header){.typ = str_dup(signer->arena, typ), .text = header_make(signer, typ)};
    return header->text;
}

bool jws_sign(struct jose_signer *signer, struct str typ, struct str payload, struct buf *buf) {
    size_t start = buf->len;
    unsigned char signature[SIGNATURE_MOST];
    size_t len;
    buf_put(buf, header_of(signer, typ));
    buf_put_base64url(buf, payload);
    bool fine = !buf->failed && sign(signer, str_of(buf->ptr + start, buf->len - start), signature, &len);
    if (fine) {
        buf_putc(buf, '.');
        buf_put_base64url(buf, str_of(signature, len));
    }
    if (!fine || buf->failed) {
        buf->len = start;
        return false;
    }
    return true;
}

/* --- verifying --- */

/* r and s as JWA has them, to the DER form that OpenSSL takes. Their range is OpenSSL's to check. */
bool jose_der_from_raw(struct str raw, unsigned char *der, size_t *ret_len) {
    if (raw.len != ES256_SIZE) {
        return false;
    }
    ECDSA_SIG *built = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn((const unsigned char *)raw.ptr, ES256_HALF, NULL);
    BIGNUM *s = BN_bin2bn((const unsigned char *)raw.ptr + ES256_HALF, ES256_HALF, NULL);
    CHECK(built && r && s && ECDSA_SIG_set0(built, r, s) == 1);
    int len = i2d_ECDSA_SIG(built, &der);
    ECDSA_SIG_free(built);
    *ret_len = (size_t)len;
    return len > 0;
}

bool jose_key_verify(const struct jose_key *key, struct str input, struct str signature) {
    unsigned char der[ES256_SIZE + 16];
    if (key->alg == JOSE_ES256) {
        size_t len;
        if (!jose_der_from_raw(signature, der, &len)) {
            return false;
        }
        signature = str_of(der, len);
    } else if (signature.len != (size_t)EVP_PKEY_get_size(key->pkey)) {
        return false;
    }
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = NULL;
    bool fits = md && EVP_DigestVerifyInit_ex(md, &ctx, digest_name(key->alg), NULL, NULL, key->pkey, NULL) == 1 &&
                set_padding(ctx, key->alg) &&
                EVP_DigestVerify(md, (const unsigned char *)signature.ptr, signature.len,
                                 (const unsigned char *)input.ptr, input.len) == 1;
    EVP_MD_CTX_free(md);
    return fits;
}
