/*
 * RSA keys and certificates out of PEM, and signatures with them.
 */
#include "jose/rsa.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST      (64 * 1024)
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

/* Without it OpenSSL would ask the terminal for the passphrase of an encrypted key. */
static int no_passphrase(char *buf, int size, int writing, void *ctx) {
    return -1;
}

static BIO *bio_of(struct str pem) {
    CHECK(pem.len <= FILE_MOST);
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    CHECK(bio);
    return bio;
}

bool rsa_key_parse_private(struct arena *arena, struct str pem, struct rsa_key **ret_key) {
    if (pem.len == 0 || pem.len > FILE_MOST) {
        return false;
    }
    BIO *bio = bio_of(pem);
    struct rsa_key *key = adopt(arena, PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL));
    BIO_free(bio);
    if (!key) {
        return false;
    }
    *ret_key = key;
    return true;
}

bool rsa_key_parse_public(struct arena *arena, struct str pem, struct rsa_key **ret_key) {
    if (pem.len == 0 || pem.len > FILE_MOST) {
        return false;
    }
    BIO *bio = bio_of(pem);
    struct rsa_key *key = adopt(arena, PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL));
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

static bool read_whole(int fd, char *text, size_t *ret_len) {
    size_t len = 0;
    ssize_t more;
    while (len < FILE_MOST && (more = read(fd, text + len, FILE_MOST - len)) > 0) {
        len += (size_t)more;
    }
    *ret_len = len;
    return len < FILE_MOST && more == 0;
}

static bool read_file(struct arena *arena, struct str path, bool secret, struct str *ret_text, struct fault *fault) {
    char *name = str_c(arena, path);
    struct stat status;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fault_set(fault, "%s cannot be read: %s", name, strerror(errno));
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return fault_set(fault, "%s cannot be read: it is not a file", name);
    }
    if (secret && (status.st_mode & 077)) {
        close(fd);
        return fault_set(fault, "%s can be read by others (mode %04o): make it 0600", name,
                         (unsigned)(status.st_mode & 07777));
    }
    struct secret room = secret_copy(arena, str_of(arena_alloc(arena, FILE_MOST), FILE_MOST));
    size_t len;
    bool fine = read_whole(fd, (char *)room.ptr, &len);
    close(fd);
    *ret_text = str_of(room.ptr, len);
    return fine || fault_set(fault, "%s cannot be read, or is longer than %d bytes", name, FILE_MOST);
}

bool rsa_key_read_private(struct arena *arena, struct str path, struct rsa_key **ret_key, struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct str pem;
    return read_file(scratch, path, true, &pem, fault) &&
           (rsa_key_parse_private(arena, pem, ret_key) ||
            fault_set(fault, "%.*s is not an RSA private key in PEM of %d to %d bits without a passphrase",
                      STR_ARG(path), BITS_LEAST, BITS_MOST));
}

bool rsa_key_read_public(struct arena *arena, struct str path, struct rsa_key **ret_key, struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct str pem;
    return read_file(scratch, path, false, &pem, fault) &&
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

static bool read_certificate(struct arena *arena, X509 *certificate, struct rsa_certificate *read) {
    int signed_with = X509_get_signature_nid(certificate);
    read->serial_name = serial_name_of(arena, certificate);
    read->signed_with_rsa = signed_with == NID_sha1WithRSAEncryption || signed_with == NID_sha256WithRSAEncryption;
    read->key = adopt(arena, X509_get_pubkey(certificate));
    return !str_is_absent(read->serial_name);
}

/* Reading stops where no further block can be read: that is the end only when nothing else begins there. */
static size_t read_certificates(struct arena *arena, BIO *bio, struct rsa_certificate *certificates) {
    size_t count = 0;
    X509 *certificate;
    while ((certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL))) {
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
    if (pem.len == 0 || pem.len > FILE_MOST) {
        return 0;
    }
    struct rsa_certificate *certificates = arena_array_of(arena, RSA_CERTIFICATES_MOST, struct rsa_certificate);
    BIO *bio = bio_of(pem);
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
    if (!read_file(scratch, path, false, &pem, fault)) {
        return false;
    }
    *ret_count = rsa_certificates_parse(arena, pem, ret_certificates);
    return *ret_count > 0 ||
           fault_set(fault, "%.*s does not hold certificates in PEM, at most %d", STR_ARG(path), RSA_CERTIFICATES_MOST);
}
