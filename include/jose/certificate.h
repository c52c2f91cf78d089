/*
 * certificate: what certificates in a PEM file say of themselves, for gateways that name keys by their certificates.
 */
#ifndef JOSE_CERTIFICATE_H
#define JOSE_CERTIFICATE_H

#include "jose/foreign_key.h"

struct arena;

struct certificate {
    struct str serial_name; /* lower-case hexadecimal MD5 of the issuer (RFC 2253) and the decimal serial number: a name
                               that some gateways use. Not for security. */
    bool signed_with_rsa;   /* by SHA-1 or SHA-256 with RSA */
    struct foreign_key *key; /* the arena's; NULL where it is no RSA key that we use */
};
#define CERTIFICATES_MOST 32

/* All of a file, in order; at least one. */
bool certificates_read(struct arena *arena, struct str path, struct certificate **ret_certificates, size_t *ret_count,
                       struct fault *fault);
/* The same from text; 0 when one cannot be read, something else is there, or there are too many. */
size_t certificates_parse(struct arena *arena, struct str pem, struct certificate **ret_certificates);

#endif
