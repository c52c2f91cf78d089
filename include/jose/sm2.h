/*
 * sm2: the signatures and the public-key encryption of GB/T 32918 (GM/T 0003), and SM3 (GB/T 32905), with keys of
 * foreign_key.h of kind FOREIGN_SM2.
 */
#ifndef JOSE_SM2_H
#define JOSE_SM2_H

#include "base/secret.h"
#include "jose/foreign_key.h"

#define SM3_SIZE 32

struct sm3 {
    unsigned char bytes[SM3_SIZE];
};
struct sm3 sm3_of(struct str text);
struct sm3 hmac_sm3(struct secret key, struct str text);
static inline struct str sm3_str(const struct sm3 *digest) {
    return str_of(digest->bytes, SM3_SIZE);
}

/*
 * SM2 with SM3. The signer's identity that goes into the digest is "1234567812345678", the one of GM/T 0009 for who has
 * agreed on no other. A signature is r and s, 32 bytes each.
 */
#define SM2_SIGNATURE_SIZE 64
struct str sm2_sign(const struct foreign_key *key, struct arena *arena, struct str text);
bool sm2_verify(const struct foreign_key *key, struct str text, struct str signature);

/*
 * What an encrypted text looks like is between the two sides: GM/T 0009's ASN.1, or the parts one after the other, the
 * point in its long form (04 ‖ x ‖ y): C1 the point, C3 the digest, C2 the text. The order C1 C2 C3 is that of before
 * 2012, and still met.
 */
enum sm2_layout { SM2_ASN1, SM2_C1C3C2, SM2_C1C2C3 };
#define SM2_PLAIN_MOST 4096
/* Fails for an empty text and for one that is too long. */
bool sm2_encrypt(const struct foreign_key *key, struct arena *arena, enum sm2_layout layout, struct str plain,
                 struct str *ret_sealed);
bool sm2_decrypt(const struct foreign_key *key, struct arena *arena, enum sm2_layout layout, struct str sealed,
                 struct str *ret_plain);

#endif
