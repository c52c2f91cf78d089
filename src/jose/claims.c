/*
 * Registered claims, type by type.
 */
#include "jose/claims.h"

#define DATE_MOST 253402300799 /* the last second of the year 9999 */

static bool read_text(const struct json *payload, const char *name, struct str *text) {
    const struct json *member = json_member(payload, name);
    return !member || json_str(member, text);
}

/* A NumericDate may be written as a real; fractions of a second are nobody's need and are refused with all else. */
static bool read_date(const struct json *payload, const char *name, int64_t *date) {
    const struct json *member = json_member(payload, name);
    *date = -1;
    return !member || (json_int(member, date) && *date >= 0 && *date <= DATE_MOST);
}

static bool read_audience(const struct json *payload, struct jwt_claims *claims) {
    const struct json *member = json_member(payload, "aud");
    if (!member) {
        return true;
    }
    if (json_str(member, &claims->aud[0])) {
        claims->aud_count = 1;
        return true;
    }
    size_t count = json_length(member);
    if (json_kind(member) != JSON_KIND_ARRAY || count == 0 || count > CLAIMS_AUDIENCES_MOST) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!json_str(json_element(member, i), &claims->aud[i])) {
            return false;
        }
    }
    claims->aud_count = count;
    claims->aud_is_array = true;
    return true;
}

bool jwt_claims_read(const struct json *payload, struct jwt_claims *ret_claims) {
    struct jwt_claims claims = {0};
    bool fine = json_kind(payload) == JSON_KIND_OBJECT && read_text(payload, "iss", &claims.iss) &&
                read_text(payload, "sub", &claims.sub) && read_text(payload, "jti", &claims.jti) &&
                read_date(payload, "exp", &claims.exp) && read_date(payload, "nbf", &claims.nbf) &&
                read_date(payload, "iat", &claims.iat) && read_audience(payload, &claims);
    if (fine) {
        *ret_claims = claims;
    }
    return fine;
}

bool jwt_claims_has_audience(const struct jwt_claims *claims, struct str audience) {
    for (size_t i = 0; i < claims->aud_count; i++) {
        if (str_equal(claims->aud[i], audience)) {
            return true;
        }
    }
    return false;
}

enum jwt_time jwt_claims_time(const struct jwt_claims *claims, int64_t now, int64_t skew) {
    if (claims->exp >= 0 && claims->exp + skew <= now) {
        return JWT_EXPIRED;
    }
    bool early = (claims->nbf >= 0 && claims->nbf > now + skew) || (claims->iat >= 0 && claims->iat > now + skew);
    return early ? JWT_NOT_YET : JWT_TIME_OK;
}
