/*
 * One-time codes in the kv store, under keyed hashes of what they are for:
 *
 *   pc:{of purpose, phone, bound}   the code's own id, which is the message's transaction, and its keyed hash
 *   pt:{of the code's id}           how often it was tried
 *   pr:{of the kind, phone}         there was a message a moment ago
 *
 * A try is counted under the code's id before the code is compared, so parallel guesses are as many as they are; a
 * right one takes the entry away in one atomic operation, so that of two there is one winner.
 */
#include "domain/phone_code.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "domain/attempts.h"
#include "model/event.h"
#include "model/pack.h"
#include "store/kv.h"

#define DAY_S       86400
#define CODE_RANGE  1000000u
#define DETAIL_MOST 128
#define PROOF_MOST  256
#define PROOF_S     900 /* for filling in the rest of a page */

/* What is allowed a number that an account is known by, and one that anybody may type, are two things: whatever
 * strangers have sent to somebody's phone uses up nothing of what its owner needs to get in. */
struct kind {
    const char *of_phone, *of_share, *of_account; /* counters */
    struct str pause;
};
static const struct kind known = {"sms-phone", "sms-phone-address", "sms-account", STR_INIT("phone-resend")};
static const struct kind typed_in = {"sms-typed", "sms-typed-address", "sms-typed-account", STR_INIT("typed-resend")};

static const struct {
    struct str name;
    const struct kind *kind;
} purposes[] = {
    [PHONE_CODE_REGISTER] = {STR_INIT("register"), &typed_in}, [PHONE_CODE_SIGN_IN] = {STR_INIT("sign_in"), &known},
    [PHONE_CODE_CHANGE] = {STR_INIT("change"), &typed_in},     [PHONE_CODE_RECOVER] = {STR_INIT("recover"), &known},
    [PHONE_CODE_MERGE] = {STR_INIT("merge"), &known},
};

static struct upstream *gateway(const struct domain *domain) {
    return upstreams_first(&domain->upstreams, UPSTREAM_MESSAGE);
}

bool phone_code_available(const struct domain *domain) {
    return gateway(domain) != NULL;
}

/* --- telling --- */

static void tell(const struct domain *domain, struct arena *arena, const struct phone_code *asked,
                 enum event_result result, const char *reason) {
    struct buf detail;
    buf_init(&detail, arena, 64, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "purpose", purposes[asked->purpose].name);
    json_close_object(&out);
    domain_tell(domain, &(struct event){.kind = EVENT_PHONE_CODE,
                                        .result = result,
                                        .reason = reason,
                                        .actor = asked->account_id,
                                        .client_id = asked->client_id,
                                        .address = asked->client_address,
                                        .detail = buf_str(&detail)});
}

/* What a send or a try came to. Being asked again too soon is told of as well: somebody may be playing with a phone. */
static enum phone_code_result told(const struct domain *domain, struct arena *arena, const struct phone_code *asked,
                                   enum phone_code_result result, const char *done) {
    static const struct {
        enum event_result result;
        const char *reason;
    } events[] = {
        [PHONE_CODE_DONE] = {EVENT_DONE, NULL},
        [PHONE_CODE_TOO_SOON] = {EVENT_REFUSED, "too_soon"},
        [PHONE_CODE_LIMITED] = {EVENT_REFUSED, "limited"},
        [PHONE_CODE_REFUSED] = {EVENT_REFUSED, "number_refused"},
        [PHONE_CODE_CANNOT_SEND] = {EVENT_FAILED, "cannot_send"},
        [PHONE_CODE_WRONG] = {EVENT_REFUSED, "wrong"},
        [PHONE_CODE_GONE] = {EVENT_REFUSED, "gone"},
        [PHONE_CODE_UNAVAILABLE] = {EVENT_FAILED, "unavailable"},
    };
    tell(domain, arena, asked, events[result].result, result == PHONE_CODE_DONE ? done : events[result].reason);
    return result;
}

