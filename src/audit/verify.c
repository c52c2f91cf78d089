/*
 * Verifying. A chain is read from its beginning (the anchor, where rows were taken out after their time) to its end
 * (the head); the first row that is not in order ends it. Servers may write and a prune may go on meanwhile: the end is
 * looked at after the rows, so that an honest end is never before the last row, and a beginning that has moved on is
 * followed.
 */
#include "audit/verify.h"

#include "base/check.h"

#define ROWS_MOST 256

static const char *const fault_texts[] = {
    [AUDIT_CHANGED] = "was changed",
    [AUDIT_NOT_OURS] = "was inserted, moved or written anew",
    [AUDIT_COLUMNS] = "is found by other values than its record has",
    [AUDIT_REMOVED] = "was removed",
    [AUDIT_CUT] = "was cut off, with all behind it",
    [AUDIT_BEFORE_BEGINNING] = "stands before the beginning of the chain",
    [AUDIT_BEHIND_END] = "stands behind the end of the chain",
    [AUDIT_END] = "is where the chain ends, and the seal of the end does not fit",
    [AUDIT_BEGINNING] = "is where the chain begins, and the seal of the beginning does not fit",
    [AUDIT_ROLLED_BACK] = "is in a checkpoint, and not in the chain: an older state was put back",
};

const char *audit_fault_text(enum audit_fault fault) {
    return fault_texts[fault];
}

/* One chain being read. */
struct reading {
    const struct audit_verify *verify;
    struct sql *sql;
    struct str node;
    int64_t begins_after; /* the row before the first */
    struct chain_mac mac; /* of the last row read, where there is one before the next */
    bool has_before;
    bool down;
    struct audit_chain_report *report;
};

static void found(struct reading *reading, enum audit_fault fault, int64_t seq) {
    reading->report->broken = true;
    reading->report->fault = fault;
    reading->report->fault_seq = seq;
}

static struct str before(const struct reading *reading) {
    return reading->has_before ? chain_mac_str(&reading->mac) : STR("");
}

static void take_mac(struct reading *reading, struct str mac) {
    CHECK(mac.len == CHAIN_MAC);
    memcpy(reading->mac.bytes, mac.ptr, CHAIN_MAC);
    reading->has_before = true;
}

static bool get_mark(struct reading *reading, struct arena *arena, enum audit_mark_kind kind, struct audit_mark *mark,
                     bool *ret_there) {
    enum sql_status status = audit_marks_get(reading->sql, arena, kind, reading->node, mark);
    *ret_there = status == SQL_DONE;
    reading->down = reading->down || status == SQL_DOWN;
    return !reading->down;
}

/* From the anchor, or from nothing. False when it cannot be read or does not fit. */
static bool begin(struct reading *reading) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct audit_mark anchor;
    bool anchored;
    if (!get_mark(reading, arena, AUDIT_ANCHOR, &anchor, &anchored)) {
        return false;
    }
    if (anchored && !chain_mark_fits(reading->verify->sealer, AUDIT_ANCHOR, &anchor)) {
        found(reading, AUDIT_BEGINNING, anchor.seq);
        return false;
    }
    reading->has_before = false;
    reading->begins_after = anchored ? anchor.seq : 0;
    if (anchored) {
        take_mac(reading, anchor.mac);
    }
    reading->report->first_seq = reading->begins_after + 1;
    reading->report->last_seq = reading->begins_after;
    return true;
}

/* --- checkpoints --- */

static void hold_against_checkpoints(struct reading *reading, int64_t seq, struct str mac) {
    for (size_t i = 0; i < reading->verify->checkpoint_count; i++) {
        const struct audit_mark *checkpoint = &reading->verify->checkpoints[i];
        if (checkpoint->seq == seq && str_equal(checkpoint->node, reading->node) && !str_equal(checkpoint->mac, mac)) {
            found(reading, AUDIT_ROLLED_BACK, seq);
        }
    }
}

