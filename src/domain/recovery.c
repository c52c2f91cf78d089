/*
 * Recovery: every answer before proof takes the same time, whether there was somebody or not.
 */
#include "domain/recovery.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "change.h"
#include "domain/attempts.h"
#include "domain/grant.h"
#include "domain/links.h"
#include "domain/phone_code.h"
#include "domain/session.h"
#include "jose/digest.h"
#include "loop/fiber.h"
#include "model/event.h"
#include "model/identity.h"
#include "model/pack.h"
#include "model/trail.h"
#include "recovery_inside.h"
#include "status.h"

#define ANSWER_MS       250 /* above what the store takes on any day but a bad one */
#define DAY_S           86400
#define STARTS_A_DAY    10 /* of one user name from one address; of all addresses twenty times that */
#define MATCHES_A_DAY   5
#define SPREAD_FACTOR   20
#define ADDRESS_A_DAY   500 /* many share one */
#define DIGEST_BYTES    16
#define RECOVERY_RANDOM 16
#define DETAIL_MOST     128

/* --- travelling --- */

struct str recovery_pack(struct arena *arena, const struct recovery *recovery) {
    struct buf packed;
    buf_init(&packed, arena, 256, RECOVERY_PACKED_MOST);
    pack_str(&packed, recovery->recovery_id);
    pack_number(&packed, recovery->kind);
    pack_str(&packed, recovery->username);
    pack_str(&packed, recovery->account_id);
    pack_str(&packed, recovery->password);
    pack_str(&packed, recovery->phone);
    pack_signed(&packed, recovery->started_at);
    pack_number(&packed, recovery->shown);
    CHECK(!packed.failed);
    return buf_str(&packed);
}

bool recovery_unpack(const struct domain *domain, struct str packed, struct recovery *ret_recovery) {
    struct unpack unpack = {.left = packed};
    struct recovery recovery = {.recovery_id = unpack_str(&unpack)};
    recovery.kind = (enum identifier_kind)unpack_number(&unpack);
    recovery.username = unpack_str(&unpack);
    recovery.account_id = unpack_str(&unpack);
    recovery.password = unpack_str(&unpack);
    recovery.phone = unpack_str(&unpack);
    recovery.started_at = unpack_signed(&unpack);
    recovery.shown = (unsigned)unpack_number(&unpack);
    int64_t age = clock_wall() - recovery.started_at;
    if (!unpack_done(&unpack) || age < -domain->settings->clock_skew_s || age > RECOVERY_S) {
        return false;
    }
    *ret_recovery = recovery;
    return true;
}

struct recovery recovery_copy(struct arena *arena, const struct recovery *recovery) {
    struct recovery copy = *recovery;
    struct str *texts[] = {&copy.recovery_id, &copy.username, &copy.account_id, &copy.password, &copy.phone};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        *texts[i] = str_is_absent(*texts[i]) ? STR_NONE : str_dup(arena, *texts[i]);
    }
    return copy;
}

/* --- the same time for all --- */

bool recovery_answer_at(int64_t begun_ms) {
    int64_t left = begun_ms + ANSWER_MS - clock_monotonic_ms();
    return left <= 0 || fiber_sleep(left) == WAIT_DONE;
}

enum recovery_result recovery_count(struct domain *domain, struct arena *arena, const char *what, struct str username,
                                    int64_t most, struct str client_address) {
    const struct attempt_limit limits[] = {
        {what, str_concat(arena, client_address, STR(" "), username), most, DAY_S},
        {what, username, most * SPREAD_FACTOR, DAY_S},
        {"recover-address", client_address, ADDRESS_A_DAY, DAY_S},
    };
    int64_t tries;
    switch (attempts_count(domain, arena, limits, ARRAY_LEN(limits), &tries)) {
    case ATTEMPTS_ALLOWED:
        return RECOVERY_GOES_ON;
    case ATTEMPTS_EXCEEDED:
        return RECOVERY_LIMITED;
    case ATTEMPTS_UNAVAILABLE:
        break;
    }
    return RECOVERY_UNAVAILABLE;
}

/* --- whose --- */

