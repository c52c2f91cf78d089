/*
 * grant: what one authorization code has led to: who allowed which client what, and the state of its refresh token.
 * Access and refresh tokens are good only while their grant exists.
 *
 * The grant's id is derived from the code, so that a replayed code finds what it issued. A refresh token is the id, a
 * generation number and a MAC over both: the store holds no token, and the successor of a token can be named again for
 * the tab that lost a race.
 */
#ifndef MODEL_GRANT_H
#define MODEL_GRANT_H

#include "model/authorization.h"
#include "model/mandate.h"

struct grant {
    struct str grant_id; /* base64url of 16 bytes; the key, not stored in the record */
    struct str account_id;
    struct str client_id;
    struct str scope;
    struct str session_id; /* in which it was given */
    bool offline;          /* offline_access was granted: the grant outlives the session */
    int64_t auth_time;
    int level;
    unsigned amr;
    claim_set id_token_claims, userinfo_claims;
    struct str nonce;
    int64_t created_at;
    int64_t refresh_until;                           /* seconds; 0 when there is no refresh token */
    uint64_t generation;                             /* of the refresh token that is good now */
    int64_t rotated_at;                              /* when it became so */
    struct str id_token_verified, userinfo_verified; /* as in struct authorization */
    struct str mandate_id; /* with which the person acts for an organisation; absent for nobody but themselves */

    const struct acting *acting; /* what that is good for now: not stored, put by domain/grant.h; NULL without */
};

void grant_pack(const struct grant *grant, struct buf *buf);
bool grant_unpack(struct str packed, struct grant *ret_grant); /* all but grant_id */

/* An authorization code: the grant to be, and what the token request must match. */
struct code {
    struct grant grant;
    struct str redirect_uri;
    struct str code_challenge; /* absent when the request had none */
    int64_t expires_at;
    bool auth_time_wanted;
};

void code_pack(const struct code *code, struct buf *buf);
bool code_unpack(struct str packed, struct code *ret_code);

#endif
