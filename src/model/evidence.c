/*
 * The names of check results, as evidence records and logs write them.
 */
#include "model/evidence.h"

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
