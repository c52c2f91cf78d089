/*
 * window_inside: what recording and confirming share.
 */
#ifndef DOMAIN_WINDOW_INSIDE_H
#define DOMAIN_WINDOW_INSIDE_H

#include "change.h"
#include "domain/window.h"

struct client_problems;

/* A record that waits, of the version that was seen, with the decision's author and time filled in. Waits. */
struct admin_answer window_open_for_decision(struct domain *domain, struct arena *arena, const struct actor *actor,
                                             struct str record_id, int64_t version, struct window_record *ret_record);
/* An account that may be used; a conflict when not. Waits. */
struct admin_answer window_load_account(struct domain *domain, struct arena *arena, struct str account_id,
                                        struct account *ret_account);
/* The account of a number; with an id that is absent where there is none. Waits. */
struct admin_answer window_find_account(struct domain *domain, struct arena *arena, struct str id_number,
                                        struct account *ret_account);
/* As registers compare them; those that no register can compare, when they have the same characters. */
bool window_same_name(struct arena *arena, struct str a, struct str b);
/* An event about a record. */
struct event window_event(struct arena *arena, const struct actor *actor, enum event_kind kind,
                          const struct window_record *record);

#endif
