/*
 * links: the other services (Alipay, WeChat, an OpenID Provider, a network identity) that a person signs in with. A
 * link binds what the service calls the person to one account. It is made by the person, signed in to the account;
 * never because an address or a name looks alike (abuse-cases LG-25).
 */
#ifndef DOMAIN_LINKS_H
#define DOMAIN_LINKS_H

#include "domain/domain.h"

struct link {
    struct str link_id;
    struct str upstream; /* the configured name */
    struct str label;    /* what the service calls the account, for showing; may be empty */
    int64_t created_at, used_at;
};

/* Who signs in with this subject there; remembers that it was used. DOMAIN_NO: nobody. Waits. */
struct link_owner {
    struct str account_id;
    bool opened; /* the account was opened with it: what it proves without saying of whom is of its person */
};
enum domain_status link_find(struct domain *domain, struct arena *arena, struct str upstream, struct str subject,
                             struct link_owner *ret_owner);
/* Whether the account was opened with a link to that service; DOMAIN_NO: not. Waits. */
enum domain_status link_opened(struct domain *domain, struct arena *arena, struct str account_id, struct str upstream);
struct link_wanted {
    struct str account_id;
    struct str upstream, subject, label;
};
/* DOMAIN_NO: another account has it, this one has another of the same service (evidence of two people could meet in
 * one), or is not open. Linking what the account has already is DOMAIN_DONE. Tells of it (LINK_ADD). Waits. */
enum domain_status link_add(struct domain *domain, struct arena *arena, const struct link_wanted *wanted);
/* Wait. */
enum domain_status link_list(struct domain *domain, struct arena *arena, struct str account_id, struct link **ret_links,
                             size_t *ret_count);
/* Ends what the service proved without saying of whom: it may open another account. DOMAIN_NO: the account has no such
 * link, or it is the last way of signing in that the account has (neither a password nor another link). Tells of it
 * (LINK_REMOVE). Waits. */
enum domain_status link_remove(struct domain *domain, struct arena *arena, struct str account_id, struct str link_id);

#endif
