/*
 * Macs, seals and checkpoints. Numbers go in as decimal text; parts are told apart by their lengths (seal_mac).
 */
#include "audit/chain.h"

#include "base/byte.h"
#include "base/check.h"
#include "base/encode.h"

struct chain_mac chain_row(const struct sealer *sealer, struct str before, const struct audit_row *row) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct chain_mac mac;
    const struct str parts[] = {STR("row"), before, row->node, str_format(arena, "%lld", (long long)row->seq),
                                row->record};
    seal_mac(sealer, parts, ARRAY_LEN(parts), mac.bytes);
    return mac;
}

static struct chain_mac seal_place(const struct sealer *sealer, struct str kind, const struct audit_mark *mark) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct chain_mac seal;
    const struct str parts[] = {kind, mark->node, str_format(arena, "%lld", (long long)mark->seq), mark->mac};
    seal_mac(sealer, parts, ARRAY_LEN(parts), seal.bytes);
    return seal;
}

struct chain_mac chain_mark(const struct sealer *sealer, enum audit_mark_kind kind, const struct audit_mark *mark) {
    return seal_place(sealer, kind == AUDIT_HEAD ? STR("head") : STR("anchor"), mark);
}

bool chain_mark_fits(const struct sealer *sealer, enum audit_mark_kind kind, const struct audit_mark *mark) {
    struct chain_mac seal = chain_mark(sealer, kind, mark);
    return mark->mac.len == CHAIN_MAC && str_equal_secret(chain_mac_str(&seal), mark->seal);
}

struct chain_mac chain_export(const struct sealer *sealer, const struct audit_export *export) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct chain_mac seal;
    const struct str parts[] = {STR("export"), export->export_id, export->node,
                                str_format(arena, "%lld %lld %lld", (long long)export->from_seq,
                                           (long long)export->to_seq, (long long)export->at_ms)};
    seal_mac(sealer, parts, ARRAY_LEN(parts), seal.bytes);
    return seal;
}

bool chain_node_is_fine(struct str node) {
    return node.len > 0 && node.len <= CHAIN_NODE_MOST && bytes_all(node, BYTE_UNRESERVED) && !str_contains(node, '~');
}

struct str chain_checkpoint(const struct sealer *sealer, struct arena *arena, const struct audit_mark *mark) {
    struct chain_mac seal = seal_place(sealer, STR("checkpoint"), mark);
    return str_format(arena, "%.*s:%lld:%.*s:%.*s", STR_ARG(mark->node), (long long)mark->seq,
                      STR_ARG(base64url_encode(arena, mark->mac)),
                      STR_ARG(base64url_encode(arena, chain_mac_str(&seal))));
}

bool chain_checkpoint_read(const struct sealer *sealer, struct arena *arena, struct str text,
                           struct audit_mark *ret_mark) {
    struct str rest = text, seal;
    struct audit_mark mark = {.node = str_cut(rest, ':', &rest)};
    struct str seq = str_cut(rest, ':', &rest), mac = str_cut(rest, ':', &rest);
    if (!chain_node_is_fine(mark.node) || !str_to_i64(seq, &mark.seq) || !base64url_decode(arena, mac, &mark.mac) ||
        str_is_absent(rest) || !base64url_decode(arena, rest, &seal)) {
        return false;
    }
    struct chain_mac fitting = seal_place(sealer, STR("checkpoint"), &mark);
    if (!str_equal_secret(chain_mac_str(&fitting), seal)) {
        return false;
    }
    *ret_mark = mark;
    return true;
}
