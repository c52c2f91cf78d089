/*
 * authorization: an authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1) after its parameters were
 * checked. It travels sealed through the pages while the person signs in.
 */
#ifndef MODEL_AUTHORIZATION_H
#define MODEL_AUTHORIZATION_H

#include "base/buf.h"
#include "model/claims.h"

enum prompt { PROMPT_NONE = 1, PROMPT_LOGIN = 2, PROMPT_CONSENT = 4, PROMPT_SELECT_ACCOUNT = 8 };
enum response_mode { RESPONSE_QUERY, RESPONSE_FRAGMENT };

struct authorization {
    struct str client_id;
    struct str redirect_uri;
    enum response_mode response_mode;
    struct str state, nonce;   /* absent when not sent */
    struct str scope;          /* granted names only, space separated */
    struct str code_challenge; /* S256; absent only for clients that need none */
    unsigned prompt;           /* bits of enum prompt */
    int64_t max_age;           /* seconds, -1 for no limit */
    bool auth_time_wanted;     /* max_age was sent, or the client or the claims parameter asks for it */
    int level;                 /* least level: the client's, or an essential acr; 0 for none */
    int level_wanted;          /* least level of acr_values, or of an acr that is not essential; 0 for none. Going
                                  without it is no error (OpenID Connect Core §3.1.2.1) */
    struct str login_hint, ui_locales;
    struct str hinted_subject;                  /* of a verified id_token_hint; absent without */
    claim_set id_token_claims, userinfo_claims; /* asked for one by one through the claims parameter */
    int64_t started_at;                         /* seconds */
    struct str acting;    /* the organisation that the client system would have the person act for; absent without */
    bool id_number_asked; /* cn_id_number, for which the consent page must ask by itself */
    /* Of verified_claims, packed (model/verified_request.h); absent where not asked. */
    struct str id_token_verified, userinfo_verified;
};

void authorization_pack(const struct authorization *authorization, struct buf *buf);
struct unpack;
/* Strings point into the packed bytes. */
void authorization_unpack(struct unpack *unpack, struct authorization *ret_authorization);

#endif
