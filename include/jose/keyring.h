/*
 * keyring: the keys of the installation, in one folder of files with mode 0600 (anything wider is refused).
 *
 *   kek                   key-encryption key, 32 random bytes as base64url; or from the environment (see struct
 * keyring_options) signing-<kid>.json    {"state","alg","created","activated","retired","jwk" (private, sealed under
 * the KEK)}
 *
 * A signing key is `next` (published, not signing), `active` (one per algorithm, signing) or `retired` (published until
 * the last token it signed has expired). Rotation publishes before it signs: keyring_rotate makes next active and
 * active retired.
 */
#ifndef JOSE_KEYRING_H
#define JOSE_KEYRING_H

#include "jose/jws.h"
#include "jose/seal.h"

enum key_state { KEY_NEXT, KEY_ACTIVE, KEY_RETIRED };

struct keyring_options {
    struct str folder;
    struct str kek;          /* base64url of 32 bytes, from the environment; absent: the file `kek` */
    int64_t retired_seconds; /* how long a retired key is still published: the longest token lifetime */
};

struct keyring; /* immutable snapshot, shared by threads */

/* Makes the folder (0700), the KEK and an active and a next key of each algorithm given, where they do not exist yet.
 */
bool keyring_create(const struct keyring_options *options, const enum jose_alg *algs, size_t count,
                    struct fault *fault);
bool keyring_open(const struct keyring_options *options, struct keyring **ret_keyring, struct fault *fault);
void keyring_free(struct keyring *keyring);

/* next → active, active → retired, a new next; files are replaced atomically. Deletes retired keys past their time. */
bool keyring_rotate(const struct keyring_options *options, enum jose_alg alg, struct fault *fault);

/* The active key of an algorithm; NULL when there is none. */
struct jose_key *keyring_active(const struct keyring *keyring, enum jose_alg alg);
/* All published keys: what jws_verify needs for the server's own tokens, and the JWKS document. */
const struct jose_key_set *keyring_published(const struct keyring *keyring);
void keyring_write_jwks(const struct keyring *keyring, struct buf *buf);
/* Files' newest modification, to notice a rotation made by `tongxing keys rotate` while serving. */
int64_t keyring_stamp(const struct keyring_options *options);

struct keyring_entry {
    struct str kid;
    enum jose_alg alg;
    enum key_state state;
    int64_t created;
    int64_t activated; /* 0 for one that never signed */
};
size_t keyring_count(const struct keyring *keyring);
struct keyring_entry keyring_entry(const struct keyring *keyring, size_t index);

/* The sealing key of a purpose ("flow", "personal", "lookup", "sid", "refresh", "csrf", …): lives as long as the
 * keyring. */
const struct sealer *keyring_sealer(const struct keyring *keyring, const char *purpose);

#endif
