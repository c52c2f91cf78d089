/*
 * Carrying what a sign-in service said, linking it, and what it proves.
 */
#include "domain/carried.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/identity.h"
#include "model/pack.h"
#include "proofs_inside.h"

#define CARRIED_VERSION 1
#define CERTIFIED_LEVEL 2

struct str carried_pack(struct arena *arena, const struct carried *carried) {
    const struct evidence *evidence = &carried->evidence;
    struct buf buf;
    buf_init(&buf, arena, 256, CARRIED_MOST);
    pack_number(&buf, CARRIED_VERSION);
    pack_str(&buf, carried->upstream);
    pack_str(&buf, carried->subject);
    pack_str(&buf, carried->label);
    pack_number(&buf, carried->certified);
    pack_str(&buf, carried->name);
    pack_str(&buf, carried->id_number);
    pack_str(&buf, evidence->authority);
    pack_str(&buf, evidence->method);
    pack_str(&buf, evidence->check_id);
    pack_number(&buf, (uint64_t)evidence->level);
    pack_signed(&buf, evidence->checked_at);
    pack_signed(&buf, evidence->expires_at);
    pack_number(&buf, carried->amr);
    return buf.failed ? STR_NONE : buf_str(&buf);
}

bool carried_unpack(struct str packed, struct carried *ret_carried) {
    struct unpack unpack = {.left = packed};
    struct carried carried = {0};
    if (str_is_empty(packed) || unpack_number(&unpack) != CARRIED_VERSION) {
        return false;
    }
    carried.upstream = unpack_str(&unpack);
    carried.subject = unpack_str(&unpack);
    carried.label = unpack_str(&unpack);
    carried.certified = unpack_number(&unpack) != 0;
    carried.name = unpack_str(&unpack);
    carried.id_number = unpack_str(&unpack);
    carried.evidence = (struct evidence){.result = VERIFY_MATCH, .source = carried.upstream};
    carried.evidence.authority = unpack_str(&unpack);
    carried.evidence.method = unpack_str(&unpack);
    carried.evidence.check_id = unpack_str(&unpack);
    carried.evidence.level = (int)unpack_number(&unpack);
    carried.evidence.checked_at = unpack_signed(&unpack);
    carried.evidence.expires_at = unpack_signed(&unpack);
    carried.amr = (unsigned)unpack_number(&unpack);
    if (!unpack_done(&unpack)) {
        return false;
    }
    *ret_carried = carried;
    return true;
}

/* A number that is none is not vouched for, whatever they say. */
static bool is_certified(const struct upstream_found *found) {
    struct id_number number;
    return found->certified && !str_is_empty(found->name) &&
           id_number_read(found->id_number, clock_wall(), &number) == ID_NUMBER_OK;
}

struct carried carried_of(const struct upstream *upstream, const struct upstream_found *found) {
    bool certified = is_certified(found);
    struct evidence evidence = found->evidence;
    if (found->certified && !certified) {
        evidence.level = 0; /* it is of somebody whom nobody can tell */
    }
    return (struct carried){.upstream = upstream_name(upstream),
                            .subject = found->subject,
                            .label = found->nickname,
                            .certified = certified,
                            .name = certified ? found->name : STR_NONE,
                            .id_number = certified ? found->id_number : STR_NONE,
                            .evidence = evidence,
                            .amr = upstream_traits(upstream)->amr | found->amr};
}

/* --- proving --- */

/* What a service does not say of whom is of the person who opened the account with it, as long as no number is known
 * that it cannot be held against. */
static bool is_about(const struct account *account, const struct carried *carried) {
    struct str known = account->profile.id_number;
    return carried->certified ? str_equal(str_or(known, STR("")), carried->id_number)
                              : carried->opened && str_is_empty(known);
}

unsigned carried_amr(const struct account *account, const struct carried *carried) {
    return is_about(account, carried) ? carried->amr : carried->amr & ~(unsigned)(AMR_FACE | AMR_MFA);
}

static bool fits(const struct account *account, const struct carried *carried) {
    struct str known = account->profile.id_number;
    return !carried->certified || str_is_empty(known) || str_equal(known, carried->id_number);
}

/*
 * The service vouches; the register must say the same of name and number: the first time, and each time where the
 * service has no level of its own. Without a register only such a level counts.
 */
static enum proof_result prove_certified(struct domain *domain, struct arena *arena, const struct account *account,
                                         const struct carried *carried, struct str client_address) {
    bool own_level = carried->evidence.level > 0;
    bool asks = domain->registration && (!own_level || str_is_empty(account->profile.id_number));
    struct proof_found found = {.evidence = carried->evidence, .name = carried->name, .id_number = carried->id_number};
    if (!own_level) {
        found.evidence.method = str_or(carried->evidence.method, proof_of(METHOD_ALIPAY_CERTIFIED)->name);
        found.evidence.level = CERTIFIED_LEVEL;
    }
    if (account->level >= found.evidence.level || (!own_level && !domain->registration)) {
        return PROOF_DONE;
    }
    const struct proof_typed typed = {.name = carried->name, .id_number = carried->id_number};
    enum proof_result agreed =
        asks ? proof_check(domain, arena, account, domain->registration, &typed, client_address) : PROOF_DONE;
    return agreed == PROOF_DONE ? proof_keep(domain, arena, account, &found) : agreed;
}

enum domain_status carried_prove(struct domain *domain, struct arena *arena, const struct account *account,
                                 const struct carried *carried, struct str client_address) {
    enum proof_result result = PROOF_DONE;
    if (!fits(account, carried)) {
        return DOMAIN_NO;
    }
    if (carried->certified) {
        result = prove_certified(domain, arena, account, carried, client_address);
    } else if (is_about(account, carried) && carried->evidence.level > account->level) {
        const struct proof_found found = {.evidence = carried->evidence};
        result = proof_keep(domain, arena, account, &found);
    } /* else it is a way to sign in, and nothing more */
    if (result != PROOF_DONE) {
        log_info("carried.not_proven", log_int("result", result)); /* the sign-in stands, at the level that there was */
    }
    return DOMAIN_DONE;
}

struct link_wanted carried_wanted(const struct carried *carried) {
    return (struct link_wanted){.upstream = carried->upstream, .subject = carried->subject, .label = carried->label};
}

enum carried_result carried_link(struct domain *domain, struct arena *arena, const struct account *account,
                                 const struct carried *carried, struct str client_address) {
    struct link_wanted wanted = carried_wanted(carried);
    wanted.account_id = account->account_id;
    if (!fits(account, carried)) {
        return CARRIED_OTHER_PERSON;
    }
    switch (link_add(domain, arena, &wanted)) {
    case DOMAIN_DONE:
        break;
    case DOMAIN_NO:
        return CARRIED_TAKEN;
    case DOMAIN_UNAVAILABLE:
        return CARRIED_UNAVAILABLE;
    }
    if (carried->certified) { /* of an account that was there before, a nameless service proves nothing */
        carried_prove(domain, arena, account, carried, client_address);
    }
    return CARRIED_LINKED;
}
