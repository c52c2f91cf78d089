/*
 * proofs: what is proven of a person, and the one way in which more is added: the attempt is counted, a service is
 * asked, and what it answered is kept as evidence (docs/decisions/levels.md).
 *
 * The level of an account is the highest level of its valid evidence: matched, not expired, not ended. Evidence about
 * another person than the account's never counts: once the identity number is known, every check is of that number.
 */
#ifndef DOMAIN_PROOFS_H
#define DOMAIN_PROOFS_H

#include "domain/account.h"
#include "domain/domain.h"
#include "model/session.h"
#include "upstream/upstream.h"

enum proof_result {
    PROOF_DONE,
    PROOF_PENDING,      /* the person is not done over there */
    PROOF_REFUSED,      /* not confirmed; never says which field, nor whether there is such a person */
    PROOF_INVALID,      /* cannot be right; nothing was asked or counted */
    PROOF_UNSUPPORTED,  /* this service cannot tell: another way may */
    PROOF_CHILD,        /* too young to prove it without a guardian; nothing was asked or counted */
    PROOF_SUSPENDED,    /* the account is not active: the authority says that the person must not act (deceased,
                           cancelled), or it was suspended or closed meanwhile */
    PROOF_OTHER_PERSON, /* confirmed, but another account is this person: the two can be made one (domain/merging.h) */
    PROOF_LIMITED,      /* too many attempts on this account, number, card or from this address */
    PROOF_CANNOT_CHECK, /* the service does not answer; not counted */
    PROOF_UNAVAILABLE,  /* our own stores do not answer */
};

/*
 * Whoever is younger than the option registration.minimum_age proves themselves with a guardian, at a service counter,
 * and their face is not looked at (Personal Information Protection Law, article 31; domain-china §7.5). False for a
 * number that is none.
 */
bool proof_is_of_child(const struct domain *domain, struct str id_number);

/* What the person typed, beside what the account knows of them; absent members were not asked for. */
struct proof_typed {
    struct str name, id_number; /* only where the account does not know them */
    struct str phone, bank_card, social_card, region;
};

/* Asks a service of UPSTREAM_PERSON about the account's person. Waits. */
enum proof_result proof_check(struct domain *domain, struct arena *arena, const struct account *account,
                              struct upstream *upstream, const struct proof_typed *typed, struct str client_address);

/* Whose presence is to be checked, by whom, and who asks for it. */
struct proof_presence {
    const struct account *account;
    struct upstream *upstream;
    struct str client_address;
    bool claimed; /* whoever asks is not signed in to the account, but says that it is theirs (recovery, merging): what
                     they use up is not the checks of its person */
};
/* Begins a presence check of the account's person, who must be known by name and number (else PROOF_INVALID), and has
 * agreed to this check by itself: counts the attempt, gives what to send the browser to, and tells of the check and of
 * what was agreed to (VERIFICATION_BEGIN). PROOF_PENDING when begun. Waits. */
enum proof_result proof_begin(struct domain *domain, struct arena *arena, const struct proof_presence *presence,
                              struct upstream_begin *begin, struct upstream_begun *ret_begun);
/* And what came of it: PROOF_PENDING until the person is done. ret_amr: what the person did there. Waits. */
enum proof_result proof_finish(struct domain *domain, struct arena *arena, const struct account *account,
                               struct upstream *upstream, struct upstream_returned *returned, struct str client_address,
                               unsigned *ret_amr);

/*
 * Keeps evidence that was got elsewhere (a sign-in service that vouches, a window, the phone) and sets the level that
 * follows. The account is judged as it is then, whatever was loaded before.
 *
 * A match of a name and number that the account does not know yet becomes its own: what named nobody before does not
 * count any more, and whoever signed in with it signs in anew. Evidence above level 1 without a number is refused
 * (PROOF_REFUSED) where the number is known, and where the account was not opened with its source. Waits.
 */
struct proof_found {
    struct evidence evidence;
    struct str name, id_number; /* confirmed; absent when not told */
    struct str instead_of;      /* the account's name, which `name` takes the place of; absent to leave a known name */
    const struct along *along;  /* NULL for nothing */
};
enum proof_result proof_keep(struct domain *domain, struct arena *arena, const struct account *account,
                             const struct proof_found *found);

/* All evidence of an account, oldest first; and whether a piece of it counts now. */
enum domain_status proof_list(struct domain *domain, struct arena *arena, struct str account_id,
                              struct verification_row **ret_rows, size_t *ret_count);
bool proof_counts(const struct verification_row *row, int64_t now);
/* The level that follows from evidence, and until when nothing changes: 0 for no end. At least 1. */
int proof_level(const struct verification_row *rows, size_t count, int64_t now, int64_t *ret_until);
/* Sets the account's level from its evidence anew. Waits. */
enum domain_status proof_refresh(struct domain *domain, struct arena *arena, struct str account_id);

/* Level of a sign-in: the lower of what is proven and what the methods used can show. */
int sign_in_level(const struct account *account, unsigned amr);

/*
 * Evidence that is to be checked again (option proofs.recheck_days): asks the registers about at most `most` people
 * that are due, each by one process only. For the background worker. Waits.
 */
void proofs_recheck(struct domain *domain, struct arena *arena, size_t most);
/* The same for an account that is about to sign in, which is loaded anew when somebody was asked. A register that does
 * not answer changes nothing. DOMAIN_NO: the account was suspended by it. Waits. */
enum domain_status proof_recheck_account(struct domain *domain, struct arena *arena, struct account *account);

#endif
