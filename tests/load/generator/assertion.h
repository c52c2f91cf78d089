/*
 * assertion: private_key_jwt (RFC 7523 §3, OpenID Connect Core §9), signed with ES256 in advance, so that signing costs
 * nothing while it is measured.
 */
#ifndef LOAD_ASSERTION_H
#define LOAD_ASSERTION_H

#include "plan.h"

/* plan->count of them, each with a jti of its own. False when the key cannot be used. */
bool assertions_sign(struct arena *arena, const struct assertion_plan *plan, struct str **ret_assertions);

#endif
