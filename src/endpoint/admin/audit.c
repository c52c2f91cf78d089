/*
 * The audit trail: searching it, taking a copy of a span of time, and how it fares.
 */
#include "audit/audit.h"

#include "api.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/audit_trail.h"
#include "model/event.h"

#define EXPORT_ROWS_MOST  100000
#define EXPORT_BYTES_MOST (32 * 1024 * 1024)
#define EXPORT_BATCH      1000

/* --- a row --- */

/* The milliseconds too: many things happen in a second. */
static struct str time_text(struct arena *arena, int64_t at_ms) {
    struct str seconds = clock_rfc3339(arena, at_ms / 1000);
    return str_format(arena, "%.*s.%03dZ", (int)seconds.len - 1, seconds.ptr, (int)(at_ms % 1000));
}

static void put_record(struct json_out *out, struct arena *arena, struct str record) {
    static const char *const texts[] = {"reason",  "actor",      "role",    "client_id",
                                        "subject", "session_id", "address", "request_id"};
    const struct json *event;
    if (!json_parse(arena, record, (struct json_limits){.bytes = EVENT_RECORD_MOST, .depth = 32}, &event)) {
        return; /* somebody has written into the table: what it is found by is shown all the same */
    }
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct str text;
        if (json_get_str(event, texts[i], &text)) {
            json_put_str(out, texts[i], text);
        }
    }
    if (json_kind(json_member(event, "detail")) == JSON_KIND_OBJECT) {
        struct buf detail;
        buf_init(&detail, arena, 256, EVENT_RECORD_MOST);
        json_write_value(&detail, json_member(event, "detail"));
        json_put_raw(out, "detail", detail.failed ? STR("{}") : buf_str(&detail));
    }
}

static void put_row(struct json_out *out, struct arena *arena, const struct audit_row *row) {
    json_open_object(out, NULL);
    json_put_str(out, "at", time_text(arena, row->at_ms));
    json_put_str(out, "event", row->event);
    json_put_str(out, "result", row->result);
    put_record(out, arena, row->record);
    json_put_str(out, "node", row->node);
    json_put_int(out, "seq", row->seq);
    json_close_object(out);
}

/* --- what is asked for --- */

static bool is_result(struct str name) {
    return str_equal(name, event_result_name(EVENT_DONE)) || str_equal(name, event_result_name(EVENT_REFUSED)) ||
           str_equal(name, event_result_name(EVENT_FAILED));
}

static bool read_span(struct api_call *api, struct audit_filter *filter) {
    int64_t from = 0, to = 0;
    if (!api_query_time(api, "from", &from) || !api_query_time(api, "to", &to)) {
        return false;
    }
    if (to != 0 && to <= from) {
        return api_invalid_field(api, STR("to"), "must be after from");
    }
    filter->from_ms = from * 1000;
    filter->before_ms = to * 1000;
    return true;
}

static bool read_filter(struct api_call *api, struct audit_filter *filter) {
    enum event_kind kind;
    *filter = (struct audit_filter){.actor = api_query(api, "actor"),
                                    .client_id = api_query(api, "client_id"),
                                    .subject = api_query(api, "subject"),
                                    .event = api_query(api, "event"),
                                    .result = api_query(api, "result"),
                                    .request_id = api_query(api, "request_id")};
    if (!str_is_absent(filter->event) && !event_of_name(filter->event, &kind)) {
        return api_invalid_field(api, STR("event"), "is not an event that is told of");
    }
    if (!str_is_absent(filter->result) && !is_result(filter->result)) {
        return api_invalid_field(api, STR("result"), "must be done, refused or failed");
    }
    return read_span(api, filter);
}

/* "at node seq": where the page before ended. It was sealed by us. */
static struct audit_place place_of(struct str text) {
    struct audit_place place = {0};
    struct str rest, seq;
    struct str at = str_cut(text, ' ', &rest);
    place.node = str_cut(str_or(rest, STR("")), ' ', &seq);
    CHECK(str_to_i64(at, &place.at_ms) && str_to_i64(str_or(seq, STR("")), &place.seq));
    return place;
}

static struct str place_text(struct arena *arena, const struct audit_row *row) {
    return str_format(arena, "%lld %.*s %lld", (long long)row->at_ms, STR_ARG(row->node), (long long)row->seq);
}

