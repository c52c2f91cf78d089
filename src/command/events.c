/*
 * The one sink of a worker and its listeners, called in this order for each event.
 */
#include "events.h"

#include "base/check.h"
#include "base/log.h"

#include <stdio.h>

#define FIELDS_MOST 6

static void add(struct log_field *fields, size_t *count, const char *name, struct str text) {
    if (!str_is_absent(text)) {
        CHECK(*count < FIELDS_MOST);
        fields[(*count)++] = log_str(name, text);
    }
}

/* One line for what belongs into the audit trail. Neither the address nor the detail: the trail has them, and logs are
 * read by more people. The request id is put by log itself. */
static void log_line(const struct event *event) {
    struct log_field fields[FIELDS_MOST];
    size_t count = 0;
    add(fields, &count, "result", event_result_name(event->result));
    add(fields, &count, "reason", event->reason ? str_from(event->reason) : STR_NONE);
    add(fields, &count, "actor", event->actor);
    add(fields, &count, "role", event->role);
    add(fields, &count, "client_id", event->client_id);
    add(fields, &count, "subject", event->subject);
    log_write(event->result == EVENT_FAILED ? LOG_WARN : LOG_INFO, event_name(event->kind).ptr, fields, count);
}

static void record(struct audit *audit, const struct event *event, uint32_t left_out) {
    char detail[48];
    struct event told = *event;
    if (left_out > 0 && str_is_absent(event->detail)) {
        snprintf(detail, sizeof(detail), "{\"left_out_before\":%u}", (unsigned)left_out);
        told.detail = str_from(detail);
    }
    audit_hear(audit, &told);
}

static void hear(void *ctx, const struct event *event) {
    struct events *events = ctx;
    metrics_hear(events->metrics, event);
    uint32_t left_out;
    if (!event_is_audited(event) || !throttle_admits(&events->throttle, event, &left_out)) {
        return;
    }
    log_line(event);
    record(events->audit, event, left_out);
}

void events_init(struct events *events, struct metrics *metrics, struct audit *audit) {
    *events = (struct events){.sink = {.hear = hear, .ctx = events}, .metrics = metrics, .audit = audit};
}