static void look_for_later_checkpoints(struct reading *reading) {
    for (size_t i = 0; i < reading->verify->checkpoint_count && !reading->report->broken; i++) {
        const struct audit_mark *checkpoint = &reading->verify->checkpoints[i];
        if (checkpoint->seq > reading->report->last_seq && str_equal(checkpoint->node, reading->node)) {
            found(reading, AUDIT_ROLLED_BACK, checkpoint->seq);
        }
    }
}

/* --- rows --- */

/* What is wrong with a row that is not what was written? */
static enum audit_fault fault_of(struct reading *reading, struct arena *arena, const struct audit_row *row) {
    struct audit_row *next;
    struct audit_mark head;
    size_t count = 0;
    bool headed;
    if (get_mark(reading, arena, AUDIT_HEAD, &head, &headed) && (!headed || row->seq > head.seq)) {
        return headed ? AUDIT_BEHIND_END : AUDIT_NOT_OURS;
    }
    if (audit_rows_chain(reading->sql, arena, reading->node, row->seq, 1, &next, &count) != SQL_DONE || count == 0 ||
        next->seq != row->seq + 1) {
        return AUDIT_CHANGED;
    }
    /* Where the row behind it goes on from the mac that this one has, the mac is as it was, and the rest is not. */
    struct chain_mac mac = chain_row(reading->verify->sealer, row->mac, next);
    return str_equal_secret(chain_mac_str(&mac), next->mac) ? AUDIT_CHANGED : AUDIT_NOT_OURS;
}

static bool row_is_fine(struct reading *reading, struct arena *arena, const struct audit_row *row) {
    struct chain_mac mac = chain_row(reading->verify->sealer, before(reading), row);
    if (!str_equal_secret(chain_mac_str(&mac), row->mac)) {
        found(reading, fault_of(reading, arena, row), row->seq);
    } else if (!chain_columns_fit(arena, row)) {
        found(reading, AUDIT_COLUMNS, row->seq);
    } else {
        hold_against_checkpoints(reading, row->seq, row->mac);
    }
    if (reading->report->broken) {
        return false;
    }
    take_mac(reading, row->mac);
    reading->report->last_seq = row->seq;
    return true;
}

/* A row is missing where it was expected: it was removed, or taken out by a prune that goes on meanwhile. */
static bool missing(struct reading *reading, int64_t seq) {
    int64_t was = reading->begins_after;
    if (!begin(reading)) {
        return false;
    }
    if (reading->begins_after > was && reading->begins_after >= seq) {
        return true;
    }
    reading->report->first_seq = was + 1;
    reading->report->last_seq = seq - 1;
    found(reading, AUDIT_REMOVED, seq);
    return false;
}

/* What was taken out after its time stays out. */
static bool nothing_before(struct reading *reading) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct audit_row *row;
    size_t count;
    if (audit_rows_chain(reading->sql, arena, reading->node, INT64_MIN, 1, &row, &count) != SQL_DONE) {
        reading->down = true;
        return false;
    }
    if (count > 0 && row->seq <= reading->begins_after) {
        found(reading, AUDIT_BEFORE_BEGINNING, row->seq);
    }
    return !reading->report->broken;
}

/* Some rows; false when there is no need or no way to go on. */
static bool read_some(struct reading *reading, bool *ret_end) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct audit_row *rows;
    size_t count;
    if (audit_rows_chain(reading->sql, arena, reading->node, reading->report->last_seq, ROWS_MOST, &rows, &count) !=
        SQL_DONE) {
        reading->down = true;
        return false;
    }
    *ret_end = count == 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].seq != reading->report->last_seq + 1) {
            return missing(reading, reading->report->last_seq + 1);
        }
        if (!row_is_fine(reading, arena, &rows[i])) {
            return false;
        }
    }
    return true;
}

