/*
 * Accept-Language (RFC 9110 §12.5.4) against a fixed list: basic filtering of RFC 4647 §3.3.1, in both directions, so
 * that "zh" finds "zh-CN".
 */
#include "http/request.h"

#define RANGES_MOST 20

/* "0.8" in thousandths; a malformed weight is none. */
static int weight_of(struct str parameters) {
    struct str value;
    struct str name = str_trim(str_cut(str_trim(parameters), '=', &value));
    value = str_trim(value);
    if (str_is_absent(parameters)) {
        return 1000;
    }
    if (!str_equal_fold(name, STR("q")) || value.len == 0 || value.len > 5 ||
        (value.ptr[0] != '0' && value.ptr[0] != '1')) {
        return 0;
    }
    int weight = (value.ptr[0] - '0') * 1000;
    for (size_t i = 2, unit = 100; i < value.len; i++, unit /= 10) {
        if (value.ptr[1] != '.' || value.ptr[i] < '0' || value.ptr[i] > '9') {
            return 0;
        }
        weight += (value.ptr[i] - '0') * (int)unit;
    }
    return weight > 1000 ? 1000 : weight;
}

static struct str primary(struct str tag) {
    struct str rest;
    return str_cut(tag, '-', &rest);
}

size_t http_accept_language(struct str value, const struct str *supported, size_t count, size_t fallback) {
    size_t best = fallback;
    int best_weight = 0;
    for (size_t ranges = 0; !str_is_absent(value) && ranges < RANGES_MOST; ranges++) {
        struct str parameters;
        struct str tag = str_trim(str_cut(str_cut(value, ',', &value), ';', &parameters));
        int weight = weight_of(parameters);
        for (size_t i = 0; i < count && weight > best_weight; i++) {
            if (str_equal_fold(primary(tag), primary(supported[i]))) {
                best = i;
                best_weight = weight;
            }
        }
    }
    return best;
}
