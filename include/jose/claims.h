/*
 * claims: the registered claims of a JWT (RFC 7519 §4.1) with real types. Wrong types, negative or absurd dates refuse
 * the whole.
 */
#ifndef JOSE_CLAIMS_H
#define JOSE_CLAIMS_H

#include "base/json.h"

#define CLAIMS_AUDIENCES_MOST 16

struct jwt_claims {
    struct str iss, sub, jti; /* absent when missing */
    struct str aud[CLAIMS_AUDIENCES_MOST];
    size_t aud_count;
    bool aud_is_array;
    int64_t exp, nbf, iat; /* NumericDate; -1 when missing */
};

bool jwt_claims_read(const struct json *payload, struct jwt_claims *ret_claims);
/* Exact comparison, member by member. */
bool jwt_claims_has_audience(const struct jwt_claims *claims, struct str audience);

enum jwt_time { JWT_TIME_OK, JWT_EXPIRED, JWT_NOT_YET };
/* exp (when present), nbf and iat against `now` with `skew` seconds of tolerance. */
enum jwt_time jwt_claims_time(const struct jwt_claims *claims, int64_t now, int64_t skew);

#endif
