/*
 * wechat: the wire format of WeChat's sign-in (docs/upstreams/wechat.md), for the adapter, for the simulator, and for
 * the tests of the answers' reading.
 *
 * It looks like OAuth 2.0 and is not: errors come with status 200, the secret travels in the query, the type of a JSON
 * answer is text/plain, and no answer is signed: that it is WeChat's is known from TLS alone.
 */
#ifndef UPSTREAM_WECHAT_H
#define UPSTREAM_WECHAT_H

#include "base/arena.h"
#include "base/str.h"
#include "model/evidence.h"

#define WECHAT_OPEN_URL "https://open.weixin.qq.com"
#define WECHAT_API_URL  "https://api.weixin.qq.com"

#define WECHAT_QR_PATH      "/connect/qrconnect"
#define WECHAT_IN_APP_PATH  "/connect/oauth2/authorize"
#define WECHAT_TOKEN_PATH   "/sns/oauth2/access_token"
#define WECHAT_PROFILE_PATH "/sns/userinfo"

#define WECHAT_QR_SCOPE     "snsapi_login"
#define WECHAT_IN_APP_SCOPE "snsapi_userinfo"

/* errcode of an answer: those that mean something about this sign-in, or that the simulator tells. */
enum wechat_error {
    WECHAT_BUSY = -1,
    WECHAT_BAD_SECRET = 40001,
    WECHAT_BAD_GRANT_TYPE = 40002,
    WECHAT_BAD_OPENID = 40003,
    WECHAT_BAD_APPID = 40013,
    WECHAT_BAD_TOKEN = 40014,
    WECHAT_BAD_CODE = 40029,
    WECHAT_CODE_USED = 40163,
    WECHAT_BLOCKED = 40226,
    WECHAT_NO_APPID = 41002,
    WECHAT_NO_SECRET = 41004,
    WECHAT_NO_CODE = 41008,
    WECHAT_NO_OPENID = 41009,
    WECHAT_TOKEN_EXPIRED = 42001,
    WECHAT_CODE_EXPIRED = 42003,
    WECHAT_PASSWORD_CHANGED = 42007,
    WECHAT_NOT_GET = 43001,
    WECHAT_QUOTA = 45009,
    WECHAT_TOO_OFTEN = 45011,
    WECHAT_NO_API = 48001,
    WECHAT_NOT_GRANTED = 50001,
};
/* VERIFY_UPSTREAM_ERROR for one that only our configuration or WeChat itself can cause, and for any we do not know. */
enum verify_result wechat_result(int64_t errcode);

struct wechat_tokens {
    struct str access_token;
    struct str openid;  /* of the person, for this app */
    struct str unionid; /* for all apps of one owner; absent where the app is not bound to an open-platform account */
};
/* From the body of a token answer. VERIFY_MATCH when it was read; else what came instead. */
enum verify_result wechat_tokens_read(struct arena *arena, struct str body, struct str scope,
                                      struct wechat_tokens *ret_tokens);

struct wechat_profile {
    struct str unionid, nickname; /* absent when not told */
};
/* The same for a profile, which must be of the person the tokens are of. */
enum verify_result wechat_profile_read(struct arena *arena, struct str body, const struct wechat_tokens *tokens,
                                       struct wechat_profile *ret_profile);

/* "unionid:…" where there is one; else "openid:APPID:…", since an openid is one app's. */
struct str wechat_subject(struct arena *arena, struct str app_id, const struct wechat_tokens *tokens,
                          struct str unionid);

#endif
