/*
 * Accounts between the store, which sees sealed profiles and keyed hashes, and everyone else, who sees people.
 */
#include "domain/account.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "base/utf8.h"
#include "change.h"
#include "domain/grant.h"
#include "domain/password.h"
#include "domain/proofs.h"
#include "domain/session.h"
#include "links_inside.h"
#include "model/identity.h"
#include "status.h"
#include "store/outbox.h"

#define ACCOUNT_ID_RANDOM 16
#define PROFILE_MOST      (16 * 1024)
#define IDENTIFIERS_MOST  3

/* Where something of what the stored level rests on has expired, what is left says the level. */
static enum domain_status level_now(struct domain *domain, struct arena *arena, struct account *account) {
    struct verification_row *rows;
    size_t count;
    if (account->level_until == 0 || account->level_until > clock_wall()) {
        return DOMAIN_DONE;
    }
    enum domain_status read = proof_list(domain, arena, account->account_id, &rows, &count);
    if (read == DOMAIN_DONE) {
        account->level = proof_level(rows, count, clock_wall(), &account->level_until);
    }
    return read;
}

enum domain_status account_load(struct domain *domain, struct arena *arena, struct str account_id,
                                struct account *ret_account) {
    struct account_row row;
    enum domain_status found = domain_of_sql(accounts_get(domain->sql, arena, account_id, &row));
    if (found != DOMAIN_DONE || !str_is_absent(row.merged_into)) {
        return found == DOMAIN_DONE ? DOMAIN_NO : found;
    }
    struct account account = {
        .account_id = row.account_id,
        .state = row.state,
        .level = row.level,
        .level_until = row.level_until,
        .created_at = row.created_at,
        .updated_at = row.updated_at,
    };
    struct str text;
    if (!seal_open(domain->sealers->personal, arena, row.profile_sealed, row.account_id, &text) ||
        !profile_read(arena, text, &account.profile)) {
        return DOMAIN_UNAVAILABLE; /* another installation's key, or damage: never an empty person */
    }
    *ret_account = account;
    return level_now(domain, arena, ret_account);
}

enum domain_status account_active_level(struct domain *domain, struct arena *arena, struct str account_id,
                                        int *ret_level) {
    struct account_row row;
    enum domain_status found = domain_of_sql(accounts_get(domain->sql, arena, account_id, &row));
    if (found != DOMAIN_DONE || row.state != ACCOUNT_ACTIVE) {
        return found == DOMAIN_DONE ? DOMAIN_NO : found;
    }
    struct account account = {.account_id = row.account_id, .level = row.level, .level_until = row.level_until};
    enum domain_status known = level_now(domain, arena, &account);
    *ret_level = account.level;
    return known;
}

enum domain_status account_active(struct domain *domain, struct arena *arena, struct str account_id) {
    struct account_row row;
    enum domain_status found = domain_of_sql(accounts_get(domain->sql, arena, account_id, &row));
    return found == DOMAIN_DONE && row.state != ACCOUNT_ACTIVE ? DOMAIN_NO : found;
}

struct str account_identifier_hash(const struct domain *domain, struct arena *arena, enum identifier_kind kind,
                                   struct str value) {
    char kind_byte = (char)kind;
    const struct str parts[] = {STR("identifier"), str_of(&kind_byte, 1), value};
    unsigned char mac[32];
    seal_mac(domain->sealers->lookup, parts, ARRAY_LEN(parts), mac);
    return str_dup(arena, str_of(mac, sizeof(mac)));
}

struct str account_identifier_fold(struct arena *arena, struct str typed, enum identifier_kind *ret_kind) {
    struct str trimmed = utf8_trim(typed);
    struct id_number number;
    struct str phone;
    if (id_number_read(trimmed, clock_wall(), &number) == ID_NUMBER_OK) {
        *ret_kind = IDENTIFIER_ID_NUMBER;
        return str_dup(arena, str_from(number.text));
    }
    if (phone_read(arena, trimmed, &phone)) {
        *ret_kind = IDENTIFIER_PHONE;
        return phone;
    }
    *ret_kind = str_contains(trimmed, '@') ? IDENTIFIER_EMAIL : IDENTIFIER_USERNAME;
    return str_lower(arena, trimmed);
}

enum domain_status account_find(struct domain *domain, struct arena *arena, enum identifier_kind kind, struct str value,
                                struct str *ret_account_id) {
    struct str hash = account_identifier_hash(domain, arena, kind, value);
    return domain_of_sql(accounts_find(domain->sql, arena, kind, hash, ret_account_id));
}

