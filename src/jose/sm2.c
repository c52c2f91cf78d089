/*
 * SM2 over EVP. OpenSSL has no identity of its own for signatures: one made without fits nobody else's (domain
 * facts §8.4), so it is set on every context here.
 */
#include "jose/sm2.h"

#include "base/arena.h"
#include "base/check.h"
#include "internal.h"
#include "jose/sm3.h"
#include "pem_file.h"

#include <openssl/asn1t.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define IDENTITY "1234567812345678"
#define HALF     32
#define POINT    (1 + 2 * HALF) /* 04 ‖ x ‖ y */
#define OVERHEAD 64             /* of the ASN.1, beyond point and digest */

struct sm2_key {
    EVP_PKEY *pkey;
};

/* --- keys --- */

static void release_key(void *handle) {
    EVP_PKEY_free(handle);
}

/* Takes over pkey. False when it is of another kind. */
static bool adopt(struct arena *arena, EVP_PKEY *pkey, struct sm2_key **ret_key) {
    if (!pkey || !EVP_PKEY_is_a(pkey, "SM2")) {
        EVP_PKEY_free(pkey);
        return false;
    }
    struct sm2_key *key = arena_new_of(arena, struct sm2_key);
    key->pkey = pkey;
    arena_defer(arena, release_key, pkey);
    *ret_key = key;
    return true;
}

bool sm2_key_parse_private(struct arena *arena, struct str pem, struct sm2_key **ret_key) {
    if (pem.len == 0 || pem.len > PEM_FILE_MOST) {
        return false;
    }
    BIO *bio = pem_bio(pem);
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, pem_no_passphrase, NULL);
    BIO_free(bio);
    return adopt(arena, pkey, ret_key);
}

static EVP_PKEY *key_of_certificate(struct str pem) {
    BIO *bio = pem_bio(pem);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, pem_no_passphrase, NULL);
    EVP_PKEY *pkey = certificate ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    BIO_free(bio);
    return pkey;
}

bool sm2_key_parse_public(struct arena *arena, struct str pem, struct sm2_key **ret_key) {
    if (pem.len == 0 || pem.len > PEM_FILE_MOST) {
        return false;
    }
    EVP_PKEY *pkey = key_of_certificate(pem);
    if (!pkey) {
        BIO *bio = pem_bio(pem);
        pkey = PEM_read_bio_PUBKEY(bio, NULL, pem_no_passphrase, NULL);
        BIO_free(bio);
    }
    return adopt(arena, pkey, ret_key);
}

bool sm2_key_read_private(struct arena *arena, struct str path, struct sm2_key **ret_key, struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct str pem;
    return pem_file_read(scratch, path, true, &pem, fault) &&
           (sm2_key_parse_private(arena, pem, ret_key) ||
            fault_set(fault, "%.*s is not an SM2 private key in PEM without a passphrase", STR_ARG(path)));
}

bool sm2_key_read_public(struct arena *arena, struct str path, struct sm2_key **ret_key, struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct str pem;
    return pem_file_read(scratch, path, false, &pem, fault) &&
           (sm2_key_parse_public(arena, pem, ret_key) ||
            fault_set(fault, "%.*s is not an SM2 public key or certificate in PEM", STR_ARG(path)));
}

struct sm2_key *sm2_key_generate(struct arena *arena) {
    struct sm2_key *key;
    CHECK(adopt(arena, EVP_PKEY_Q_keygen(NULL, NULL, "SM2"), &key));
    return key;
}

/* --- signatures --- */

static EVP_MD_CTX *context_with_identity(const struct sm2_key *key) {
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    CHECK(md && ctx && EVP_PKEY_CTX_set1_id(ctx, IDENTITY, strlen(IDENTITY)) == 1);
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    return md;
}

static void context_free(EVP_MD_CTX *md) {
    EVP_PKEY_CTX *ctx = EVP_MD_CTX_get_pkey_ctx(md);
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx); /* set with set_pkey_ctx it stays the caller's */
}

struct str sm2_sign(struct arena *arena, const struct sm2_key *key, struct str text) {
    unsigned char der[SM2_SIGNATURE_SIZE + 16];
    unsigned char *raw = arena_alloc(arena, SM2_SIGNATURE_SIZE);
    size_t len = sizeof(der);
    EVP_MD_CTX *md = context_with_identity(key);
    CHECK(EVP_DigestSignInit(md, NULL, EVP_sm3(), NULL, key->pkey) == 1);
    CHECK(EVP_DigestSign(md, der, &len, (const unsigned char *)text.ptr, text.len) == 1);
    CHECK(jose_raw_from_der(der, len, raw));
    context_free(md);
    return str_of(raw, SM2_SIGNATURE_SIZE);
}

bool sm2_verify(const struct sm2_key *key, struct str text, struct str signature) {
    unsigned char der[SM2_SIGNATURE_SIZE + 16];
    size_t len;
    if (!jose_der_from_raw(signature, der, &len)) {
        return false;
    }
    EVP_MD_CTX *md = context_with_identity(key);
    bool fits = EVP_DigestVerifyInit(md, NULL, EVP_sm3(), NULL, key->pkey) == 1 &&
                EVP_DigestVerify(md, der, len, (const unsigned char *)text.ptr, text.len) == 1;
    context_free(md);
    return fits;
}

/* --- encrypted texts --- */

