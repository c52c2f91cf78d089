/*
 * What evidence amounts to, and keeping it.
 */
#include "domain/proofs.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "change.h"
#include "domain/grant.h"
#include "domain/links.h"
#include "domain/second_factor.h"
#include "domain/session.h"
#include "loop/fiber.h"
#include "model/identity.h"
#include "proofs_inside.h"
#include "status.h"
#include "store/links.h"
#include "store/outbox.h"

#define VERIFICATION_ID_RANDOM 16
#define DETAIL_MOST            1024
#define CUT_MS                 1000
#define KEEP_TRIES             3 /* an account that is changed that often at once is not a person's */

/* --- levels --- */

bool proof_counts(const struct verification_row *row, int64_t now) {
    const struct evidence *evidence = &row->evidence;
    return evidence->result == VERIFY_MATCH && evidence->ended_at == 0 &&
           (evidence->expires_at == 0 || evidence->expires_at > now);
}

int proof_level(const struct verification_row *rows, size_t count, int64_t now, int64_t *ret_until) {
    int level = 1;
    int64_t until = 0;
    for (size_t i = 0; i < count; i++) {
        const struct evidence *evidence = &rows[i].evidence;
        if (!proof_counts(&rows[i], now) || evidence->level < level) {
            continue;
        }
        bool lasts = evidence->expires_at == 0 || (until > 0 && evidence->expires_at > until);
        if (evidence->level > level) {
            level = evidence->level;
            until = evidence->expires_at;
        } else if (level > 1 && lasts && until > 0) {
            until = evidence->expires_at; /* another of the same level holds it longer */
        }
    }
    *ret_until = until;
    return level;
}

enum domain_status proof_list(struct domain *domain, struct arena *arena, struct str account_id,
                              struct verification_row **ret_rows, size_t *ret_count) {
    return domain_of_sql(accounts_verifications(domain->sql, arena, account_id, ret_rows, ret_count));
}

int sign_in_level(const struct account *account, unsigned amr) {
    int shown = amr_level(amr);
    return account->level < shown ? account->level : shown;
}

bool proof_is_of_child(const struct domain *domain, struct str id_number) {
    struct id_number number;
    int64_t now = clock_wall();
    return id_number_read(id_number, now, &number) == ID_NUMBER_OK &&
           id_number_age(&number, now) < domain->settings->minimum_age;
}

/* --- telling --- */

static struct str detail_of(struct arena *arena, const struct evidence *evidence) {
    struct buf detail;
    buf_init(&detail, arena, 128, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "upstream", str_or(evidence->source, STR("")));
    if (!str_is_empty(evidence->method)) {
        json_put_str(&out, "method", evidence->method);
    }
    if (!str_is_empty(evidence->check_id)) {
        json_put_str(&out, "check_id", evidence->check_id);
    }
    if (evidence->level > 0) {
        json_put_int(&out, "level", evidence->level);
    }
    json_close_object(&out);
    return detail.failed ? STR_NONE : buf_str(&detail);
}

void proof_tell_asked(struct domain *domain, struct arena *arena, const struct proof_asked *asked,
                      const struct evidence *evidence) {
    bool cannot = evidence->result == VERIFY_RATE_LIMITED || evidence->result == VERIFY_UPSTREAM_ERROR;
    domain_tell(domain,
                &(struct event){.kind = EVENT_VERIFICATION,
                                .result = evidence->result == VERIFY_MATCH ? EVENT_DONE
                                          : cannot                         ? EVENT_FAILED
                                                                           : EVENT_REFUSED,
                                .reason = asked->alert                       ? "attack"
                                          : evidence->result == VERIFY_MATCH ? NULL
                                                                             : verify_result_name(evidence->result),
                                .actor = asked->by_person ? asked->account_id : STR_NONE,
                                .subject = asked->account_id,
                                .address = asked->client_address,
                                .detail = detail_of(arena, evidence)});
}

/* --- keeping --- */

/* What is to be written: the evidence, the identity that it makes known, and the level that follows. */
struct keeping {
    struct account account; /* as it is now */
    struct account_row row; /* as it will be */
    struct verification_row verification;
    struct identifier_row identifier;
    bool identity_is_new;
    bool nameless; /* the evidence does not say whom it is about */
    bool ends;     /* what counted before does not any more */
    bool unbinds;  /* nor does the one-time password stand for whoever was seen then */
    struct sql_statement unbound;
};

/*
 * What names nobody is of whoever opened the account with it, as long as nothing else says who that is: once the number
 * is known it may be anybody's. A phone at hand (level 1) proves nobody.
 */
