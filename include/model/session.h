/*
 * session: a browser in which a person has signed in. One session serves every portal.
 *
 * The browser's cookie is "ss_" and 32 random bytes; the session's id is the first half of the cookie's SHA-256, so the
 * store never holds what opens a session. Portals see a pseudonym of the id of their own (domain/session.h).
 */
#ifndef MODEL_SESSION_H
#define MODEL_SESSION_H

#include "base/buf.h"

#define SESSION_ID_SIZE 16

/* Authentication methods used, RFC 8176: bits, written as `amr`. */
enum amr { AMR_PWD = 1, AMR_OTP = 2, AMR_FACE = 4, AMR_MFA = 8 };

struct session {
    struct str session_id; /* base64url of SESSION_ID_SIZE bytes; not stored in the record, it is the key */
    struct str account_id;
    int64_t created_at, auth_time; /* seconds */
    int level;                     /* of the last sign-in: the lower of proof and authenticator */
    unsigned amr;
};

void session_pack(const struct session *session, struct buf *buf);
bool session_unpack(struct str packed, struct session *ret_session); /* all but session_id */

#endif
