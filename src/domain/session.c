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
#define PART_RANDOM   32
#define RECORD_MOST   512

/* What a cookie says: whose it is, and that it is the newest. */
struct opener {
    struct str session_id, key_digest;
};

static struct str digest_of(struct arena *arena, struct str part) {
    struct sha256 digest = sha256_of(part);
    return str_dup(arena, str_of(digest.bytes, SESSION_ID_SIZE));
}

static bool cookie_open(struct arena *arena, struct str cookie, struct opener *ret_opener) {
    size_t part = base64url_length(PART_RANDOM), name_end = COOKIE_PREFIX.len + part;
    bool keyed = cookie.len == name_end + part;
    if (!str_starts(cookie, COOKIE_PREFIX) || (!keyed && cookie.len != name_end)) {
        return false;
    }
    *ret_opener = (struct opener){
        .session_id = base64url_encode(arena, digest_of(arena, str_sub(cookie, 0, name_end))),
        .key_digest = keyed ? digest_of(arena, str_sub(cookie, name_end, part)) : STR_NONE,
    };
    return true;
}

static bool opens(const struct opener *opener, const struct session *session) {
    return str_is_absent(opener->key_digest) == str_is_absent(session->key_digest) &&
           str_equal_secret(opener->key_digest, session->key_digest);
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
    struct opener opener;
    struct session session;
    if (!cookie_open(arena, cookie, &opener)) {
        return DOMAIN_NO;
    }
    struct kv_op op = {
        .verb = KV_GET_KEEP, .ns = STR("ss"), .id = opener.session_id, .ttl = domain->settings->session_idle_s};
    kv_run(domain->kv, arena, &op, 1);
    enum domain_status read = session_read(domain, &op, &session);
    if (read == DOMAIN_DONE && !opens(&opener, &session)) {
        return DOMAIN_NO;
    }
    if (read == DOMAIN_DONE) {
        *ret_session = session;
    }
    return read;
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

/* The name of the cookie that is renewed, or a new one; and a new key. */
static struct str cookie_make(struct arena *arena, struct str renewed) {
    struct str name = str_is_absent(renewed) ? str_concat(arena, COOKIE_PREFIX, random_text(arena, PART_RANDOM))
                                             : str_sub(renewed, 0, COOKIE_PREFIX.len + base64url_length(PART_RANDOM));
    return str_concat(arena, name, random_text(arena, PART_RANDOM));
}

enum domain_status session_start(struct domain *domain, struct arena *arena, struct str old_cookie,
                                 const struct session *wanted, struct session_started *ret_started) {
    struct session_started started = {.session = *wanted};
    struct session old;
    struct opener opener;
    enum domain_status found = session_find(domain, arena, old_cookie, &old);
    if (found == DOMAIN_UNAVAILABLE) {
        return found;
    }
    started.renewed = found == DOMAIN_DONE && str_equal(old.account_id, wanted->account_id);
    if (found == DOMAIN_DONE && !started.renewed && session_replace(domain, arena, &old) != DOMAIN_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    started.cookie = cookie_make(arena, started.renewed ? old_cookie : STR_NONE);
    CHECK(cookie_open(arena, started.cookie, &opener));
    started.session.session_id = opener.session_id;
    started.session.key_digest = opener.key_digest;
    started.session.created_at = started.renewed ? old.created_at : wanted->created_at;
    if (session_store(domain, arena, &started.session) != DOMAIN_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    store_origin(domain, arena, &started.session);
    *ret_started = started;
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
