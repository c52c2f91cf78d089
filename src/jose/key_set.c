/*
 * Sets of public keys (RFC 7517 §5).
 */
#include "base/check.h"
#include "internal.h"

#include <stdlib.h>

#define KEYS_MOST 32

struct jose_key_set *jose_key_set_new(void) {
    return check_calloc(1, sizeof(struct jose_key_set));
}

void jose_key_set_add(struct jose_key_set *set, struct jose_key *key) {
    if (set->count == set->size) {
        set->size = set->size ? set->size * 2 : 8;
        set->keys = check_realloc(set->keys, set->size * sizeof(*set->keys));
    }
    set->keys[set->count++] = key;
}

void jose_key_set_free(struct jose_key_set *set) {
    for (size_t i = 0; set && i < set->count; i++) {
        jose_key_free(set->keys[i]);
    }
    free(set ? set->keys : NULL);
    free(set);
}

size_t jose_key_set_count(const struct jose_key_set *set) {
    return set->count;
}

bool jose_key_set_has_kid(const struct jose_key_set *set, struct str kid) {
    for (size_t i = 0; i < set->count; i++) {
        if (str_equal(jose_key_kid(set->keys[i]), kid)) {
            return true;
        }
    }
    return false;
}

/* Keys for something else are not an error: a set may hold encryption keys, and types we do not know. */
static bool is_for_signatures(const struct json *jwk) {
    struct str use;
    const struct json *ops = json_member(jwk, "key_ops");
    bool verifies = ops == NULL;
    for (size_t i = 0; ops && i < json_length(ops); i++) {
        struct str op;
        verifies = verifies || (json_str(json_element(ops, i), &op) && str_equal(op, STR("verify")));
    }
    return verifies && (!json_get_str(jwk, "use", &use) || str_equal(use, STR("sig")));
}

static bool is_rsa_of_any_alg(const struct json *jwk) {
    struct str kty;
    return json_get_str(jwk, "kty", &kty) && str_equal(kty, STR("RSA")) && !json_member(jwk, "alg");
}

static bool has_secret_member(const struct json *jwk) {
    return json_member(jwk, "d") || json_member(jwk, "k") || json_member(jwk, "p");
}

/* An RSA key without alg may be used with either of its algorithms, so it is there twice, once for each. */
static void add_readable(struct jose_key_set *set, const struct json *jwk) {
    struct jose_key *key;
    if (is_for_signatures(jwk) && jose_key_read_public(jwk, JOSE_RS256, &key)) {
        jose_key_set_add(set, key);
        if (is_rsa_of_any_alg(jwk) && jose_key_read_public(jwk, JOSE_PS256, &key)) {
            jose_key_set_add(set, key);
        }
    }
}

bool jose_key_set_read(const struct json *jwks, struct jose_key_set **ret_set) {
    const struct json *keys = json_member(jwks, "keys");
    if (json_kind(jwks) != JSON_KIND_OBJECT || !keys || json_kind(keys) != JSON_KIND_ARRAY ||
        json_length(keys) > KEYS_MOST) {
        return false;
    }
    struct jose_key_set *set = jose_key_set_new();
    for (size_t i = 0; i < json_length(keys); i++) {
        const struct json *jwk = json_element(keys, i);
        if (json_kind(jwk) != JSON_KIND_OBJECT || has_secret_member(jwk)) {
            jose_key_set_free(set);
            return false;
        }
        add_readable(set, jwk);
    }
    *ret_set = set;
    return true;
}
