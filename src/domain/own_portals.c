/*
 * Which client systems have something of a person: those they allowed something, which also covers what outlives a
 * session, and those they are signed in at.
 */
#include "base/arena.h"
#include "change.h"
#include "domain/consent.h"
#include "domain/grant.h"
#include "domain/session.h"
#include "own_inside.h"
#include "status.h"
#include "store/consents.h"

#define PORTALS_MOST 2000 /* as many as consents and sessions list */

struct portals {
    struct own_portal *items;
    size_t count;
};

static struct own_portal *find(struct portals *portals, struct str client_id) {
    for (size_t i = 0; i < portals->count; i++) {
        if (str_equal(portals->items[i].client_id, client_id)) {
            return &portals->items[i];
        }
    }
    return NULL;
}

static struct own_portal *find_or_add(struct portals *portals, struct str client_id) {
    struct own_portal *portal = find(portals, client_id);
    if (!portal && portals->count < PORTALS_MOST) {
        portal = &portals->items[portals->count++];
        *portal = (struct own_portal){.client_id = client_id};
    }
    return portal;
}

static void add_consents(struct portals *portals, const struct consent_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct own_portal *portal = find_or_add(portals, rows[i].client_id);
        if (portal) {
            portal->scope = rows[i].scope;
            portal->granted_at = rows[i].granted_at;
        }
    }
}

static void add_sessions(struct portals *portals, const struct own_session *sessions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < sessions[i].client_count; at++) {
            struct own_portal *portal = find_or_add(portals, sessions[i].client_ids[at]);
            if (portal) {
                portal->signed_in = true;
            }
        }
    }
}

static enum domain_status collect(struct domain *domain, struct arena *arena, struct str account_id,
                                  struct portals *portals, struct own_session **ret_sessions,
                                  size_t *ret_session_count) {
    struct consent_row *rows;
    size_t count;
    enum domain_status status = own_sessions(domain, arena, account_id, ret_sessions, ret_session_count);
    if (status != DOMAIN_DONE) {
        return status;
    }
    if (consents_list(domain->sql, arena, account_id, &rows, &count) == SQL_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    portals->items = arena_array_of(arena, PORTALS_MOST, struct own_portal);
    add_consents(portals, rows, count);
    add_sessions(portals, *ret_sessions, *ret_session_count);
    return DOMAIN_DONE;
}

enum domain_status own_portals(struct domain *domain, struct arena *arena, struct str account_id,
                               struct own_portal **ret_portals, size_t *ret_count) {
    struct portals portals = {0};
    struct own_session *sessions;
    size_t session_count;
    enum domain_status status = collect(domain, arena, account_id, &portals, &sessions, &session_count);
    *ret_portals = portals.items;
    *ret_count = portals.count;
    return status;
}

static enum domain_status leave_sessions(struct domain *domain, struct arena *arena, struct str client_id,
                                         const struct own_session *sessions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < sessions[i].client_count; at++) {
            if (str_equal(sessions[i].client_ids[at], client_id) &&
                session_leave(domain, arena, &sessions[i].session, client_id) != DOMAIN_DONE) {
                return DOMAIN_UNAVAILABLE;
            }
        }
    }
    return DOMAIN_DONE;
}

/* The consent goes first: what is given from then on would have to be asked for. */
enum domain_status own_withdraw(struct domain *domain, struct arena *arena, const struct own *own,
                                struct str client_id) {
    struct portals portals = {0};
    struct own_session *sessions;
    size_t session_count;
    enum domain_status status = collect(domain, arena, own->account_id, &portals, &sessions, &session_count);
    const struct own_portal *portal = status == DOMAIN_DONE ? find(&portals, client_id) : NULL;
    if (!portal) {
        return status == DOMAIN_DONE ? DOMAIN_NO : status;
    }
    struct change change = {0};
    if (!str_is_absent(portal->scope)) {
        struct sql_statement forget = consents_delete_statement(own->account_id, client_id);
        forget.must_change = false; /* of two who withdraw it at once, both are right */
        change_add(&change, forget);
    }
    struct event event = own_event(own, EVENT_CONSENT_WITHDRAW);
    event.client_id = client_id;
    if (change_write(domain, arena, &change, &event).result != ADMIN_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    consent_forget(domain, arena, own->account_id, client_id);
    enum domain_status cut = grants_cut_client(domain, arena, own->account_id, client_id);
    return cut == DOMAIN_DONE ? leave_sessions(domain, arena, client_id, sessions, session_count) : cut;
}

enum domain_status own_disclosures(struct domain *domain, struct arena *arena, struct str account_id,
                                   struct disclosure_row **ret_rows, size_t *ret_count) {
    return domain_of_sql(disclosures_list(domain->sql, arena, account_id, OWN_DISCLOSURES_MOST, ret_rows, ret_count));
}
