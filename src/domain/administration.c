/*
 * What all rules of the register share: the role is checked first, a change is written together with its event.
 */
#include "domain/administration.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "change.h"
#include "domain/registry.h"
#include "model/trail.h"
#include "store/outbox.h"

#include <stdarg.h>
#include <stdio.h>

struct event event_of_actor(const struct actor *actor, enum event_kind kind, struct str subject) {
    return (struct event){.kind = kind,
                          .actor = actor->id,
                          .role = role_name(actor->role),
                          .subject = subject,
                          .address = actor->address,
                          .request_id = actor->request_id};
}

bool admin_allowed(struct domain *domain, const struct actor *actor, enum permission permission,
                   struct admin_answer *ret_answer) {
    if (actor_may(actor, permission)) {
        return true;
    }
    struct event event = event_of_actor(actor, EVENT_ADMIN_REFUSED, permission_name(permission));
    event.result = EVENT_REFUSED;
    event_tell(domain->events, &event);
    *ret_answer = (struct admin_answer){.result = ADMIN_FORBIDDEN, .reason = "your role does not allow this"};
    return false;
}

void change_add(struct change *change, struct sql_statement statement) {
    CHECK(change->count < CHANGE_STATEMENTS_MOST);
    change->statements[change->count++] = statement;
}

struct str change_detail(struct arena *arena, struct str before, struct str after) {
    struct buf detail;
    buf_init(&detail, arena, 256, EVENT_RECORD_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    if (!str_is_absent(before)) {
        json_put_raw(&out, "before", before);
    }
    if (!str_is_absent(after)) {
        json_put_raw(&out, "after", after);
    }
    json_close_object(&out);
    CHECK(!detail.failed);
    return buf_str(&detail);
}

struct admin_answer admin_of_sql(enum sql_status status) {
    switch (status) {
    case SQL_DONE:
        return admin_answer(ADMIN_DONE);
    case SQL_MISSING:
        return admin_answer(ADMIN_MISSING);
    case SQL_CONFLICT:
        return admin_conflict("it is taken");
    case SQL_DOWN:
        break;
    }
    return admin_answer(ADMIN_UNAVAILABLE);
}

struct admin_answer change_write(struct domain *domain, struct arena *arena, struct change *change,
                                 const struct event *event) {
    if (!trail_takes_administration(domain->trail)) {
        return admin_answer(ADMIN_UNAVAILABLE); /* nothing is changed that would leave no trace */
    }
    change_add(change, outbox_put(arena, event));
    switch (sql_write(domain->sql, change->statements, change->count)) {
    case SQL_DONE:
        break;
    case SQL_MISSING:
        return admin_answer(ADMIN_STALE);
    case SQL_CONFLICT:
        return admin_conflict(change->conflict ? change->conflict : "it is taken");
    case SQL_DOWN:
        return admin_answer(ADMIN_UNAVAILABLE);
    }
    change_tell(domain, event);
    if (change->of_register) {
        register_announce(domain);
    }
    return admin_answer(ADMIN_DONE);
}

void change_tell(const struct domain *domain, const struct event *event) {
    struct event told = *event;
    told.in_outbox = true;
    domain_tell(domain, &told);
}

size_t along_statements(struct arena *arena, const struct along *along, struct sql_statement *to) {
    size_t count = 0;
    if (along) {
        CHECK(along->event_count < ALONG_MOST);
        to[count++] = along->statement;
        for (size_t i = 0; i < along->event_count; i++) {
            to[count++] = outbox_put(arena, &along->events[i]);
        }
    }
    return count;
}

void along_tell(const struct domain *domain, const struct along *along) {
    for (size_t i = 0; along && i < along->event_count; i++) {
        change_tell(domain, &along->events[i]);
    }
}

void admin_problem(struct client_problems *problems, const char *member, const char *format, ...) {
    if (problems->count == CLIENT_PROBLEMS_MOST) {
        return;
    }
    struct client_problem *item = &problems->items[problems->count++];
    item->member = str_from(member);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item->text, sizeof(item->text), format, arguments);
    va_end(arguments);
}
