/*
 * phone_notice: a message to the number that an account had until now, so that its owner hears of a change they did
 * not make (docs/decisions/changing-the-phone.md). It names nobody and holds no link.
 */
#ifndef DOMAIN_PHONE_NOTICE_H
#define DOMAIN_PHONE_NOTICE_H

#include "domain/domain.h"

struct phone_notice {
    struct str phone; /* "+86…" */
    struct str account_id;
};

/* Can the service that sends codes send notices, too? */
bool phone_notice_available(const struct domain *domain);
/* In the background, with a few tries; what came of it is told of. */
void phone_notice_send(struct domain *domain, const struct phone_notice *notice);

#endif
