/*
 * From a record to the columns beside it. They repeat what the record says, for searching; verifying holds them against
 * it, so that nobody hides a row by changing what it is found by.
 */
#include "audit/chain.h"

#include "base/json.h"
#include "base/utf8.h"
#include "model/event.h"

/* A record is written by event_write, around a detail that others wrote. */
#define RECORD_LIMITS ((struct json_limits){.bytes = EVENT_RECORD_MOST, .depth = 32})

/* At most AUDIT_COLUMN_MOST bytes, whole characters: an index takes no longer ones. */
static struct str cut(struct str text) {
    size_t len = text.len < AUDIT_COLUMN_MOST ? text.len : AUDIT_COLUMN_MOST;
    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) {
        len--;
    }
    return str_sub(text, 0, len);
}

static struct str text_of(const struct json *object, const char *name) {
    struct str text;
    return json_get_str(object, name, &text) ? cut(text) : STR_NONE;
}

bool chain_columns(struct arena *arena, struct str record, struct audit_row *row) {
    const struct json *object;
    if (!json_parse(arena, record, RECORD_LIMITS, &object) || !json_get_int(object, "at_ms", &row->at_ms)) {
        return false;
    }
    row->event = text_of(object, "event");
    row->result = text_of(object, "result");
    row->actor = text_of(object, "actor");
    row->client_id = text_of(object, "client_id");
    row->subject = text_of(object, "subject");
    row->request_id = text_of(object, "request_id");
    return !str_is_absent(row->event) && !str_is_absent(row->result);
}

static bool same(struct str a, struct str b) {
    return str_is_absent(a) == str_is_absent(b) && str_equal(a, b);
}

bool chain_columns_fit(struct arena *arena, const struct audit_row *row) {
    struct audit_row expected = {0};
    return chain_columns(arena, row->record, &expected) && row->at_ms == expected.at_ms &&
           same(row->event, expected.event) && same(row->result, expected.result) && same(row->actor, expected.actor) &&
           same(row->client_id, expected.client_id) && same(row->subject, expected.subject) &&
           same(row->request_id, expected.request_id);
}
