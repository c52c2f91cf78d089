/*
 * The packed form of a session.
 */
#include "model/session.h"

#include "model/pack.h"

#define SESSION_VERSION 1

void session_pack(const struct session *session, struct buf *buf) {
    pack_number(buf, SESSION_VERSION);
    pack_str(buf, session->account_id);
    pack_signed(buf, session->created_at);
    pack_signed(buf, session->auth_time);
    pack_number(buf, (uint64_t)session->level);
    pack_number(buf, session->amr);
}

bool session_unpack(struct str packed, struct session *ret_session) {
    struct unpack unpack = {.left = packed};
    struct session session = {0};
    if (unpack_number(&unpack) != SESSION_VERSION) {
        return false;
    }
    session.account_id = unpack_str(&unpack);
    session.created_at = unpack_signed(&unpack);
    session.auth_time = unpack_signed(&unpack);
    session.level = (int)unpack_number(&unpack);
    session.amr = (unsigned)unpack_number(&unpack);
    if (!unpack_done(&unpack)) {
        return false;
    }
    *ret_session = session;
    return true;
}
