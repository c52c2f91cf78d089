/*
 * recovery_inside: what the ways of recovering share.
 */
#ifndef DOMAIN_RECOVERY_INSIDE_H
#define DOMAIN_RECOVERY_INSIDE_H

#include "domain/recovery.h"

/* Counts an attempt at a way for a user name and an address, and for both alone. Waits. */
enum recovery_result recovery_count(struct domain *domain, struct arena *arena, const char *what, struct str username,
                                    int64_t most, struct str client_address);
/* The account, where there is one that may be used. Waits. */
enum domain_status recovery_load(struct domain *domain, struct arena *arena, const struct recovery *recovery,
                                 struct account *ret_account);
/* Notes that a code to the account's own phone was right. */
void recovery_phone_shown(const struct domain *domain, struct arena *arena, struct recovery *recovery,
                          const struct account *account);
/* Every answer takes the same time, from its beginning (clock_monotonic_ms) on. False when the wait was cut short.
 * Waits. */
bool recovery_answer_at(int64_t begun_ms);
/* One that needs nothing of the original. */
struct recovery recovery_copy(struct arena *arena, const struct recovery *recovery);

#endif
