/*
 * Names of claims.
 */
#include "model/claims.h"

static const struct str names[CLAIMS] = {
#define CLAIM(identifier, name, scope, member)          STR_INIT(name),
#define CLAIM_FLAG(identifier, name, scope, member, of) STR_INIT(name),
#define CLAIM_ADDRESS(identifier, name, scope)          STR_INIT(name),
#define CLAIM_UPDATED_AT(identifier, name, scope)       STR_INIT(name),
#include "model/claims.def"
#undef CLAIM
#undef CLAIM_FLAG
#undef CLAIM_ADDRESS
#undef CLAIM_UPDATED_AT
};

_Static_assert(CLAIMS <= 64, "claim_set has 64 bits");

struct str claim_name(enum claim claim) {
    return names[claim];
}

bool claim_from_name(struct str name, enum claim *ret_claim) {
    for (size_t i = 0; i < CLAIMS; i++) {
        if (str_equal(name, names[i])) {
            *ret_claim = (enum claim)i;
            return true;
        }
    }
    return false;
}
