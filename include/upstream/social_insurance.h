/*
 * social_insurance: the wire format of the check of a social security card (docs/upstreams/social_insurance.md), for
 * the adapter, for the simulator, and for the tests of the answer's reading.
 */
#ifndef UPSTREAM_SOCIAL_INSURANCE_H
#define UPSTREAM_SOCIAL_INSURANCE_H

#include "base/arena.h"
#include "base/str.h"
#include "jose/sm2.h"
#include "model/evidence.h"

#define SOCIAL_INSURANCE_PATH     "/essc/gateway"
#define SOCIAL_INSURANCE_API_NAME "person.cardVerify"

/* Members of what is encrypted: the field names of the social-insurance systems' own directory. */
#define SOCIAL_INSURANCE_NAME   "aac003"
#define SOCIAL_INSURANCE_NUMBER "aac002"
#define SOCIAL_INSURANCE_CARD   "aaz500"
#define SOCIAL_INSURANCE_REGION "aab301"
#define SOCIAL_INSURANCE_SERIAL "bizSn"

/* A request, and what its signature is over: hexadecimal HMAC-SM3 over name=value of these, in this order, joined by &.
 */
struct social_insurance_request {
    struct str access_id, api_name, timestamp, security;
};
struct str social_insurance_request_signature(struct arena *arena, struct str secret,
                                              const struct social_insurance_request *request);

/* An answer, and the text that SM2 signs. */
struct social_insurance_reply {
    struct str access_id, api_name; /* of the request */
    struct str timestamp;
    struct str serial; /* of the request */
    struct str code, data;
};
struct str social_insurance_reply_text(struct arena *arena, const struct social_insurance_reply *reply);

/* Codes of an answer, and values of `result` in its data. */
#define SOCIAL_INSURANCE_OK            "0"
#define SOCIAL_INSURANCE_BAD_INPUT     "1002"
#define SOCIAL_INSURANCE_TOO_OFTEN     "1003"
#define SOCIAL_INSURANCE_MATCH         "1"
#define SOCIAL_INSURANCE_MISMATCH      "2"
#define SOCIAL_INSURANCE_NOT_FOUND     "3"
#define SOCIAL_INSURANCE_STATE_BAD     "4" /* the card is lost or closed */
#define SOCIAL_INSURANCE_NOT_CONNECTED "5" /* the region does not answer through the platform */

/* What an answer must fit to count as one. */
struct social_insurance_expected {
    struct str access_id, api_name, serial; /* of the request */
    const struct sm2_key *platform;
};
struct social_insurance_answer {
    enum verify_result result;
    struct str check_id; /* absent when the call was refused */
};
/* From the body of an answer. False when it is not a signed, well-formed answer to this very request. */
bool social_insurance_answer_read(struct arena *arena, struct str body,
                                  const struct social_insurance_expected *expected,
                                  struct social_insurance_answer *ret_answer);

/* "asn1", "c1c3c2", "c1c2c3". */
bool social_insurance_layout(struct str name, enum sm2_layout *ret_layout);

#endif
