/*
 * sm2_signature: SM2 signatures (jose/sm2.h) in the form that the two sides have agreed on: DER as in GM/T 0009 §6, or
 * r and s of 32 bytes each, one after the other. The form is fixed by use and never guessed.
 */
#ifndef JOSE_SM2_SIGNATURE_H
#define JOSE_SM2_SIGNATURE_H

#include "jose/sm2.h"

enum sm2_form { SM2_DER, SM2_RAW };

struct str sm2_sign_as(const struct sm2_key *key, struct arena *arena, struct str text, enum sm2_form form);
/* One spelling each: DER that is not minimal, or has something behind it, is no signature. */
bool sm2_verify_as(const struct sm2_key *key, struct str text, enum sm2_form form, struct str signature);

#endif
