/*
 * carried: what a sign-in service said about a person who has no account linked to it yet. It travels in the sealed
 * flow until the person signs in to an account, which it is then linked to, or opens one.
 */
#ifndef DOMAIN_CARRIED_H
#define DOMAIN_CARRIED_H

#include "domain/links.h"
#include "domain/proofs.h"

struct carried {
    struct str upstream; /* the configured name */
    struct str subject;  /* what the service calls the person */
    struct str label;    /* for showing; may be empty */
    bool certified;      /* name and id_number are vouched for */
    struct str name, id_number;
    struct evidence evidence; /* its level is 0 when the service proves nothing; strings absent where not told */
    unsigned amr;
    bool opened; /* the account that it is about was opened with it: of the link, never of what travelled */
};

#define CARRIED_MOST 2048
/* Absent when it is longer than CARRIED_MOST. */
struct str carried_pack(struct arena *arena, const struct carried *carried);
/* False for absent and malformed ones. */
bool carried_unpack(struct str packed, struct carried *ret_carried);
/* What upstream_finish told. */
struct carried carried_of(const struct upstream *upstream, const struct upstream_found *found);

/* The link that it asks for, of no account yet. */
struct link_wanted carried_wanted(const struct carried *carried);

enum carried_result {
    CARRIED_LINKED,
    CARRIED_OTHER_PERSON, /* the service vouches for somebody else than the account's person */
    CARRIED_TAKEN,        /* linked to another account meanwhile */
    CARRIED_UNAVAILABLE,
};
/*
 * After the person signed in to the account: links the service and keeps what it proves. A certified name and number
 * count when the register that registrations are checked with agrees (domain-china §4.3): the first time, and always
 * where the service has no level of its own; without a register such a level alone counts. What a service proves
 * without saying of whom counts only for the account that was opened with it, so not for one that was there before.
 * Waits.
 */
enum carried_result carried_link(struct domain *domain, struct arena *arena, const struct account *account,
                                 const struct carried *carried, struct str client_address);
/* The second half alone, for an account that is linked already: what a sign-in there proves anew. Waits. */
enum domain_status carried_prove(struct domain *domain, struct arena *arena, const struct account *account,
                                 const struct carried *carried, struct str client_address);

/* What a sign-in there shows of the account's person: no face and no second factor where the service does not say whose
 * they were, unless the account was opened with it and knows of no other person. */
unsigned carried_amr(const struct account *account, const struct carried *carried);

#endif
