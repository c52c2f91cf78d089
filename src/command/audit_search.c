/*
 * tongxing audit search: rows of the trail, the newest first, a line each.
 */
#include "audit.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/utf8.h"
#include "model/event.h"

#include <stdio.h>

#define PAGE_MOST 200
#define LINE_MOST (1024 * 1024)

/* What a terminal would obey is shown as a question mark: some of it was typed by strangers. */
static bool is_plain(uint32_t c) {
    return c > 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x2028 && c != 0x2029 && !(c >= 0x202a && c <= 0x202e) &&
           !(c >= 0x2066 && c <= 0x2069);
}

static void put_plain(struct buf *buf, struct str text) {
    buf_putc(buf, ' ');
    buf_put(buf, text.len ? STR("") : STR("-"));
    while (text.len > 0) {
        const char *at = text.ptr;
        uint32_t c;
        if (!utf8_next(&text, &c)) {
            text = str_sub(text, 1, text.len - 1);
            c = 0;
        }
        buf_put(buf, is_plain(c) ? str_of(at, (size_t)(text.ptr - at)) : STR("?"));
    }
}

static void write_text(struct arena *arena, const struct audit_row *row, struct buf *buf) {
    buf_put(buf, audit_time_text(arena, row->at_ms));
    put_plain(buf, row->event);
    put_plain(buf, row->result);
    put_plain(buf, row->actor);
    put_plain(buf, row->client_id);
    put_plain(buf, row->subject);
    put_plain(buf, row->request_id);
    put_plain(buf, row->node);
    buf_printf(buf, ":%lld", (long long)row->seq);
}

static void write_json(struct arena *arena, const struct audit_row *row, struct buf *buf) {
    struct audit_row columns;
    struct json_out out = json_out(buf);
    json_open_object(&out, NULL);
    json_put_str(&out, "node", row->node);
    json_put_int(&out, "seq", row->seq);
    json_put_str(&out, "at", audit_time_text(arena, row->at_ms));
    json_put_str(&out, "mac", base64url_encode(arena, row->mac));
    if (chain_columns(arena, row->record, &columns)) {
        json_put_raw(&out, "record", row->record);
    } else {
        json_put_str(&out, "unreadable", row->record);
    }
    json_close_object(&out);
}

static bool print_row(const struct audit_row *row, bool json) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf line;
    buf_init(&line, arena, 1024, LINE_MOST);
    (json ? write_json : write_text)(arena, row, &line);
    buf_putc(&line, '\n');
    return !line.failed && fwrite(line.ptr, 1, line.len, stdout) == line.len;
}

static bool names_are_known(struct audit_job *job) {
    const struct audit_filter *filter = &job->args->filter;
    enum event_kind kind;
    if (!str_is_absent(filter->event) && !event_of_name(filter->event, &kind)) {
        return fault_set(&job->fault, "there is no event %.*s", STR_ARG(filter->event));
    }
    bool known = str_is_absent(filter->result);
    for (int result = EVENT_DONE; result <= EVENT_FAILED; result++) {
        known = known || str_equal(filter->result, event_result_name((enum event_result)result));
    }
    return known ||
           fault_set(&job->fault, "there is no result %.*s; it is done, refused or failed", STR_ARG(filter->result));
}

bool audit_search_print(struct audit_job *job) {
    struct audit_place place;
    bool first = true;
    if (!names_are_known(job)) {
        return false;
    }
    for (int64_t left = job->args->limit; left > 0;) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct audit_row *rows;
        size_t count, wanted = left < PAGE_MOST ? (size_t)left : PAGE_MOST;
        if (audit_rows_search(job->sql, arena, &job->args->filter, first ? NULL : &place, wanted, &rows, &count) !=
            SQL_DONE) {
            return fault_set(&job->fault, "the database does not answer");
        }
        for (size_t i = 0; i < count; i++) {
            if (!print_row(&rows[i], job->args->json)) {
                return fault_set(&job->fault, "standard output takes no more");
            }
        }
        if (count < wanted) {
            return true;
        }
        place =
            (struct audit_place){rows[count - 1].at_ms, str_dup(job->arena, rows[count - 1].node), rows[count - 1].seq};
        first = false;
        left -= (int64_t)count;
    }
    return true;
}