/* --- keys and hashes --- */

static struct str hash_of(const struct domain *domain, struct arena *arena, const struct str *parts, size_t count) {
    unsigned char mac[32];
    seal_mac(domain->sealers->lookup, parts, count, mac);
    return base64url_encode(arena, str_of(mac, sizeof(mac)));
}

static struct str key_of(const struct domain *domain, struct arena *arena, const struct phone_code *asked) {
    const struct str parts[] = {STR("phone-code"), purposes[asked->purpose].name, asked->phone, asked->bound};
    return hash_of(domain, arena, parts, ARRAY_LEN(parts));
}

static struct str pause_key(const struct domain *domain, struct arena *arena, const struct phone_code *asked) {
    const struct str parts[] = {purposes[asked->purpose].kind->pause, asked->phone};
    return hash_of(domain, arena, parts, ARRAY_LEN(parts));
}

/* "id.hash": the id is of this code alone, so tries of an old code do not count for a new one, nor new ones for an old.
 */
static struct str entry_of(const struct domain *domain, struct arena *arena, const struct phone_code *asked,
                           struct str id, struct str code) {
    const struct str parts[] = {
        STR("phone-code-value"), purposes[asked->purpose].name, asked->phone, asked->bound, id, code};
    return str_concat(arena, id, STR("."), hash_of(domain, arena, parts, ARRAY_LEN(parts)));
}

/* --- sending --- */

/* Numbers past the last whole range are drawn again: each code is as likely as any other. */
static struct str fresh_code(struct arena *arena) {
    uint32_t number;
    do {
        random_bytes(&number, sizeof(number));
    } while (number >= UINT32_MAX - UINT32_MAX % CODE_RANGE);
    return str_format(arena, "%06u", number % CODE_RANGE);
}

struct limits {
    struct attempt_limit items[ATTEMPT_LIMITS_MOST];
    size_t count;
};

/* Nobody has all that is allowed a phone: from one address there is a share. */
static struct limits limits_of(const struct domain *domain, struct arena *arena, const struct phone_code *asked) {
    const struct domain_settings *settings = domain->settings;
    const struct kind *kind = purposes[asked->purpose].kind;
    struct str share = str_concat(arena, asked->phone, STR(" "), attempts_whose(arena, asked->client_address));
    return (struct limits){
        .items = {{kind->of_phone, asked->phone, settings->sms_per_phone, DAY_S},
                  {kind->of_share, share, settings->sms_per_phone_and_address, DAY_S},
                  {"sms-address", asked->client_address, settings->sms_per_address, DAY_S},
                  {kind->of_account, asked->account_id, settings->sms_per_account, DAY_S}},
        .count = str_is_empty(asked->account_id) ? 3 : 4,
    };
}

static enum phone_code_result count_it(struct domain *domain, struct arena *arena, const struct limits *limits) {
    int64_t first;
    switch (attempts_count(domain, arena, limits->items, limits->count, &first)) {
    case ATTEMPTS_ALLOWED:
        return PHONE_CODE_DONE;
    case ATTEMPTS_EXCEEDED:
        return PHONE_CODE_LIMITED;
    case ATTEMPTS_UNAVAILABLE:
        break;
    }
    return PHONE_CODE_UNAVAILABLE;
}

static enum phone_code_result hold_back(struct domain *domain, struct arena *arena, const struct phone_code *asked) {
    switch (kv_put_new(domain->kv, arena, STR("pr"), pause_key(domain, arena, asked), STR("1"),
                       domain->settings->sms_resend_s)) {
    case KV_DONE:
        return PHONE_CODE_DONE;
    case KV_CONFLICT:
        return PHONE_CODE_TOO_SOON;
    case KV_MISSING:
    case KV_DOWN:
        break;
    }
    return PHONE_CODE_UNAVAILABLE;
}

