/*
 * Taking rows out after their time, some at once: each transaction moves the chain's beginning and deletes what is
 * before it, so that the chain can be verified at every moment, and an end in the middle leaves nothing half done.
 */
#include "audit/export.h"

#include "base/check.h"
#include "model/event.h"
#include "store/outbox.h"

#define ROWS_MOST   500
#define CHAINS_MOST 10000

struct pruning {
    const struct audit_prune_wanted *wanted;
    struct sql *sql;
    struct audit_pruned pruned;
    struct fault *fault;

    /* the chain that is pruned */
    struct str node;
    int64_t begins_after, first; /* now, and when the pruning of it began */
    struct chain_mac mac;        /* of the row begins_after */
    int64_t through;             /* the last row to take out */
};

static bool down(struct pruning *pruning) {
    return fault_set(pruning->fault, "the database does not answer");
}

static bool out_of_order(struct pruning *pruning, int64_t seq) {
    return fault_set(pruning->fault,
                     "row %lld of the chain %.*s is not in order, so nothing behind it is taken out: run tongxing "
                     "audit verify",
                     (long long)seq, STR_ARG(pruning->node));
}

/* --- how far --- */

static bool find_beginning(struct pruning *pruning) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct audit_mark anchor;
    enum sql_status status = audit_marks_get(pruning->sql, arena, AUDIT_ANCHOR, pruning->node, &anchor);
    if (status == SQL_DOWN) {
        return down(pruning);
    }
    pruning->begins_after = pruning->first = 0;
    if (status == SQL_DONE) {
        if (!chain_mark_fits(pruning->wanted->sealer, AUDIT_ANCHOR, &anchor)) {
            return out_of_order(pruning, anchor.seq);
        }
        pruning->begins_after = pruning->first = anchor.seq;
        memcpy(pruning->mac.bytes, anchor.mac.ptr, CHAIN_MAC);
    }
    return true;
}

/* The last row that is old, with all before it. */
static bool find_old(struct pruning *pruning, int64_t head_seq) {
    struct arena *arena ARENA_AUTO = arena_new();
    int64_t young;
    switch (audit_rows_since(pruning->sql, arena, pruning->node, pruning->wanted->before_ms, &young)) {
    case SQL_DONE:
        pruning->through = young - 1;
        return true;
    case SQL_MISSING:
        pruning->through = head_seq;
        return true;
    case SQL_CONFLICT:
    case SQL_DOWN:
        break;
    }
    return down(pruning);
}

/* From the beginning on, as far as exports follow each other without a gap. A forged note of an export ends it. */
static bool find_exported(struct pruning *pruning) {
    int64_t covered = pruning->begins_after;
    while (covered < pruning->through) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct audit_export export;
        enum sql_status status = audit_exports_covering(pruning->sql, arena, pruning->node, covered + 1, &export);
        if (status == SQL_DOWN) {
            return down(pruning);
        }
        struct chain_mac seal = chain_export(pruning->wanted->sealer, &export);
        if (status != SQL_DONE || !str_equal_secret(chain_mac_str(&seal), export.seal)) {
            break;
        }
        covered = export.to_seq;
    }
    if (covered < pruning->through) {
        pruning->pruned.not_exported += pruning->through - covered;
        pruning->through = covered;
    }
    return true;
}

/* --- taking out --- */

/* Follows the chain over some rows; what does not fit stays, as evidence. */
static bool follow(struct pruning *pruning, struct arena *arena, struct chain_mac *mac, int64_t *ret_last) {
    struct audit_row *rows;
    size_t count;
    int64_t last = pruning->begins_after;
    if (audit_rows_chain(pruning->sql, arena, pruning->node, last, ROWS_MOST, &rows, &count) != SQL_DONE) {
        return down(pruning);
    }
    for (size_t i = 0; i < count && last < pruning->through; i++) {
        struct chain_mac fitting =
            chain_row(pruning->wanted->sealer, last > 0 ? chain_mac_str(mac) : STR(""), &rows[i]);
        if (rows[i].seq != last + 1 || !str_equal_secret(chain_mac_str(&fitting), rows[i].mac)) {
            return out_of_order(pruning, last + 1);
        }
        *mac = fitting;
        last = rows[i].seq;
    }
    *ret_last = last;
    return last > pruning->begins_after ? true : out_of_order(pruning, last + 1);
}

static struct sql_statement event_of(struct pruning *pruning, struct arena *arena) {
    const struct event event = {.kind = EVENT_AUDIT_PRUNE,
                                .actor = pruning->wanted->actor,
                                .role = STR("host"),
                                .subject = pruning->node,
                                .detail =
                                    str_format(arena, "{\"before_ms\":%lld,\"from_seq\":%lld,\"to_seq\":%lld}",
                                               (long long)pruning->wanted->before_ms,
                                               (long long)pruning->begins_after + 1, (long long)pruning->through)};
    return outbox_put(arena, &event);
}

static bool take_out_some(struct pruning *pruning) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct chain_mac mac = pruning->mac;
    int64_t last = 0;
    if (!follow(pruning, arena, &mac, &last)) {
        return false;
    }
    struct audit_mark anchor = {.node = pruning->node, .seq = last, .mac = chain_mac_str(&mac)};
    struct chain_mac seal = chain_mark(pruning->wanted->sealer, AUDIT_ANCHOR, &anchor);
    anchor.seal = chain_mac_str(&seal);
    struct sql_statement *statements = arena_array_of(arena, 3, struct sql_statement);
    statements[0] = pruning->begins_after > 0 ? audit_marks_move(AUDIT_ANCHOR, &anchor, pruning->begins_after)
                                              : audit_marks_insert(AUDIT_ANCHOR, &anchor);
    statements[1] = audit_rows_delete(pruning->node, last);
    statements[2] = event_of(pruning, arena); /* with the first rows, and of all that are going to be taken out */
    size_t count = pruning->begins_after == pruning->first ? 3 : 2;
    switch (sql_write(pruning->sql, statements, count)) {
    case SQL_DONE:
        pruning->pruned.rows += last - pruning->begins_after;
        pruning->begins_after = last;
        pruning->mac = mac;
        return true;
    case SQL_MISSING:
    case SQL_CONFLICT:
        return fault_set(pruning->fault, "somebody else takes out rows at the same time");
    case SQL_DOWN:
        break;
    }
    return down(pruning);
}

static bool prune_chain(struct pruning *pruning, const struct audit_mark *head) {
    if (!chain_node_is_fine(head->node)) {
        return fault_set(pruning->fault, "there is a chain that is none of ours: run tongxing audit verify");
    }
    pruning->node = head->node;
    if (!find_beginning(pruning) || !find_old(pruning, head->seq) || !find_exported(pruning)) {
        return false;
    }
    while (pruning->begins_after < pruning->through) {
        if (!take_out_some(pruning)) {
            return false;
        }
    }
    return true;
}

bool audit_prune(struct sql *sql, const struct audit_prune_wanted *wanted, struct audit_pruned *ret_pruned,
                 struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct pruning pruning = {.wanted = wanted, .sql = sql, .fault = fault};
    struct audit_mark *heads;
    size_t count;
    if (audit_marks_list(sql, arena, AUDIT_HEAD, STR(""), CHAINS_MOST, &heads, &count) != SQL_DONE) {
        return down(&pruning);
    }
    bool fine = true;
    for (size_t i = 0; i < count && fine; i++) {
        fine = prune_chain(&pruning, &heads[i]);
    }
    *ret_pruned = pruning.pruned;
    return fine;
}
