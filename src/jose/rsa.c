/*
 * RSA keys and certificates out of PEM, and signatures with them.
 */
#include "jose/rsa.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "pem_file.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define BITS_LEAST     2048
#define BITS_MOST      4096
#define SIGNATURE_MOST (BITS_MOST / 8)
#define ISSUER_MOST    2048

struct rsa_key {
    EVP_PKEY *pkey;
};

/* --- keys --- */

static void release_key(void *handle) {
    EVP_PKEY_free(handle);
}

/* Takes over pkey. NULL when it is not a key that we use. */
static struct rsa_key *adopt(struct arena *arena, EVP_PKEY *pkey) {
    if (!pkey || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA || EVP_PKEY_get_bits(pkey) < BITS_LEAST ||
        EVP_PKEY_get_bits(pkey) > BITS_MOST) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    struct rsa_key *key = arena_new_of(arena, struct rsa_key);
    key->pkey = pkey;
    arena_defer(arena, release_key, pkey);
    return key;
}

bool rsa_key_parse_private(struct arena *arena, struct str pem, struct rsa_key **ret_key) {
    if (pem.len == 0 || pem.len > PEM_FILE_MOST) {
        return false;
    }
    BIO *bio = pem_bio(pem);
    struct rsa_key *key = adopt(arena, PEM_read_bio_PrivateKey(bio, NULL, pem_no_passphrase, NULL));
    BIO_free(bio);
    if (!key) {
        return false;
    }
    *ret_key = key;
    return true;
}

bool rsa_key_parse_public(struct arena *arena, struct str pem, struct rsa_key **ret_key) {
    if (pem.len == 0 || pem.len > PEM_FILE_MOST) {
        return false;
    }
    BIO *bio = pem_bio(pem);
    struct rsa_key *key = adopt(arena, PEM_read_bio_PUBKEY(bio, NULL, pem_no_passphrase, NULL));
    BIO_free(bio);
    if (!key) {
        return false;
    }
    *ret_key = key;
    return true;
}

struct rsa_key *rsa_key_generate(struct arena *arena) {
    struct rsa_key *key = adopt(arena, EVP_RSA_gen(BITS_LEAST));
    CHECK(key);
    return key;
}

/* --- files --- */

bool rsa_key_read_private(struct arena *arena, struct str path, struct rsa_key **ret_key, struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct str pem;
    return pem_file_read(scratch, path, true, &pem, fault) &&
           (rsa_key_parse_private(arena, pem, ret_key) ||
            fault_set(fault, "%.*s is not an RSA private key in PEM of %d to %d bits without a passphrase",
                      STR_ARG(path), BITS_LEAST, BITS_MOST));
}

bool rsa_key_read_public(struct arena *arena, struct str path, struct rsa_key **ret_key, struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct str pem;
    return pem_file_read(scratch, path, false, &pem, fault) &&
           (rsa_key_parse_public(arena, pem, ret_key) ||
            fault_set(fault, "%.*s is not an RSA public key in PEM (BEGIN PUBLIC KEY) of %d to %d bits", STR_ARG(path),
                      BITS_LEAST, BITS_MOST));
}

/* --- signatures --- */

