/*
 * Two accounts into one: what is kept of whom, and one transaction for all of it.
 */
#include "domain/merging.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "change.h"
#include "domain/grant.h"
#include "domain/login.h"
#include "domain/phone_code.h"
#include "domain/proofs.h"
#include "domain/recovery.h"
#include "domain/second_factor.h"
#include "domain/session.h"
#include "model/trail.h"
#include "own_inside.h"
#include "status.h"
#include "store/admins.h"
#include "store/links.h"
#include "store/merging.h"
#include "store/outbox.h"

/* --- who owns it --- */

static void tell_refused(struct domain *domain, const struct own *own, struct str other_id, const char *reason) {
    struct event event = own_event(own, EVENT_ACCOUNT_MERGE);
    event.result = EVENT_REFUSED;
    event.reason = reason;
    event.subject = str_is_absent(other_id) ? own->account_id : other_id;
    domain_tell(domain, &event);
}

/* ret_amr: what was shown besides, where it is right. */
static enum merge_proof prove_second_factor(struct domain *domain, struct arena *arena, struct str account_id,
                                            struct str code, unsigned *ret_amr) {
    bool bound;
    *ret_amr = 0;
    switch (second_factor_verify(domain, arena, account_id, code, &bound)) {
    case SECOND_FACTOR_DONE:
        *ret_amr = AMR_OTP | (bound ? AMR_BOUND : 0);
        return MERGE_PROVEN;
    case SECOND_FACTOR_NONE:
        return MERGE_PROVEN;
    case SECOND_FACTOR_WRONG:
        return MERGE_WRONG;
    case SECOND_FACTOR_LOCKED:
        return MERGE_LOCKED;
    case SECOND_FACTOR_UNAVAILABLE:
        break;
    }
    return MERGE_CANNOT_SAY;
}

enum merge_proof merge_prove(struct domain *domain, struct arena *arena, const struct own *own, struct str username,
                             struct str password, struct str code, struct str *ret_account_id) {
    struct account account = {0};
    enum merge_proof proof = MERGE_CANNOT_SAY;
    unsigned amr;
    switch (login_with_password(domain, arena, username, password, own->address, &account)) {
    case LOGIN_DONE:
        proof = prove_second_factor(domain, arena, account.account_id, code, &amr);
        if (proof == MERGE_PROVEN && sign_in_level(&account, AMR_PWD | amr) < account.level) {
            proof = MERGE_LEVEL;
        }
        break;
    case LOGIN_WRONG:
        proof = MERGE_WRONG;
        break;
    case LOGIN_LOCKED:
        proof = MERGE_LOCKED;
        break;
    case LOGIN_UNAVAILABLE:
        break;
    }
    if (proof == MERGE_PROVEN) {
        *ret_account_id = account.account_id;
    } else if (proof != MERGE_CANNOT_SAY) {
        tell_refused(domain, own, account.account_id,
                     proof == MERGE_LOCKED  ? "locked"
                     : proof == MERGE_LEVEL ? "level"
                                            : "wrong");
    }
    return proof;
}

/* --- who was seen --- */

enum merge_need merge_needs(struct domain *domain, struct arena *arena, struct str account_id, unsigned given) {
    struct account account;
    enum domain_status status = account_load(domain, arena, account_id, &account);
    if (status != DOMAIN_DONE || account.state != ACCOUNT_ACTIVE) {
        return status == DOMAIN_UNAVAILABLE ? MERGE_NEEDS_UNKNOWN : MERGE_NEEDS_ACCOUNT;
    }
    if (recovery_asks_phone(domain, &account) && !(given & MERGE_PHONE)) {
        return MERGE_NEEDS_PHONE;
    }
    bool bound;
    status = second_factor_find(domain, arena, account_id, &bound);
    if (status == DOMAIN_UNAVAILABLE) {
        return MERGE_NEEDS_UNKNOWN;
    }
    if (sign_in_level(&account, AMR_PWD | AMR_FACE | AMR_OTP | (bound ? AMR_BOUND : 0)) < account.level) {
        return MERGE_NEEDS_LEVEL;
    }
    return status == DOMAIN_DONE && !(given & MERGE_FACTOR) ? MERGE_NEEDS_FACTOR : MERGE_NEEDS_NOTHING;
}

