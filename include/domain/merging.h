/*
 * merging: two accounts that are one person become one, by that person, who has proven to own both
 * (docs/decisions/merging-accounts.md). Everything of the one that goes is the other's from then on; it cannot be
 * undone.
 */
#ifndef DOMAIN_MERGING_H
#define DOMAIN_MERGING_H

#include "domain/own.h"

enum merge_proof {
    MERGE_PROVEN,
    MERGE_WRONG, /* no such account, a wrong password, a wrong or missing one-time password: never says which */
    MERGE_LOCKED,
    MERGE_LEVEL, /* right, and less than the account is proven by */
    MERGE_CANNOT_SAY,
};
/* That the person owns another account: as at sign-in, with its second factor where it has one, and to the level that
 * it is proven to. Waits. */
enum merge_proof merge_prove(struct domain *domain, struct arena *arena, const struct own *own, struct str username,
                             struct str password, struct str code, struct str *ret_account_id);

/*
 * What else it takes after the other account's person was seen: a code to its own phone, since whoever began the check
 * may have had somebody else be seen (domain/recovery.h), and its second factor, whichever way it is shown.
 */
enum merge_given { MERGE_PHONE = 1, MERGE_FACTOR = 2 }; /* bits */
enum merge_need {
    MERGE_NEEDS_NOTHING,
    MERGE_NEEDS_PHONE,
    MERGE_NEEDS_FACTOR,
    MERGE_NEEDS_LEVEL, /* it is proven to more than a face, and has no one-time password that is bound to the person */
    MERGE_NEEDS_ACCOUNT, /* it is not open any more */
    MERGE_NEEDS_UNKNOWN, /* cannot say now */
};
/* Waits. */
enum merge_need merge_needs(struct domain *domain, struct arena *arena, struct str account_id, unsigned given);
/* Sends a code to the other account's phone: false when it could not be sent. Waits. */
bool merge_send_code(struct domain *domain, struct arena *arena, const struct own *own, struct str account_id,
                     bool english);
/* The code, or the one-time password. Waits. */
enum merge_proof merge_give(struct domain *domain, struct arena *arena, const struct own *own, struct str account_id,
                            enum merge_need need, struct str typed);

enum merge_result {
    MERGE_DONE,
    MERGE_SAME,          /* it is this account */
    MERGE_OTHER_PERSON,  /* both are known by an identity number: two people */
    MERGE_ADMINISTRATOR, /* one of them is in office */
    MERGE_NO,            /* one of them is not open any more, or was changed just now */
    MERGE_UNAVAILABLE,
};
/* What would come of it. */
struct merge_plan {
    struct account kept, gone;  /* as they are now */
    int level;                  /* of the one account that is left */
    struct own_portal *portals; /* that know the one that goes, and will see somebody new */
    size_t portal_count;
};
/* Waits. */
enum merge_result merge_plan(struct domain *domain, struct arena *arena, struct str kept_id, struct str gone_id,
                             struct merge_plan *ret_plan);
/* own->account_id is kept. Waits. */
enum merge_result merge_accounts(struct domain *domain, struct arena *arena, const struct own *own, struct str gone_id);

#endif
