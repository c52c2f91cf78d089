/*
 * SM2 signatures over EVP. OpenSSL speaks DER and knows no default ID, so the ID is set on each use and the raw form is
 * made and read here.
 */
#include "jose/sm2_signature.h"

#include "base/check.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_MOST  (8 * 1024)
#define HALF      32
#define BITS      256
#define KEY_MAGIC 0x534d3253u

struct sm2_key {
    unsigned magic;
    bool is_private;
    EVP_PKEY *pkey;
};

/* --- keys --- */

static bool is_of_sm2(const EVP_PKEY *pkey) {
    return EVP_PKEY_is_a(pkey, "SM2") && EVP_PKEY_get_bits(pkey) == BITS;
}

/* An encrypted file would make OpenSSL ask on the terminal. */
static int no_passphrase(char *to, int size, int writing, void *ctx) {
    return -1;
}

bool sm2_key_from_pem(struct str pem, bool is_private, struct sm2_key **ret_key) {
    if (pem.len == 0 || pem.len > PEM_MOST) {
        return false;
    }
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    CHECK(bio);
    EVP_PKEY *pkey = is_private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
                                : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    if (!pkey || !is_of_sm2(pkey)) {
        EVP_PKEY_free(pkey);
        return false;
    }
    struct sm2_key *key = check_calloc(1, sizeof(*key));
    *key = (struct sm2_key){.magic = KEY_MAGIC, .is_private = is_private, .pkey = pkey};
    *ret_key = key;
    return true;
}

static bool read_file(const char *path, bool is_private, char text[PEM_MOST], size_t *ret_len, struct fault *fault) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fault_set(fault, "%s cannot be read: %s", path, strerror(errno));
    }
    bool fine = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    ssize_t len = fine ? read(fd, text, PEM_MOST) : -1;
    close(fd);
    if (len <= 0 || len == PEM_MOST) {
        return fault_set(fault, "%s cannot be read: it is not a file with one key", path);
    }
    if (is_private && (status.st_mode & 077)) {
        return fault_set(fault, "%s can be read by others (mode %04o): make it 0600", path,
                         (unsigned)(status.st_mode & 07777));
    }
    *ret_len = (size_t)len;
    return true;
}

bool sm2_key_load(struct str path, bool is_private, struct sm2_key **ret_key, struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    const char *name = str_c(arena, path);
    char *text = arena_alloc(arena, PEM_MOST);
    size_t len;
    if (!read_file(name, is_private, text, &len, fault)) {
        return false;
    }
    bool fine =
        sm2_key_from_pem(str_of(text, len), is_private, ret_key) ||
        fault_set(fault, "%s holds no %s key on the curve of SM2 in PEM", name, is_private ? "private" : "public");
    secret_wipe(text, PEM_MOST);
    return fine;
}

void sm2_key_free(struct sm2_key *key) {
    if (key) {
        OBJECT_CHECK(key, KEY_MAGIC);
        EVP_PKEY_free(key->pkey);
        key->magic = 0;
        free(key);
    }
}

/* --- the two forms --- */

static bool raw_of_der(struct arena *arena, struct str der, struct str *ret_raw) {
    const unsigned char *at = (const unsigned char *)der.ptr;
    ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
    unsigned char *raw = arena_alloc(arena, SM2_RAW_SIZE);
    bool fine = parsed && BN_bn2binpad(ECDSA_SIG_get0_r(parsed), raw, HALF) == HALF &&
                BN_bn2binpad(ECDSA_SIG_get0_s(parsed), raw + HALF, HALF) == HALF;
    ECDSA_SIG_free(parsed);
    *ret_raw = str_of(raw, SM2_RAW_SIZE);
    return fine;
}

