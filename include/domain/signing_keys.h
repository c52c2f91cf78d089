/*
 * signing_keys: the keys that tokens are signed with, as administrators see and move them.
 *
 * A rotation is noticed by the workers, of this and of any process on the same folder, within seconds.
 */
#ifndef DOMAIN_SIGNING_KEYS_H
#define DOMAIN_SIGNING_KEYS_H

#include "domain/administration.h"

/* A key must have been published this long before it signs: longer than the key set may be cached (oidc/discovery.c).
 */
#define SIGNING_KEY_PUBLISHED_S 600

/* Those this worker knows; strings live in the arena. */
struct admin_answer signing_keys_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                      struct keyring_entry **ret_entries, size_t *ret_count);
/*
 * The next key of the algorithm signs from now on. ADMIN_INVALID: no such algorithm. ADMIN_CONFLICT: there is no next
 * key, or it was published a moment ago. Sets the keys as they are afterwards. Waits.
 */
struct admin_answer signing_keys_rotate(struct domain *domain, struct arena *arena, const struct actor *actor,
                                        struct str name, struct keyring_entry **ret_entries, size_t *ret_count);

#endif
