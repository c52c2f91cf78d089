/*
 * The portal's own sessions, in memory.
 */
#include "base/check.h"
#include "base/random.h"
#include "portal.h"

#include <stdlib.h>
#include <uthash.h>

#define SESSIONS_MOST 10000

struct entry {
    struct portal_session session; /* first: a session is its entry */
    UT_hash_handle hh;
};

static struct entry *first(const struct portal *portal) {
    return (struct entry *)portal->sessions;
}

void portal_session_end(struct portal *portal, struct portal_session *session) {
    struct entry *head = first(portal), *entry = (struct entry *)session;
    HASH_DEL(head, entry);
    portal->sessions = (struct portal_session *)head;
    arena_free(session->arena);
    free(entry);
}

struct portal_session *portal_session_new(struct portal *portal) {
    struct entry *head = first(portal);
    if (HASH_COUNT(head) >= SESSIONS_MOST) {
        portal_session_end(portal, &head->session); /* the oldest */
        head = first(portal);
    }
    struct entry *entry = check_calloc(1, sizeof(*entry));
    struct arena *arena = arena_new();
    entry->session = (struct portal_session){.arena = arena,
                                             .id = random_text(arena, 32),
                                             .state = random_text(arena, 16),
                                             .nonce = random_text(arena, 16),
                                             .code_verifier = random_text(arena, 32)};
    HASH_ADD_KEYPTR(hh, head, entry->session.id.ptr, entry->session.id.len, entry);
    portal->sessions = (struct portal_session *)head;
    return &entry->session;
}

struct portal_session *portal_session_find(struct portal *portal, struct str id) {
    struct entry *head = first(portal), *entry = NULL;
    if (!str_is_empty(id)) {
        HASH_FIND(hh, head, id.ptr, id.len, entry);
    }
    return entry ? &entry->session : NULL;
}

size_t portal_sessions_end(struct portal *portal, struct str sid, struct str sub) {
    struct entry *head = first(portal), *entry, *next;
    size_t count = 0;
    HASH_ITER(hh, head, entry, next) {
        const struct portal_session *session = &entry->session;
        bool same = str_is_absent(sid) ? str_equal(session->sub, sub) : str_equal(session->sid, sid);
        if (session->signed_in && same) {
            portal_session_end(portal, &entry->session);
            count++;
        }
    }
    return count;
}

void portal_sessions_free(struct portal *portal) {
    while (portal->sessions) {
        portal_session_end(portal, portal->sessions);
    }
}
