/*
 * proofs_inside: what asking and asking again share with keeping.
 */
#ifndef DOMAIN_PROOFS_INSIDE_H
#define DOMAIN_PROOFS_INSIDE_H

#include "domain/proofs.h"

struct proof_asked {
    struct str account_id;
    struct str client_address; /* absent when we asked by ourselves */
    bool by_person;
    bool alert; /* the service noticed an attack */
};
/* Tells that a service was asked about somebody, and what came of it. */
void proof_tell_asked(struct domain *domain, struct arena *arena, const struct proof_asked *asked,
                      const struct evidence *evidence);

/* After evidence was ended: sessions and tokens claim a level that may be another person's, so people sign in anew.
 * Waits. */
enum domain_status proof_end_sign_ins(struct domain *domain, struct arena *arena, struct str account_id);

/* Whether what this service says of somebody's state is of the person whose name and number it was asked about. */
bool proof_speaks_of_person(const struct upstream *upstream);

/* The authority says that the person must not act: the account is suspended, everything of it ends. Waits. */
enum domain_status proof_suspend(struct domain *domain, struct arena *arena, struct str account_id,
                                 const struct evidence *evidence);

#endif
