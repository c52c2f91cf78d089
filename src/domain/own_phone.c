/*
 * A person's phone number: a code goes to the new one, and comes back for the account as it was when it was sent. Forms
 * and codes of before end with any change of the account (docs/decisions/changing-the-phone.md).
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "change.h"
#include "domain/phone_notice.h"
#include "model/pack.h"
#include "model/trail.h"
#include "own_inside.h"

#define VERIFICATION_ID_RANDOM 16

bool own_phone_offered(const struct domain *domain) {
    return phone_code_available(domain) && phone_notice_available(domain);
}

/* --- travelling --- */

struct str own_phone_pack(struct arena *arena, const struct own_phone *wanted) {
    struct buf packed;
    buf_init(&packed, arena, OWN_PHONE_PACKED_MOST, OWN_PHONE_PACKED_MOST);
    pack_str(&packed, wanted->phone);
    pack_signed(&packed, wanted->seen);
    CHECK(!packed.failed);
    return buf_str(&packed);
}

bool own_phone_unpack(struct str packed, struct own_phone *ret_wanted) {
    struct unpack unpack = {.left = packed};
    struct own_phone wanted = {.phone = unpack_str(&unpack)};
    wanted.seen = unpack_signed(&unpack);
    if (!unpack_done(&unpack) || str_is_empty(wanted.phone)) {
        return false;
    }
    *ret_wanted = wanted;
    return true;
}

/* --- the code --- */

static struct phone_code code_of(struct arena *arena, const struct own *own, const struct own_phone *wanted) {
    return (struct phone_code){.purpose = PHONE_CODE_CHANGE,
                               .phone = wanted->phone,
                               .bound =
                                   str_format(arena, "%.*s %lld", STR_ARG(own->account_id), (long long)wanted->seen),
                               .account_id = own->account_id,
                               .client_address = own->address};
}

enum phone_code_result own_phone_send_code(struct domain *domain, struct arena *arena, const struct own *own,
                                           const struct own_phone *wanted, bool english) {
    struct phone_code code = code_of(arena, own, wanted);
    code.english = english;
    return phone_code_send(domain, arena, &code);
}

static enum own_phone_result try_code(struct domain *domain, struct arena *arena, const struct own *own,
                                      const struct own_phone *wanted, struct str typed, struct str *ret_check_id) {
    const struct phone_code code = code_of(arena, own, wanted);
    switch (phone_code_verify(domain, arena, &code, typed, ret_check_id)) {
    case PHONE_CODE_DONE:
        return OWN_PHONE_DONE;
    case PHONE_CODE_WRONG:
        return OWN_PHONE_WRONG;
    case PHONE_CODE_GONE:
        return OWN_PHONE_GONE;
    default: /* the others are results of sending */
        return OWN_PHONE_UNAVAILABLE;
    }
}

/* --- the change --- */

/* Still as it was seen: anything else begins anew. */
static enum own_phone_result load(struct domain *domain, struct arena *arena, const struct own *own, int64_t seen,
                                  struct account *account) {
    enum domain_status loaded = account_load(domain, arena, own->account_id, account);
    if (loaded == DOMAIN_UNAVAILABLE || !trail_takes_administration(domain->trail)) {
        return OWN_PHONE_UNAVAILABLE; /* asked before the code, which is good once */
    }
    bool same = loaded == DOMAIN_DONE && account->state == ACCOUNT_ACTIVE && account->updated_at == seen;
    return same ? OWN_PHONE_DONE : OWN_PHONE_STALE;
}

static void add_account(struct domain *domain, struct arena *arena, const struct account *account,
                        const struct own_phone *wanted, struct change *change) {
    struct profile profile = account->profile;
    int64_t now = clock_wall();
    profile.phone_number = wanted->phone;
    profile.phone_number_verified = true;
    const struct account_row row = {.account_id = account->account_id,
                                    .level = account->level,
                                    .level_until = account->level_until,
                                    .updated_at = now > wanted->seen ? now : wanted->seen + 1,
                                    .profile_sealed =
                                        account_seal_profile(domain, arena, account->account_id, &profile)};
    const struct identifier_row identifier = {IDENTIFIER_PHONE,
                                              account_identifier_hash(domain, arena, IDENTIFIER_PHONE, wanted->phone)};
    change_add(change, accounts_update(&row, wanted->seen));
    change_add(change, accounts_lock_active(account->account_id));
    change_add(change, identifiers_delete(account->account_id, IDENTIFIER_PHONE));
    change_add(change, identifiers_insert(account->account_id, &identifier));
}

/* What was proven of the old number does not count for the new one. */
static void add_evidence(struct domain *domain, struct arena *arena, const struct account *account, struct str check_id,
                         struct change *change) {
    const struct verification_row verification = {.verification_id = random_text(arena, VERIFICATION_ID_RANDOM),
                                                  .account_id = account->account_id,
                                                  .evidence = phone_code_evidence(domain, check_id)};
    change_add(change, verifications_end_method(account->account_id, verification.evidence.method, clock_wall()));
    change_add(change, verifications_insert(&verification));
}

static enum own_phone_result write(struct domain *domain, struct arena *arena, const struct own *own,
                                   const struct account *account, const struct own_phone *wanted, struct str check_id) {
    struct change change = {0};
    add_account(domain, arena, account, wanted, &change);
    add_evidence(domain, arena, account, check_id, &change);
    const struct event event = own_event(own, EVENT_PHONE_CHANGE);
    switch (change_write(domain, arena, &change, &event).result) {
    case ADMIN_DONE:
        return OWN_PHONE_DONE;
    case ADMIN_CONFLICT:
        return OWN_PHONE_TAKEN;
    case ADMIN_STALE:
        return OWN_PHONE_STALE;
    default: /* the others are of no write */
        return OWN_PHONE_UNAVAILABLE;
    }
}

static void tell_refused(const struct domain *domain, const struct own *own, const char *reason) {
    struct event event = own_event(own, EVENT_PHONE_CHANGE);
    event.result = EVENT_REFUSED;
    event.reason = reason;
    domain_tell(domain, &event);
}

static void tell_old_number(struct domain *domain, const struct account *account, const struct own_phone *wanted) {
    const struct profile *profile = &account->profile;
    if (profile->phone_number_verified && !str_is_empty(profile->phone_number) &&
        !str_equal(profile->phone_number, wanted->phone)) {
        phone_notice_send(domain, &(struct phone_notice){profile->phone_number, account->account_id});
    }
}

enum own_phone_result own_phone_change(struct domain *domain, struct arena *arena, const struct own *own,
                                       const struct own_phone *wanted, struct str code) {
    struct account account;
    struct str check_id = STR_NONE;
    enum own_phone_result result = load(domain, arena, own, wanted->seen, &account);
    if (result == OWN_PHONE_DONE) {
        result = try_code(domain, arena, own, wanted, code, &check_id);
    }
    if (result == OWN_PHONE_DONE) {
        result = write(domain, arena, own, &account, wanted, check_id);
    }
    if (result == OWN_PHONE_DONE) {
        tell_old_number(domain, &account, wanted);
    } else if (result == OWN_PHONE_TAKEN || result == OWN_PHONE_STALE) {
        tell_refused(domain, own, result == OWN_PHONE_TAKEN ? "taken" : "changed_meanwhile");
    }
    return result;
}
