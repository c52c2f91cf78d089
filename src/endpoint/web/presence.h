/*
 * presence: what a page says before a check in which the person is seen, above the one button that says yes to it:
 * who receives what, that it is a choice, and what else there is (Personal Information Protection Law, articles 17, 23
 * and 29; domain-china §7.4, §7.5). The button's field is `presence`, with the upstream's name, and no other button of
 * these pages sends it: a request with it is the person's separate consent, which proof_begin tells of.
 */
#ifndef ENDPOINT_WEB_PRESENCE_H
#define ENDPOINT_WEB_PRESENCE_H

#include "base/buf.h"
#include "domain/proofs.h"
#include "endpoint/page.h"

/* The titles of the ways without a face, as they are read out: "A, B, C". */
struct presence_others {
    struct buf text;
    enum page_language language;
};
struct presence_others presence_others(struct arena *arena, enum page_language language);
void presence_others_add(struct presence_others *others, struct str title);
/* Its title, unless it looks at a face too. */
void presence_others_add_upstream(struct presence_others *others, const struct upstream *upstream);

/* The slots of the notice: receiver, sends_identity, face, others. */
void presence_show(struct page *row, const struct upstream *upstream, const struct presence_others *others);

#endif