static enum phone_code_result result_of_send(enum verify_result result) {
    switch (result) {
    case VERIFY_MATCH:
        return PHONE_CODE_DONE;
    case VERIFY_INVALID_INPUT:
    case VERIFY_UNSUPPORTED:
    case VERIFY_NOT_FOUND:
    case VERIFY_STATE_BAD:
    case VERIFY_MISMATCH:
        return PHONE_CODE_REFUSED;
    case VERIFY_RATE_LIMITED:
    case VERIFY_PENDING:
    case VERIFY_UPSTREAM_ERROR:
        break;
    }
    return PHONE_CODE_CANNOT_SEND;
}

/* Whoever has such a code can have the account. */
static bool takes_account(enum phone_code_purpose purpose) {
    return purpose == PHONE_CODE_RECOVER || purpose == PHONE_CODE_MERGE;
}

/* The code is good before the message is on its way: it may arrive before the gateway's answer does. */
static enum phone_code_result make_and_send(struct domain *domain, struct arena *arena, const struct phone_code *asked,
                                            enum verify_result *ret_answered) {
    int64_t valid_s = domain->settings->sms_code_s;
    struct str code = fresh_code(arena), id = upstream_transaction(arena);
    struct str entry = entry_of(domain, arena, asked, id, code);
    if (kv_put(domain->kv, arena, STR("pc"), key_of(domain, arena, asked), entry, valid_s) != KV_DONE) {
        return PHONE_CODE_UNAVAILABLE;
    }
    const struct upstream_message message = {.phone = asked->phone,
                                             .code = code,
                                             .kind =
                                                 takes_account(asked->purpose) ? MESSAGE_ACCOUNT_CODE : MESSAGE_CODE,
                                             .valid_s = valid_s,
                                             .english = asked->english,
                                             .transaction = id,
                                             .request_id = log_request_id};
    *ret_answered = upstream_send(gateway(domain), arena, &message);
    return result_of_send(*ret_answered);
}

static enum phone_code_result send_code(struct domain *domain, struct arena *arena, const struct phone_code *asked) {
    const struct limits limits = limits_of(domain, arena, asked);
    enum verify_result answered = VERIFY_MATCH;
    enum phone_code_result result = hold_back(domain, arena, asked);
    if (result != PHONE_CODE_DONE) {
        return result;
    }
    result = count_it(domain, arena, &limits);
    if (result == PHONE_CODE_DONE) {
        result = make_and_send(domain, arena, asked, &answered);
    }
    /* Surely not sent: no reason to let anybody wait for it, or to count it against them: who has used up their own
     * share would else go on to use up the phone's. An error says nothing about what the phone got. */
    if (answered == VERIFY_RATE_LIMITED || result == PHONE_CODE_LIMITED || result == PHONE_CODE_UNAVAILABLE) {
        attempts_give_back(domain, arena, limits.items, limits.count);
        kv_delete(domain->kv, arena, STR("pr"), pause_key(domain, arena, asked));
    }
    return result;
}

enum phone_code_result phone_code_send(struct domain *domain, struct arena *arena, const struct phone_code *asked) {
    CHECK(asked->phone.len > 0 && asked->bound.len > 0);
    enum phone_code_result result =
        phone_code_available(domain) ? send_code(domain, arena, asked) : PHONE_CODE_CANNOT_SEND;
    return told(domain, arena, asked, result, "sent");
}

/* --- trying --- */

static bool has_form(struct str typed) {
    for (size_t i = 0; i < typed.len; i++) {
        if (typed.ptr[i] < '0' || typed.ptr[i] > '9') {
            return false;
        }
    }
    return typed.len == PHONE_CODE_DIGITS;
}

/* The entry that is there now; one that is taken by somebody else meanwhile is gone. */
static enum phone_code_result use(struct domain *domain, struct arena *arena, struct str key, struct str entry) {
    struct str taken;
    switch (kv_take(domain->kv, arena, STR("pc"), key, &taken)) {
    case KV_DONE:
        return str_equal(taken, entry) ? PHONE_CODE_DONE : PHONE_CODE_GONE;
    case KV_MISSING:
    case KV_CONFLICT:
        return PHONE_CODE_GONE;
    case KV_DOWN:
        break;
    }
    return PHONE_CODE_UNAVAILABLE;
}

