/*
 * alipay: signing in with Alipay: what its authorize page and its two methods say (docs/upstreams/alipay.md,
 * domain-china §4.3), for the adapter, for the simulator, and for the tests of the answers' reading.
 */
#ifndef UPSTREAM_ALIPAY_H
#define UPSTREAM_ALIPAY_H

#include "upstream/alipay_gateway.h"
#include "upstream/upstream.h"

#define ALIPAY_AUTHORIZE_PATH "/oauth2/publicAppAuthorize.htm"
#define ALIPAY_TOKEN_METHOD   "alipay.system.oauth.token"
#define ALIPAY_INFO_METHOD    "alipay.user.info.share"
#define ALIPAY_ID_MOST        128 /* bytes of an open_id, a user_id, a token or a code */

struct alipay_token {
    struct str access_token;
    struct str open_id, user_id; /* empty where the app does not get it */
};
/* From the content of an authentic answer. False when it lacks the token or who it is for. */
bool alipay_token_read(const struct json *content, struct alipay_token *ret_token);

/*
 * From the content of an authentic answer about the person of the token. Fills all of ret_found but the subject.
 * VERIFY_MATCH; VERIFY_STATE_BAD for a frozen account; VERIFY_UPSTREAM_ERROR when it is about anybody else or
 * malformed. Name and number are there, and certified, only when Alipay has proven them of a natural person with an
 * identity card.
 */
enum verify_result alipay_person_read(struct arena *arena, const struct json *content, const struct alipay_token *token,
                                      int64_t today, struct upstream_found *ret_found);

#endif
