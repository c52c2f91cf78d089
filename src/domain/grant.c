/*
 * Codes, grants and refresh tokens in the kv store:
 *
 *   ac:{hash of the code}   what the code stands for; taken once
 *   gr:{grant id}           the grant; lives as long as its refresh token, or else its access token, can
 *   gc:{account id}         when all grants of a person were cut that outlive their sessions
 *   gc:{account id.client}  when all grants to one client system were
 *
 * A refresh token is "rt_" and base64url of grant id, generation and MAC. It is checked before the store is asked.
 */
#include "domain/grant.h"

#include "base/byte.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "domain/claims.h"
#include "domain/mandates.h"
#include "domain/registry.h"
#include "domain/session.h"
#include "domain/token.h"
#include "domain/verified_claims.h"
#include "jose/digest.h"
#include "model/event.h"
#include "store/kv.h"

#define RECORD_MOST     (16 * 1024)
#define DETAIL_MOST     (16 * 1024)
#define CODE_RANDOM     32
#define GRANT_ID_SIZE   16
#define GENERATION_SIZE 4
#define MAC_SIZE        32
#define REFRESH_SIZE    (GRANT_ID_SIZE + GENERATION_SIZE + MAC_SIZE)
#define VERIFIER_LEAST  43
#define VERIFIER_MOST   128

static struct str code_key(struct arena *arena, struct str code) {
    struct sha256 digest = sha256_of(code);
    return base64url_encode(arena, sha256_str(&digest));
}

static struct str grant_id_of_code(struct arena *arena, struct str code) {
    const struct str parts[] = {STR("grant"), code};
    struct sha256 digest = sha256_of_parts(parts, ARRAY_LEN(parts));
    return base64url_encode(arena, str_of(digest.bytes, GRANT_ID_SIZE));
}

/* What a client did with a grant, or would have. */
static void tell_with(struct domain *domain, struct arena *arena, enum event_kind kind, const struct grant *grant,
                      struct str client_address, struct str detail) {
    domain_tell(domain, &(struct event){.kind = kind,
                                        .result = EVENT_DONE,
                                        .detail = detail,
                                        .actor = str_concat(arena, STR("client:"), grant->client_id),
                                        .client_id = grant->client_id,
                                        .subject = grant->account_id,
                                        .session_id = grant->session_id,
                                        .address = client_address});
}

static void tell(struct domain *domain, struct arena *arena, enum event_kind kind, const struct grant *grant,
                 struct str client_address) {
    tell_with(domain, arena, kind, grant, client_address, STR_NONE);
}

/* What the client may be told by this grant; what it really is told, table disclosures knows (domain/disclosure.h). */
static struct str disclosed(struct arena *arena, const struct grant *grant) {
    claim_set asked = grant->id_token_claims | grant->userinfo_claims;
    claim_set verified = verified_request_claims(arena, grant->id_token_verified) |
                         verified_request_claims(arena, grant->userinfo_verified);
    struct buf detail;
    buf_init(&detail, arena, 128, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "scope", grant->scope);
    if (asked) {
        json_put_str(&out, "claims", claims_names(arena, asked));
    }
    if (verified) {
        json_put_str(&out, "verified_claims", claims_names(arena, verified));
    }
    json_close_object(&out);
    return detail.failed ? STR_NONE : buf_str(&detail);
}

static struct str packed_grant(struct arena *arena, const struct grant *grant) {
    struct buf buf;
    buf_init(&buf, arena, 256, RECORD_MOST);
    grant_pack(grant, &buf);
    CHECK(!buf.failed); /* its parts were limited when they came in */
    return buf_str(&buf);
}

