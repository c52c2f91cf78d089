/*
 * initial_tokens: the tokens with which client systems may register themselves (RFC 7591 §3), each under a policy
 * (model/registration_policy.h). A token is shown once and kept as a keyed hash.
 */
#ifndef DOMAIN_INITIAL_TOKENS_H
#define DOMAIN_INITIAL_TOKENS_H

#include "base/json.h"
#include "domain/administration.h"
#include "store/initial_tokens.h"

#define INITIAL_TOKEN_LEAST_S 60
#define INITIAL_TOKEN_MOST_S  (366 * 86400)

struct initial_token_wanted {
    const struct json *policy;
    int64_t uses;       /* client systems that may register with it; at most the setting dynamic_clients_per_token */
    int64_t expires_in; /* seconds, INITIAL_TOKEN_LEAST_S to INITIAL_TOKEN_MOST_S */
};

/* Wait. Strings are in the arena. */
struct admin_answer initial_token_create(struct domain *domain, struct arena *arena, const struct actor *actor,
                                         const struct initial_token_wanted *wanted, struct initial_token_row *ret_row,
                                         struct str *ret_token);
struct admin_answer initial_token_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                       struct str after, size_t most, struct initial_token_row **ret_rows,
                                       size_t *ret_count);
/* Whoever registered with it stays. ADMIN_MISSING: there is none, or it is used up, withdrawn or over. */
struct admin_answer initial_token_revoke(struct domain *domain, struct arena *arena, const struct actor *actor,
                                         struct str token_id);

/* The token as somebody presents it. DOMAIN_NO: there is none such that is good now; nobody is told why. Waits. */
enum domain_status initial_token_find(struct domain *domain, struct arena *arena, struct str token,
                                      struct initial_token_row *ret_row);

#endif