/* Which password an account has: a recovery ends when it is another. */
static enum domain_status password_of(struct domain *domain, struct arena *arena, struct str account_id,
                                      struct str *ret_digest) {
    struct str hash;
    enum domain_status found = domain_of_sql(accounts_password(domain->sql, arena, account_id, &hash));
    *ret_digest = STR("");
    if (found == DOMAIN_DONE) {
        struct sha256 digest = sha256_of(hash);
        *ret_digest = base64url_encode(arena, str_of(digest.bytes, DIGEST_BYTES));
    }
    return found == DOMAIN_UNAVAILABLE ? found : DOMAIN_DONE;
}

static enum domain_status find(struct domain *domain, struct arena *arena, struct recovery *recovery) {
    struct str account_id;
    enum domain_status found = account_find(domain, arena, recovery->kind, recovery->username, &account_id);
    if (found == DOMAIN_DONE) {
        found = account_active(domain, arena, account_id);
    }
    if (found == DOMAIN_DONE) {
        recovery->account_id = account_id;
        return password_of(domain, arena, account_id, &recovery->password);
    }
    return found == DOMAIN_NO ? DOMAIN_DONE : found;
}

enum recovery_result recovery_start(struct domain *domain, struct arena *arena, struct str typed,
                                    struct str client_address, struct recovery *ret_recovery) {
    int64_t begun = clock_monotonic_ms();
    struct recovery recovery = {.recovery_id = random_text(arena, RECOVERY_RANDOM),
                                .started_at = clock_wall(),
                                .account_id = STR_NONE,
                                .password = STR(""),
                                .phone = STR("")};
    struct str text = str_trim(typed);
    if (text.len > RECOVERY_USERNAME_MOST) {
        text = str_sub(text, 0, RECOVERY_USERNAME_MOST); /* nobody's */
    }
    recovery.username = account_identifier_fold(arena, text, &recovery.kind);
    enum recovery_result counted =
        recovery_count(domain, arena, "recover", recovery.username, STARTS_A_DAY, client_address);
    if (counted != RECOVERY_GOES_ON) {
        return counted;
    }
    if (find(domain, arena, &recovery) == DOMAIN_UNAVAILABLE || !recovery_answer_at(begun)) {
        return RECOVERY_UNAVAILABLE;
    }
    *ret_recovery = recovery;
    return RECOVERY_GOES_ON;
}

/* --- what is shown --- */

static bool is_this_person(struct arena *arena, const struct profile *profile, struct str name, struct str id_number) {
    struct id_number number;
    struct str typed, known;
    return !str_is_empty(profile->id_number) &&
           id_number_read(str_trim(id_number), clock_wall(), &number) == ID_NUMBER_OK &&
           str_equal_secret(str_from(number.text), profile->id_number) &&
           person_name_key(arena, str_trim(name), &typed) == PERSON_NAME_OK &&
           person_name_key(arena, profile->name, &known) == PERSON_NAME_OK && str_equal_secret(typed, known);
}

enum domain_status recovery_load(struct domain *domain, struct arena *arena, const struct recovery *recovery,
                                 struct account *ret_account) {
    if (str_is_absent(recovery->account_id)) {
        return DOMAIN_NO;
    }
    enum domain_status loaded = account_load(domain, arena, recovery->account_id, ret_account);
    return loaded == DOMAIN_DONE && ret_account->state != ACCOUNT_ACTIVE ? DOMAIN_NO : loaded;
}

enum recovery_result recovery_match(struct domain *domain, struct arena *arena, struct recovery *recovery,
                                    struct str name, struct str id_number, struct str client_address,
                                    struct account *ret_account) {
    int64_t begun = clock_monotonic_ms();
    struct account account = {0};
    enum recovery_result counted =
        recovery_count(domain, arena, "recover-match", recovery->username, MATCHES_A_DAY, client_address);
    if (counted != RECOVERY_GOES_ON) {
        return counted;
    }
    enum domain_status loaded = recovery_load(domain, arena, recovery, &account);
    if (loaded == DOMAIN_UNAVAILABLE) {
        return RECOVERY_UNAVAILABLE;
    }
    recovery->shown &= ~(unsigned)RECOVERY_IDENTITY;
    if (loaded == DOMAIN_DONE && is_this_person(arena, &account.profile, name, id_number)) {
        recovery->shown |= RECOVERY_IDENTITY;
        *ret_account = account;
    }
    return recovery_answer_at(begun) ? RECOVERY_GOES_ON : RECOVERY_UNAVAILABLE;
}

