/*
 * Certificates out of a PEM file, and their names.
 */
#include "jose/certificate.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "foreign_internal.h"
#include "pem_file.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define ISSUER_MOST 2048
#define BEGIN       STR("-----BEGIN ")

static void release_key(void *handle) {
    foreign_key_free(handle);
}

static void release_certificate(void *handle) {
    X509_free(handle);
}

/* RFC 2253, but with letters beyond ASCII as UTF-8: as the toolkits of the gateways write it. */
static struct str issuer_of(struct arena *arena, X509 *certificate) {
    BIO *bio = BIO_new(BIO_s_mem());
    CHECK(bio);
    int len = X509_NAME_print_ex(bio, X509_get_issuer_name(certificate), 0,
                                 XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    char *text = arena_alloc(arena, ISSUER_MOST);
    int got = len > 0 && len < ISSUER_MOST ? BIO_read(bio, text, len) : 0;
    BIO_free(bio);
    return got > 0 && got == len ? str_of(text, (size_t)got) : STR_NONE;
}

static struct str serial_of(struct arena *arena, X509 *certificate) {
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *decimal = number ? BN_bn2dec(number) : NULL;
    struct str serial = decimal ? str_dup(arena, str_from(decimal)) : STR_NONE;
    OPENSSL_free(decimal);
    BN_free(number);
    return serial;
}

static struct str serial_name_of(struct arena *arena, X509 *certificate) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    struct str issuer = issuer_of(arena, certificate), serial = serial_of(arena, certificate);
    if (str_is_absent(issuer) || str_is_absent(serial)) {
        return STR_NONE;
    }
    struct str text = str_concat(arena, issuer, serial);
    bool fine = EVP_Digest(text.ptr, text.len, digest, &len, EVP_md5(), NULL) == 1;
    return fine ? hex_encode(arena, str_of(digest, len)) : STR_NONE;
}

static X509 *parse(struct arena *arena, struct str pem) {
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    CHECK(bio);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (certificate) {
        arena_defer(arena, release_certificate, certificate);
    }
    return certificate;
}

static bool read_one(struct arena *arena, struct str pem, struct certificate *read) {
    X509 *certificate = parse(arena, pem);
    if (!certificate) {
        return false;
    }
    int signed_with = X509_get_signature_nid(certificate);
    read->serial_name = serial_name_of(arena, certificate);
    read->signed_with_rsa = signed_with == NID_sha1WithRSAEncryption || signed_with == NID_sha256WithRSAEncryption;
    if (foreign_key_parse_public(pem, FOREIGN_RSA, &read->key)) {
        arena_defer(arena, release_key, read->key);
    }
    return !str_is_absent(read->serial_name);
}

/* Where the next block begins, at `from` or behind it; the end of the text when there is none. */
static size_t block_at(struct str pem, size_t from) {
    for (size_t i = from; i + BEGIN.len <= pem.len; i++) {
        if (memcmp(pem.ptr + i, BEGIN.ptr, BEGIN.len) == 0) {
            return i;
        }
    }
    return pem.len;
}

size_t certificates_parse(struct arena *arena, struct str pem, struct certificate **ret_certificates) {
    struct certificate *certificates = arena_array_of(arena, CERTIFICATES_MOST, struct certificate);
    size_t count = 0;
    if (pem.len > PEM_FILE_MOST) {
        return 0;
    }
    for (size_t at = block_at(pem, 0); at < pem.len;) {
        size_t next = block_at(pem, at + 1);
        if (count == CERTIFICATES_MOST || !read_one(arena, str_sub(pem, at, next - at), &certificates[count])) {
            return 0;
        }
        count++;
        at = next;
    }
    *ret_certificates = certificates;
    return count;
}

bool certificates_read(struct arena *arena, struct str path, struct certificate **ret_certificates, size_t *ret_count,
                       struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct str pem;
    const char *name = str_c(scratch, path);
    if (!pem_file_read(scratch, str_from(name), false, &pem, fault)) {
        return false;
    }
    *ret_count = certificates_parse(arena, pem, ret_certificates);
    return *ret_count > 0 ||
           fault_set(fault, "%s does not hold certificates in PEM, or more than %d", name, CERTIFICATES_MOST);
}
