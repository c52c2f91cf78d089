/*
 * portal: a sample relying party: authorization code with PKCE, ID token verified by libjwt, back-channel logout. It
 * shares no token code with the server: what it believes it has checked for itself.
 */
#ifndef PORTAL_PORTAL_H
#define PORTAL_PORTAL_H

#include "base/arena.h"
#include "base/json.h"
#include "http/reply.h"
#include "http/request.h"

struct fetcher;

struct portal_settings {
    struct str name, issuer, client_id, client_secret;
    struct str origin; /* "http://localhost:8081" */
    struct str scope;
    struct str cookie; /* its name: browsers share cookies between the ports of one host */
};

/* What discovery has said; read once. */
struct provider {
    bool known;
    struct str authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri, end_session_endpoint;
};

struct portal {
    struct arena *arena;
    struct portal_settings settings;
    struct fetcher *fetcher;
    struct provider provider;
    struct portal_session *sessions; /* uthash */
};

/* --- sessions.c --- */

/* A browser at this portal: first on its way to the server, then signed in. In its own arena. */
struct portal_session {
    struct arena *arena;
    struct str id;
    struct str state, nonce, code_verifier; /* until the callback */
    bool signed_in;
    struct str sub, sid, acr, name;
    struct str id_token;
    const struct json *id_token_claims, *userinfo;
};

struct portal_session *portal_session_new(struct portal *portal);
struct portal_session *portal_session_find(struct portal *portal, struct str id);
void portal_session_end(struct portal *portal, struct portal_session *session);
/* All of a session id of the server; of a subject when sid is absent. */
size_t portal_sessions_end(struct portal *portal, struct str sid, struct str sub);
void portal_sessions_free(struct portal *portal);

/* --- client.c: calls to the server. They wait and say false when it does not answer rightly. --- */

bool portal_discover(struct portal *portal);
struct str portal_authorization_url(struct portal *portal, struct arena *arena, const struct portal_session *session);
/* Exchanges the code, verifies the ID token, reads userinfo; the session is then signed in. */
bool portal_redeem(struct portal *portal, struct portal_session *session, struct str code);
/* The claims of a logout token that is good (Back-Channel Logout §2.6). */
bool portal_logout_token_read(struct portal *portal, struct arena *arena, struct str token, struct str *ret_sid,
                              struct str *ret_sub);

/* --- id_token.c --- */

/* Verify the ES256 signature with the key of the token's kid in the JWKS document, and its type. The claims, as JSON.
 */
bool id_token_verify(struct arena *arena, struct str token, struct str jwks, const struct json **ret_claims);
bool logout_token_verify(struct arena *arena, struct str token, struct str jwks, const struct json **ret_claims);

/* --- html.c --- */

void portal_home(const struct portal *portal, const struct portal_session *session, struct http_reply *reply);
void portal_problem(const struct portal *portal, int status, const char *text, struct http_reply *reply);

#endif
