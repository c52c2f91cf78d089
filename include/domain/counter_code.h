/*
 * counter_code: what a person takes home from a service counter, where two administrators have seen their document: it
 * gives an account back (domain/recovery.h), or its first password.
 *
 * "CC-" and three groups of four characters, sixty random bits. Good for one account, once, for half an hour. The store
 * keeps no code and no number: only a keyed hash of both. Whoever guesses is counted (domain/recovery.h), not the code:
 * a stranger who knows a user name cannot make the code of its person void.
 */
#ifndef DOMAIN_COUNTER_CODE_H
#define DOMAIN_COUNTER_CODE_H

#include "domain/domain.h"

#define COUNTER_CODE_S 1800

/* As it is shown. False when the store does not answer. Waits. */
bool counter_code_make(struct domain *domain, struct arena *arena, struct str account_id, struct str *ret_code);
/* What was to go with it was not written. Waits. */
void counter_code_drop(struct domain *domain, struct arena *arena, struct str account_id, struct str code);

/* What people type, in the form that is compared: full width, small letters, other separators and the letters that look
 * like digits are folded. False for what cannot be a code. */
bool counter_code_read(struct arena *arena, struct str typed, struct str *ret_code);
/* Uses it up. `code` as counter_code_read gives it. DOMAIN_NO: it is none of the account's, too old or used. Waits. */
enum domain_status counter_code_use(struct domain *domain, struct arena *arena, struct str account_id, struct str code);

#endif
