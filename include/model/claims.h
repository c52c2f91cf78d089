/*
 * claims: the names of the claims about a person (model/claims.def) and sets of them.
 */
#ifndef MODEL_CLAIMS_H
#define MODEL_CLAIMS_H

#include "base/str.h"

/* Bits in the order of claims.def. */
typedef uint64_t claim_set;

enum claim {
#define CLAIM(identifier, name, scope, member)          CLAIM_##identifier,
#define CLAIM_FLAG(identifier, name, scope, member, of) CLAIM_##identifier,
#define CLAIM_ADDRESS(identifier, name, scope)          CLAIM_##identifier,
#define CLAIM_UPDATED_AT(identifier, name, scope)       CLAIM_##identifier,
#include "model/claims.def"
#undef CLAIM
#undef CLAIM_FLAG
#undef CLAIM_ADDRESS
#undef CLAIM_UPDATED_AT
    CLAIMS
};

struct str claim_name(enum claim claim);
bool claim_from_name(struct str name, enum claim *ret_claim);
#endif