static enum proof_result judge_nameless(struct domain *domain, struct arena *arena, const struct proof_found *found,
                                        struct keeping *keeping) {
    const struct evidence *evidence = &found->evidence;
    if (!str_is_empty(found->id_number) || evidence->level <= 1) {
        return PROOF_DONE;
    }
    if (!str_is_empty(keeping->account.profile.id_number)) {
        return PROOF_REFUSED;
    }
    enum domain_status opened = link_opened(domain, arena, keeping->account.account_id, evidence->source);
    keeping->nameless = true;
    return opened == DOMAIN_DONE ? PROOF_DONE : opened == DOMAIN_NO ? PROOF_REFUSED : PROOF_UNAVAILABLE;
}

/* The person is the account's; their name may be corrected where it still is what was to be corrected. */
static enum proof_result known_identity(struct profile *profile, const struct proof_found *found,
                                        const struct id_number *number) {
    bool corrects = !str_is_absent(found->instead_of);
    if (!str_equal(profile->id_number, str_from(number->text)) ||
        (corrects && !str_equal(str_or(profile->name, STR("")), found->instead_of))) {
        return PROOF_REFUSED;
    }
    if (corrects) {
        profile_rename(profile, found->name);
    }
    return PROOF_DONE;
}

static enum proof_result learn_identity(struct domain *domain, struct arena *arena, const struct proof_found *found,
                                        struct keeping *keeping) {
    struct profile *profile = &keeping->account.profile;
    struct id_number number;
    if (str_is_empty(found->id_number)) {
        return PROOF_DONE;
    }
    if (id_number_read(found->id_number, clock_wall(), &number) != ID_NUMBER_OK) {
        return PROOF_INVALID;
    }
    if (!str_is_empty(profile->id_number)) {
        return known_identity(profile, found, &number);
    }
    if (!str_equal(found->evidence.method, proof_of(METHOD_IN_PERSON)->name) &&
        proof_is_of_child(domain, found->id_number)) {
        return PROOF_CHILD;
    }
    profile_identify(arena, profile, found->name, &number);
    keeping->identity_is_new = true;
    keeping->identifier = (struct identifier_row){
        IDENTIFIER_ID_NUMBER, account_identifier_hash(domain, arena, IDENTIFIER_ID_NUMBER, profile->id_number)};
    return PROOF_DONE;
}

static enum domain_status level_with(struct domain *domain, struct arena *arena, struct keeping *keeping) {
    struct verification_row *rows;
    size_t count;
    enum domain_status read = proof_list(domain, arena, keeping->account.account_id, &rows, &count);
    if (read != DOMAIN_DONE) {
        return read;
    }
    struct verification_row *all = arena_array_of(arena, count + 1, struct verification_row);
    int64_t now = clock_wall();
    for (size_t i = 0; i < count; i++) {
        all[i] = rows[i];
        if (keeping->identity_is_new && rows[i].evidence.level > 1) {
            keeping->ends = keeping->ends || proof_counts(&rows[i], now);
            all[i].evidence.ended_at = now;
        }
    }
    all[count] = keeping->verification;
    keeping->row.level = proof_level(all, count + 1, now, &keeping->row.level_until);
    return DOMAIN_DONE;
}

enum domain_status proof_end_sign_ins(struct domain *domain, struct arena *arena, struct str account_id) {
    if (!domain->kv) {
        return DOMAIN_DONE; /* the shell's, without a store of sessions */
    }
    enum domain_status cut = grants_cut(domain, arena, account_id);
    return cut == DOMAIN_DONE ? session_end_all(domain, arena, account_id) : cut;
}

/* For whoever signed in while it was written, and once more for who had loaded the account by then. A cut reaches what
 * is granted in the same second: the sign-in that brought the evidence goes on after it. */
static void end_sign_ins_after(struct domain *domain, struct arena *arena, struct str account_id) {
    proof_end_sign_ins(domain, arena, account_id);
    if (domain->kv) {
        fiber_sleep(CUT_MS);
        session_end_all(domain, arena, account_id);
    }
}

static enum sql_status write_keeping(struct domain *domain, struct arena *arena, const struct keeping *keeping,
                                     const struct proof_found *found) {
    struct sql_statement statements[7 + ALONG_MOST];
    size_t count = 0;
    struct str account_id = keeping->account.account_id;
    const struct evidence *evidence = &keeping->verification.evidence;
    const struct event event = {.kind = EVENT_PROOF,
                                .result = EVENT_DONE,
                                .actor = account_id,
                                .subject = account_id,
                                .detail = detail_of(arena, evidence)};
    statements[count++] = accounts_update(&keeping->row, keeping->account.updated_at);
    if (keeping->nameless) {
        statements[count++] = links_hold_opened(account_id, evidence->source);
    }
    if (keeping->unbinds) {
        statements[count++] = keeping->unbound;
    }
    if (keeping->identity_is_new) {
        statements[count++] = verifications_end_proof(account_id, clock_wall());
        statements[count++] = identifiers_insert(account_id, &keeping->identifier);
    }
    statements[count++] = verifications_insert(&keeping->verification);
    statements[count++] = outbox_put(arena, &event);
    count += along_statements(arena, found->along, statements + count);
    enum sql_status written = sql_write(domain->sql, statements, count);
    if (written == SQL_DONE) {
        change_tell(domain, &event);
        along_tell(domain, found->along);
    }
    return written;
}