struct str rsa_sign(struct arena *arena, const struct rsa_key *key, struct str text) {
    size_t len = SIGNATURE_MOST;
    unsigned char *signature = arena_alloc(arena, len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool fine = ctx && EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1 &&
                EVP_DigestSign(ctx, signature, &len, (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    return fine ? str_of(signature, len) : STR_NONE;
}

bool rsa_verify(const struct rsa_key *key, struct str text, struct str signature) {
    if (signature.len != (size_t)EVP_PKEY_get_size(key->pkey)) {
        return false;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool fits = ctx && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1 &&
                EVP_DigestVerify(ctx, (const unsigned char *)signature.ptr, signature.len,
                                 (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    return fits;
}

/* --- encryption --- */

static EVP_PKEY_CTX *context_of(const struct rsa_key *key) {
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    CHECK(ctx);
    return ctx;
}

bool rsa_encrypt(struct arena *arena, const struct rsa_key *key, struct str plain, struct str *ret_sealed) {
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    unsigned char *sealed = arena_alloc(arena, len);
    EVP_PKEY_CTX *ctx = context_of(key);
    bool fine = EVP_PKEY_encrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_encrypt(ctx, sealed, &len, (const unsigned char *)plain.ptr, plain.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (fine) {
        *ret_sealed = str_of(sealed, len);
    }
    return fine;
}

bool rsa_decrypt(struct arena *arena, const struct rsa_key *key, struct str sealed, struct str *ret_plain) {
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    unsigned char *plain = arena_alloc(arena, len);
    EVP_PKEY_CTX *ctx = context_of(key);
    bool fine = EVP_PKEY_decrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_decrypt(ctx, plain, &len, (const unsigned char *)sealed.ptr, sealed.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (fine) {
        *ret_plain = str_of(plain, len);
    }
    return fine;
}

bool rsa_key_is_pair(const struct rsa_key *private_key, const struct rsa_key *public_key) {
    return EVP_PKEY_eq(private_key->pkey, public_key->pkey) == 1;
}

/* --- certificates --- */

/* RFC 2253, but with letters beyond ASCII as UTF-8: as the toolkits of the gateways write it. */
static struct str issuer_of(struct arena *arena, X509 *certificate) {
    BIO *bio = BIO_new(BIO_s_mem());
    CHECK(bio);
    int len = X509_NAME_print_ex(bio, X509_get_issuer_name(certificate), 0,
                                 XN_FLAG_RFC2253 & ~(unsigned)ASN1_STRFLGS_ESC_MSB);
    char *text = arena_alloc(arena, ISSUER_MOST);
    int got = len > 0 && len < ISSUER_MOST ? BIO_read(bio, text, len) : 0;
    BIO_free(bio);
    return got == len && got > 0 ? str_of(text, (size_t)got) : STR_NONE;
}

static struct str serial_of(struct arena *arena, X509 *certificate) {
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *decimal = number ? BN_bn2dec(number) : NULL;
    struct str serial = decimal ? str_dup(arena, str_from(decimal)) : STR_NONE;
    OPENSSL_free(decimal);
    BN_free(number);
    return serial;
}

static struct str serial_name_of(struct arena *arena, X509 *certificate, struct str serial) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    struct str issuer = issuer_of(arena, certificate);
    if (str_is_absent(issuer) || str_is_absent(serial)) {
        return STR_NONE;
    }
    struct str text = str_concat(arena, issuer, serial);
    bool fine = EVP_Digest(text.ptr, text.len, digest, &len, EVP_md5(), NULL) == 1;
    return fine ? hex_encode(arena, str_of(digest, len)) : STR_NONE;
}

static bool read_certificate(struct arena *arena, X509 *certificate, struct rsa_certificate *read) {
    int signed_with = X509_get_signature_nid(certificate);
    read->serial = serial_of(arena, certificate);
    read->serial_name = serial_name_of(arena, certificate, read->serial);
    read->signed_with_rsa = signed_with == NID_sha1WithRSAEncryption || signed_with == NID_sha256WithRSAEncryption;
    read->key = adopt(arena, X509_get_pubkey(certificate));
    return !str_is_absent(read->serial_name);
}

/* Reading stops where no further block can be read: that is the end only when nothing else begins there. */
static size_t read_certificates(struct arena *arena, BIO *bio, struct rsa_certificate *certificates) {
    size_t count = 0;
    X509 *certificate;
    while ((certificate = PEM_read_bio_X509(bio, NULL, pem_no_passphrase, NULL))) {
        bool fine = count < RSA_CERTIFICATES_MOST && read_certificate(arena, certificate, &certificates[count]);
        X509_free(certificate);
        if (!fine) {
            return 0;
        }
        count++;
    }
    return count;
}

static size_t count_of(struct str pem, struct str wanted) {
    size_t count = 0;
    for (size_t i = 0; i + wanted.len <= pem.len; i++) {
        count += memcmp(pem.ptr + i, wanted.ptr, wanted.len) == 0;
    }
    return count;
}

size_t rsa_certificates_parse(struct arena *arena, struct str pem, struct rsa_certificate **ret_certificates) {
    if (pem.len == 0 || pem.len > PEM_FILE_MOST) {
        return 0;
    }
    struct rsa_certificate *certificates = arena_array_of(arena, RSA_CERTIFICATES_MOST, struct rsa_certificate);
    BIO *bio = pem_bio(pem);
    size_t count = read_certificates(arena, bio, certificates);
    BIO_free(bio);
    if (count == 0 || count != count_of(pem, STR("-----BEGIN "))) {
        return 0;
    }
    *ret_certificates = certificates;
    return count;
}

bool rsa_certificates_read(struct arena *arena, struct str path, struct rsa_certificate **ret_certificates,
                           size_t *ret_count, struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct str pem;
    if (!pem_file_read(scratch, path, false, &pem, fault)) {
        return false;
    }
    *ret_count = rsa_certificates_parse(arena, pem, ret_certificates);
    return *ret_count > 0 ||
           fault_set(fault, "%.*s does not hold certificates in PEM, at most %d", STR_ARG(path), RSA_CERTIFICATES_MOST);
}