/* GM/T 0009 §7.2. */
struct cipher {
    ASN1_INTEGER *x, *y;
    ASN1_OCTET_STRING *digest, *text;
};
typedef struct cipher CIPHER;
DECLARE_ASN1_FUNCTIONS(CIPHER)
ASN1_SEQUENCE(CIPHER) =
    {
        ASN1_SIMPLE(CIPHER, x, ASN1_INTEGER),
        ASN1_SIMPLE(CIPHER, y, ASN1_INTEGER),
        ASN1_SIMPLE(CIPHER, digest, ASN1_OCTET_STRING),
        ASN1_SIMPLE(CIPHER, text, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(CIPHER) IMPLEMENT_ASN1_FUNCTIONS(CIPHER)

        static bool put_half(const ASN1_INTEGER *integer, unsigned char *to) {
    BIGNUM *number = ASN1_INTEGER_to_BN(integer, NULL);
    bool fine = number && !BN_is_negative(number) && BN_bn2binpad(number, to, HALF) == HALF;
    BN_free(number);
    return fine;
}

static bool raw_from_asn1(struct arena *arena, enum sm2_layout layout, struct str der, struct str *ret_raw) {
    const unsigned char *at = (const unsigned char *)der.ptr;
    CIPHER *cipher = d2i_CIPHER(NULL, &at, (long)der.len);
    if (!cipher) {
        return false;
    }
    size_t text_len = (size_t)ASN1_STRING_length(cipher->text);
    unsigned char *raw = arena_alloc(arena, POINT + SM3_SIZE + text_len);
    bool digest_first = layout == SM2_C1C3C2;
    unsigned char *digest = raw + POINT + (digest_first ? 0 : text_len);
    unsigned char *text = raw + POINT + (digest_first ? SM3_SIZE : 0);
    bool fine = ASN1_STRING_length(cipher->digest) == SM3_SIZE && put_half(cipher->x, raw + 1) &&
                put_half(cipher->y, raw + 1 + HALF);
    if (fine) {
        raw[0] = 4;
        memcpy(digest, ASN1_STRING_get0_data(cipher->digest), SM3_SIZE);
        memcpy(text, ASN1_STRING_get0_data(cipher->text), text_len);
        *ret_raw = str_of(raw, POINT + SM3_SIZE + text_len);
    }
    CIPHER_free(cipher);
    return fine;
}

static void set_half(ASN1_INTEGER *integer, const unsigned char *from) {
    BIGNUM *number = BN_bin2bn(from, HALF, NULL);
    CHECK(number && BN_to_ASN1_INTEGER(number, integer));
    BN_free(number);
}

static bool asn1_from_raw(struct arena *arena, enum sm2_layout layout, struct str raw, struct str *ret_der) {
    if (raw.len <= POINT + SM3_SIZE || raw.ptr[0] != 4) {
        return false;
    }
    const unsigned char *bytes = (const unsigned char *)raw.ptr;
    size_t text_len = raw.len - POINT - SM3_SIZE;
    bool digest_first = layout == SM2_C1C3C2;
    CIPHER *cipher = CIPHER_new();
    CHECK(cipher);
    set_half(cipher->x, bytes + 1);
    set_half(cipher->y, bytes + 1 + HALF);
    CHECK(ASN1_STRING_set(cipher->digest, bytes + POINT + (digest_first ? 0 : text_len), SM3_SIZE) == 1);
    CHECK(ASN1_STRING_set(cipher->text, bytes + POINT + (digest_first ? SM3_SIZE : 0), (int)text_len) == 1);
    unsigned char *der = NULL;
    int len = i2d_CIPHER(cipher, &der);
    CHECK(len > 0);
    *ret_der = str_dup(arena, str_of(der, (size_t)len));
    OPENSSL_free(der);
    CIPHER_free(cipher);
    return true;
}

bool sm2_encrypt(struct arena *arena, const struct sm2_key *key, enum sm2_layout layout, struct str plain,
                 struct str *ret_sealed) {
    if (plain.len == 0 || plain.len > SM2_PLAIN_MOST) {
        return false;
    }
    size_t len = 0;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    bool fine = ctx && EVP_PKEY_encrypt_init(ctx) == 1 &&
                EVP_PKEY_encrypt(ctx, NULL, &len, (const unsigned char *)plain.ptr, plain.len) == 1;
    unsigned char *sealed = arena_alloc(arena, len + 1);
    fine = fine && EVP_PKEY_encrypt(ctx, sealed, &len, (const unsigned char *)plain.ptr, plain.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!fine || layout != SM2_ASN1) {
        return fine && raw_from_asn1(arena, layout, str_of(sealed, len), ret_sealed);
    }
    *ret_sealed = str_of(sealed, len);
    return true;
}

bool sm2_decrypt(struct arena *arena, const struct sm2_key *key, enum sm2_layout layout, struct str sealed,
                 struct str *ret_plain) {
    if (sealed.len == 0 || sealed.len > SM2_PLAIN_MOST + POINT + SM3_SIZE + OVERHEAD ||
        (layout != SM2_ASN1 && !asn1_from_raw(arena, layout, sealed, &sealed))) {
        return false;
    }
    size_t len = sealed.len; /* the plain text is shorter */
    unsigned char *plain = arena_alloc(arena, len);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    bool fine = ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
                EVP_PKEY_decrypt(ctx, plain, &len, (const unsigned char *)sealed.ptr, sealed.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (fine) {
        *ret_plain = str_of(plain, len);
    }
    return fine;
}