enum recovery_result recovery_service(struct domain *domain, struct arena *arena, struct recovery *recovery,
                                      struct str upstream, struct str subject) {
    int64_t begun = clock_monotonic_ms();
    struct link_owner owner;
    enum domain_status found = link_find(domain, arena, upstream, subject, &owner);
    if (found == DOMAIN_UNAVAILABLE) {
        return RECOVERY_UNAVAILABLE;
    }
    if (found == DOMAIN_DONE && str_equal(owner.account_id, recovery->account_id)) {
        recovery->shown |= RECOVERY_SERVICE;
    }
    return recovery_answer_at(begun) ? RECOVERY_GOES_ON : RECOVERY_UNAVAILABLE;
}

/* An account is got back by as much as it was proven by, and by something that its person has. */
bool recovery_shows_level(const struct account *account, unsigned shown, bool sends_codes) {
    if ((shown & RECOVERY_COUNTER) || (account->level <= 2 && (shown & RECOVERY_SERVICE))) {
        return true;
    }
    if (account->level == LEVEL_MOST && !(shown & RECOVERY_FACTOR)) {
        return false;
    }
    if (shown & RECOVERY_PRESENCE) {
        return (shown & RECOVERY_PHONE) || !sends_codes || !account->profile.phone_number_verified;
    }
    if (account->level > 2) {
        return false;
    }
    /* A level goes when evidence expires; who the person is stays known, and is asked for. */
    bool phone = shown & RECOVERY_PHONE, known = !str_is_empty(account->profile.id_number);
    return account->level == 2 || known ? phone && (shown & RECOVERY_IDENTITY)
                                        : phone && account->profile.phone_number_verified;
}

bool recovery_asks_phone(const struct domain *domain, const struct account *account) {
    return phone_code_available(domain) && account->profile.phone_number_verified;
}

bool recovery_may_be_seen_by(const struct domain *domain, const struct account *account,
                             const struct upstream *presence) {
    return recovery_asks_phone(domain, account) || !upstream_traits(presence)->other_device;
}

static struct str phone_hash(const struct domain *domain, struct arena *arena, const struct account *account) {
    return account_identifier_hash(domain, arena, IDENTIFIER_PHONE, account->profile.phone_number);
}

static struct str phone_digest(const struct domain *domain, struct arena *arena, const struct account *account) {
    return base64url_encode(arena, str_sub(phone_hash(domain, arena, account), 0, DIGEST_BYTES));
}

void recovery_phone_shown(const struct domain *domain, struct arena *arena, struct recovery *recovery,
                          const struct account *account) {
    recovery->shown |= RECOVERY_PHONE;
    recovery->phone = phone_digest(domain, arena, account);
}

/* A code that came to one number shows nothing once the account has another. */
static unsigned shown_still(const struct domain *domain, struct arena *arena, const struct recovery *recovery,
                            const struct account *account) {
    bool same = !str_is_empty(account->profile.phone_number) &&
                str_equal(phone_digest(domain, arena, account), recovery->phone);
    return same ? recovery->shown : recovery->shown & ~(unsigned)RECOVERY_PHONE;
}

enum domain_status recovery_is_enough(struct domain *domain, struct arena *arena, const struct recovery *recovery) {
    struct account account;
    enum domain_status loaded = recovery_load(domain, arena, recovery, &account);
    bool enough =
        loaded == DOMAIN_DONE &&
        recovery_shows_level(&account, shown_still(domain, arena, recovery, &account), phone_code_available(domain));
    return loaded == DOMAIN_DONE && !enough ? DOMAIN_NO : loaded;
}

/* --- the end --- */

static struct event event_of(const struct recovery *recovery, struct str client_address) {
    return (struct event){.kind = EVENT_RECOVERY, .subject = recovery->account_id, .address = client_address};
}

void recovery_tell_refused(const struct domain *domain, const struct recovery *recovery, struct str client_address,
                           const char *reason) {
    struct event event = event_of(recovery, client_address);
    event.result = EVENT_REFUSED;
    event.reason = reason;
    domain_tell(domain, &event);
}

