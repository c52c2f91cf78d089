/*
 * The packed form of a session.
 */
#include "model/session.h"

#include "model/pack.h"

#define SESSION_VERSION 3
#define WITHOUT_KEY     2 /* sessions that began before an upgrade go on */

int amr_level(unsigned amr) {
    bool known = amr & (AMR_PWD | AMR_ALI | AMR_WX | AMR_CTID | AMR_NCID | AMR_FED);
    if (known && (amr & AMR_OTP) && (amr & AMR_BOUND)) {
        return 4;
    }
    if (known && (amr & AMR_FACE)) {
        return 3;
    }
    return known ? 2 : amr & AMR_SMS ? 1 : 0;
}

void session_pack(const struct session *session, struct buf *buf) {
    pack_number(buf, SESSION_VERSION);
    pack_str(buf, session->account_id);
    pack_signed(buf, session->created_at);
    pack_signed(buf, session->auth_time);
    pack_number(buf, (uint64_t)session->level);
    pack_signed(buf, session->level_until);
    pack_number(buf, session->amr);
    pack_str(buf, session->key_digest);
}

bool session_unpack(struct str packed, struct session *ret_session) {
    struct unpack unpack = {.left = packed};
    struct session session = {0};
    uint64_t version = unpack_number(&unpack);
    if (version != SESSION_VERSION && version != WITHOUT_KEY) {
        return false;
    }
    session.account_id = unpack_str(&unpack);
    session.created_at = unpack_signed(&unpack);
    session.auth_time = unpack_signed(&unpack);
    session.level = (int)unpack_number(&unpack);
    session.level_until = unpack_signed(&unpack);
    session.amr = (unsigned)unpack_number(&unpack);
    session.key_digest = version == WITHOUT_KEY ? STR_NONE : unpack_str(&unpack);
    if (!unpack_done(&unpack)) {
        return false;
    }
    *ret_session = session;
    return true;
}