/* SQL_MISSING: the account was changed meanwhile. */
static enum proof_result try_to_keep(struct domain *domain, struct arena *arena, struct str account_id,
                                     const struct proof_found *found, enum sql_status *ret_written) {
    struct keeping keeping = {.verification = {.verification_id = random_text(arena, VERIFICATION_ID_RANDOM),
                                               .account_id = account_id,
                                               .evidence = found->evidence}};
    int64_t now = clock_wall();
    *ret_written = SQL_DONE;
    if (account_load(domain, arena, account_id, &keeping.account) != DOMAIN_DONE) {
        return PROOF_UNAVAILABLE;
    }
    if (keeping.account.state != ACCOUNT_ACTIVE) {
        return PROOF_SUSPENDED; /* or closed, while somebody was asked */
    }
    int64_t seen = keeping.account.updated_at;
    enum proof_result judged = judge_nameless(domain, arena, found, &keeping);
    if (judged == PROOF_DONE) {
        judged = learn_identity(domain, arena, found, &keeping);
    }
    if (judged != PROOF_DONE) {
        return judged;
    }
    keeping.row = (struct account_row){.account_id = account_id,
                                       .updated_at = now > seen ? now : seen + 1,
                                       .profile_sealed =
                                           account_seal_profile(domain, arena, account_id, &keeping.account.profile)};
    if (level_with(domain, arena, &keeping) != DOMAIN_DONE) {
        return PROOF_UNAVAILABLE;
    }
    if (keeping.identity_is_new) {
        enum sql_status unbinds = second_factor_unbind(domain, arena, account_id, &keeping.unbound);
        if (unbinds == SQL_DOWN) {
            return PROOF_UNAVAILABLE;
        }
        keeping.unbinds = unbinds == SQL_DONE;
    }
    if (keeping.ends && proof_end_sign_ins(domain, arena, account_id) != DOMAIN_DONE) {
        return PROOF_UNAVAILABLE;
    }
    *ret_written = write_keeping(domain, arena, &keeping, found);
    if (keeping.ends && *ret_written == SQL_DONE) {
        end_sign_ins_after(domain, arena, account_id);
    }
    return *ret_written == SQL_DOWN ? PROOF_UNAVAILABLE : PROOF_DONE;
}

enum proof_result proof_keep(struct domain *domain, struct arena *arena, const struct account *account,
                             const struct proof_found *found) {
    for (int i = 0; i < KEEP_TRIES; i++) {
        enum sql_status written;
        enum proof_result result = try_to_keep(domain, arena, account->account_id, found, &written);
        if (result != PROOF_DONE || written == SQL_DONE) {
            return result;
        }
        if (written == SQL_CONFLICT) {
            return PROOF_OTHER_PERSON; /* the number is another account's */
        }
    }
    return PROOF_UNAVAILABLE;
}

enum domain_status proof_refresh(struct domain *domain, struct arena *arena, struct str account_id) {
    for (int i = 0; i < KEEP_TRIES; i++) {
        struct verification_row *rows;
        struct account_row row;
        size_t count;
        enum domain_status read = domain_of_sql(accounts_get(domain->sql, arena, account_id, &row));
        if (read == DOMAIN_DONE) {
            read = proof_list(domain, arena, account_id, &rows, &count);
        }
        if (read != DOMAIN_DONE || row.state == ACCOUNT_CLOSED) {
            return read; /* what is closed has no level */
        }
        int64_t seen = row.updated_at, now = clock_wall();
        row.level = proof_level(rows, count, now, &row.level_until);
        row.updated_at = now > seen ? now : seen + 1;
        const struct sql_statement update = accounts_update_level(&row, seen);
        enum sql_status written = sql_write(domain->sql, &update, 1);
        if (written != SQL_MISSING) {
            return domain_of_sql(written);
        }
    }
    return DOMAIN_UNAVAILABLE;
}

/* --- people who must not act --- */

enum domain_status proof_suspend(struct domain *domain, struct arena *arena, struct str account_id,
                                 const struct evidence *evidence) {
    enum domain_status set = account_set_state(domain, arena, account_id, ACCOUNT_SUSPENDED);
    domain_tell(domain, &(struct event){.kind = EVENT_ACCOUNT_SUSPEND,
                                        .result = set == DOMAIN_DONE ? EVENT_DONE : EVENT_FAILED,
                                        .reason = "state_bad",
                                        .actor = str_concat(arena, STR("upstream:"), evidence->source),
                                        .subject = account_id,
                                        .detail = detail_of(arena, evidence)});
    return set;
}
