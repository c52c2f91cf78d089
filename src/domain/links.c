/*
 * Links are found by a keyed hash of the service's name and what it calls the person; what is shown of them is sealed.
 */
#include "domain/links.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/utf8.h"
#include "change.h"
#include "links_inside.h"
#include "proofs_inside.h"
#include "status.h"
#include "store/accounts.h"
#include "store/links.h"

#define LINK_ID_RANDOM 16
#define LABEL_MOST     64 /* code points */
#define USED_EVERY_S   3600
#define REMOVE_TRIES   3 /* an account that is changed that often at once is not a person's */

static struct str hash_of(const struct domain *domain, struct arena *arena, struct str upstream, struct str subject) {
    const struct str parts[] = {STR("link"), upstream, subject};
    unsigned char mac[32];
    seal_mac(domain->sealers->lookup, parts, ARRAY_LEN(parts), mac);
    return str_dup(arena, str_of(mac, sizeof(mac)));
}

/* What the other side lets people call themselves: cut to a length, and nothing invisible. */
static struct str label_of(struct arena *arena, struct str text) {
    struct buf buf;
    struct str rest = text;
    uint32_t c;
    buf_init(&buf, arena, 64, 4 * LABEL_MOST);
    for (size_t i = 0; i < LABEL_MOST && rest.len > 0; i++) {
        struct str before = rest;
        if (!utf8_next(&rest, &c)) {
            return STR("");
        }
        bool seen = c >= 0x20 && !(c >= 0x7f && c < 0xa0) && !(c >= 0x2028 && c <= 0x202e) &&
                    !(c >= 0x2060 && c <= 0x206f) && !(c >= 0x200b && c <= 0x200f) && c != 0xfeff;
        if (seen) {
            buf_put(&buf, str_sub(before, 0, before.len - rest.len));
        }
    }
    return buf_str(&buf);
}

static struct event event_of(enum event_kind kind, struct arena *arena, struct str account_id, struct str upstream) {
    return (struct event){.kind = kind,
                          .result = EVENT_DONE,
                          .actor = account_id,
                          .subject = account_id,
                          .detail = str_format(arena, "{\"upstream\":\"%.*s\"}", STR_ARG(upstream))};
}

static enum domain_status domain_of_change(struct admin_answer answer) {
    return answer.result == ADMIN_DONE          ? DOMAIN_DONE
           : answer.result == ADMIN_UNAVAILABLE ? DOMAIN_UNAVAILABLE
                                                : DOMAIN_NO;
}

enum domain_status link_find(struct domain *domain, struct arena *arena, struct str upstream, struct str subject,
                             struct link_owner *ret_owner) {
    struct link_row row;
    int64_t now = clock_wall();
    enum domain_status found =
        domain_of_sql(links_find(domain->sql, arena, upstream, hash_of(domain, arena, upstream, subject), &row));
    if (found != DOMAIN_DONE) {
        return found;
    }
    if (row.used_at + USED_EVERY_S < now) {
        links_set_used(domain->sql, row.link_id, now); /* only for showing: signing in does not hang on it */
    }
    *ret_owner = (struct link_owner){row.account_id, row.opened};
    return DOMAIN_DONE;
}

enum domain_status link_opened(struct domain *domain, struct arena *arena, struct str account_id, struct str upstream) {
    struct link_row *rows;
    size_t count;
    if (links_list(domain->sql, arena, account_id, &rows, &count) == SQL_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].opened && str_equal(rows[i].upstream, upstream)) {
            return DOMAIN_DONE;
        }
    }
    return DOMAIN_NO;
}

struct sql_statement link_insertion(struct domain *domain, struct arena *arena, const struct link_wanted *wanted,
                                    bool opened) {
    int64_t now = clock_wall();
    struct link_row row = {.link_id = str_concat(arena, STR("ln_"), random_text(arena, LINK_ID_RANDOM)),
                           .account_id = wanted->account_id,
                           .upstream = wanted->upstream,
                           .subject_hash = hash_of(domain, arena, wanted->upstream, wanted->subject),
                           .created_at = now,
                           .used_at = now,
                           .opened = opened};
    row.label_sealed =
        seal(domain->sealers->personal, arena, label_of(arena, str_or(wanted->label, STR(""))), row.link_id);
    return links_insert(&row);
}

struct event link_addition(struct arena *arena, const struct link_wanted *wanted) {
    return event_of(EVENT_LINK_ADD, arena, wanted->account_id, wanted->upstream);
}