/* {"shown":["identity","phone"]}: what gave the account back. */
static struct str detail_of(struct arena *arena, unsigned shown) {
    static const struct {
        enum recovery_shown bit;
        struct str name;
    } names[] = {
        {RECOVERY_IDENTITY, STR_INIT("identity")}, {RECOVERY_PHONE, STR_INIT("phone")},
        {RECOVERY_SERVICE, STR_INIT("service")},   {RECOVERY_PRESENCE, STR_INIT("presence")},
        {RECOVERY_COUNTER, STR_INIT("counter")},   {RECOVERY_FACTOR, STR_INIT("factor")},
    };
    struct buf detail;
    buf_init(&detail, arena, 128, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_open_array(&out, "shown");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (shown & names[i].bit) {
            json_put_str(&out, NULL, names[i].name);
        }
    }
    json_close_array(&out);
    json_close_object(&out);
    CHECK(!detail.failed);
    return buf_str(&detail);
}

static void forgive(struct domain *domain, struct arena *arena, const struct recovery *recovery,
                    const struct profile *profile) {
    const struct str names[] = {recovery->username, profile->id_number, profile->phone_number};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!str_is_empty(names[i])) {
            attempts_forgive(domain, arena, names[i], domain->settings->login_lock_s);
        }
    }
}

/* Where it rests on the phone, that must be the account's up to the end. */
static void add_phone_lock(struct domain *domain, struct arena *arena, const struct recovery *recovery,
                           const struct account *account, struct change *change) {
    if (!recovery_shows_level(account, recovery->shown & ~(unsigned)RECOVERY_PHONE, phone_code_available(domain))) {
        const struct identifier_row row = {IDENTIFIER_PHONE, phone_hash(domain, arena, account)};
        change_add(change, identifiers_lock(account->account_id, &row));
    }
}

static enum recovery_end write(struct domain *domain, struct arena *arena, const struct recovery *recovery,
                               const struct account *account, struct str password, struct str client_address) {
    struct str hash;
    if (password_hash(domain, arena, password, &hash) != DOMAIN_DONE) {
        return RECOVERY_CANNOT_SAY;
    }
    struct change change = {0};
    change_add(&change, accounts_lock_active(recovery->account_id));
    add_phone_lock(domain, arena, recovery, account, &change);
    change_add(&change, credentials_put(recovery->account_id, STR("password"), hash, clock_wall()));
    struct event event = event_of(recovery, client_address);
    event.actor = recovery->account_id;
    event.detail = detail_of(arena, recovery->shown);
    struct admin_answer answer = change_write(domain, arena, &change, &event);
    return answer.result == ADMIN_DONE          ? RECOVERY_DONE
           : answer.result == ADMIN_UNAVAILABLE ? RECOVERY_CANNOT_SAY
                                                : RECOVERY_NO;
}

static bool end_all(struct domain *domain, struct arena *arena, struct str account_id) {
    return grants_cut(domain, arena, account_id) == DOMAIN_DONE &&
           session_end_all(domain, arena, account_id) == DOMAIN_DONE;
}

enum recovery_end recovery_finish(struct domain *domain, struct arena *arena, const struct recovery *recovery,
                                  struct str password, struct str client_address) {
    struct account account;
    struct str now;
    if (password_check(domain, password) != PASSWORD_FINE) {
        return RECOVERY_BAD_PASSWORD;
    }
    enum domain_status loaded = recovery_load(domain, arena, recovery, &account);
    if (loaded == DOMAIN_DONE) {
        loaded = password_of(domain, arena, account.account_id, &now);
    }
    if (loaded == DOMAIN_UNAVAILABLE || !trail_takes_sign_ins(domain->trail)) {
        return RECOVERY_CANNOT_SAY;
    }
    if (loaded == DOMAIN_NO || !str_equal(now, recovery->password) ||
        !recovery_shows_level(&account, shown_still(domain, arena, recovery, &account), phone_code_available(domain))) {
        return RECOVERY_NO;
    }
    /* Whoever took the account over is out before the person is told that they have it back; and again afterwards, in
     * case they signed in with the old password meanwhile. */
    if (!end_all(domain, arena, account.account_id)) {
        return RECOVERY_CANNOT_SAY;
    }
    enum recovery_end written = write(domain, arena, recovery, &account, password, client_address);
    if (written == RECOVERY_DONE) {
        end_all(domain, arena, account.account_id);
        forgive(domain, arena, recovery, &account.profile);
    }
    return written;
}
