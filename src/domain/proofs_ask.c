/*
 * Asking a service about an account's person: what was typed is read, the attempt is counted, the service is asked, its
 * answer is told of and kept.
 */
#include "domain/proofs.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "domain/attempts.h"
#include "model/cards.h"
#include "model/event.h"
#include "model/identity.h"
#include "proofs_inside.h"

#define DAY_S        86400
#define DETAIL_MOST  256
#define CLAIM_SPREAD 20

/* --- what is asked --- */

/* The account's own identity where it is known: nobody proves to be somebody else. */
static bool put_identity(struct arena *arena, const struct account *account, const struct proof_typed *typed,
                         struct upstream_asked *asked) {
    const struct profile *profile = &account->profile;
    struct id_number number;
    bool known = !str_is_empty(profile->id_number);
    struct str name = known ? profile->name : str_or(typed->name, STR(""));
    struct str text = known ? profile->id_number : str_or(typed->id_number, STR(""));
    if (person_name_read(arena, name, &asked->name) != PERSON_NAME_OK ||
        id_number_read(text, clock_wall(), &number) != ID_NUMBER_OK) {
        return false;
    }
    asked->id_type = number.type;
    asked->id_number = str_dup(arena, str_from(number.text));
    return true;
}

/* In one form each: what is counted per card would else be counted per way of typing it. */
static bool put_bank_card(struct arena *arena, struct str typed, struct str *ret_card) {
    char card[BANK_CARD_MOST + 1];
    if (bank_card_read(typed, card) == BANK_CARD_BAD) {
        return false;
    }
    *ret_card = str_dup(arena, str_from(card));
    return true;
}

static bool put_social_card(struct arena *arena, struct str typed, struct str *ret_card) {
    char card[SOCIAL_CARD_MOST + 1];
    if (!social_card_read(typed, card)) {
        return false;
    }
    *ret_card = str_dup(arena, str_from(card));
    return true;
}

static bool put_region(struct arena *arena, struct str typed, struct str *ret_region) {
    char region[7];
    if (!region_read(typed, region)) {
        return false;
    }
    *ret_region = str_dup(arena, str_from(region));
    return true;
}

static bool put_typed(struct arena *arena, unsigned asks, const struct account *account,
                      const struct proof_typed *typed, struct upstream_asked *asked) {
    struct str phone = str_is_empty(typed->phone) ? str_or(account->profile.phone_number, STR("")) : typed->phone;
    return (!(asks & ASK_PHONE) || phone_read(arena, str_trim(phone), &asked->phone)) &&
           (!(asks & ASK_BANK_CARD) || put_bank_card(arena, typed->bank_card, &asked->bank_card)) &&
           (!(asks & ASK_SOCIAL_CARD) || put_social_card(arena, typed->social_card, &asked->social_card)) &&
           (!(asks & ASK_REGION) || put_region(arena, typed->region, &asked->region));
}

/* --- limits --- */

struct limits {
    struct attempt_limit items[ATTEMPT_LIMITS_MOST];
    size_t count;
};

static struct limits limits_of(const struct domain *domain, const struct account *account,
                               const struct upstream_asked *asked, struct str client_address) {
    const struct domain_settings *settings = domain->settings;
    struct str card = !str_is_empty(asked->bank_card) ? asked->bank_card : asked->social_card;
    /* Whoever is known by a number does not guess it: strangers who try it elsewhere must not use up their checks. */
    bool known = !str_is_empty(account->profile.id_number);
    struct limits limits = {
        .items =
            {/* of the person: LIMITS_OF_PERSON */
             {"prove-account", account->account_id, settings->proof_attempts_per_account, DAY_S},
             {known ? "prove-number" : "register-number", asked->id_number, settings->registration_attempts_per_number,
              DAY_S},
             {"register-address", client_address, settings->registration_attempts_per_address, DAY_S},
             {"prove-card", card, settings->proof_attempts_per_card, DAY_S}},
        .count = str_is_empty(card) ? 3 : 4};
    return limits;
}

/* Of strangers, in the measure of recovery (docs/decisions/recovery.md): few from one address, and many times that from
 * everywhere, so that nobody is locked out by others. */
