/*
 * disclosure: that a client system was really told claims about a person, for whoever asks later what it knows.
 */
#ifndef DOMAIN_DISCLOSURE_H
#define DOMAIN_DISCLOSURE_H

#include "domain/domain.h"
#include "model/claims.h"
#include "model/grant.h"

/*
 * Notes that the grant's client was told these claims of the grant's person: one row of the durable store is counted
 * up, once for each grant and set of claims over all nodes. Returns at once, the writing is a fiber's; what this worker
 * has noted lately costs a look into memory. What cannot be written is logged, and tried again the next time it is
 * told.
 */
void disclosure_note(struct domain *domain, const struct grant *grant, claim_set told);

#define DISCLOSURES_RUNNING_MOST 500 /* fibers of a worker; more are dropped with a log line */

#endif
