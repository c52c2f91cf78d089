/*
 * session: signing in, once, for every portal; and ending it everywhere.
 */
#ifndef DOMAIN_SESSION_H
#define DOMAIN_SESSION_H

#include "domain/domain.h"
#include "model/client.h"
#include "model/session.h"

/* The session of a cookie, its idle time started anew. DOMAIN_NO: none, expired, or not a cookie of ours. Waits. */
enum domain_status session_find(struct domain *domain, struct arena *arena, struct str cookie,
                                struct session *ret_session);
/* From the answered KV_GET of "ss" and its id, so that the caller may ask for other things in the same round trip. */
struct kv_op;
enum domain_status session_read(const struct domain *domain, const struct kv_op *answered, struct session *ret_session);
/* By id, without touching its idle time. Waits. */
enum domain_status session_get(struct domain *domain, struct arena *arena, struct str session_id,
                               struct session *ret_session);

/*
 * After a successful sign-in: a browser's session of the same account is renewed in place (same id, what is wanted
 * otherwise); one of another account is ended first, and that is told of. After more was shown in a session
 * (session_raise): only that one is renewed, and DOMAIN_NO says that it has ended meanwhile. The browser gets a new
 * cookie in any case: the one it had opens nothing any more. A person has at most 1000 sessions: beyond, the oldest
 * sign-in ends. Wait.
 */
struct session_started {
    struct session session;
    struct str cookie;
    bool renewed; /* rather than begun */
};
enum domain_status session_start(struct domain *domain, struct arena *arena, struct str old_cookie,
                                 const struct session *wanted, struct session_started *ret_started);
enum domain_status session_raise(struct domain *domain, struct arena *arena, struct str cookie,
                                 const struct session *wanted, struct session_started *ret_started);

/* Where the last sign-in of a session came from: sets address and device. DOMAIN_NO when it is not known. Waits. */
enum domain_status session_origin(struct domain *domain, struct arena *arena, struct session *session);

/*
 * Ends a session: cookie, codes, grants without offline_access, all at once, and tells the client systems that took
 * part (back-channel logout) in the background. Ending a session that is gone is DOMAIN_DONE. Waits.
 */
enum domain_status session_end(struct domain *domain, struct arena *arena, struct str session_id);
/* As session_end; and whose it was, absent when it was gone already. Waits. */
enum domain_status session_end_whose(struct domain *domain, struct arena *arena, struct str session_id,
                                     struct str *ret_account_id);
/* All sessions of a person: suspension, recovery; or all but the one that is kept. Wait. */
enum domain_status session_end_all(struct domain *domain, struct arena *arena, struct str account_id);
enum domain_status session_end_others(struct domain *domain, struct arena *arena, struct str account_id,
                                      struct str kept_session_id);
/* One client system is told that the session is over, and is no part of it any more: its consent was withdrawn. Waits.
 */
enum domain_status session_leave(struct domain *domain, struct arena *arena, const struct session *session,
                                 struct str client_id);

/* The ids of a person's sessions, some of which may have expired; and the client systems that took part in one. Wait.
 */
enum domain_status session_list(struct domain *domain, struct arena *arena, struct str account_id, struct str **ret_ids,
                                size_t *ret_count);
enum domain_status session_clients(struct domain *domain, struct arena *arena, struct str session_id,
                                   struct str **ret_client_ids, size_t *ret_count);

/* What a client sees as `sid`: differs from client to client. */
struct str session_sid(const struct domain *domain, struct arena *arena, struct str session_id, struct str client_id);
bool session_id_from_sid(const struct domain *domain, struct arena *arena, struct str sid, struct str client_id,
                         struct str *ret_session_id);

/* What a client sees as `sub` (OpenID Connect Core §8.1). */
struct str subject_for(const struct domain *domain, struct arena *arena, struct str account_id,
                       const struct client *client);

#endif