static size_t identifiers_of(struct domain *domain, struct arena *arena, const struct account_wanted *wanted,
                             struct identifier_row rows[IDENTIFIERS_MOST]) {
    const struct {
        enum identifier_kind kind;
        struct str value;
    } known[IDENTIFIERS_MOST] = {
        {IDENTIFIER_ID_NUMBER, wanted->profile.id_number},
        {IDENTIFIER_PHONE, wanted->profile.phone_number},
        {IDENTIFIER_USERNAME, str_is_empty(wanted->username) ? STR_NONE : str_lower(arena, wanted->username)},
    };
    size_t count = 0;
    for (size_t i = 0; i < IDENTIFIERS_MOST; i++) {
        if (!str_is_empty(known[i].value)) {
            rows[count++] = (struct identifier_row){
                known[i].kind, account_identifier_hash(domain, arena, known[i].kind, known[i].value)};
        }
    }
    return count;
}

static struct verification_row *verifications_of(struct arena *arena, struct str account_id,
                                                 const struct account_wanted *wanted) {
    struct verification_row *rows = arena_array_of(arena, wanted->evidence_count + 1, struct verification_row);
    for (size_t i = 0; i < wanted->evidence_count; i++) {
        rows[i] = (struct verification_row){.verification_id = random_text(arena, ACCOUNT_ID_RANDOM),
                                            .account_id = account_id,
                                            .evidence = wanted->evidence[i]};
    }
    return rows;
}

struct str account_seal_profile(const struct domain *domain, struct arena *arena, struct str account_id,
                                const struct profile *profile) {
    struct buf text;
    buf_init(&text, arena, 512, PROFILE_MOST);
    profile_write(profile, &text);
    CHECK(!text.failed); /* its parts were limited when they came in */
    return seal(domain->sealers->personal, arena, buf_str(&text), account_id);
}

struct str account_new_id(struct arena *arena) {
    return random_text(arena, ACCOUNT_ID_RANDOM);
}

/* The link that it is opened with: where somebody else has that, there is no account either. */
static size_t add_link(struct domain *domain, struct arena *arena, struct str account_id,
                       const struct link_wanted *wanted, struct sql_statement *to, struct event *ret_event) {
    if (!wanted) {
        return 0;
    }
    struct link_wanted link = *wanted;
    link.account_id = account_id;
    *ret_event = link_addition(arena, &link);
    to[0] = link_insertion(domain, arena, &link, true);
    to[1] = outbox_put(arena, ret_event);
    return 2;
}

enum domain_status account_create(struct domain *domain, struct arena *arena, const struct account_wanted *wanted,
                                  struct str *ret_account_id) {
    int64_t now = clock_wall();
    struct str account_id = str_is_absent(wanted->account_id) ? account_new_id(arena) : wanted->account_id;
    struct account_new new = {
        .account = {.account_id = account_id, .state = ACCOUNT_ACTIVE, .created_at = now, .updated_at = now}};
    if (!str_is_absent(wanted->password)) {
        enum domain_status hashed = password_hash(domain, arena, wanted->password, &new.password_hash);
        if (hashed != DOMAIN_DONE) {
            return hashed;
        }
    }
    new.account.profile_sealed = account_seal_profile(domain, arena, new.account.account_id, &wanted->profile);
    struct identifier_row identifiers[IDENTIFIERS_MOST];
    new.identifier_count = identifiers_of(domain, arena, wanted, identifiers);
    new.identifiers = identifiers;
    struct verification_row *verifications = verifications_of(arena, new.account.account_id, wanted);
    new.verifications = verifications;
    new.verification_count = wanted->evidence_count;
    new.account.level = proof_level(new.verifications, new.verification_count, now, &new.account.level_until);
    struct sql_statement along[ACCOUNT_ALONG_MOST];
    struct event linked;
    new.along = along;
    new.along_count = along_statements(arena, wanted->along, along);
    new.along_count += add_link(domain, arena, account_id, wanted->link, along + new.along_count, &linked);
    enum domain_status created = domain_of_sql(accounts_create(domain->sql, &new));
    if (created == DOMAIN_DONE) {
        along_tell(domain, wanted->along);
        if (wanted->link) {
            change_tell(domain, &linked);
        }
        *ret_account_id = account_id;
    }
    return created;
}

enum domain_status account_set_state(struct domain *domain, struct arena *arena, struct str account_id,
                                     enum account_state state) {
    enum domain_status set = domain_of_sql(accounts_set_state(domain->sql, account_id, state, clock_wall()));
    if (set != DOMAIN_DONE || state == ACCOUNT_ACTIVE) {
        return set;
    }
    enum domain_status cut = grants_cut(domain, arena, account_id);
    return cut == DOMAIN_DONE ? session_end_all(domain, arena, account_id) : cut;
}
