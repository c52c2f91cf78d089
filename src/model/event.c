/*
 * Events: their names, what becomes of them, and the record that is kept.
 */
#include "model/event.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"

static const struct {
    struct str name, help;
    enum event_record record;
} events[] = {
#define EVENT(identifier, name, record, help) {STR_INIT(name), STR_INIT(help), EVENT_RECORD_##record},
#include "model/events.def"
#undef EVENT
};

static const struct str results[] = {
    [EVENT_DONE] = STR_INIT("done"), [EVENT_REFUSED] = STR_INIT("refused"), [EVENT_FAILED] = STR_INIT("failed")};

struct str event_name(enum event_kind kind) {
    return events[kind].name;
}

struct str event_help(enum event_kind kind) {
    return events[kind].help;
}

enum event_record event_record_of(enum event_kind kind) {
    return events[kind].record;
}

struct str event_result_name(enum event_result result) {
    return results[result];
}

bool event_of_name(struct str name, enum event_kind *ret_kind) {
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        if (str_equal(events[i].name, name)) {
            *ret_kind = (enum event_kind)i;
            return true;
        }
    }
    return false;
}

bool event_is_audited(const struct event *event) {
    enum event_record record = events[event->kind].record;
    return record == EVENT_RECORD_AUDITED || (record == EVENT_RECORD_FAILURES && event->result != EVENT_DONE);
}

static void put(struct json_out *out, const char *name, struct str text) {
    if (!str_is_absent(text)) {
        json_put_str(out, name, text);
    }
}

void event_write(const struct event *event, struct buf *buf) {
    struct json_out out = json_out(buf);
    json_open_object(&out, NULL);
    json_put_int(&out, "at_ms", event->at_ms);
    json_put_str(&out, "event", events[event->kind].name);
    json_put_str(&out, "result", results[event->result]);
    put(&out, "reason", event->reason ? str_from(event->reason) : STR_NONE);
    put(&out, "actor", event->actor);
    put(&out, "role", event->role);
    put(&out, "client_id", event->client_id);
    put(&out, "subject", event->subject);
    put(&out, "session_id", event->session_id);
    put(&out, "address", event->address);
    put(&out, "request_id", event->request_id);
    if (!str_is_absent(event->detail)) {
        json_put_raw(&out, "detail", event->detail);
    }
    json_close_object(&out);
}

void event_tell(const struct event_sink *sink, const struct event *event) {
    if (!sink || !sink->hear) {
        return;
    }
    struct event told = *event;
    if (told.at_ms == 0) {
        told.at_ms = clock_wall_ms();
    }
    sink->hear(sink->ctx, &told);
}
