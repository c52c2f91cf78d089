/*
 * TLS contexts: forward secrecy and authenticated encryption only, no renegotiation, no compression.
 */
#include "tls.h"

#include "base/arena.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#define CIPHERS_1_2                                                                                                    \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-"    \
    "SHA384:"                                                                                                          \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

static const unsigned char alpn[] = "\x08http/1.1";

/* RFC 7301: a client that offers protocols must offer ours. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                           unsigned in_len, void *arg) {
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_len, alpn, sizeof(alpn) - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static const char *last_error(void) {
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason ? reason : "unknown reason";
}

bool tls_new(const struct http_tls *options, SSL_CTX **ret_tls, struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    const char *certificate = str_c(scratch, options->certificate_file), *key = str_c(scratch, options->key_file);
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    bool fine = tls && SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 &&
                SSL_CTX_set_cipher_list(tls, CIPHERS_1_2) == 1;
    if (!fine) {
        fault_set(fault, "TLS cannot be set up: %s", last_error());
    } else if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1) {
        fine = fault_set(fault, "the certificate %s cannot be used: %s", certificate, last_error());
    } else if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(tls) != 1) {
        fine =
            fault_set(fault, "the key %s cannot be used with the certificate %s: %s", key, certificate, last_error());
    }
    if (!fine) {
        SSL_CTX_free(tls);
        return false;
    }
    SSL_CTX_set_options(tls, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(tls,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(tls, choose_protocol, NULL);
    *ret_tls = tls;
    return true;
}

void tls_free(SSL_CTX *tls) {
    SSL_CTX_free(tls);
}

SSL *tls_accept(SSL_CTX *tls, int fd) {
    SSL *ssl = SSL_new(tls);
    if (!ssl || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return ssl;
}

/* The first reads are the handshake. A client that leaves its own alert unread only hurts itself. */
static ssize_t result_of(SSL *ssl, int done) {
    if (done > 0) {
        return done;
    }
    switch (SSL_get_error(ssl, done)) {
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    default:
        errno = EIO;
        return -1;
    }
}

ssize_t tls_read(SSL *ssl, char *to, size_t room) {
    ERR_clear_error();
    return result_of(ssl, SSL_read(ssl, to, room < INT_MAX ? (int)room : INT_MAX));
}

ssize_t tls_write(SSL *ssl, const char *from, size_t len) {
    ERR_clear_error();
    return result_of(ssl, SSL_write(ssl, from, len < INT_MAX ? (int)len : INT_MAX));
}

bool tls_has_input(const SSL *ssl) {
    return SSL_has_pending(ssl) == 1;
}

void tls_end(SSL *ssl) {
    ERR_clear_error();
    SSL_shutdown(ssl); /* says goodbye, waits for no answer */
    SSL_free(ssl);
    ERR_clear_error();
}
