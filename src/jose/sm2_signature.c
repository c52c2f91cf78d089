/*
 * The two forms of SM2 signatures.
 */
#include "jose/sm2_signature.h"

#include "base/arena.h"
#include "base/check.h"
#include "internal.h"

#define DER_MOST (SM2_SIGNATURE_SIZE + 16)

struct str sm2_sign_as(const struct sm2_key *key, struct arena *arena, struct str text, enum sm2_form form) {
    struct str raw = sm2_sign(arena, key, text);
    if (form == SM2_RAW) {
        return raw;
    }
    unsigned char *der = arena_alloc(arena, DER_MOST);
    size_t len;
    CHECK(jose_der_from_raw(raw, der, &len));
    return str_of(der, len);
}

/* To raw and back: what does not come back the same was not minimal, negative, or longer than it said. */
static bool raw_of(struct str der, unsigned char raw[SM2_SIGNATURE_SIZE]) {
    unsigned char again[DER_MOST];
    size_t len;
    return der.len <= DER_MOST && jose_raw_from_der((const unsigned char *)der.ptr, der.len, raw) &&
           jose_der_from_raw(str_of(raw, SM2_SIGNATURE_SIZE), again, &len) && str_equal(str_of(again, len), der);
}

bool sm2_verify_as(const struct sm2_key *key, struct str text, enum sm2_form form, struct str signature) {
    unsigned char raw[SM2_SIGNATURE_SIZE];
    if (form == SM2_RAW) {
        return sm2_verify(key, text, signature);
    }
    return raw_of(signature, raw) && sm2_verify(key, text, str_of(raw, SM2_SIGNATURE_SIZE));
}