/* Good in this session alone. */
static enum domain_status code_of(struct domain *domain, struct arena *arena, const struct own *own,
                                  struct str account_id, struct phone_code *ret_code) {
    struct account account;
    enum domain_status loaded = account_load(domain, arena, account_id, &account);
    if (loaded == DOMAIN_DONE && !str_is_empty(account.profile.phone_number)) {
        *ret_code = (struct phone_code){.purpose = PHONE_CODE_MERGE,
                                        .phone = account.profile.phone_number,
                                        .bound = own->session_id,
                                        .account_id = account_id,
                                        .client_address = own->address};
        return DOMAIN_DONE;
    }
    return loaded == DOMAIN_UNAVAILABLE ? loaded : DOMAIN_NO;
}

bool merge_send_code(struct domain *domain, struct arena *arena, const struct own *own, struct str account_id,
                     bool english) {
    struct phone_code code;
    if (code_of(domain, arena, own, account_id, &code) != DOMAIN_DONE) {
        return false;
    }
    code.english = english;
    enum phone_code_result sent = phone_code_send(domain, arena, &code);
    return sent == PHONE_CODE_DONE || sent == PHONE_CODE_TOO_SOON;
}

static enum merge_proof prove_phone(struct domain *domain, struct arena *arena, const struct own *own,
                                    struct str account_id, struct str typed) {
    struct phone_code code;
    enum domain_status found = code_of(domain, arena, own, account_id, &code);
    enum phone_code_result result = found == DOMAIN_DONE ? phone_code_verify(domain, arena, &code, typed, NULL)
                                    : found == DOMAIN_NO ? PHONE_CODE_GONE
                                                         : PHONE_CODE_UNAVAILABLE;
    return result == PHONE_CODE_DONE ? MERGE_PROVEN : result == PHONE_CODE_UNAVAILABLE ? MERGE_CANNOT_SAY : MERGE_WRONG;
}

enum merge_proof merge_give(struct domain *domain, struct arena *arena, const struct own *own, struct str account_id,
                            enum merge_need need, struct str typed) {
    CHECK(need == MERGE_NEEDS_PHONE || need == MERGE_NEEDS_FACTOR);
    unsigned amr;
    enum merge_proof proof = need == MERGE_NEEDS_PHONE ? prove_phone(domain, arena, own, account_id, typed)
                                                       : prove_second_factor(domain, arena, account_id, typed, &amr);
    if (proof == MERGE_WRONG || proof == MERGE_LOCKED) {
        tell_refused(domain, own, account_id, proof == MERGE_LOCKED ? "locked" : "wrong");
    }
    return proof;
}

/* --- what comes of it --- */

struct merge {
    struct account kept, gone;
    struct verification_row *kept_rows, *gone_rows;
    size_t kept_count, gone_count;
    struct link_row *kept_links;
    size_t kept_link_count;
    bool end_kept, end_gone; /* evidence above level 1 of that side does not count any more */
};

static enum merge_result load(struct domain *domain, struct arena *arena, struct str account_id,
                              struct account *account) {
    struct admin_row admin;
    enum domain_status loaded = account_load(domain, arena, account_id, account);
    if (loaded != DOMAIN_DONE) {
        return loaded == DOMAIN_NO ? MERGE_NO : MERGE_UNAVAILABLE;
    }
    if (account->state != ACCOUNT_ACTIVE) {
        return MERGE_NO;
    }
    enum sql_status office = admins_of_account(domain->sql, arena, account_id, &admin);
    return office == SQL_MISSING ? MERGE_DONE : office == SQL_DOWN ? MERGE_UNAVAILABLE : MERGE_ADMINISTRATOR;
}

/* Does the account rest on evidence that says who the person is, without saying their number (a network identity)? */
static bool has_identity_evidence(const struct verification_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (proof_counts(&rows[i], clock_wall()) && rows[i].evidence.level > 1) {
            return true;
        }
    }
    return false;
}

/* Such evidence may come at any time to an account that was opened with a service. */
static bool has_opened_link(const struct link_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (rows[i].opened) {
            return true;
        }
    }
    return false;
}

/* There is one link to a service, that of the account that stays: what the other's proved without a number ends with
 * its link. */
static bool ends_with_link(const struct merge *merge, const struct verification_row *row) {
    if (!str_is_empty(merge->gone.profile.id_number)) {
        return false;
    }
    for (size_t i = 0; i < merge->kept_link_count; i++) {
        if (str_equal(merge->kept_links[i].upstream, row->evidence.source)) {
            return true;
        }
    }
    return false;
}

/*
 * Evidence of the two is pooled only where it is of the same person for certain. Of two numbers one is not this
 * person's; where one number is known, or none, what the other side has without a number may be about somebody else.
 */
