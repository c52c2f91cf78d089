/*
 * change: one write of the durable store on the way: its statements, and at the end its event, all in one transaction.
 */
#ifndef DOMAIN_CHANGE_H
#define DOMAIN_CHANGE_H

#include "domain/account.h"
#include "domain/administration.h"
#include "model/event.h"
#include "store/sql.h"

#define CHANGE_STATEMENTS_MOST 8

struct change {
    struct sql_statement statements[CHANGE_STATEMENTS_MOST];
    size_t count;
    bool of_register;     /* servers are to hear of it */
    const char *conflict; /* what SQL_CONFLICT means here */
};

void change_add(struct change *change, struct sql_statement statement);

/* The event of an administrator's doing. */
struct event event_of_actor(const struct actor *actor, enum event_kind kind, struct str subject);

/* {"before":…,"after":…}; absent ones are left out. */
struct str change_detail(struct arena *arena, struct str before, struct str after);

/* Writes the change and the event, and tells of both. ADMIN_STALE where a version did not fit. Waits. */
struct admin_answer change_write(struct domain *domain, struct arena *arena, struct change *change,
                                 const struct event *event);

/* Tells of an event that was written to the outbox with the change that it is of. */
void change_tell(const struct domain *domain, const struct event *event);

/* The statements of what is written along with something else (domain/account.h), into `to`, which has room for
 * ALONG_MOST; and the telling of its events, once it was. NULL for nothing. */
size_t along_statements(struct arena *arena, const struct along *along, struct sql_statement *to);
void along_tell(const struct domain *domain, const struct along *along);

static inline struct admin_answer admin_answer(enum admin_result result) {
    return (struct admin_answer){.result = result};
}
static inline struct admin_answer admin_conflict(const char *reason) {
    return (struct admin_answer){.result = ADMIN_CONFLICT, .reason = reason};
}
/* What a read of the store says. */
struct admin_answer admin_of_sql(enum sql_status status);

/* A problem of one member, as the rules of client metadata note theirs. */
void admin_problem(struct client_problems *problems, const char *member, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
