/*
 * A person's own sessions.
 */
#include "base/arena.h"
#include "base/byte.h"
#include "base/encode.h"
#include "domain/session.h"
#include "own_inside.h"

#include <stdlib.h>

static int latest_first(const void *a, const void *b) {
    const struct session *left = &((const struct own_session *)a)->session;
    const struct session *right = &((const struct own_session *)b)->session;
    return left->auth_time != right->auth_time ? (left->auth_time < right->auth_time ? 1 : -1)
                                               : str_compare(left->session_id, right->session_id);
}

/* DOMAIN_NO: it has expired. */
static enum domain_status load(struct domain *domain, struct arena *arena, struct str session_id,
                               struct own_session *session) {
    enum domain_status found = session_get(domain, arena, session_id, &session->session);
    if (found != DOMAIN_DONE) {
        return found;
    }
    if (session_origin(domain, arena, &session->session) == DOMAIN_UNAVAILABLE) {
        return DOMAIN_UNAVAILABLE;
    }
    return session_clients(domain, arena, session_id, &session->client_ids, &session->client_count);
}

enum domain_status own_sessions(struct domain *domain, struct arena *arena, struct str account_id,
                                struct own_session **ret_sessions, size_t *ret_count) {
    struct str *ids;
    size_t id_count, count = 0;
    enum domain_status status = session_list(domain, arena, account_id, &ids, &id_count);
    if (status != DOMAIN_DONE) {
        return status;
    }
    struct own_session *sessions = arena_array_of(arena, id_count + 1, struct own_session);
    for (size_t i = 0; i < id_count; i++) {
        status = load(domain, arena, ids[i], &sessions[count]);
        if (status == DOMAIN_UNAVAILABLE) {
            return status;
        }
        count += status == DOMAIN_DONE && str_equal(sessions[count].session.account_id, account_id);
    }
    qsort(sessions, count, sizeof(sessions[0]), latest_first);
    *ret_sessions = sessions;
    *ret_count = count;
    return DOMAIN_DONE;
}

static void tell_ended(struct domain *domain, const struct own *own, struct str session_id, const char *reason) {
    struct event event = own_event(own, EVENT_LOGOUT);
    event.reason = reason;
    event.session_id = session_id;
    domain_tell(domain, &event);
}

static bool is_session_id(struct str text) {
    return text.len == base64url_length(SESSION_ID_SIZE) && bytes_all(text, BYTE_BASE64URL);
}

enum domain_status own_end_session(struct domain *domain, struct arena *arena, const struct own *own,
                                   struct str session_id) {
    struct session session;
    enum domain_status found = is_session_id(session_id) ? session_get(domain, arena, session_id, &session) : DOMAIN_NO;
    if (found != DOMAIN_DONE) {
        return found;
    }
    if (!str_equal(session.account_id, own->account_id)) {
        return DOMAIN_NO;
    }
    enum domain_status ended = session_end(domain, arena, session_id);
    if (ended == DOMAIN_DONE) {
        tell_ended(domain, own, session_id, "elsewhere");
    }
    return ended;
}

enum domain_status own_end_other_sessions(struct domain *domain, struct arena *arena, const struct own *own) {
    enum domain_status ended = session_end_others(domain, arena, own->account_id, own->session_id);
    if (ended == DOMAIN_DONE) {
        tell_ended(domain, own, STR_NONE, "all_others");
    }
    return ended;
}
