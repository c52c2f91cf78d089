/*
 * network_identity: the wire format of the national network identity service (网号, 网证), as far as it is public and
 * as it was completed here (docs/upstreams/network_identity.md says which is which), for the adapter, the simulator and
 * the tests.
 *
 * The person's own app makes a credential for one serial number of ours; we hand it to the service, which answers a
 * service credential: passed or not, and if so the person's pseudonym for us (网络身份应用标识). Both sides sign the
 * text of their package with SM2.
 */
#ifndef UPSTREAM_NETWORK_IDENTITY_H
#define UPSTREAM_NETWORK_IDENTITY_H

#include "base/arena.h"
#include "base/str.h"
#include "jose/sm2_signature.h"
#include "model/evidence.h"

#define NETWORK_IDENTITY_PATH "/ncid/v1/authenticate" /* unless configured */
#define NETWORK_IDENTITY_DONE "C0000000"              /* of the app and of the service */

#define NETWORK_IDENTITY_CREDENTIAL_MOST 6144 /* of each of the two parts */

/* The four modes: the credential; and the person's password; the credential and the face; and the password. */
struct network_identity_mode {
    struct str name;     /* "R01" */
    struct str app_type; /* what the app is told: "0" the credential, "1" the password too */
    bool face;
};
/* NULL for a number that is none; they count from 1. */
const struct network_identity_mode *network_identity_mode(int64_t number);

/* {"bizPackage": "<JSON text>", "sign": base64 of the signature}. */
bool network_identity_package_sign(struct arena *arena, const struct sm2_key *key, enum sm2_form form,
                                   struct str package, struct str *ret_body);
/* The text, when the signature fits. */
bool network_identity_package_open(struct arena *arena, const struct sm2_key *key, enum sm2_form form, struct str body,
                                   struct str *ret_package);

/* What an answer must fit to count as one. */
struct network_identity_expected {
    const struct sm2_key *platform;
    enum sm2_form form;
    struct str org_id, biz_seq;
    struct str mode; /* "R01" */
    bool compared;   /* name and number were sent along */
    bool attributes; /* attributes were asked for; others are not looked at */
};
struct network_identity_answer {
    enum verify_result result;
    struct str credential_id; /* of the service credential */
    struct str subject;       /* on a match: letters, digits, - and _ */
    /* Attributes that the person released; absent otherwise. */
    struct str gender, phone, masked_name;
};
/* False when it is not a signed, well-formed answer to this very request. */
bool network_identity_answer_read(struct arena *arena, struct str body,
                                  const struct network_identity_expected *expected,
                                  struct network_identity_answer *ret_answer);

/* What a code of the service means; VERIFY_MATCH for NETWORK_IDENTITY_DONE. */
enum verify_result network_identity_result(struct str code);

#endif
