/*
 * client: a registered client system (portal, app): the metadata of RFC 7591 / OpenID Connect Dynamic Registration that
 * the server implements, plus our own members for level and consent. Immutable once read.
 *
 * client_read is the one list of rules, used by every door (file, shell, API): what is refused says which member and
 * why.
 */
#ifndef MODEL_CLIENT_H
#define MODEL_CLIENT_H

#include "base/fault.h"
#include "base/json.h"
#include "model/claims.h"

enum client_auth {
    CLIENT_AUTH_SECRET_BASIC,
    CLIENT_AUTH_SECRET_POST,
    CLIENT_AUTH_SECRET_JWT,
    CLIENT_AUTH_PRIVATE_KEY_JWT,
    CLIENT_AUTH_NONE,
};
struct str client_auth_name(enum client_auth method);
bool client_auth_of_name(struct str name, enum client_auth *ret_method);

enum client_grant { GRANT_AUTHORIZATION_CODE = 1, GRANT_REFRESH_TOKEN = 2, GRANT_CLIENT_CREDENTIALS = 4 };
bool client_grant_of_name(struct str name, enum client_grant *ret_grant);

enum client_consent {
    CONSENT_ASK,       /* asked once per client and scope, remembered */
    CONSENT_STATUTORY, /* a state organ acting on its statutory duty (PIPL art. 13(3)): not asked */
};

/* Does it want to know for whom people act? */
enum client_acting {
    CLIENT_ACTING_NONE,     /* everybody for themselves */
    CLIENT_ACTING_OPTIONAL, /* for themselves, or for an organisation: asked where there is a choice */
    CLIENT_ACTING_REQUIRED, /* for an organisation only */
};

/* On its way through the register. Stored; never renumber. Only an approved one works. */
enum client_state {
    CLIENT_DRAFT = 1,
    CLIENT_SUBMITTED = 2, /* waits for the second pair of eyes */
    CLIENT_APPROVED = 3,
    CLIENT_SUSPENDED = 4,
    CLIENT_RETIRED = 5, /* for good */
    CLIENT_STATES,
};
struct str client_state_name(enum client_state state); /* "draft" */
bool client_state_of_name(struct str name, enum client_state *ret_state);

struct client {
    struct str client_id;
    struct str client_secret; /* only as read from a file that holds it; the registry keeps a keyed hash instead */
    struct str client_name, client_name_en; /* client_name, client_name#en */
    struct str client_uri, logo_uri, policy_uri, tos_uri;
    struct str initiate_login_uri; /* where a sign-in begins that the portal did not begin; kept for whoever asks */
    struct str software_id, software_version;
    const struct str *contacts;
    size_t contact_count;
    const struct str *redirect_uris;
    size_t redirect_uri_count;
    const struct str *post_logout_redirect_uris;
    size_t post_logout_redirect_uri_count;
    bool native;           /* application_type: loopback and private-use redirect URIs (RFC 8252) */
    unsigned grants;       /* bits of client_grant */
    enum client_auth auth; /* token_endpoint_auth_method; client_secret_basic unless said */
    bool
        secret_any_way; /* it was not said: then the secret may come in the body too, as some stock libraries send it */
    struct str auth_alg; /* token_endpoint_auth_signing_alg; absent for any that fits the method */
    struct str jwks;     /* JSON text of the public key set, absent without */
    struct str jwks_uri;
    struct str id_token_alg;     /* id_token_signed_response_alg, ES256 unless said */
    struct str access_token_alg; /* tongxing_access_token_alg; absent for the server's default */
    struct str userinfo_alg;     /* userinfo_signed_response_alg; absent for plain JSON */
    bool pairwise;               /* subject_type */
    struct str sector_uri;       /* sector_identifier_uri; absent without */
    struct str sector;           /* host of sector_identifier_uri, or of the redirect URIs */
    struct str scope;            /* allowed, space separated */
    claim_set claims;            /* tongxing_claims: the only ones it may get; unless said, all but CLAIMS_APART */
    struct str backchannel_logout_uri;
    bool backchannel_logout_session_required;
    int64_t default_max_age; /* seconds, -1 for none */
    bool require_auth_time;
    bool require_pkce;           /* tongxing_require_pkce; true unless said, and always for auth none */
    int level;                   /* tongxing_level: least level of proof, 1 to 4; 1 unless said */
    enum client_consent consent; /* tongxing_consent: "ask" or "statutory" */
    struct str agency;           /* tongxing_agency: the organisation that owns it */
    bool enabled;                /* tongxing_enabled; true unless said */
    struct str legal_basis;      /* tongxing_legal_basis: PIPL art. 13; absent unless said */
    bool sandbox;                /* tongxing_sandbox: a trial on the developer's own machine, usable without approval */
    enum client_acting acting;   /* tongxing_acting: "none", "optional" or "required"; needs the scope cn_org */
    bool second_factor;          /* tongxing_second_factor: a sign-in needs a one-time password besides */
    int64_t rate_limit; /* tongxing_rate_limit: requests a second at the token endpoint and its like; 0 for none */
    const struct str *allowed_origins; /* tongxing_allowed_origins: of scripts that may call with its name; none: any */
    size_t allowed_origin_count;
    int64_t access_token_ttl, refresh_token_ttl; /* tongxing_…; seconds, 0 for the server's; never above it */

    /* Not metadata: what the server itself decides. */
    int64_t not_before;                       /* what was issued to it before, in seconds, is not valid any more */
    struct str audience;                      /* of its access tokens; absent for the issuer */
    bool second_factor_of_those_who_have_one; /* whoever has a one-time password gives it at sign-in */
};

struct client_problem {
    struct str member; /* "redirect_uris" */
    char text[200];    /* "https://rp.example/cb#x has a fragment" */
};
#define CLIENT_PROBLEMS_MOST 32

struct client_problems {
    struct client_problem items[CLIENT_PROBLEMS_MOST];
    size_t count;
};

/* All problems at once; false when there is any. Unknown members are problems too. Strings belong to the arena. */
bool client_read(struct arena *arena, const struct json *metadata, struct client *ret_client,
                 struct client_problems *ret_problems);

/* The same for the register: client_id comes from elsewhere, and so does the secret. Neither may be a member. */
bool client_read_registered(struct arena *arena, struct str client_id, const struct json *metadata,
                            struct client *ret_client, struct client_problems *ret_problems);
/* NULL when it can be a client_id, else what is wrong with it. */
const char *client_id_problem(struct str client_id);
/* Does the method need a secret that both sides know? */
bool client_auth_has_secret(enum client_auth method);
/* A copy that needs nothing of the original. */
struct client client_copy(struct arena *arena, const struct client *client);

/* Does a redirect URI lead to this issuer itself? */
bool client_leads_to_issuer(const struct client *client, struct str issuer);

/* Exact comparison of the whole string (RFC 9700 §4.1.3). */
bool client_has_post_logout_redirect_uri(const struct client *client, struct str uri);
/* As above, plus the one exception: the port of a loopback IP literal, for native clients (RFC 8252 §7.3). */
bool client_has_redirect_uri(const struct client *client, struct str uri);
bool client_allows_grant(const struct client *client, enum client_grant grant);

#endif