static void judge_evidence(struct merge *merge) {
    bool kept_known = !str_is_empty(merge->kept.profile.id_number);
    bool gone_known = !str_is_empty(merge->gone.profile.id_number);
    bool kept_proven = has_identity_evidence(merge->kept_rows, merge->kept_count) ||
                       has_opened_link(merge->kept_links, merge->kept_link_count);
    merge->end_kept = gone_known;
    merge->end_gone = kept_known || (!gone_known && kept_proven);
}

static enum merge_result look(struct domain *domain, struct arena *arena, struct str kept_id, struct str gone_id,
                              struct merge *merge) {
    if (str_equal(kept_id, gone_id)) {
        return MERGE_SAME;
    }
    enum merge_result loaded = load(domain, arena, kept_id, &merge->kept);
    if (loaded == MERGE_DONE) {
        loaded = load(domain, arena, gone_id, &merge->gone);
    }
    if (loaded != MERGE_DONE) {
        return loaded;
    }
    if (!str_is_empty(merge->kept.profile.id_number) && !str_is_empty(merge->gone.profile.id_number)) {
        return MERGE_OTHER_PERSON;
    }
    if (proof_list(domain, arena, kept_id, &merge->kept_rows, &merge->kept_count) != DOMAIN_DONE ||
        proof_list(domain, arena, gone_id, &merge->gone_rows, &merge->gone_count) != DOMAIN_DONE ||
        links_list(domain->sql, arena, kept_id, &merge->kept_links, &merge->kept_link_count) == SQL_DOWN) {
        return MERGE_UNAVAILABLE;
    }
    judge_evidence(merge);
    return MERGE_DONE;
}

static struct verification_row row_after(const struct verification_row *row, bool ends, int64_t now) {
    struct verification_row after = *row;
    if (ends && row->evidence.level > 1 && row->evidence.ended_at == 0) {
        after.evidence.ended_at = now;
    }
    return after;
}

static int level_of(struct arena *arena, const struct merge *merge, int64_t *ret_until) {
    int64_t now = clock_wall();
    struct verification_row *all =
        arena_array_of(arena, merge->kept_count + merge->gone_count + 1, struct verification_row);
    size_t count = 0;
    for (size_t i = 0; i < merge->kept_count; i++) {
        all[count++] = row_after(&merge->kept_rows[i], merge->end_kept, now);
    }
    for (size_t i = 0; i < merge->gone_count; i++) {
        const struct verification_row *row = &merge->gone_rows[i];
        all[count++] = row_after(row, merge->end_gone || ends_with_link(merge, row), now);
    }
    return proof_level(all, count, now, ret_until);
}

enum merge_result merge_plan(struct domain *domain, struct arena *arena, struct str kept_id, struct str gone_id,
                             struct merge_plan *ret_plan) {
    struct merge merge = {0};
    struct merge_plan plan = {0};
    int64_t until;
    enum merge_result looked = look(domain, arena, kept_id, gone_id, &merge);
    if (looked != MERGE_DONE) {
        return looked;
    }
    if (own_portals(domain, arena, gone_id, &plan.portals, &plan.portal_count) != DOMAIN_DONE) {
        return MERGE_UNAVAILABLE;
    }
    plan.kept = merge.kept;
    plan.gone = merge.gone;
    plan.level = level_of(arena, &merge, &until);
    *ret_plan = plan;
    return MERGE_DONE;
}

/* --- doing it --- */

/* The person's own words stay; what is proven of them comes from where it was proven. */
static struct profile profile_of(const struct merge *merge) {
    struct profile profile = merge->kept.profile;
    const struct profile *gone = &merge->gone.profile;
    if (!str_is_empty(gone->id_number)) {
        profile.name = gone->name;
        profile.family_name = gone->family_name;
        profile.given_name = gone->given_name;
        profile.middle_name = gone->middle_name;
        profile.gender = gone->gender;
        profile.birthdate = gone->birthdate;
        profile.id_type = gone->id_type;
        profile.id_number = gone->id_number;
    } else if (str_is_empty(profile.name)) {
        profile.name = gone->name;
    }
    if (str_is_empty(profile.phone_number)) {
        profile.phone_number = gone->phone_number;
        profile.phone_number_verified = gone->phone_number_verified;
    }
    if (str_is_empty(profile.email)) {
        profile.email = gone->email;
        profile.email_verified = gone->email_verified;
    }
    if (str_is_empty(profile.address_formatted)) {
        profile.address_formatted = gone->address_formatted;
        profile.address_street = gone->address_street;
        profile.address_locality = gone->address_locality;
        profile.address_region = gone->address_region;
        profile.address_postal_code = gone->address_postal_code;
        profile.address_country = gone->address_country;
    }
    return profile;
}

