/*
 * Names of claims, and the scopes that open them.
 */
#include "model/claims.h"

static const struct {
    struct str name, scope;
} claims[CLAIMS] = {
#define CLAIM(identifier, name, scope, member)          {STR_INIT(name), STR_INIT(scope)},
#define CLAIM_FLAG(identifier, name, scope, member, of) {STR_INIT(name), STR_INIT(scope)},
#define CLAIM_ADDRESS(identifier, name, scope)          {STR_INIT(name), STR_INIT(scope)},
#define CLAIM_UPDATED_AT(identifier, name, scope)       {STR_INIT(name), STR_INIT(scope)},
#define CLAIM_MADE(identifier, name, scope, function)   {STR_INIT(name), STR_INIT(scope)},
#include "model/claims.def"
#undef CLAIM
#undef CLAIM_FLAG
#undef CLAIM_ADDRESS
#undef CLAIM_UPDATED_AT
#undef CLAIM_MADE
};

_Static_assert(CLAIMS <= 64, "claim_set has 64 bits");

struct str claim_name(enum claim claim) {
    return claims[claim].name;
}

struct str claim_scope(enum claim claim) {
    return claims[claim].scope;
}

bool claim_from_name(struct str name, enum claim *ret_claim) {
    for (size_t i = 0; i < CLAIMS; i++) {
        if (str_equal(name, claims[i].name)) {
            *ret_claim = (enum claim)i;
            return true;
        }
    }
    return false;
}