static struct limits limits_of_claim(const struct domain *domain, struct arena *arena,
                                     const struct proof_presence *presence) {
    const struct domain_settings *settings = domain->settings;
    struct str account_id = presence->account->account_id, address = presence->client_address;
    int64_t most = settings->proof_attempts_per_account;
    return (struct limits){.items = {{"claim-here", str_concat(arena, address, STR(" "), account_id), most, DAY_S},
                                     {"claim-account", account_id, most * CLAIM_SPREAD, DAY_S},
                                     {"claim-address", address, settings->registration_attempts_per_address, DAY_S}},
                           .count = 3};
}

/* What could not be right, or is not served there, is no guess (domain-china §3.5): other ways stay open. It counts for
 * address and card, since it may have cost a call. */
#define LIMITS_OF_PERSON 2
static bool guessed_nothing(enum verify_result result) {
    return result == VERIFY_INVALID_INPUT || result == VERIFY_UNSUPPORTED;
}

static enum proof_result count(struct domain *domain, struct arena *arena, const struct limits *limits) {
    int64_t tries;
    switch (attempts_count(domain, arena, limits->items, limits->count, &tries)) {
    case ATTEMPTS_ALLOWED:
        return PROOF_DONE;
    case ATTEMPTS_EXCEEDED:
        return PROOF_LIMITED;
    case ATTEMPTS_UNAVAILABLE:
        break;
    }
    return PROOF_UNAVAILABLE;
}

/* --- answers --- */

static enum proof_result result_of(enum verify_result result) {
    switch (result) {
    case VERIFY_MATCH:
        return PROOF_DONE;
    case VERIFY_MISMATCH:
    case VERIFY_NOT_FOUND:
    case VERIFY_INVALID_INPUT:
        return PROOF_REFUSED;
    case VERIFY_UNSUPPORTED:
        return PROOF_UNSUPPORTED;
    case VERIFY_STATE_BAD:
        return PROOF_SUSPENDED;
    case VERIFY_PENDING:
        return PROOF_PENDING;
    case VERIFY_RATE_LIMITED:
    case VERIFY_UPSTREAM_ERROR:
        break;
    }
    return PROOF_CANNOT_CHECK;
}

/*
 * A card that is blocked says nothing about its holder, and a credential that is frozen may be anybody's who was seen:
 * only a register that was asked by name and number speaks of their person, and only of the one whose account this is.
 */
bool proof_speaks_of_person(const struct upstream *upstream) {
    const struct upstream_traits *traits = upstream_traits(upstream);
    return (traits->services & UPSTREAM_PERSON) && traits->asks == (ASK_NAME | ASK_ID_NUMBER);
}

static enum proof_result suspend(struct domain *domain, struct arena *arena, const struct account *account,
                                 const struct upstream *upstream, const struct evidence *evidence) {
    if (!proof_speaks_of_person(upstream) || str_is_empty(account->profile.id_number)) {
        return PROOF_REFUSED;
    }
    return proof_suspend(domain, arena, account->account_id, evidence) == DOMAIN_UNAVAILABLE ? PROOF_UNAVAILABLE
                                                                                             : PROOF_SUSPENDED;
}

static enum proof_result keep_answer(struct domain *domain, struct arena *arena, const struct account *account,
                                     const struct upstream *upstream, const struct upstream_asked *asked,
                                     const struct upstream_found *found) {
    enum proof_result result = result_of(found->evidence.result);
    if (result == PROOF_SUSPENDED) {
        return suspend(domain, arena, account, upstream, &found->evidence);
    }
    if (result != PROOF_DONE) {
        return result;
    }
    const struct proof_found kept = {.evidence = found->evidence, .name = asked->name, .id_number = asked->id_number};
    return proof_keep(domain, arena, account, &kept);
}

/* --- checks --- */

enum proof_result proof_check(struct domain *domain, struct arena *arena, const struct account *account,
                              struct upstream *upstream, const struct proof_typed *typed, struct str client_address) {
    const struct upstream_traits *traits = upstream_traits(upstream);
    struct upstream_asked asked = {.request_id = log_request_id, .transaction = upstream_transaction(arena)};
    if (!(traits->services & UPSTREAM_PERSON) || !put_identity(arena, account, typed, &asked) ||
        !put_typed(arena, traits->asks, account, typed, &asked)) {
        return PROOF_INVALID;
    }
    if (str_is_empty(account->profile.id_number) && proof_is_of_child(domain, asked.id_number)) {
        return PROOF_CHILD;
    }
    struct limits limits = limits_of(domain, account, &asked, client_address);
    enum proof_result counted = count(domain, arena, &limits);
    if (counted != PROOF_DONE) {
        return counted;
    }
    struct upstream_found found;
    const struct proof_asked told = {
        .account_id = account->account_id, .client_address = client_address, .by_person = true};
    upstream_verify(upstream, arena, &asked, &found);
    proof_tell_asked(domain, arena, &told, &found.evidence);
    enum proof_result result = keep_answer(domain, arena, account, upstream, &asked, &found);
    if (result == PROOF_CANNOT_CHECK) {
        attempts_give_back(domain, arena, limits.items, limits.count);
    } else if (guessed_nothing(found.evidence.result)) {
        attempts_give_back(domain, arena, limits.items, LIMITS_OF_PERSON);
    }
    return result;
}