static int64_t next_version(int64_t seen) {
    int64_t now = clock_wall();
    return now > seen ? now : seen + 1;
}

static void add(struct merging *merging, struct sql_statement statement) {
    CHECK(merging->count < MERGING_MOST);
    merging->statements[merging->count++] = statement;
}

static enum merge_result put_statements(struct domain *domain, struct arena *arena, const struct merge *merge,
                                        struct merging *merging) {
    const struct profile nobody = {0}, profile = profile_of(merge);
    struct str kept_id = merge->kept.account_id, gone_id = merge->gone.account_id;
    struct account_row kept = {.account_id = kept_id, .updated_at = next_version(merge->kept.updated_at)};
    kept.profile_sealed = account_seal_profile(domain, arena, kept_id, &profile);
    kept.level = level_of(arena, merge, &kept.level_until);
    const struct account_row gone = {.account_id = gone_id,
                                     .profile_sealed = account_seal_profile(domain, arena, gone_id, &nobody),
                                     .merged_into = kept_id,
                                     .updated_at = next_version(merge->gone.updated_at)};
    struct sql_statement factor;
    enum sql_status moves = second_factor_move(domain, arena, gone_id, kept_id, &factor);
    if (moves == SQL_DOWN) {
        return MERGE_UNAVAILABLE;
    }
    merging_lock(merging, gone_id, kept_id);
    add(merging, accounts_close(&gone, merge->gone.updated_at));
    add(merging, accounts_update(&kept, merge->kept.updated_at));
    if (merge->end_kept) {
        struct sql_statement unbound;
        enum sql_status unbinds = second_factor_unbind(domain, arena, kept_id, &unbound);
        if (unbinds == SQL_DOWN) {
            return MERGE_UNAVAILABLE;
        }
        if (unbinds == SQL_DONE) {
            add(merging, unbound);
        }
        merging_end_evidence(merging, kept_id, clock_wall());
    }
    if (merge->end_gone) {
        merging_end_evidence(merging, gone_id, clock_wall());
    }
    if (str_is_empty(merge->gone.profile.id_number)) {
        merging_end_linked_evidence(merging, gone_id, kept_id, clock_wall());
    }
    if (moves == SQL_DONE) {
        add(merging, factor);
    }
    merging_move(merging, gone_id, kept_id);
    return MERGE_DONE;
}

static enum merge_result write(struct domain *domain, struct arena *arena, const struct own *own,
                               struct merging *merging, struct str gone_id) {
    struct event event = own_event(own, EVENT_ACCOUNT_MERGE);
    event.detail = str_format(arena, "{\"merged\":\"%.*s\"}", STR_ARG(gone_id)); /* an id needs no escape */
    add(merging, outbox_put(arena, &event));
    switch (sql_write(domain->sql, merging->statements, merging->count)) {
    case SQL_DONE:
        change_tell(domain, &event);
        return MERGE_DONE;
    case SQL_MISSING:
    case SQL_CONFLICT:
        return MERGE_NO;
    case SQL_DOWN:
        break;
    }
    return MERGE_UNAVAILABLE;
}

static bool end_all(struct domain *domain, struct arena *arena, struct str account_id) {
    return grants_cut(domain, arena, account_id) == DOMAIN_DONE &&
           session_end_all(domain, arena, account_id) == DOMAIN_DONE;
}

enum merge_result merge_accounts(struct domain *domain, struct arena *arena, const struct own *own,
                                 struct str gone_id) {
    struct merge merge = {0};
    struct merging *merging = arena_new_of(arena, struct merging); /* too large for a fiber's stack */
    if (!trail_takes_administration(domain->trail)) {
        return MERGE_UNAVAILABLE;
    }
    enum merge_result result = look(domain, arena, own->account_id, gone_id, &merge);
    if (result == MERGE_DONE) {
        result = put_statements(domain, arena, &merge, merging);
    }
    if (result != MERGE_DONE) {
        return result;
    }
    /* Sessions end first, and again for who signed in meanwhile: none may live on an account that is gone, nor with a
     * level that rests on what does not count any more. */
    struct str kept_id = own->account_id;
    bool ends_kept = merge.end_kept && has_identity_evidence(merge.kept_rows, merge.kept_count);
    if (!end_all(domain, arena, gone_id) || (ends_kept && !end_all(domain, arena, kept_id))) {
        return MERGE_UNAVAILABLE;
    }
    result = write(domain, arena, own, merging, gone_id);
    if (result == MERGE_DONE) {
        end_all(domain, arena, gone_id);
    }
    if (result == MERGE_DONE && ends_kept) {
        end_all(domain, arena, kept_id);
    }
    return result;
}
