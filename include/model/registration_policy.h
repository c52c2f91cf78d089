/*
 * registration_policy: what the holder of an initial access token may register (RFC 7591 §3), as the administrator who
 * made the token wrote it down:
 *
 *   agency_id       the agency that the client systems belong to; none unless said
 *   scopes          list of scopes they may have; ["openid"] unless said
 *   grant_types     list of those they may use; authorization_code and refresh_token unless said
 *   auth_methods    list of those they may use at the token endpoint; any unless said
 *   redirect_hosts  list of hosts that people may be sent to: "portal.example", "*.city.example" for any host under it,
 *                   "*" for any; needed unless the policy is for the sandbox
 *   claims          list of claims: the only ones they are told; all of their scopes unless said
 *   level_least     the level of proof that they ask for at least, 1 to 4; 1 unless said
 *   level_most      and at most, where they may say it themselves; 4 unless said
 *   consent         "ask" (unless said) or "statutory", which needs legal_basis
 *   legal_basis     as tongxing_legal_basis
 *   members         list of tongxing_ members that they may say themselves; none unless said
 *   lifetime_s      seconds without use after which one is retired; never unless said
 *   sandbox         true: trials on the developer's own machine only
 *
 * Everything belongs to the arena it was read into.
 */
#ifndef MODEL_REGISTRATION_POLICY_H
#define MODEL_REGISTRATION_POLICY_H

#include "model/client.h"

#define REGISTRATION_POLICY_MOST    (16 * 1024)
#define REGISTRATION_LIFETIME_LEAST 86400

struct registration_names {
    const struct str *items;
    size_t count;
};

struct registration_policy {
    struct str agency_id; /* absent: none */
    struct registration_names scopes, grant_types, auth_methods, redirect_hosts, members;
    struct registration_names claims; /* items NULL: not said */
    int64_t level_least, level_most;
    bool statutory;
    struct str legal_basis; /* absent unless said */
    bool sandbox;
    int64_t lifetime_s; /* 0: for ever */
};

/* All problems at once; false when there is any. Members that are not in the list above are problems too. */
bool registration_policy_read(struct arena *arena, const struct json *object, struct registration_policy *ret_policy,
                              struct client_problems *ret_problems);

/*
 * Metadata that a client system gave of itself, as it may be kept: members that we do not know are left out (RFC 7591
 * §2), what the policy decides is put in, and what it does not allow is a problem that names the member. What is not
 * the client system's own to say stays as it is in `current`, the metadata in force: NULL when it is entered. client_id
 * and client_secret are left out. False with the problems; the other rules are client_read_registered's.
 */
bool registration_policy_apply(struct arena *arena, const struct registration_policy *policy,
                               const struct json *metadata, const struct json *current,
                               const struct json **ret_metadata, struct client_problems *ret_problems);

#endif