static enum phone_code_result try_code(struct domain *domain, struct arena *arena, const struct phone_code *asked,
                                       struct str typed, struct str *ret_id) {
    struct str key = key_of(domain, arena, asked), entry, rest;
    int64_t tries;
    enum kv_status found = kv_get(domain->kv, arena, STR("pc"), key, &entry);
    if (found != KV_DONE) {
        return found == KV_MISSING ? PHONE_CODE_GONE : PHONE_CODE_UNAVAILABLE;
    }
    struct str id = str_cut(entry, '.', &rest);
    if (kv_increment(domain->kv, arena, STR("pt"), id, 1, domain->settings->sms_code_s, &tries) != KV_DONE) {
        return PHONE_CODE_UNAVAILABLE;
    }
    if (tries > PHONE_CODE_TRIES_MOST) {
        return PHONE_CODE_GONE;
    }
    *ret_id = id;
    return str_equal_secret(entry_of(domain, arena, asked, id, typed), entry) ? use(domain, arena, key, entry)
                                                                              : PHONE_CODE_WRONG;
}

enum phone_code_result phone_code_verify(struct domain *domain, struct arena *arena, const struct phone_code *asked,
                                         struct str typed, struct str *ret_check_id) {
    struct str id = STR_NONE;
    typed = str_trim(typed);
    if (!has_form(typed)) {
        return PHONE_CODE_WRONG; /* mistyped: nothing was tried */
    }
    enum phone_code_result result = try_code(domain, arena, asked, typed, &id);
    if (result == PHONE_CODE_DONE && ret_check_id) {
        *ret_check_id = id;
    }
    return told(domain, arena, asked, result, "right");
}

/* --- the proof --- */

static struct str bound_of(struct arena *arena, const struct phone_code *asked) {
    return str_concat(arena, STR("phone proof "), purposes[asked->purpose].name, STR(" "), asked->bound);
}

struct str phone_proof_seal(const struct domain *domain, struct arena *arena, const struct phone_code *asked,
                            struct str check_id) {
    struct buf packed;
    buf_init(&packed, arena, 64, PROOF_MOST);
    pack_str(&packed, asked->phone);
    pack_str(&packed, check_id);
    pack_signed(&packed, clock_wall() + PROOF_S);
    CHECK(!packed.failed);
    return base64url_encode(arena, seal(domain->sealers->flow, arena, buf_str(&packed), bound_of(arena, asked)));
}

bool phone_proof_open(const struct domain *domain, struct arena *arena, const struct phone_code *asked,
                      struct str sealed, struct phone_proof *ret_proof) {
    struct str bytes, packed;
    if (str_is_empty(sealed) || sealed.len > 2 * (size_t)PROOF_MOST || !base64url_decode(arena, sealed, &bytes) ||
        !seal_open(domain->sealers->flow, arena, bytes, bound_of(arena, asked), &packed)) {
        return false;
    }
    struct unpack unpack = {.left = packed};
    struct phone_proof proof = {.phone = unpack_str(&unpack)};
    proof.check_id = unpack_str(&unpack);
    int64_t until = unpack_signed(&unpack);
    if (!unpack_done(&unpack) || until < clock_wall()) {
        return false;
    }
    *ret_proof = proof;
    return true;
}

struct evidence phone_code_evidence(const struct domain *domain, struct str check_id) {
    const struct upstream *service = gateway(domain);
    CHECK(service);
    const struct proof *proof = proof_of(METHOD_PHONE);
    return (struct evidence){.source = upstream_name(service),
                             .authority = STR("sms"),
                             .method = proof->name,
                             .check_id = check_id,
                             .result = VERIFY_MATCH,
                             .checked_at = clock_wall(),
                             .level = proof->level};
}