enum domain_status link_add(struct domain *domain, struct arena *arena, const struct link_wanted *wanted) {
    struct link_row existing;
    struct change change = {0};
    change_add(&change, accounts_lock_active(wanted->account_id));
    change_add(&change, link_insertion(domain, arena, wanted, false));
    struct event event = link_addition(arena, wanted);
    enum domain_status added = domain_of_change(change_write(domain, arena, &change, &event));
    if (added != DOMAIN_NO) {
        return added;
    }
    enum domain_status found = domain_of_sql(links_find(
        domain->sql, arena, wanted->upstream, hash_of(domain, arena, wanted->upstream, wanted->subject), &existing));
    bool own = found == DOMAIN_DONE && str_equal(existing.account_id, wanted->account_id);
    return found == DOMAIN_UNAVAILABLE ? found : own ? DOMAIN_DONE : DOMAIN_NO;
}

enum domain_status link_list(struct domain *domain, struct arena *arena, struct str account_id, struct link **ret_links,
                             size_t *ret_count) {
    struct link_row *rows;
    size_t count;
    if (links_list(domain->sql, arena, account_id, &rows, &count) == SQL_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    struct link *links = arena_array_of(arena, count + 1, struct link);
    for (size_t i = 0; i < count; i++) {
        links[i] = (struct link){.link_id = rows[i].link_id,
                                 .upstream = rows[i].upstream,
                                 .created_at = rows[i].created_at,
                                 .used_at = rows[i].used_at};
        if (!seal_open(domain->sealers->personal, arena, rows[i].label_sealed, rows[i].link_id, &links[i].label)) {
            return DOMAIN_UNAVAILABLE;
        }
    }
    *ret_links = links;
    *ret_count = count;
    return DOMAIN_DONE;
}

/* What the service proved of an account without a number ends with the link: there it may open another account. */
static enum domain_status end_nameless(struct domain *domain, struct arena *arena, const struct account *account,
                                       struct str upstream, struct change *change, bool *ret_ends) {
    struct verification_row *rows;
    size_t count;
    int64_t now = clock_wall(), seen = account->updated_at;
    *ret_ends = false;
    if (!str_is_empty(account->profile.id_number)) {
        return DOMAIN_DONE;
    }
    enum domain_status read = proof_list(domain, arena, account->account_id, &rows, &count);
    for (size_t i = 0; read == DOMAIN_DONE && i < count; i++) {
        if (rows[i].evidence.level > 1 && str_equal(rows[i].evidence.source, upstream)) {
            *ret_ends = *ret_ends || proof_counts(&rows[i], now);
            rows[i].evidence.ended_at = now;
        }
    }
    if (*ret_ends) {
        struct account_row row = {.account_id = account->account_id, .updated_at = now > seen ? now : seen + 1};
        row.level = proof_level(rows, count, now, &row.level_until);
        change_add(change, accounts_update_level(&row, seen));
        change_add(change, verifications_end_proof_of(account->account_id, upstream, now));
    }
    return read;
}

/* Under the account's lock: of two that remove the last two links at once, one stays. ADMIN_STALE: it is the last, or
 * the account was changed meanwhile. */
static struct admin_answer try_to_remove(struct domain *domain, struct arena *arena, struct str account_id,
                                         const struct link *link, bool *ret_ends) {
    struct account account;
    struct change change = {0};
    enum domain_status read = account_load(domain, arena, account_id, &account);
    change_add(&change, accounts_lock(account_id));
    if (read == DOMAIN_DONE) {
        read = end_nameless(domain, arena, &account, link->upstream, &change, ret_ends);
    }
    if (read != DOMAIN_DONE) {
        return admin_answer(read == DOMAIN_NO ? ADMIN_MISSING : ADMIN_UNAVAILABLE);
    }
    change_add(&change, links_delete_but_last(account_id, link->link_id));
    struct event event = event_of(EVENT_LINK_REMOVE, arena, account_id, link->upstream);
    return change_write(domain, arena, &change, &event);
}

static enum domain_status remove_link(struct domain *domain, struct arena *arena, struct str account_id,
                                      const struct link *link) {
    struct admin_answer answer = {.result = ADMIN_STALE};
    bool ends = true;
    for (int i = 0; i < REMOVE_TRIES && ends && answer.result == ADMIN_STALE; i++) {
        answer = try_to_remove(domain, arena, account_id, link, &ends);
    }
    return answer.result == ADMIN_DONE && ends ? proof_end_sign_ins(domain, arena, account_id)
                                               : domain_of_change(answer);
}

enum domain_status link_remove(struct domain *domain, struct arena *arena, struct str account_id, struct str link_id) {
    struct link *links;
    size_t count;
    enum domain_status listed = link_list(domain, arena, account_id, &links, &count);
    for (size_t i = 0; listed == DOMAIN_DONE && i < count; i++) {
        if (str_equal(links[i].link_id, link_id)) {
            return remove_link(domain, arena, account_id, &links[i]);
        }
    }
    return listed == DOMAIN_DONE ? DOMAIN_NO : listed;
}
