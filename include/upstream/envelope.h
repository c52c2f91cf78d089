/*
 * envelope: one signed JSON request and one signed JSON answer, for registers whose own interface is not published. For
 * their adapters, their simulators and their tests.
 *
 * The answer: {"data": "<JSON text>", "timestamp": "…", "signature": "…"}. Data is text, because its very bytes are
 * signed.
 */
#ifndef UPSTREAM_ENVELOPE_H
#define UPSTREAM_ENVELOPE_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/str.h"

struct upstream_call;
struct upstream_settings;
struct fetch_answer;

/* What is signed, in both directions: hexadecimal HMAC-SHA-256 over these, each on its own line, and the SHA-256 of the
 * body. */
struct envelope_signed {
    struct str app_id, timestamp, nonce; /* an answer repeats the nonce of its request */
    struct str body;                     /* of an answer: its data */
};
struct str envelope_signature(struct arena *arena, struct str secret, const struct envelope_signed *parts);

/* What an answer must fit to count as one. */
struct envelope_expected {
    struct str app_id, secret;
    struct str nonce;  /* of the request */
    struct str serial; /* likewise; for the reader of the data to compare */
};
/* False when it is not signed as the answer to this very request. */
bool envelope_open(struct arena *arena, struct str body, const struct envelope_expected *expected,
                   struct str *ret_data);

/* app_id, secret and url are ones that envelopes can be exchanged with. */
bool envelope_check(const struct upstream_settings *settings, struct fault *fault);

struct envelope_answer {
    struct str nonce; /* of the request */
    struct str body;  /* not opened yet */
};
/* Posts the body, signed with the settings' secret. False, with call->unreachable set as it is, when no JSON of status
 * 200 came back. Waits. */
bool envelope_post(struct upstream_call *call, const char *path, struct str body, struct envelope_answer *ret_answer);

/* Is the answer's media type this one? Its parameters do not matter. */
bool envelope_type_is(const struct fetch_answer *answer, struct str media_type);

#endif
