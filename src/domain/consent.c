/*
 * Consent, remembered in the durable store.
 */
#include "domain/consent.h"

#include "base/buf.h"
#include "base/clock.h"
#include "store/consents.h"
#include "store/kv.h"

#define SCOPE_MOST 4096

static bool always_asked(struct str word) {
    return str_equal(word, STR("offline_access"));
}

static void add_word(struct buf *buf, struct str word) {
    if (buf->len > 0) {
        buf_putc(buf, ' ');
    }
    buf_put(buf, word);
}

static struct str copy_id(struct arena *arena, struct str account_id, struct str client_id) {
    return str_concat(arena, account_id, STR("."), client_id); /* account ids have no dot */
}

void consent_remember(struct domain *domain, struct arena *arena, struct str account_id, const struct client *client,
                      struct str scope) {
    if (client->consent == CONSENT_ASK) {
        kv_put(domain->kv, arena, STR("cn"), copy_id(arena, account_id, client->client_id), scope,
               domain->settings->session_s);
    }
}

void consent_forget(struct domain *domain, struct arena *arena, struct str account_id, struct str client_id) {
    if (domain->kv) {
        kv_delete(domain->kv, arena, STR("cn"), copy_id(arena, account_id, client_id));
    }
}

static enum sql_status given(struct domain *domain, struct arena *arena, struct str account_id, struct str client_id,
                             struct str *ret_scope) {
    struct consent_row row;
    enum sql_status found = consents_get(domain->sql, arena, account_id, client_id, &row);
    *ret_scope = found == SQL_DONE ? row.scope : STR("");
    return found;
}

enum domain_status consent_missing(struct domain *domain, struct arena *arena, struct str account_id,
                                   const struct client *client, struct str scope, struct str *ret_missing) {
    struct str allowed = STR("");
    bool down =
        client->consent == CONSENT_ASK && given(domain, arena, account_id, client->client_id, &allowed) == SQL_DOWN;
    if (down &&
        kv_get(domain->kv, arena, STR("cn"), copy_id(arena, account_id, client->client_id), &allowed) != KV_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    struct buf missing;
    buf_init(&missing, arena, 64, SCOPE_MOST);
    struct str word;
    while (str_next_word(&scope, &word)) {
        bool fine = !always_asked(word) && (client->consent == CONSENT_STATUTORY || str_has_word(allowed, word));
        if (!fine) {
            add_word(&missing, word);
        }
    }
    *ret_missing = buf_str(&missing);
    return DOMAIN_DONE;
}

enum domain_status consent_give(struct domain *domain, struct arena *arena, struct str account_id,
                                const struct client *client, struct str scope) {
    struct str allowed, word;
    if (given(domain, arena, account_id, client->client_id, &allowed) == SQL_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    struct buf all;
    buf_init(&all, arena, 128, SCOPE_MOST);
    buf_put(&all, allowed);
    while (str_next_word(&scope, &word)) {
        if (!str_has_word(allowed, word)) {
            add_word(&all, word);
        }
    }
    const struct consent_row row = {
        .account_id = account_id, .client_id = client->client_id, .scope = buf_str(&all), .granted_at = clock_wall()};
    return consents_put(domain->sql, &row) == SQL_DONE ? DOMAIN_DONE : DOMAIN_UNAVAILABLE;
}
