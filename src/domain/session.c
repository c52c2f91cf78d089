/*
 * Sessions in the kv store:
 *
 *   ss:{session id}   the session; lives for the idle time after the last use, and never longer than the absolute time
 *   sc:{session id}   the client_ids that hold something of it, to be told when it ends
 *   as:{account id}   the session ids of a person
 *   so:{session id}   where its last sign-in came from, sealed
 */
#include "domain/session.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "domain/registry.h"
#include "jose/digest.h"
#include "logout.h"
#include "model/event.h"
#include "model/pack.h"
#include "status.h"
#include "store/kv.h"

#define COOKIE_PREFIX STR("ss_")
#define COOKIE_RANDOM 32
#define RECORD_MOST   512

static struct str id_of_cookie(struct arena *arena, struct str cookie) {
    struct sha256 digest = sha256_of(cookie);
    return base64url_encode(arena, str_of(digest.bytes, SESSION_ID_SIZE));
}

static bool is_cookie(struct str cookie) {
    return cookie.len == COOKIE_PREFIX.len + base64url_length(COOKIE_RANDOM) && str_starts(cookie, COOKIE_PREFIX);
}

static struct str pack(struct arena *arena, const struct session *session) {
    struct buf buf;
    buf_init(&buf, arena, 64, RECORD_MOST);
    session_pack(session, &buf);
    CHECK(!buf.failed);
    return buf_str(&buf);
}

enum domain_status session_read(const struct domain *domain, const struct kv_op *answered,
                                struct session *ret_session) {
    if (answered->status == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    struct session session;
    if (answered->status != KV_DONE || !session_unpack(answered->result, &session) ||
        clock_wall() >= session.created_at + domain->settings->session_s) {
        return DOMAIN_NO;
    }
    session.session_id = answered->id;
    *ret_session = session;
    return DOMAIN_DONE;
}

enum domain_status session_find(struct domain *domain, struct arena *arena, struct str cookie,
                                struct session *ret_session) {
    if (!is_cookie(cookie)) {
        return DOMAIN_NO;
    }
    struct kv_op op = {.verb = KV_GET_KEEP,
                       .ns = STR("ss"),
                       .id = id_of_cookie(arena, cookie),
                       .ttl = domain->settings->session_idle_s};
    kv_run(domain->kv, arena, &op, 1);
    return session_read(domain, &op, ret_session);
}

enum domain_status session_get(struct domain *domain, struct arena *arena, struct str session_id,
                               struct session *ret_session) {
    struct kv_op op = {.verb = KV_GET, .ns = STR("ss"), .id = session_id};
    kv_run(domain->kv, arena, &op, 1);
    return session_read(domain, &op, ret_session);
}

#define ORIGIN_MOST 256

static void store_origin(struct domain *domain, struct arena *arena, const struct session *session) {
    struct buf packed;
    buf_init(&packed, arena, 128, ORIGIN_MOST);
    pack_str(&packed, session->address);
    pack_str(&packed, session->device);
    if (!str_is_absent(session->address) && !packed.failed) {
        struct str sealed = seal(domain->sealers->personal, arena, buf_str(&packed), session->session_id);
        kv_put(domain->kv, arena, STR("so"), session->session_id, sealed, domain->settings->session_s);
    }
}

enum domain_status session_origin(struct domain *domain, struct arena *arena, struct session *session) {
    struct str sealed, plain;
    enum domain_status found = domain_of_kv(kv_get(domain->kv, arena, STR("so"), session->session_id, &sealed));
    if (found != DOMAIN_DONE) {
        return found;
    }
    if (!seal_open(domain->sealers->personal, arena, sealed, session->session_id, &plain)) {
        return DOMAIN_NO;
    }
    struct unpack unpack = {.left = plain};
    struct str address = unpack_str(&unpack), device = unpack_str(&unpack);
    if (!unpack_done(&unpack)) {
        return DOMAIN_NO;
    }
    session->address = address;
    session->device = device;
    return DOMAIN_DONE;
}

static enum domain_status session_store(struct domain *domain, struct arena *arena, const struct session *session) {
    const struct domain_settings *settings = domain->settings;
    struct kv_op ops[] = {
        {.verb = KV_PUT,
         .ns = STR("ss"),
         .id = session->session_id,
         .value = pack(arena, session),
         .ttl = settings->session_idle_s},
        {.verb = KV_SET_ADD,
         .ns = STR("as"),
         .id = session->account_id,
         .value = session->session_id,
         .ttl = settings->session_s},
    };
    /* A person with a thousand sessions still gets one more: it is then only not listed. */
    return kv_run(domain->kv, arena, ops, ARRAY_LEN(ops)) == KV_DONE ? DOMAIN_DONE : DOMAIN_UNAVAILABLE;
}

/* Another person signs in with the browser of somebody who has not signed out. */
static enum domain_status session_replace(struct domain *domain, struct arena *arena, const struct session *old) {
    if (session_end(domain, arena, old->session_id) != DOMAIN_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    domain_tell(domain, &(struct event){.kind = EVENT_LOGOUT,
                                        .result = EVENT_DONE,
                                        .reason = "replaced",
                                        .actor = old->account_id,
                                        .session_id = old->session_id});
    return DOMAIN_DONE;
}

enum domain_status session_start(struct domain *domain, struct arena *arena, struct str old_cookie,
                                 const struct session *wanted, struct session *ret_session, struct str *ret_cookie) {
    struct session session = *wanted;
    struct session old;
    enum domain_status found = session_find(domain, arena, old_cookie, &old);
    if (found == DOMAIN_UNAVAILABLE) {
        return found;
    }
    struct str cookie = STR_NONE;
    if (found == DOMAIN_DONE && str_equal(old.account_id, wanted->account_id)) {
        session.session_id = old.session_id;
        session.created_at = old.created_at;
    } else {
        if (found == DOMAIN_DONE && session_replace(domain, arena, &old) != DOMAIN_DONE) {
            return DOMAIN_UNAVAILABLE;
        }
        cookie = str_concat(arena, STR("ss_"), random_text(arena, COOKIE_RANDOM));
        session.session_id = id_of_cookie(arena, cookie);
    }
    if (session_store(domain, arena, &session) != DOMAIN_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    store_origin(domain, arena, &session);
    *ret_session = session;
    *ret_cookie = cookie;
    return DOMAIN_DONE;
}

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

struct str session_sid(const struct domain *domain, struct arena *arena, struct str session_id, struct str client_id) {
    return base64url_encode(arena, seal_pseudonym(domain->sealers->session, arena, session_id, client_id));
}

bool session_id_from_sid(const struct domain *domain, struct arena *arena, struct str sid, struct str client_id,
                         struct str *ret_session_id) {
    struct str sealed;
    return base64url_decode(arena, sid, &sealed) &&
           seal_pseudonym_open(domain->sealers->session, arena, sealed, client_id, ret_session_id);
}

struct str subject_for(const struct domain *domain, struct arena *arena, struct str account_id,
                       const struct client *client) {
    if (!client->pairwise) {
        return account_id;
    }
    const struct str parts[] = {client->sector, account_id};
    unsigned char mac[32];
    seal_mac(domain->sealers->subject, parts, ARRAY_LEN(parts), mac);
    return base64url_encode(arena, str_of(mac, sizeof(mac)));
}