static bool der_of_raw(struct str raw, unsigned char der[SM2_SIGNATURE_MOST], size_t *ret_len) {
    if (raw.len != SM2_RAW_SIZE) {
        return false;
    }
    const unsigned char *bytes = (const unsigned char *)raw.ptr;
    ECDSA_SIG *made = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, HALF, NULL), *s = BN_bin2bn(bytes + HALF, HALF, NULL);
    CHECK(made && r && s && ECDSA_SIG_set0(made, r, s) == 1);
    unsigned char *to = der;
    int len = i2d_ECDSA_SIG(made, NULL);
    CHECK(len > 0 && len <= SM2_SIGNATURE_MOST && i2d_ECDSA_SIG(made, &to) == len);
    ECDSA_SIG_free(made);
    *ret_len = (size_t)len;
    return true;
}

/* Through the raw form and back: what does not come back the same was not minimal, negative, or longer than it said. */
static bool der_is_exact(struct arena *arena, struct str der) {
    unsigned char again[SM2_SIGNATURE_MOST];
    struct str raw;
    size_t len;
    return der.len <= SM2_SIGNATURE_MOST && raw_of_der(arena, der, &raw) && der_of_raw(raw, again, &len) &&
           str_equal(str_of(again, len), der);
}

/* --- signing and verifying --- */

/* A context for one use, with the ID that OpenSSL hashes before the message. */
static EVP_MD_CTX *context_of(const struct sm2_key *key, struct str id) {
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    CHECK(md && ctx);
    CHECK(EVP_PKEY_CTX_set1_id(ctx, id.ptr, (int)id.len) == 1);
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    return md;
}

static void context_free(EVP_MD_CTX *md) {
    EVP_PKEY_CTX_free(EVP_MD_CTX_get_pkey_ctx(md)); /* one that was set is not the digest context's to free */
    EVP_MD_CTX_free(md);
}

static bool sign_der(const struct sm2_key *key, struct str id, struct str message,
                     unsigned char der[SM2_SIGNATURE_MOST], size_t *ret_len) {
    EVP_MD_CTX *md = context_of(key, id);
    *ret_len = SM2_SIGNATURE_MOST;
    bool fine = EVP_DigestSignInit(md, NULL, EVP_sm3(), NULL, key->pkey) == 1 &&
                EVP_DigestSign(md, der, ret_len, (const unsigned char *)message.ptr, message.len) == 1;
    context_free(md);
    return fine;
}

bool sm2_sign(const struct sm2_key *key, struct arena *arena, struct str id, struct str message, enum sm2_form form,
              struct str *ret_signature) {
    OBJECT_CHECK(key, KEY_MAGIC);
    unsigned char der[SM2_SIGNATURE_MOST];
    size_t len;
    if (!key->is_private || !sign_der(key, id, message, der, &len)) {
        return false;
    }
    if (form == SM2_RAW) {
        return raw_of_der(arena, str_of(der, len), ret_signature);
    }
    *ret_signature = str_dup(arena, str_of(der, len));
    return true;
}

static bool verify_der(const struct sm2_key *key, struct str id, struct str message, struct str der) {
    EVP_MD_CTX *md = context_of(key, id);
    bool fits = EVP_DigestVerifyInit(md, NULL, EVP_sm3(), NULL, key->pkey) == 1 &&
                EVP_DigestVerify(md, (const unsigned char *)der.ptr, der.len, (const unsigned char *)message.ptr,
                                 message.len) == 1;
    context_free(md);
    return fits;
}

bool sm2_verify(const struct sm2_key *key, struct str id, struct str message, enum sm2_form form,
                struct str signature) {
    OBJECT_CHECK(key, KEY_MAGIC);
    struct arena *arena ARENA_AUTO = arena_new();
    unsigned char der[SM2_SIGNATURE_MOST];
    size_t len;
    if (form == SM2_DER) {
        return der_is_exact(arena, signature) && verify_der(key, id, message, signature);
    }
    return der_of_raw(signature, der, &len) && verify_der(key, id, message, str_of(der, len));
}
