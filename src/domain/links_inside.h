/*
 * links_inside: writing a link with the account that is opened with it.
 */
#ifndef DOMAIN_LINKS_INSIDE_H
#define DOMAIN_LINKS_INSIDE_H

#include "domain/links.h"
#include "model/event.h"
#include "store/sql.h"

/* The link, and the event that tells of it. */
struct sql_statement link_insertion(struct domain *domain, struct arena *arena, const struct link_wanted *wanted,
                                    bool opened);
struct event link_addition(struct arena *arena, const struct link_wanted *wanted);

#endif
