/*
 * The names of check results, as evidence records and logs write them, and the ways of proof.
 */
#include "model/evidence.h"

#define RECORD   EVIDENCE_RECORD
#define DOCUMENT EVIDENCE_DOCUMENT
static const struct proof proofs[PROOF_METHODS] = {
#define METHOD(identifier, name, level, type, check_method, what)                                                      \
    {STR_INIT(name), level, type, STR_INIT(check_method), STR_INIT(what)},
#include "model/methods.def"
#undef METHOD
};
#undef RECORD
#undef DOCUMENT

const struct proof *proof_of(enum proof_method method) {
    return &proofs[method];
}

const struct proof *proof_from_name(struct str name) {
    for (size_t i = 0; i < PROOF_METHODS; i++) {
        if (str_equal(proofs[i].name, name)) {
            return &proofs[i];
        }
    }
    return NULL;
}

const char *verify_result_name(enum verify_result result) {
    switch (result) {
    case VERIFY_MATCH:
        return "match";
    case VERIFY_MISMATCH:
        return "mismatch";
    case VERIFY_NOT_FOUND:
        return "not_found";
    case VERIFY_UNSUPPORTED:
        return "unsupported";
    case VERIFY_STATE_BAD:
        return "state_bad";
    case VERIFY_INVALID_INPUT:
        return "invalid_input";
    case VERIFY_RATE_LIMITED:
        return "rate_limited";
    case VERIFY_PENDING:
        return "pending";
    case VERIFY_UPSTREAM_ERROR:
        break;
    }
    return "upstream_error";
}
