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
#define CLAIM_MADE(identifier, name, scope, function)   CLAIM_##identifier,
#include "model/claims.def"
#undef CLAIM
#undef CLAIM_FLAG
#undef CLAIM_ADDRESS
#undef CLAIM_UPDATED_AT
#undef CLAIM_MADE
    CLAIMS
};

#define CLAIM_BIT(claim) ((claim_set)1 << (claim))

/*
 * Given to nobody who does not ask for it by name, whose tongxing_claims does not name it, or to whom the person has
 * not said yes to this alone; a statutory duty stands for that yes. At userinfo only.
 */
#define CLAIMS_APART CLAIM_BIT(CLAIM_CN_ID_NUMBER)
/* What evidence about a person proves, and so what verified_claims may hold (domain-china §10). */
#define CLAIMS_VERIFIABLE                                                                                              \
    (CLAIM_BIT(CLAIM_NAME) | CLAIM_BIT(CLAIM_GENDER) | CLAIM_BIT(CLAIM_BIRTHDATE) | CLAIM_BIT(CLAIM_NATIONALITIES) |   \
     CLAIM_BIT(CLAIM_CN_ID_TYPE) | CLAIM_BIT(CLAIM_CN_ID_MASKED) | CLAIM_BIT(CLAIM_CN_ID_HASH))
/* About the organisation a person acts for; whoever may know for whom (tongxing_acting) gets it, whatever
 * tongxing_claims says. It is verified by the corporate register, in an element of verified_claims of its own. */
#define CLAIMS_OF_ORGANISATION CLAIM_BIT(CLAIM_CN_ORG)

struct str claim_name(enum claim claim);
bool claim_from_name(struct str name, enum claim *ret_claim);
struct str claim_scope(enum claim claim); /* the scope value that opens it */
#endif
