/*
 * openid: signing in at another OpenID Provider (OpenID Connect Core 1.0 §3.1, Discovery 1.0, RFC 7636, RFC 9207): the
 * reading of all that it tells, as pure functions (docs/upstreams/openid.md).
 *
 * Strict throughout: what is not exactly an answer of this provider to this sign-in is none.
 */
#ifndef UPSTREAM_OPENID_H
#define UPSTREAM_OPENID_H

#include "jose/jws.h"
#include "upstream/upstream.h"

struct yaml;

#define OPENID_DISCOVERY_PATH "/.well-known/openid-configuration"

/* --- metadata (Discovery §3) --- */

struct openid_metadata {
    struct str authorization, token, jwks; /* addresses */
    struct str userinfo;                   /* absent without */
    bool says_iss;                         /* RFC 9207: every answer through the browser names its issuer */
};
/* False unless it is the issuer's own and its addresses are https (http only where the issuer is). The strings are of
 * `arena`. */
bool openid_metadata_read(struct arena *arena, struct str body, struct str issuer, struct openid_metadata *ret);
/* Does the address lie elsewhere than the issuer, so that it is called with the guard (loop/fetch.h)? */
bool openid_is_elsewhere(struct str issuer, struct str address);

/* --- what begin keeps for finish --- */

struct openid_kept {
    struct str nonce, verifier; /* of RFC 7636 */
    int64_t begun_at;           /* wall seconds */
};
struct openid_kept openid_kept_new(struct arena *arena);
struct str openid_kept_write(struct arena *arena, const struct openid_kept *kept);
bool openid_kept_read(struct str text, struct openid_kept *ret_kept);

/* --- what the browser brings back --- */

/* VERIFY_MATCH with a code; VERIFY_PENDING when nothing came; else why there is none. */
enum verify_result openid_return_read(const struct upstream_returned *returned, struct str issuer, bool says_iss,
                                      struct str *ret_code);

/* --- the token endpoint's answer (Core §3.1.3.3) --- */

struct openid_tokens {
    struct str access_token, id_token;
};
/* VERIFY_MATCH when they were read, VERIFY_MISMATCH when the code is none of theirs, or was used before. */
enum verify_result openid_tokens_read(struct arena *arena, int status, struct str body,
                                      struct openid_tokens *ret_tokens);

/* --- the ID token (Core §3.1.3.7) --- */

struct openid_expected {
    struct str issuer, client_id, nonce;
    int64_t begun_at; /* wall seconds: an older one was made for another sign-in */
    int64_t now, skew_s;
};
/* Of one whose signature was found right. `ret_subject` is the provider's name for the person, 1 to 255 bytes. */
bool openid_id_token_fits(const struct jws *id_token, struct str access_token, const struct openid_expected *expected,
                          struct str *ret_subject);

/* Userinfo as JSON, of this person (Core §5.3.2). */
bool openid_userinfo_read(struct arena *arena, struct str body, struct str subject, const struct json **ret_claims);

/* --- what of it is believed --- */

#define OPENID_RULES_MOST  16
#define OPENID_VALUES_MOST 8

/* A claim of the values named, or any where none is. */
struct openid_values {
    struct str items[OPENID_VALUES_MOST];
    size_t count;
};
struct openid_rule {
    bool plain;                                                          /* claims outside of verified_claims */
    struct openid_values trust_framework, assurance_level, check_method; /* of verified_claims else */
    int64_t days;                                                        /* most age of the check; 0 for any */
    int level;
};
/* The option `map`; strings are of the configuration. */
struct openid_map {
    struct str name, id_number, phone; /* the claims that hold them */
    bool plain_number;                 /* the number is told outside of verified_claims, as Tongxing itself does */
    struct openid_rule rules[OPENID_RULES_MOST];
    size_t rule_count;
};
/* `node` NULL: no rule, so nothing is believed. A fault names the option and its line. */
bool openid_map_read(const struct yaml *node, struct str upstream, struct openid_map *ret_map, struct fault *fault);
/* The highest level of its rules. */
int openid_map_level(const struct openid_map *map);
/*
 * Fills name, number, phone and the evidence's level by the first rule that fits, and `certified`; nothing where none
 * does, the number is not one, or is not of the birthdate that is told with it. `userinfo` NULL: none. The signed ID
 * token's word goes before userinfo's.
 */
void openid_map_apply(const struct openid_map *map, struct arena *arena, const struct json *id_token,
                      const struct json *userinfo, int64_t now, struct upstream_found *found);
/* The `claims` parameter (Core §5.5, Identity Assurance §6) that asks for what the rules need; absent without rules. */
struct str openid_map_claims(const struct openid_map *map, struct arena *arena, bool userinfo);

#endif