/* --- presence --- */

/* The separate consent that the law asks for (Personal Information Protection Law, articles 23 and 29) is one record
 * with the check that rests on it. */
static void tell_begun(struct domain *domain, struct arena *arena, const struct proof_presence *presence) {
    const struct upstream_traits *traits = upstream_traits(presence->upstream);
    struct str account_id = presence->account->account_id;
    struct buf detail;
    buf_init(&detail, arena, 64, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "upstream", upstream_name(presence->upstream));
    json_open_array(&out, "consent");
    if (traits->asks & ASK_ID_NUMBER) {
        json_put_str(&out, NULL, STR("name"));
        json_put_str(&out, NULL, STR("id_number"));
    }
    if (traits->face) {
        json_put_str(&out, NULL, STR("face"));
    }
    json_close_array(&out);
    json_close_object(&out);
    domain_tell(domain, &(struct event){.kind = EVENT_VERIFICATION_BEGIN,
                                        .result = EVENT_DONE,
                                        .actor = presence->claimed ? STR_NONE : account_id,
                                        .subject = account_id,
                                        .address = presence->client_address,
                                        .detail = detail.failed ? STR_NONE : buf_str(&detail)});
}

enum proof_result proof_begin(struct domain *domain, struct arena *arena, const struct proof_presence *presence,
                              struct upstream_begin *begin, struct upstream_begun *ret_begun) {
    const struct proof_typed nothing = {0};
    const struct account *account = presence->account;
    struct upstream *upstream = presence->upstream;
    if (!(upstream_traits(upstream)->services & UPSTREAM_PRESENCE) ||
        !put_identity(arena, account, &nothing, &begin->asked)) {
        return PROOF_INVALID;
    }
    if (proof_is_of_child(domain, begin->asked.id_number)) {
        return PROOF_CHILD;
    }
    begin->asked.request_id = log_request_id;
    begin->asked.transaction = begin->transaction;
    struct limits limits = presence->claimed ? limits_of_claim(domain, arena, presence)
                                             : limits_of(domain, account, &begin->asked, presence->client_address);
    enum proof_result counted = count(domain, arena, &limits);
    if (counted != PROOF_DONE) {
        return counted;
    }
    enum proof_result result = result_of(upstream_begin(upstream, arena, begin, ret_begun));
    if (result == PROOF_PENDING) {
        tell_begun(domain, arena, presence);
    } else if (result == PROOF_CANNOT_CHECK) {
        attempts_give_back(domain, arena, limits.items, limits.count);
    }
    return result == PROOF_DONE ? PROOF_CANNOT_CHECK : result; /* begun is pending; all else is the service's mistake */
}

enum proof_result proof_finish(struct domain *domain, struct arena *arena, const struct account *account,
                               struct upstream *upstream, struct upstream_returned *returned, struct str client_address,
                               unsigned *ret_amr) {
    const struct proof_typed nothing = {0};
    struct upstream_asked *asked = &returned->begun.asked;
    struct upstream_found found;
    if (!put_identity(arena, account, &nothing, asked)) {
        return PROOF_INVALID;
    }
    asked->request_id = log_request_id;
    asked->transaction = returned->begun.transaction;
    if (upstream_finish(upstream, arena, returned, &found) == VERIFY_PENDING) {
        return PROOF_PENDING;
    }
    const struct proof_asked told = {
        .account_id = account->account_id, .client_address = client_address, .by_person = true, .alert = found.alert};
    proof_tell_asked(domain, arena, &told, &found.evidence);
    enum proof_result result = keep_answer(domain, arena, account, upstream, asked, &found);
    *ret_amr = result == PROOF_DONE ? upstream_traits(upstream)->amr : 0;
    return result;
}
