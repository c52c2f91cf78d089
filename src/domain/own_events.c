/*
 * What the audit trail has of a person's account: what they did, and what was done to it. Who else did it, and from
 * where, is not theirs to see.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "own_inside.h"
#include "status.h"
#include "store/audit_rows.h"

#include <stdlib.h>

static int newest_first(const void *a, const void *b) {
    const struct audit_row *left = a, *right = b;
    if (left->at_ms != right->at_ms) {
        return left->at_ms < right->at_ms ? 1 : -1;
    }
    int nodes = str_compare(left->node, right->node);
    return nodes != 0 ? nodes : left->seq < right->seq ? 1 : left->seq > right->seq ? -1 : 0;
}

/* A row of which the person is both actor and subject is found twice. */
static size_t without_doubles(struct audit_row *rows, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool seen = kept > 0 && rows[kept - 1].seq == rows[i].seq && str_equal(rows[kept - 1].node, rows[i].node);
        if (!seen) {
            rows[kept++] = rows[i];
        }
    }
    return kept;
}

static struct own_event event_of_row(struct arena *arena, const struct audit_row *row, struct str account_id) {
    struct own_event event = {
        .name = row->event, .result = row->result, .client_id = row->client_id, .at = row->at_ms / 1000};
    const struct json *record;
    bool own = str_equal(row->actor, account_id) || str_is_absent(row->actor); /* nobody yet: a sign-in */
    if (own && json_parse(arena, row->record, JSON_LIMITS_DOCUMENT, &record)) {
        json_get_str(record, "address", &event.address);
    }
    return event;
}

enum domain_status own_events(struct domain *domain, struct arena *arena, struct str account_id, size_t most,
                              struct own_event **ret_events, size_t *ret_count) {
    const struct audit_filter filters[] = {{.actor = account_id}, {.subject = account_id}};
    most = most < OWN_EVENTS_MOST ? most : OWN_EVENTS_MOST;
    struct audit_row *rows = arena_array_of(arena, 2 * most + 1, struct audit_row);
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        struct audit_row *found;
        size_t found_count;
        if (audit_rows_search(domain->sql, arena, &filters[i], NULL, most, &found, &found_count) == SQL_DOWN) {
            return DOMAIN_UNAVAILABLE;
        }
        for (size_t at = 0; at < found_count; at++) {
            rows[count++] = found[at];
        }
    }
    qsort(rows, count, sizeof(rows[0]), newest_first);
    count = without_doubles(rows, count);
    count = count < most ? count : most;
    struct own_event *events = arena_array_of(arena, count + 1, struct own_event);
    for (size_t i = 0; i < count; i++) {
        events[i] = event_of_row(arena, &rows[i], account_id);
    }
    *ret_events = events;
    *ret_count = count;
    return DOMAIN_DONE;
}

enum domain_status own_recovered_at(struct domain *domain, struct arena *arena, struct str account_id,
                                    int64_t *ret_at) {
    const struct audit_filter filter = {.subject = account_id,
                                        .event = event_name(EVENT_RECOVERY),
                                        .result = event_result_name(EVENT_DONE),
                                        .from_ms = (clock_wall() - OWN_RECOVERED_S) * 1000};
    struct audit_row *rows;
    size_t count;
    if (audit_rows_search(domain->sql, arena, &filter, NULL, 1, &rows, &count) == SQL_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    *ret_at = count > 0 ? rows[0].at_ms / 1000 : 0;
    return DOMAIN_DONE;
}