enum domain_status code_issue(struct domain *domain, struct arena *arena, struct code *code, struct str *ret_code) {
    struct str text = str_concat(arena, STR("ac_"), random_text(arena, CODE_RANDOM));
    code->expires_at = clock_wall() + domain->settings->code_s;
    struct buf buf;
    buf_init(&buf, arena, 512, RECORD_MOST);
    code_pack(code, &buf);
    CHECK(!buf.failed);
    if (kv_put(domain->kv, arena, STR("ac"), code_key(arena, text), buf_str(&buf), domain->settings->code_s) !=
        KV_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    *ret_code = text;
    return DOMAIN_DONE;
}

/* --- redeeming a code --- */

static enum domain_status put_acting(struct domain *domain, struct arena *arena, struct grant *grant);

static bool is_verifier(struct str verifier) {
    return verifier.len >= VERIFIER_LEAST && verifier.len <= VERIFIER_MOST && bytes_all(verifier, BYTE_UNRESERVED);
}

/* RFC 7636 §4.6, and the downgrade of RFC 9700 §4.8.2: a verifier without a challenge is refused too. */
static bool pkce_fits(struct arena *arena, struct str challenge, struct str verifier) {
    if (str_is_absent(challenge)) {
        return str_is_absent(verifier);
    }
    if (!is_verifier(verifier)) {
        return false;
    }
    struct sha256 digest = sha256_of(verifier);
    return str_equal_secret(base64url_encode(arena, sha256_str(&digest)), challenge);
}

/* The code is gone: if this client redeemed it before, what it got then ends now (RFC 6749 §4.1.2). */
static enum domain_status code_replayed(struct domain *domain, struct arena *arena, const struct client *client,
                                        struct str grant_id, struct str client_address) {
    struct kv_op op = {.verb = KV_GET, .ns = STR("gr"), .id = grant_id};
    kv_run(domain->kv, arena, &op, 1);
    if (op.status == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    struct grant grant;
    if (op.status != KV_DONE || !grant_unpack(op.result, &grant) || !str_equal(grant.client_id, client->client_id)) {
        return DOMAIN_NO;
    }
    if (grant_revoke(domain, arena, grant_id) != DOMAIN_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    tell(domain, arena, EVENT_CODE_REUSE, &grant, client_address);
    return DOMAIN_NO;
}

static int64_t grant_ttl(const struct domain *domain, const struct grant *grant) {
    int64_t access = domain->settings->access_token_s;
    int64_t refresh = grant->refresh_until - clock_wall();
    return refresh > access ? refresh : access;
}

/* Where what a person gave to one client system, or to all for when they are away, ends. */
static struct str cut_id(struct arena *arena, const struct grant *grant) {
    return str_concat(arena, grant->account_id, STR("."), grant->client_id); /* account ids have no dot */
}

static bool is_cut(const struct kv_op *op, int64_t since) {
    int64_t cut_at = 0;
    return op->status == KV_DONE && str_to_i64(op->result, &cut_at) && since <= cut_at;
}

/* One round trip: the grant, the session it hangs on, the client in the list of those to be told when that ends, and
 * whether the consent was withdrawn since the code was issued. */
static enum domain_status grant_create(struct domain *domain, struct arena *arena, struct grant *grant,
                                       int64_t issued_at, bool *ret_first) {
    struct kv_op ops[] = {
        {.verb = KV_PUT_NEW,
         .ns = STR("gr"),
         .id = grant->grant_id,
         .value = packed_grant(arena, grant),
         .ttl = grant_ttl(domain, grant)},
        {.verb = KV_GET, .ns = STR("ss"), .id = grant->session_id},
        {.verb = KV_SET_ADD,
         .ns = STR("sc"),
         .id = grant->session_id,
         .value = grant->client_id,
         .ttl = domain->settings->session_s},
        {.verb = KV_GET, .ns = STR("gc"), .id = cut_id(arena, grant)},
    };
    if (kv_run(domain->kv, arena, ops, ARRAY_LEN(ops)) == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    if (ops[0].status != KV_DONE) {
        return DOMAIN_NO;
    }
    if (ops[1].status != KV_DONE || is_cut(&ops[3], issued_at)) {
        return grant_revoke(domain, arena, grant->grant_id) == DOMAIN_DONE ? DOMAIN_NO : DOMAIN_UNAVAILABLE;
    }
    *ret_first = ops[2].status != KV_DONE || ops[2].number == 1; /* a full list knows nobody new */
    return DOMAIN_DONE;
}

static void start_refresh(const struct domain *domain, const struct client *client, struct grant *grant) {
    int64_t lifetime = domain->settings->refresh_token_s;
    if (client->refresh_token_ttl > 0 && client->refresh_token_ttl < lifetime) {
        lifetime = client->refresh_token_ttl;
    }
    grant->refresh_until = grant->created_at + lifetime;
    grant->generation = 1;
    grant->rotated_at = 0;
}

enum domain_status code_redeem(struct domain *domain, struct arena *arena, const struct client *client,
                               const struct code_presented *presented, bool refreshable, struct code *ret_code) {
    if (!str_starts(presented->code, STR("ac_"))) {
        return DOMAIN_NO;
    }
    struct str grant_id = grant_id_of_code(arena, presented->code);
    struct str record;
    switch (kv_take(domain->kv, arena, STR("ac"), code_key(arena, presented->code), &record)) {
    case KV_DONE:
        break;
    case KV_DOWN:
        return DOMAIN_UNAVAILABLE;
    case KV_MISSING:
    case KV_CONFLICT:
        return code_replayed(domain, arena, client, grant_id, presented->client_address);
    }
    struct code code;
    if (!code_unpack(record, &code) || !str_equal(code.grant.client_id, client->client_id) ||
        clock_wall() >= code.expires_at || code.expires_at - domain->settings->code_s < client->not_before ||
        !str_equal(code.redirect_uri, presented->redirect_uri) ||
        !pkce_fits(arena, code.code_challenge, presented->code_verifier)) {
        return DOMAIN_NO;
    }
    code.grant.grant_id = grant_id;
    code.grant.created_at = clock_wall();
    if (refreshable) {
        start_refresh(domain, client, &code.grant);
    }
    enum domain_status acts = put_acting(domain, arena, &code.grant);
    if (acts != DOMAIN_DONE) {
        return acts;
    }
    bool first;
    int64_t issued_at = code.expires_at - domain->settings->code_s;
    enum domain_status created = grant_create(domain, arena, &code.grant, issued_at, &first);
    if (created != DOMAIN_DONE) {
        return created;
    }
    if (first) {
        tell_with(domain, arena, EVENT_DISCLOSURE, &code.grant, presented->client_address,
                  disclosed(arena, &code.grant));
    }
    *ret_code = code;
    return DOMAIN_DONE;
}

/* --- refresh tokens --- */

static void refresh_mac(const struct domain *domain, struct str head, unsigned char ret_mac[MAC_SIZE]) {
    seal_mac(domain->sealers->refresh, &head, 1, ret_mac);
}

struct str refresh_token_of(const struct domain *domain, struct arena *arena, const struct grant *grant) {
    struct str id;
    CHECK(base64url_decode(arena, grant->grant_id, &id) && id.len == GRANT_ID_SIZE);
    unsigned char token[REFRESH_SIZE];
    memcpy(token, id.ptr, GRANT_ID_SIZE);
    for (size_t i = 0; i < GENERATION_SIZE; i++) {
        token[GRANT_ID_SIZE + i] = (unsigned char)(grant->generation >> (8 * (GENERATION_SIZE - 1 - i)));
    }
    refresh_mac(domain, str_of(token, GRANT_ID_SIZE + GENERATION_SIZE), token + GRANT_ID_SIZE + GENERATION_SIZE);
    return str_concat(arena, STR("rt_"), base64url_encode(arena, str_of(token, sizeof(token))));
}

static bool refresh_read(const struct domain *domain, struct arena *arena, struct str token, struct str *ret_grant_id,
                         uint64_t *ret_generation) {
    struct str bytes;
    if (!str_drop_prefix(&token, STR("rt_")) || token.len > 128 || !base64url_decode(arena, token, &bytes) ||
        bytes.len != REFRESH_SIZE) {
        return false;
    }
    unsigned char mac[MAC_SIZE];
    refresh_mac(domain, str_sub(bytes, 0, GRANT_ID_SIZE + GENERATION_SIZE), mac);
    if (!str_equal_secret(str_of(mac, MAC_SIZE), str_sub(bytes, GRANT_ID_SIZE + GENERATION_SIZE, MAC_SIZE))) {
        return false;
    }
    uint64_t generation = 0;
    for (size_t i = 0; i < GENERATION_SIZE; i++) {
        generation = generation << 8 | (unsigned char)bytes.ptr[GRANT_ID_SIZE + i];
    }
    *ret_grant_id = base64url_encode(arena, str_sub(bytes, 0, GRANT_ID_SIZE));
    *ret_generation = generation;
    return true;
}

/* One round trip: was it cut, does what it hangs on live, and was its mandate cut? */
static enum domain_status still_good(struct domain *domain, struct arena *arena, const struct grant *grant) {
    struct kv_op ops[] = {
        {.verb = KV_GET, .ns = STR("gc"), .id = cut_id(arena, grant)},
        {.verb = KV_GET,
         .ns = grant->offline ? STR("gc") : STR("ss"),
         .id = grant->offline ? grant->account_id : grant->session_id},
        {.verb = KV_GET, .ns = STR("mc"), .id = grant->mandate_id},
    };
    bool acts = !str_is_absent(grant->mandate_id);
    if (kv_run(domain->kv, arena, ops, acts ? 3 : 2) == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    if (is_cut(&ops[0], grant->created_at) || (acts && ops[2].status == KV_DONE)) {
        return DOMAIN_NO;
    }
    if (grant->offline) {
        return is_cut(&ops[1], grant->created_at) ? DOMAIN_NO : DOMAIN_DONE;
    }
    struct session session;
    return session_read(domain, &ops[1], &session);
}

/* Whom the person acts for, judged anew at every use. */
static enum domain_status put_acting(struct domain *domain, struct arena *arena, struct grant *grant) {
    if (str_is_absent(grant->mandate_id)) {
        return DOMAIN_DONE;
    }
    const struct registered_client *client = registry_find(domain->registry, grant->client_id);
    struct acting *acting = arena_new_of(arena, struct acting);
    grant->acting = acting;
    return client ? acting_load(domain, arena, grant->mandate_id, grant->account_id, &client->client, acting)
                  : DOMAIN_NO;
}

enum domain_status grant_live(struct domain *domain, struct arena *arena, const struct kv_op *answered,
                              struct grant *ret_grant) {
    if (answered->status == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    struct grant grant;
    if (answered->status != KV_DONE || !grant_unpack(answered->result, &grant)) {
        return DOMAIN_NO;
    }
    grant.grant_id = answered->id;
    enum domain_status lives = still_good(domain, arena, &grant);
    if (lives == DOMAIN_DONE) {
        lives = put_acting(domain, arena, &grant);
    }
    if (lives == DOMAIN_DONE) {
        *ret_grant = grant;
    }
    return lives;
}

static enum domain_status cut(struct domain *domain, struct arena *arena, struct str id) {
    const struct domain_settings *settings = domain->settings;
    struct str now = str_format(arena, "%lld", (long long)clock_wall());
    int64_t longest =
        settings->refresh_token_s > settings->access_token_s ? settings->refresh_token_s : settings->access_token_s;
    return kv_put(domain->kv, arena, STR("gc"), id, now, longest) == KV_DONE ? DOMAIN_DONE : DOMAIN_UNAVAILABLE;
}

enum domain_status grants_cut(struct domain *domain, struct arena *arena, struct str account_id) {
    return cut(domain, arena, account_id);
}

enum domain_status grants_cut_client(struct domain *domain, struct arena *arena, struct str account_id,
                                     struct str client_id) {
    return cut(domain, arena, cut_id(arena, &(struct grant){.account_id = account_id, .client_id = client_id}));
}

/* `packed` is what the store holds, for a later compare and replace. */
static enum domain_status grant_load(struct domain *domain, struct arena *arena, struct str grant_id,
                                     struct grant *ret_grant, struct str *ret_packed) {
    struct kv_op op = {.verb = KV_GET, .ns = STR("gr"), .id = grant_id};
    kv_run(domain->kv, arena, &op, 1);
    *ret_packed = op.result;
    return grant_live(domain, arena, &op, ret_grant);
}

/* Replaces generation n by n + 1, if nobody was quicker. DOMAIN_NO: somebody was. */
static enum domain_status rotate(struct domain *domain, struct arena *arena, struct grant *grant, struct str packed) {
    struct grant next = *grant;
    next.generation++;
    next.rotated_at = clock_wall();
    struct kv_op op = {.verb = KV_REPLACE,
                       .ns = STR("gr"),
                       .id = grant->grant_id,
                       .expected = packed,
                       .value = packed_grant(arena, &next),
                       .ttl = grant_ttl(domain, &next)};
    kv_run(domain->kv, arena, &op, 1);
    if (op.status == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    if (op.status != KV_DONE) {
        return DOMAIN_NO;
    }
    *grant = next;
    return DOMAIN_DONE;
}

/* The whole family ends: whoever holds the newer tokens may be the thief. */
static enum domain_status refresh_replayed(struct domain *domain, struct arena *arena, const struct grant *grant,
                                           struct str client_address) {
    if (grant_revoke(domain, arena, grant->grant_id) != DOMAIN_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    tell(domain, arena, EVENT_REFRESH_REUSE, grant, client_address);
    return DOMAIN_NO;
}

struct generation {
    struct str packed; /* what the store holds of its grant */
    uint64_t number;
    struct str client_address;
};

static enum domain_status redeem_generation(struct domain *domain, struct arena *arena, struct grant *grant,
                                            const struct generation *presented) {
    if (presented->number == grant->generation) {
        return rotate(domain, arena, grant, presented->packed);
    }
    bool just_rotated = presented->number + 1 == grant->generation &&
                        clock_wall() <= grant->rotated_at + domain->settings->refresh_grace_s;
    if (just_rotated && domain->settings->refresh_grace_s > 0) {
        return DOMAIN_DONE; /* the same successor is named again */
    }
    return refresh_replayed(domain, arena, grant, presented->client_address);
}

enum domain_status refresh_redeem(struct domain *domain, struct arena *arena, const struct client *client,
                                  const struct refresh_presented *presented, struct grant *ret_grant) {
    struct str grant_id;
    struct generation generation = {.client_address = presented->client_address};
    if (!refresh_read(domain, arena, presented->token, &grant_id, &generation.number)) {
        return DOMAIN_NO;
    }
    /* Twice, because another tab may have rotated between our look and our replace: the second look then sees its
     * rotation. */
    enum domain_status redeemed = DOMAIN_NO;
    for (int look = 0; look < 2 && redeemed == DOMAIN_NO; look++) {
        struct grant grant;
        enum domain_status loaded = grant_load(domain, arena, grant_id, &grant, &generation.packed);
        if (loaded != DOMAIN_DONE) {
            return loaded;
        }
        if (!str_equal(grant.client_id, client->client_id) || grant.refresh_until <= clock_wall() ||
            grant.created_at < client->not_before) {
            return DOMAIN_NO;
        }
        redeemed = redeem_generation(domain, arena, &grant, &generation);
        if (redeemed == DOMAIN_DONE) {
            *ret_grant = grant;
        }
    }
    return redeemed;
}

enum domain_status refresh_peek(struct domain *domain, struct arena *arena, struct str token, struct grant *ret_grant) {
    struct str grant_id, packed;
    uint64_t generation;
    struct grant grant;
    if (!refresh_read(domain, arena, token, &grant_id, &generation)) {
        return DOMAIN_NO;
    }
    enum domain_status loaded = grant_load(domain, arena, grant_id, &grant, &packed);
    if (loaded != DOMAIN_DONE) {
        return loaded;
    }
    const struct registered_client *client = registry_find(domain->registry, grant.client_id);
    if (generation != grant.generation || grant.refresh_until <= clock_wall() || !client ||
        grant.created_at < client->client.not_before) {
        return DOMAIN_NO;
    }
    *ret_grant = grant;
    return DOMAIN_DONE;
}

enum domain_status grant_revoke(struct domain *domain, struct arena *arena, struct str grant_id) {
    return kv_delete(domain->kv, arena, STR("gr"), grant_id) == KV_DONE ? DOMAIN_DONE : DOMAIN_UNAVAILABLE;
}
