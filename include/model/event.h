/*
 * event: something that happened, told once by whoever did it and heard by log, metrics and audit trail
 * (include/model/events.def is the list).
 *
 * Nothing personal goes into an event but the account's id and the network address: no name, number, phone or user
 * name. Strings are borrowed for the duration of event_tell.
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include "base/buf.h"

enum event_kind {
#define EVENT(identifier, name, record, help) EVENT_##identifier,
#include "model/events.def"
#undef EVENT
    EVENT_KINDS
};

enum event_record { EVENT_RECORD_COUNTED, EVENT_RECORD_FAILURES, EVENT_RECORD_AUDITED };

enum event_result {
    EVENT_DONE,
    EVENT_REFUSED, /* not allowed, wrong, not valid */
    EVENT_FAILED,  /* could not be said or done: something was down */
};

struct event {
    enum event_kind kind;
    enum event_result result;
    const char *reason;   /* a constant of a few words, NULL for none: "wrong_password", "four_eyes" */
    int64_t at_ms;        /* wall clock; set by event_tell where it is 0 */
    struct str actor;     /* who: an account id, "client:…", "host:…"; absent when not known */
    struct str role;      /* as which administrator; absent for anybody else */
    struct str client_id; /* through or about which client system; absent for none */
    struct str subject;   /* on what or whom: an id; absent for none */
    struct str session_id;
    struct str address;    /* from where */
    struct str request_id; /* of the request that did it */
    bool in_outbox;        /* written with the change itself (store/outbox.h): not the trail's to write again */
    struct str detail;     /* a JSON object's text: before and after, scopes; absent for none */
};

struct str event_name(enum event_kind kind);
struct str event_help(enum event_kind kind);
enum event_record event_record_of(enum event_kind kind);
struct str event_result_name(enum event_result result);
/* False for a name that is not in the list. */
bool event_of_name(struct str name, enum event_kind *ret_kind);
/* Does it belong into the audit trail? */
bool event_is_audited(const struct event *event);

/* The event as one JSON object on one line, members in a fixed order, absent ones left out: what the audit trail stores
 * and chains. */
#define EVENT_RECORD_MOST (160 * 1024)
void event_write(const struct event *event, struct buf *buf);

/*
 * Whoever hears events: one per worker. `hear` must not wait for long; it may write to a file. NULL sinks hear nothing
 * (unit tests, commands without a trail).
 */
struct event_sink {
    void (*hear)(void *ctx, const struct event *event);
    void *ctx;
};
void event_tell(const struct event_sink *sink, const struct event *event);

#endif
