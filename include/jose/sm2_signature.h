/*
 * sm2_signature: signatures with SM2 and SM3 (GB/T 32918.2, GM/T 0003.2) by keys from PEM files, as national services
 * want them.
 *
 * The signer's ID is part of what is signed: an empty one fits no other. Both forms of a signature are fixed by use,
 * never guessed: DER as in GM/T 0009 §6, or r and s of 32 bytes each, one after the other.
 */
#ifndef JOSE_SM2_SIGNATURE_H
#define JOSE_SM2_SIGNATURE_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/str.h"

struct sm2_key; /* immutable after reading, may be shared by threads */

enum sm2_form { SM2_DER, SM2_RAW };

#define SM2_DEFAULT_ID     "1234567812345678" /* GM/T 0009 §10 */
#define SM2_RAW_SIZE       64
#define SM2_SIGNATURE_MOST 72 /* of either form */

/* From PEM text: PKCS #8 or SEC 1 for a private key, SubjectPublicKeyInfo for a public one. False when it is not a key
 * on the curve of SM2. Free with sm2_key_free. */
bool sm2_key_from_pem(struct str pem, bool is_private, struct sm2_key **ret_key);
/* The same from a file. A private key that others can read is refused. */
bool sm2_key_load(struct str path, bool is_private, struct sm2_key **ret_key, struct fault *fault);
void sm2_key_free(struct sm2_key *key);

/* False only when the key is not a private one, or OpenSSL fails. */
bool sm2_sign(const struct sm2_key *key, struct arena *arena, struct str id, struct str message, enum sm2_form form,
              struct str *ret_signature);
/* One spelling each: DER that is not minimal, and r or s out of range, are no signature. */
bool sm2_verify(const struct sm2_key *key, struct str id, struct str message, enum sm2_form form, struct str signature);

#endif
