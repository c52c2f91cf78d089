/*
 * sm2: the signatures and the public-key encryption of GB/T 32918 (GM/T 0003), with keys from PEM files that others
 * made.
 *
 * Keys live as long as the arena they were read into, and are wiped with it.
 */
#ifndef JOSE_SM2_H
#define JOSE_SM2_H

#include "base/fault.h"
#include "base/str.h"

struct arena;
struct sm2_key;

/* PKCS#8 or SEC 1, not encrypted; the file is refused when others may read it. */
bool sm2_key_read_private(struct arena *arena, struct str path, struct sm2_key **ret_key, struct fault *fault);
/* A certificate ("BEGIN CERTIFICATE"), of which only the key is looked at, or a bare key ("BEGIN PUBLIC KEY"). */
bool sm2_key_read_public(struct arena *arena, struct str path, struct sm2_key **ret_key, struct fault *fault);
/* The same from text; false when it holds no such key. */
bool sm2_key_parse_private(struct arena *arena, struct str pem, struct sm2_key **ret_key);
bool sm2_key_parse_public(struct arena *arena, struct str pem, struct sm2_key **ret_key);
/* A fresh pair, for tests and simulators. */
struct sm2_key *sm2_key_generate(struct arena *arena);

/*
 * SM2 with SM3. The signer's identity that goes into the digest is "1234567812345678", the one of GM/T 0009 for who has
 * agreed on no other. A signature is r and s, 32 bytes each.
 */
#define SM2_SIGNATURE_SIZE 64
struct str sm2_sign(struct arena *arena, const struct sm2_key *key, struct str text);
bool sm2_verify(const struct sm2_key *key, struct str text, struct str signature);

/*
 * What an encrypted text looks like is between the two sides: GM/T 0009's ASN.1, or the parts one after the other, the
 * point in its long form (04 ‖ x ‖ y): C1 the point, C3 the digest, C2 the text. The order C1 C2 C3 is that of before
 * 2012, and still met.
 */
enum sm2_layout { SM2_ASN1, SM2_C1C3C2, SM2_C1C2C3 };
#define SM2_PLAIN_MOST 4096
/* Fails for an empty text and for one that is too long. */
bool sm2_encrypt(struct arena *arena, const struct sm2_key *key, enum sm2_layout layout, struct str plain,
                 struct str *ret_sealed);
bool sm2_decrypt(struct arena *arena, const struct sm2_key *key, enum sm2_layout layout, struct str sealed,
                 struct str *ret_plain);

#endif
