/*
 * foreign_key: keys of services that speak no JOSE, from PEM files: RSA and SM2, ours and theirs, bare or in a
 * certificate.
 *
 * A key is immutable after loading and may be shared by threads. A certificate stands for the key in it: its chain, its
 * names and its term are not looked at, since the operator was given it by the other side as the one to use.
 */
#ifndef JOSE_FOREIGN_KEY_H
#define JOSE_FOREIGN_KEY_H

#include "base/fault.h"
#include "base/str.h"

enum foreign_kind { FOREIGN_RSA, FOREIGN_SM2 };

struct foreign_key;

/* "PRIVATE KEY" and the older "RSA PRIVATE KEY" and "EC PRIVATE KEY", without a passphrase. The file must be readable
 * by its owner only. RSA keys have 2048 to 4096 bits. */
bool foreign_key_read_private(struct str path, enum foreign_kind kind, struct foreign_key **ret_key,
                              struct fault *fault);
/* "CERTIFICATE" or "PUBLIC KEY", the first in the file. */
bool foreign_key_read_public(struct str path, enum foreign_kind kind, struct foreign_key **ret_key,
                             struct fault *fault);
/* From the text of such a file. */
bool foreign_key_parse_private(struct str pem, enum foreign_kind kind, struct foreign_key **ret_key);
bool foreign_key_parse_public(struct str pem, enum foreign_kind kind, struct foreign_key **ret_key);
/* A fresh pair: for simulators and tests. */
struct foreign_key *foreign_key_generate(enum foreign_kind kind);
void foreign_key_free(struct foreign_key *key);

/* The certificate's serial number in decimal, which is how some name their keys; absent for a bare key. */
struct str foreign_key_serial(const struct foreign_key *key);
/* Are they the two halves of one pair? */
bool foreign_key_pair(const struct foreign_key *private_key, const struct foreign_key *public_key);

/* RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2). */
struct str foreign_rsa_sign(const struct foreign_key *key, struct arena *arena, struct str text);
bool foreign_rsa_verify(const struct foreign_key *key, struct str text, struct str signature);
/* RSAES-PKCS1-v1_5 (RFC 8017 §7.2), for services that know nothing better. Encrypting fails when the plain text is
 * longer than the key's bytes less 11. Whether decrypting failed must not be told to whoever sent the text. */
bool foreign_rsa_encrypt(const struct foreign_key *key, struct arena *arena, struct str plain, struct str *ret_sealed);
bool foreign_rsa_decrypt(const struct foreign_key *key, struct arena *arena, struct str sealed, struct str *ret_plain);

#endif
