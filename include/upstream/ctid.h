/*
 * ctid: the wire format of the trusted identity platform (CTID) of the First Research Institute, as an access provider
 * publishes it and with what we had to add (docs/upstreams/ctid.md says which is which), for the adapter, the simulator
 * and the tests.
 *
 * A check is two exchanges: apply gives a serial number and a signed random number, request asks with them. Bodies are
 * encrypted with the application's key; answers are signed by the platform over their code, our nonce and their data.
 */
#ifndef UPSTREAM_CTID_H
#define UPSTREAM_CTID_H

#include "base/arena.h"
#include "base/str.h"
#include "jose/sm2_signature.h"
#include "model/evidence.h"

#define CTID_TOKEN_PATH   "/auth/getCode"
#define CTID_APPLY_PATH   "/validateIdentity/apply/"
#define CTID_REQUEST_PATH "/validateIdentity/request/"
#define CTID_RESULT_PATH  "/validateIdentity/result/"
#define CTID_MODE_NAME    "0x40" /* name and number */
#define CTID_MODE_FACE    "0x42" /* and the person's face */

/* Values of `code`. */
#define CTID_CODE_DONE    "0"
#define CTID_CODE_TOKEN   "1001" /* the token is not good any more */
#define CTID_CODE_PENDING "2001" /* the person is not done */
#define CTID_CODE_GAVE_UP "2002"
#define CTID_CODE_LIMITED "3001"
#define CTID_CODE_INPUT   "4001"

#define CTID_SERIAL_SIZE 18
#define CTID_RANDOM_SIZE 16

#define CTID_KEY_SIZE 16

/* The application's key, from 32 hexadecimal digits. */
bool ctid_key_read(struct str text, unsigned char key[CTID_KEY_SIZE]);

/* A body that holds data alone: {"data": base64(IV, AES-128-CBC of the JSON text)}; and its JSON text again, on the
 * other side. `key`: 16 bytes. */
struct str ctid_body_seal(struct arena *arena, struct str key, struct str plain);
bool ctid_body_open(struct arena *arena, struct str key, struct str body, struct str *ret_plain);

/* What is signed of an answer; `data` as it is sent, empty for none. */
struct str ctid_signed_text(struct arena *arena, struct str nonce, struct str code, struct str data);

/* randNum: base64 of 16 characters, 00 0f, and the platform's signature over the characters. */
struct str ctid_random_write(struct arena *arena, const struct sm2_key *platform, struct str random);
bool ctid_random_read(struct arena *arena, const struct sm2_key *platform, struct str text, struct str *ret_random);

/* What an answer must fit to count as one. */
struct ctid_expected {
    struct str key;
    const struct sm2_key *platform;
    struct str nonce;      /* of the request */
    struct str out_serial; /* of apply: must be repeated. Absent otherwise */
    struct str serial;     /* of all but apply: must be repeated. Absent otherwise */
};
struct ctid_answer {
    struct str code;
    struct str serial;      /* 18 letters and digits */
    struct str random;      /* of apply */
    struct str auth_result; /* absent where there is none yet */
    struct str page_url;    /* absent where there is none */
};
/* False when it is not a signed, well-formed answer to this very request. Members but `code` are there only with
 * CTID_CODE_DONE. */
bool ctid_answer_read(struct arena *arena, struct str body, const struct ctid_expected *expected,
                      struct ctid_answer *ret_answer);

/* Of a token and until when it is good, in wall milliseconds. */
bool ctid_token_read(struct arena *arena, struct str body, struct str *ret_token, int64_t *ret_until_ms);

/* What the four characters mean: identity, face, network credential, reserved. `alert`: somebody tampers with the live
 * check. */
enum verify_result ctid_result(struct str auth_result, bool face, bool *ret_alert);
/* What a code other than CTID_CODE_DONE means. */
enum verify_result ctid_code_result(struct str code);

#endif
