/*
 * What was typed, by option. The reader has seen to words and numbers.
 */
#include "base/check.h"
#include "call.h"

#define LIMIT_USUAL 50

bool call_has(const struct call *call, enum option_id option) {
    return call->typed.options[option].count > 0;
}

struct str call_text(const struct call *call, enum option_id option) {
    return call_has(call, option) ? call->typed.options[option].values[0] : STR_NONE;
}

int64_t call_number(const struct call *call, enum option_id option, int64_t otherwise) {
    if (call_has(call, option)) {
        CHECK(str_to_i64(call_text(call, option), &otherwise));
    }
    return otherwise;
}

bool call_in_range(struct call *call, enum option_id option, int64_t least, int64_t most) {
    int64_t number = call_number(call, option, least);
    if (number < least || number > most) {
        call_failed(call, EXIT_USAGE, "--%s must be between %lld and %lld", option_rules[option].name, (long long)least,
                    (long long)most);
        return false;
    }
    return true;
}

bool call_limit(struct call *call, size_t *ret_most) {
    if (!call_in_range(call, OPT_LIMIT, 1, ADMIN_PAGE_MOST)) {
        return false;
    }
    *ret_most = (size_t)call_number(call, OPT_LIMIT, LIMIT_USUAL);
    return true;
}
