/*
 * Ending sessions, one or all of a person's, and telling the client systems that took part.
 */
#include "domain/session.h"

#include "base/check.h"
#include "logout.h"
#include "model/event.h"
#include "status.h"
#include "store/kv.h"

enum domain_status session_end_whose(struct domain *domain, struct arena *arena, struct str session_id,
                                     struct str *ret_account_id) {
    struct kv_op ops[] = {
        {.verb = KV_TAKE, .ns = STR("ss"), .id = session_id},
        {.verb = KV_SET_MEMBERS, .ns = STR("sc"), .id = session_id},
        {.verb = KV_DELETE, .ns = STR("sc"), .id = session_id},
        {.verb = KV_DELETE, .ns = STR("so"), .id = session_id},
    };
    if (kv_run(domain->kv, arena, ops, ARRAY_LEN(ops)) == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    struct session session;
    *ret_account_id = STR_NONE;
    if (ops[0].status != KV_DONE || !session_unpack(ops[0].result, &session)) {
        return DOMAIN_DONE;
    }
    *ret_account_id = session.account_id;
    struct kv_op unlist = {.verb = KV_SET_REMOVE, .ns = STR("as"), .id = session.account_id, .value = session_id};
    kv_run(domain->kv, arena, &unlist, 1); /* a dead entry in the list does no harm */
    for (size_t i = 0; i < ops[1].member_count; i++) {
        logout_tell_client(domain, ops[1].members[i], session_id, session.account_id);
    }
    return DOMAIN_DONE;
}

enum domain_status session_end(struct domain *domain, struct arena *arena, struct str session_id) {
    struct str account_id;
    return session_end_whose(domain, arena, session_id, &account_id);
}

static enum domain_status members(struct domain *domain, struct arena *arena, struct str ns, struct str id,
                                  struct str **ret_members, size_t *ret_count) {
    struct kv_op list = {.verb = KV_SET_MEMBERS, .ns = ns, .id = id};
    *ret_count = 0;
    if (kv_run(domain->kv, arena, &list, 1) == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    *ret_members = list.members;
    *ret_count = list.member_count;
    return DOMAIN_DONE;
}

enum domain_status session_list(struct domain *domain, struct arena *arena, struct str account_id, struct str **ret_ids,
                                size_t *ret_count) {
    return members(domain, arena, STR("as"), account_id, ret_ids, ret_count);
}

enum domain_status session_clients(struct domain *domain, struct arena *arena, struct str session_id,
                                   struct str **ret_client_ids, size_t *ret_count) {
    return members(domain, arena, STR("sc"), session_id, ret_client_ids, ret_count);
}

enum domain_status session_end_others(struct domain *domain, struct arena *arena, struct str account_id,
                                      struct str kept_session_id) {
    struct str *ids;
    size_t count;
    enum domain_status status = session_list(domain, arena, account_id, &ids, &count);
    for (size_t i = 0; i < count && status == DOMAIN_DONE; i++) {
        if (!str_equal(ids[i], kept_session_id)) {
            status = session_end(domain, arena, ids[i]);
        }
    }
    return status;
}

enum domain_status session_end_all(struct domain *domain, struct arena *arena, struct str account_id) {
    return session_end_others(domain, arena, account_id, STR_NONE);
}

enum domain_status session_leave(struct domain *domain, struct arena *arena, const struct session *session,
                                 struct str client_id) {
    struct kv_op op = {.verb = KV_SET_REMOVE, .ns = STR("sc"), .id = session->session_id, .value = client_id};
    if (kv_run(domain->kv, arena, &op, 1) == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    logout_tell_client(domain, client_id, session->session_id, session->account_id);
    return DOMAIN_DONE;
}
