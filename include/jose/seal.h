/*
 * seal: authenticated encryption of small things that leave our hands and come back (RFC 5116 AES-256-GCM), and a
 * deterministic form for pseudonyms (RFC 5297 AES-SIV).
 *
 * A sealing key is derived from the installation's key-encryption key for one purpose (HKDF, RFC 5869), so that a thing
 * sealed for one purpose never opens for another. Sealed bytes start with a version, so that the form can change.
 */
#ifndef JOSE_SEAL_H
#define JOSE_SEAL_H

#include "base/secret.h"

struct sealer; /* immutable, shared by threads */

/* `bound` is authenticated and not stored: a cookie's value, an account's id. */
struct str seal(const struct sealer *sealer, struct arena *arena, struct str plain, struct str bound);
bool seal_open(const struct sealer *sealer, struct arena *arena, struct str sealed, struct str bound,
               struct str *ret_plain);

/* The same input gives the same output: AES-SIV. */
struct str seal_pseudonym(const struct sealer *sealer, struct arena *arena, struct str plain, struct str bound);
bool seal_pseudonym_open(const struct sealer *sealer, struct arena *arena, struct str sealed, struct str bound,
                         struct str *ret_plain);

/* Keyed hash for finding sealed things again, and for tags: HMAC-SHA-256 under the purpose's key. */
void seal_mac(const struct sealer *sealer, const struct str *parts, size_t count, unsigned char ret_mac[32]);

#endif
