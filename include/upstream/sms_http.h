/*
 * sms_http: what a text message gateway with an HTTP interface answers, and how requests to it are signed
 * (docs/upstreams/sms_http.md), for the adapter, the simulator and the tests.
 */
#ifndef UPSTREAM_SMS_HTTP_H
#define UPSTREAM_SMS_HTTP_H

#include "base/arena.h"
#include "base/str.h"
#include "model/evidence.h"

/* What is signed with auth hmac: hexadecimal HMAC-SHA-256 over these, each on its own line, and the SHA-256 of the
 * body. */
struct sms_http_signed {
    struct str app_id, timestamp, nonce, body;
};
struct str sms_http_signature(struct arena *arena, struct str secret, const struct sms_http_signed *parts);

/* How an answer says that the message was taken. Absent members are not looked at: the status decides alone. */
struct sms_http_expected {
    struct str success_member, success_value;
    struct str limited_values, refused_values; /* words: of the same member */
    struct str echo_member, transaction;       /* a member that must repeat our transaction */
};
/* VERIFY_MATCH: taken. `json`: the answer's media type is JSON's. */
enum verify_result sms_http_result(struct arena *arena, int status, bool json, struct str body,
                                   const struct sms_http_expected *expected);

#endif