void api_audit_search(struct api_call *api) {
    struct api_page page;
    struct audit_filter filter;
    struct audit_row *rows;
    size_t count;
    if (!api_page_read(api, &page) || !read_filter(api, &filter)) {
        return;
    }
    bool first = str_is_absent(page.after);
    struct audit_place after = first ? (struct audit_place){0} : place_of(page.after);
    struct admin_answer answer = audit_trail_search(api->domain, api->arena, &api->actor, &filter,
                                                    first ? NULL : &after, page.most, &rows, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    api_open_items(api);
    size_t shown = api_page_rows(&page, count);
    for (size_t i = 0; i < shown; i++) {
        put_row(&api->out, api->arena, &rows[i]);
    }
    api_page_close(api, &page, count, shown ? place_text(api->arena, &rows[shown - 1]) : STR_NONE);
    api_send(api);
}

/* --- a copy --- */

struct copy {
    struct api_call *api;
    struct audit_filter filter;
    struct buf *body;
    int64_t rows;
    struct audit_place place; /* of the last row */
    bool more;
};

/* A batch of rows, in memory of its own; false when it could not be read. */
static bool copy_batch(struct copy *copy, struct admin_answer *answer) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct audit_row *rows;
    size_t count;
    *answer = audit_trail_export(copy->api->domain, arena, &copy->api->actor, &copy->filter,
                                 copy->rows > 0 ? &copy->place : NULL, EXPORT_BATCH, &rows, &count);
    if (answer->result != ADMIN_DONE) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct json_out out = json_out(copy->body);
        put_row(&out, arena, &rows[i]);
        buf_putc(copy->body, '\n');
    }
    if (count > 0) {
        copy->place = (struct audit_place){rows[count - 1].at_ms, str_dup(copy->api->arena, rows[count - 1].node),
                                           rows[count - 1].seq};
    }
    copy->rows += (int64_t)count;
    copy->more = count == EXPORT_BATCH;
    return true;
}

static bool is_too_much(const struct copy *copy) {
    return copy->body->failed || copy->rows > EXPORT_ROWS_MOST || (copy->rows == EXPORT_ROWS_MOST && copy->more);
}

/* All of it or nothing: half a copy could be taken for the whole. */
static void export(struct api_call *api, struct copy *copy) {
    struct admin_answer answer = {.result = ADMIN_DONE};
    do {
        if (!copy_batch(copy, &answer)) {
            break;
        }
    } while (copy->more && !is_too_much(copy));
    if (answer.result == ADMIN_DONE && is_too_much(copy)) {
        api_invalid_field(api, STR("to"), "is too far from from: at most 100000 rows are exported at once");
        return;
    }
    if (answer.result == ADMIN_DONE) {
        answer = audit_trail_exported(api->domain, api->arena, &api->actor, &copy->filter, copy->rows);
    }
    if (api_done(api, &answer)) {
        api->call->reply->status = 200;
        api->call->reply->content_type = STR("application/x-ndjson");
        api->call->reply->body = *copy->body;
    }
}

/* One at a time for each worker: it may take some ten megabytes. */
void api_audit_export(struct api_call *api) {
    struct endpoint *endpoint = api->call->endpoint;
    struct copy copy = {.api = api};
    if (!read_span(api, &copy.filter)) {
        return;
    }
    if (endpoint->admin_exporting) {
        api_problem(api, 429, "another export is being made");
        http_reply_field(api->call->reply, STR("Retry-After"), STR("5"));
        return;
    }
    endpoint->admin_exporting = true;
    struct buf body;
    buf_init(&body, api->arena, 64 * 1024, EXPORT_BYTES_MOST);
    copy.body = &body;
    export(api, &copy);
    endpoint->admin_exporting = false;
}

/* --- how it fares --- */

void api_audit_status(struct api_call *api) {
    static const struct str states[] = {
        [TRAIL_FINE] = STR_INIT("fine"), [TRAIL_BEHIND] = STR_INIT("behind"), [TRAIL_BROKEN] = STR_INIT("broken")};
    struct audit_status status = audit_status(api->call->endpoint->audit);
    json_open_object(&api->out, NULL);
    json_put_str(&api->out, "state", states[status.state]);
    json_put_bool(&api->out, "full", status.full);
    json_put_int(&api->out, "backlog", status.backlog_bytes);
    json_put_int(&api->out, "spool_bytes", status.spool_bytes);
    json_put_int(&api->out, "dropped", status.lost);
    json_put_int(&api->out, "rows", status.rows);
    api_put_time(api, "last_drained_at", status.drained_ms / 1000);
    json_close_object(&api->out);
    api_send(api);
}
