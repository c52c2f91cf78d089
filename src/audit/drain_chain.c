/*
 * The chain that is continued: finding its end, adding rows, moving the head.
 *
 * A chain whose end is not what its head says was tampered with, and is not continued: rows behind a cut would make the
 * cut look like nothing. Its records wait in the spool until the server gets another name (server.node), and with it a
 * new chain; the old one stays as evidence.
 */
#include "drain.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/log.h"
#include "loop/fiber.h"

#define LOOKS         3 /* another process of the same name may write between two reads */
#define LOOK_AGAIN_MS 50
#define SHOWN_MOST    4096

/* --- its end --- */

static enum drain_result result_of(enum sql_status status) {
    return status == SQL_DONE || status == SQL_MISSING ? DRAIN_DONE : DRAIN_DOWN;
}

/* Without rows a chain begins, or all of them were taken out after their time. */
static enum drain_result look_at_empty(struct drain *drain, struct arena *arena, const struct audit_mark *head) {
    struct audit_mark anchor;
    enum sql_status status = audit_marks_get(drain->sql, arena, AUDIT_ANCHOR, drain->audit->node, &anchor);
    if (result_of(status) == DRAIN_DOWN) {
        return DRAIN_DOWN;
    }
    if (status == SQL_MISSING) {
        return head ? DRAIN_BROKEN : DRAIN_DONE;
    }
    return head && chain_mark_fits(drain->audit->options.sealer, AUDIT_ANCHOR, &anchor) && anchor.seq == head->seq &&
                   str_equal(anchor.mac, head->mac)
               ? DRAIN_DONE
               : DRAIN_BROKEN;
}

static enum drain_result look(struct drain *drain, struct arena *arena) {
    struct audit_mark head;
    struct audit_row last;
    enum sql_status found = audit_marks_get(drain->sql, arena, AUDIT_HEAD, drain->audit->node, &head);
    enum sql_status rows = audit_rows_last(drain->sql, arena, drain->audit->node, &last);
    if (result_of(found) == DRAIN_DOWN || result_of(rows) == DRAIN_DOWN) {
        return DRAIN_DOWN;
    }
    if (found == SQL_DONE && !chain_mark_fits(drain->audit->options.sealer, AUDIT_HEAD, &head)) {
        return DRAIN_BROKEN;
    }
    enum drain_result result = DRAIN_DONE;
    if (rows == SQL_MISSING) {
        result = look_at_empty(drain, arena, found == SQL_DONE ? &head : NULL);
    } else if (found == SQL_MISSING || last.seq != head.seq || !str_equal(last.mac, head.mac)) {
        result = DRAIN_BROKEN;
    }
    if (result == DRAIN_DONE) {
        drain->seq = found == SQL_DONE ? head.seq : 0;
        memcpy(drain->mac.bytes, found == SQL_DONE ? head.mac.ptr : (const char[CHAIN_MAC]){0}, CHAIN_MAC);
    }
    return result;
}

enum drain_result drain_load(struct drain *drain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct spool_place place = {0};
    enum sql_status spool =
        audit_spools_get(drain->sql, arena, spool_id(drain->audit->spool), &place.segment, &place.at_byte);
    if (result_of(spool) == DRAIN_DOWN) {
        return DRAIN_DOWN;
    }
    enum drain_result result = look(drain, arena);
    for (int i = 1; i < LOOKS && result == DRAIN_BROKEN; i++) {
        fiber_sleep(LOOK_AGAIN_MS);
        result = look(drain, arena);
    }
    drain->known = result == DRAIN_DONE;
    drain->place = place;
    return result;
}

/* --- adding to it --- */

void drain_batch_init(struct drain_batch *batch, const struct drain *drain, struct arena *arena, size_t records) {
    size_t size = 3 + 2 * records; /* the head, the spool, and of each record its row and its place in the outbox */
    *batch = (struct drain_batch){.arena = arena,
                                  .statements = arena_array_of(arena, size, struct sql_statement),
                                  .size = size,
                                  .count = 1,
                                  .seq = drain->seq,
                                  .mac = drain->mac};
}

void drain_batch_statement(struct drain_batch *batch, struct sql_statement statement) {
    CHECK(batch->count < batch->size);
    batch->statements[batch->count++] = statement;
}

/* What is no record is kept all the same, as far as it can be shown: nothing that was in the spool or the outbox may
 * stop what comes behind it, and nothing disappears. */
static struct str unreadable(struct arena *arena, struct str record) {
    struct buf buf;
    struct str shown = base64url_encode(arena, str_sub(record, 0, record.len < SHOWN_MOST ? record.len : SHOWN_MOST));
    const struct event event = {.kind = EVENT_AUDIT_GAP,
                                .result = EVENT_FAILED,
                                .reason = "record_unreadable",
                                .at_ms = clock_wall_ms(),
                                .detail = str_concat(arena, STR("{\"base64url\":\""), shown, STR("\"}"))};
    buf_init(&buf, arena, 1024, EVENT_RECORD_MOST);
    event_write(&event, &buf);
    return buf_str(&buf);
}

void drain_batch_record(struct drain_batch *batch, const struct drain *drain, struct str record) {
    struct audit_row row = {.node = drain->audit->node, .seq = batch->seq + 1, .record = record};
    if (!chain_columns(batch->arena, record, &row)) {
        row.record = unreadable(batch->arena, record);
        CHECK(chain_columns(batch->arena, row.record, &row));
    }
    struct str before = batch->seq > 0 ? chain_mac_str(&batch->mac) : STR("");
    struct chain_mac mac = chain_row(drain->audit->options.sealer, before, &row);
    row.mac = str_dup(batch->arena, chain_mac_str(&mac));
    drain_batch_statement(batch, audit_rows_insert(&row));
    batch->seq = row.seq;
    batch->mac = mac;
}

enum drain_result drain_batch_commit(struct drain_batch *batch, struct drain *drain) {
    struct audit_mark head = {.node = drain->audit->node, .seq = batch->seq, .mac = chain_mac_str(&batch->mac)};
    struct chain_mac seal = chain_mark(drain->audit->options.sealer, AUDIT_HEAD, &head);
    head.seal = chain_mac_str(&seal);
    batch->statements[0] =
        drain->seq > 0 ? audit_marks_move(AUDIT_HEAD, &head, drain->seq) : audit_marks_insert(AUDIT_HEAD, &head);
    if (sql_write(drain->sql, batch->statements, batch->count) != SQL_DONE) {
        drain->known = false; /* it may be in the database all the same: look there */
        return DRAIN_DOWN;
    }
    atomic_fetch_add(&drain->audit->rows, batch->seq - drain->seq);
    drain->seq = batch->seq;
    drain->mac = batch->mac;
    return DRAIN_DONE;
}

void drain_checkpoint(struct drain *drain, bool now) {
    int64_t time = clock_monotonic_ms();
    if (drain->seq == drain->checkpoint_seq || (!now && time < drain->checkpoint_at_ms)) {
        return;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    const struct audit_mark mark = {.node = drain->audit->node, .seq = drain->seq, .mac = chain_mac_str(&drain->mac)};
    log_info("audit.checkpoint", log_str("at", chain_checkpoint(drain->audit->options.sealer, arena, &mark)));
    drain->checkpoint_seq = drain->seq;
    drain->checkpoint_at_ms = time + drain->audit->options.checkpoint_ms;
}
