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

/* And the record as it stands: what replaces it must find it so. */
static enum domain_status find_record(struct domain *domain, struct arena *arena, struct str cookie,
                                      struct session *ret_session, struct str *ret_record) {
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
        *ret_record = op.result;
    }
    return read;
}

enum domain_status session_find(struct domain *domain, struct arena *arena, struct str cookie,
                                struct session *ret_session) {
    struct str record;
    return find_record(domain, arena, cookie, ret_session, &record);
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

/* --- a person's list of sessions, by which all of them are ended --- */

#define LISTED_AT_ONCE 64

struct listed {
    struct str session_id;
    int64_t auth_time; /* 0: it is over */
};

static enum domain_status look_at_listed(struct domain *domain, struct arena *arena, const struct str *ids,
                                         size_t count, struct listed *listed) {
    for (size_t from = 0; from < count; from += LISTED_AT_ONCE) {
        struct kv_op ops[LISTED_AT_ONCE];
        size_t some = count - from < LISTED_AT_ONCE ? count - from : LISTED_AT_ONCE;
        for (size_t i = 0; i < some; i++) {
            ops[i] = (struct kv_op){.verb = KV_GET, .ns = STR("ss"), .id = ids[from + i]};
        }
        if (kv_run(domain->kv, arena, ops, some) == KV_DOWN) {
            return DOMAIN_UNAVAILABLE;
        }
        for (size_t i = 0; i < some; i++) {
            struct session session;
            bool alive = session_read(domain, &ops[i], &session) == DOMAIN_DONE;
            listed[from + i] = (struct listed){ids[from + i], alive ? session.auth_time : 0};
        }
    }
    return DOMAIN_DONE;
}

/* What is over leaves the list; where nothing is, the oldest sign-in ends. */
static enum domain_status make_room(struct domain *domain, struct arena *arena, struct str account_id) {
    struct str *ids;
    size_t count;
    if (session_list(domain, arena, account_id, &ids, &count) != DOMAIN_DONE || count == 0) {
        return DOMAIN_UNAVAILABLE;
    }
    struct listed *listed = arena_array_of(arena, count, struct listed), *oldest = listed;
    if (look_at_listed(domain, arena, ids, count, listed) != DOMAIN_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    for (size_t i = 0; i < count; i++) {
        oldest = listed[i].auth_time < oldest->auth_time ? &listed[i] : oldest;
        struct kv_op unlist = {.verb = KV_SET_REMOVE, .ns = STR("as"), .id = account_id, .value = listed[i].session_id};
        if (listed[i].auth_time == 0 && kv_run(domain->kv, arena, &unlist, 1) == KV_DOWN) {
            return DOMAIN_UNAVAILABLE;
        }
    }
    return oldest->auth_time == 0 ? DOMAIN_DONE : session_end(domain, arena, oldest->session_id);
}

static struct kv_op listing(const struct domain *domain, const struct session *session) {
    return (struct kv_op){.verb = KV_SET_ADD,
                          .ns = STR("as"),
                          .id = session->account_id,
                          .value = session->session_id,
                          .ttl = domain->settings->session_s};
}

static enum domain_status list_in_full(struct domain *domain, struct arena *arena, const struct session *session) {
    struct kv_op list = listing(domain, session);
    enum domain_status room = make_room(domain, arena, session->account_id);
    return room == DOMAIN_DONE && kv_run(domain->kv, arena, &list, 1) == KV_DONE && list.status == KV_DONE
               ? DOMAIN_DONE
               : DOMAIN_UNAVAILABLE;
}

/* --- starting --- */

/* `renewed`: the record that it takes the place of, absent for none. DOMAIN_NO: that is not there any more. A session
 * that cannot be listed would be left when all of a person's are ended, and does not begin. */
static enum domain_status session_store(struct domain *domain, struct arena *arena, const struct session *session,
                                        struct str renewed) {
    struct kv_op ops[] = {
        {.verb = str_is_absent(renewed) ? KV_PUT : KV_REPLACE,
         .ns = STR("ss"),
         .id = session->session_id,
         .value = pack(arena, session),
         .expected = renewed,
         .ttl = domain->settings->session_idle_s},
        listing(domain, session),
    };
    if (kv_run(domain->kv, arena, ops, ARRAY_LEN(ops)) == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    if (ops[0].status != KV_DONE) {
        return DOMAIN_NO;
    }
    if (ops[1].status != KV_DONE && list_in_full(domain, arena, session) != DOMAIN_DONE) {
        kv_delete(domain->kv, arena, STR("ss"), session->session_id);
        return DOMAIN_UNAVAILABLE;
    }
    return DOMAIN_DONE;
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

static enum domain_status write_with(struct domain *domain, struct arena *arena, struct str cookie, struct str renewed,
                                     const struct session *wanted, struct session_started *ret_started) {
    struct session_started started = {.session = *wanted, .cookie = cookie, .renewed = !str_is_absent(renewed)};
    struct opener opener;
    CHECK(cookie_open(arena, cookie, &opener));
    started.session.session_id = opener.session_id;
    started.session.key_digest = opener.key_digest;
    enum domain_status stored = session_store(domain, arena, &started.session, renewed);
    if (stored == DOMAIN_DONE) {
        store_origin(domain, arena, &started.session);
        *ret_started = started;
    }
    return stored;
}

enum domain_status session_raise(struct domain *domain, struct arena *arena, struct str cookie,
                                 const struct session *wanted, struct session_started *ret_started) {
    struct session old, raised = *wanted;
    struct str record;
    enum domain_status found = find_record(domain, arena, cookie, &old, &record);
    if (found != DOMAIN_DONE || !str_equal(old.account_id, wanted->account_id)) {
        return found == DOMAIN_DONE ? DOMAIN_NO : found;
    }
    raised.created_at = old.created_at;
    return write_with(domain, arena, cookie_make(arena, cookie), record, &raised, ret_started);
}

enum domain_status session_start(struct domain *domain, struct arena *arena, struct str old_cookie,
                                 const struct session *wanted, struct session_started *ret_started) {
    struct session old;
    enum domain_status raised = session_raise(domain, arena, old_cookie, wanted, ret_started);
    if (raised != DOMAIN_NO) {
        return raised;
    }
    enum domain_status found = session_find(domain, arena, old_cookie, &old);
    if (found == DOMAIN_DONE && !str_equal(old.account_id, wanted->account_id)) {
        found = session_replace(domain, arena, &old);
    }
    return found == DOMAIN_UNAVAILABLE
               ? found
               : write_with(domain, arena, cookie_make(arena, STR_NONE), STR_NONE, wanted, ret_started);
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
