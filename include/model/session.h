/*
 * session: a browser in which a person has signed in. One session serves every portal.
 *
 * The browser's cookie is "ss_", a name and a key of 32 random bytes each. The session's id is the first half of the
 * name's SHA-256, and the record has the first half of the key's, so the store never holds what opens a session. The
 * name lasts as long as the session; the key is another one after each sign-in and each step-up, so that a copy of the
 * cookie gains nothing by them. Portals see a pseudonym of the id of their own (domain/session.h).
 */
#ifndef MODEL_SESSION_H
#define MODEL_SESSION_H

#include "base/buf.h"

#define SESSION_ID_SIZE 16

/* Authentication methods used, RFC 8176 and ours: bits, written as `amr`. Stored: never renumber. */
enum amr {
    AMR_PWD = 1,
    AMR_OTP = 2, /* RFC 6238 */
    AMR_FACE = 4,
    AMR_MFA = 8,
    AMR_SMS = 16,
    AMR_ALI = 32,   /* Alipay */
    AMR_WX = 64,    /* WeChat */
    AMR_CTID = 128, /* a service credential of CTID */
    AMR_NCID = 256, /* of the national network identity */
    AMR_FED = 512,  /* another OpenID Provider */
    /* The one-time password is the person's: once it was given where their face was seen, or at a service counter. It
     * is no method, and not written. */
    AMR_BOUND = 1024,
};

/*
 * The highest level of sign-in that methods can give, whatever is proven of the person (docs/decisions/levels.md): a
 * phone alone 1; a password, or another's sign-in service, 2; a live face besides, 3; a one-time password besides,
 * which is a second factor of cryptography (GB/T 22239 8.1.4.1 d), 4, when it is bound to the person: whoever has the
 * password alone can set one up, too.
 */
int amr_level(unsigned amr);

struct session {
    struct str session_id; /* base64url of SESSION_ID_SIZE bytes; not stored in the record, it is the key */
    struct str account_id;
    int64_t created_at, auth_time; /* seconds */
    int level;                     /* of the last sign-in: the lower of proof and authenticator */
    int64_t level_until;           /* when something that the level rests on expires; 0 for never */
    unsigned amr;
    struct str key_digest; /* SESSION_ID_SIZE bytes; absent in a record of version 2, whose cookie is a name alone */
    /* Where the sign-in came from, for showing it to the person: of a wanted session (domain/session.h), not stored in
     * the record. Absent when not known. */
    struct str address, device;
};

void session_pack(const struct session *session, struct buf *buf);
bool session_unpack(struct str packed, struct session *ret_session); /* all but session_id, address, device */

#endif