/* True when the rows end where the head says. */
static bool ends_here(struct reading *reading, bool *ret_more) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct audit_mark head;
    bool there;
    int64_t last = reading->report->last_seq;
    if (!get_mark(reading, arena, AUDIT_HEAD, &head, &there)) {
        return false;
    }
    if (!there || !chain_mark_fits(reading->verify->sealer, AUDIT_HEAD, &head)) {
        found(reading, AUDIT_END, last);
        return false;
    }
    *ret_more = head.seq > last; /* written since, or cut off */
    if (head.seq < last) {
        found(reading, AUDIT_BEHIND_END, head.seq + 1);
    } else if (head.seq == last && !str_equal(head.mac, before(reading))) {
        found(reading, AUDIT_END, last);
    }
    return !reading->report->broken && !*ret_more;
}

static void read_chain(struct reading *reading) {
    int64_t cut_at = -1;
    if (!begin(reading) || !nothing_before(reading)) {
        return;
    }
    hold_against_checkpoints(reading, reading->begins_after, before(reading));
    while (!reading->report->broken && !reading->down) {
        bool end = false, more = false;
        if (!read_some(reading, &end) || !end) {
            continue;
        }
        if (ends_here(reading, &more)) {
            look_for_later_checkpoints(reading);
            return;
        }
        if (more && cut_at == reading->report->last_seq) {
            found(reading, AUDIT_CUT, cut_at + 1); /* looked twice: nothing came */
        }
        cut_at = reading->report->last_seq;
    }
}

/* --- all chains --- */

/* A chain is one that has a head, an anchor or rows. */
static enum sql_status next_node(struct sql *sql, struct arena *arena, struct str after, struct str *ret_node) {
    struct str node = STR_NONE, of_rows;
    for (int kind = AUDIT_HEAD; kind <= AUDIT_ANCHOR; kind++) {
        struct audit_mark *marks;
        size_t count;
        if (audit_marks_list(sql, arena, (enum audit_mark_kind)kind, after, 1, &marks, &count) != SQL_DONE) {
            return SQL_DOWN;
        }
        if (count > 0 && (str_is_absent(node) || str_compare(marks[0].node, node) < 0)) {
            node = marks[0].node;
        }
    }
    enum sql_status status = audit_rows_node(sql, arena, after, &of_rows);
    if (status == SQL_DOWN) {
        return SQL_DOWN;
    }
    if (status == SQL_DONE && (str_is_absent(node) || str_compare(of_rows, node) < 0)) {
        node = of_rows;
    }
    *ret_node = node;
    return str_is_absent(node) ? SQL_MISSING : SQL_DONE;
}

/* Checkpoints of chains that are gone altogether: those whose names come between two that are there. */
static bool report_lost(const struct audit_verify *verify, struct str after, struct str until) {
    bool lost = false;
    for (size_t i = 0; i < verify->checkpoint_count; i++) {
        const struct audit_mark *checkpoint = &verify->checkpoints[i];
        if (str_compare(checkpoint->node, after) > 0 &&
            (str_is_absent(until) || str_compare(checkpoint->node, until) < 0)) {
            verify->report(verify->ctx, &(struct audit_chain_report){.node = checkpoint->node,
                                                                     .first_seq = 1,
                                                                     .broken = true,
                                                                     .fault = AUDIT_ROLLED_BACK,
                                                                     .fault_seq = checkpoint->seq});
            lost = true;
        }
    }
    return lost;
}

enum audit_verdict audit_verify(struct sql *sql, const struct audit_verify *verify) {
    struct arena *names ARENA_AUTO = arena_new(); /* one of each chain */
    struct str node = STR(""), next = STR_NONE;
    bool broken = false;
    enum sql_status status;
    while ((status = next_node(sql, names, node, &next)) == SQL_DONE) {
        broken = report_lost(verify, node, next) || broken;
        struct audit_chain_report report = {.node = next};
        struct reading reading = {.verify = verify, .sql = sql, .node = next, .report = &report};
        read_chain(&reading);
        if (reading.down) {
            return AUDIT_CANNOT_SAY;
        }
        verify->report(verify->ctx, &report);
        broken = broken || report.broken;
        node = next;
    }
    if (status == SQL_DOWN) {
        return AUDIT_CANNOT_SAY;
    }
    broken = report_lost(verify, node, STR_NONE) || broken;
    return broken ? AUDIT_BROKEN : AUDIT_INTACT;
}
