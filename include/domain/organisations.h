/*
 * organisations: enterprises and other legal entities that people act for. A person enters one as its legal
 * representative: the corporate register is asked whether name, credit code, and the person's own name and number
 * belong together. What it confirmed is asked again from time to time; where it does not confirm it any more, whoever
 * acted on the strength of it no longer may (docs/decisions/acting-for-organisations.md).
 */
#ifndef DOMAIN_ORGANISATIONS_H
#define DOMAIN_ORGANISATIONS_H

#include "domain/account.h"
#include "domain/signed_in.h"
#include "model/client.h"
#include "store/organisations.h"

struct organisation {
    struct organisation_row row;
    struct str name, credit_code, type; /* the type is absent where the register does not tell */
};
/* DOMAIN_UNAVAILABLE: sealed with another installation's key, or damaged. */
enum domain_status organisation_open(const struct domain *domain, struct arena *arena,
                                     const struct organisation_row *row, struct organisation *ret_organisation);
/* Waits. */
enum domain_status organisation_load(struct domain *domain, struct arena *arena, struct str organisation_id,
                                     struct organisation *ret_organisation);

/* What a client system knows it by: pairwise where people's subjects are. */
struct str organisation_subject(const struct domain *domain, struct arena *arena, struct str organisation_id,
                                const struct client *client);

struct organisation_typed {
    struct str name, credit_code;
};

enum organisation_result {
    ORGANISATION_ENTERED,
    ORGANISATION_INVALID_NAME, /* cannot be right; nothing was asked or counted */
    ORGANISATION_INVALID_CODE,
    ORGANISATION_LEVEL,        /* the person is not proven to level 3 */
    ORGANISATION_STEP_UP,      /* they are, but have not shown it in this session */
    ORGANISATION_REFUSED,      /* not confirmed, or not in operation: never says which */
    ORGANISATION_LIMITED,      /* too many attempts of this person, on this code or from this address */
    ORGANISATION_CANNOT_CHECK, /* the register does not answer, or there is none; not counted */
    ORGANISATION_UNAVAILABLE,  /* our own stores do not answer */
};

/* Enters it, or finds it entered, with a mandate of its legal representative for this account. Waits. */
enum organisation_result organisation_enter(struct domain *domain, struct arena *arena, const struct signed_in *who,
                                            const struct organisation_typed *typed, struct str *ret_organisation_id);

/*
 * Ends mandates whose time is over or whose holder may not hold them any more, and asks the register again about at
 * most `most` organisations that are due, each by one process only. For the background worker. Waits.
 */
void organisations_recheck(struct domain *domain, struct arena *arena, size_t most);

#endif
