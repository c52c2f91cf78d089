/*
 * The packed form of an authorization request. Fields are only ever added at the end, with a new version in the
 * caller's record.
 */
#include "model/authorization.h"

#include "model/pack.h"

void authorization_pack(const struct authorization *a, struct buf *buf) {
    pack_str(buf, a->client_id);
    pack_str(buf, a->redirect_uri);
    pack_number(buf, a->response_mode);
    pack_str(buf, a->state);
    pack_str(buf, a->nonce);
    pack_str(buf, a->scope);
    pack_str(buf, a->code_challenge);
    pack_number(buf, a->prompt);
    pack_signed(buf, a->max_age);
    pack_number(buf, a->auth_time_wanted);
    pack_number(buf, (uint64_t)a->level);
    pack_str(buf, a->login_hint);
    pack_str(buf, a->ui_locales);
    pack_str(buf, a->hinted_subject);
    pack_number(buf, a->id_token_claims);
    pack_number(buf, a->userinfo_claims);
    pack_signed(buf, a->started_at);
    pack_str(buf, a->acting);
    pack_number(buf, (uint64_t)a->level_wanted);
    pack_number(buf, a->id_number_asked);
    pack_str(buf, a->id_token_verified);
    pack_str(buf, a->userinfo_verified);
}

void authorization_unpack(struct unpack *unpack, struct authorization *ret_authorization) {
    struct authorization *a = ret_authorization;
    a->client_id = unpack_str(unpack);
    a->redirect_uri = unpack_str(unpack);
    a->response_mode = (enum response_mode)unpack_number(unpack);
    a->state = unpack_str(unpack);
    a->nonce = unpack_str(unpack);
    a->scope = unpack_str(unpack);
    a->code_challenge = unpack_str(unpack);
    a->prompt = (unsigned)unpack_number(unpack);
    a->max_age = unpack_signed(unpack);
    a->auth_time_wanted = unpack_number(unpack) != 0;
    a->level = (int)unpack_number(unpack);
    a->login_hint = unpack_str(unpack);
    a->ui_locales = unpack_str(unpack);
    a->hinted_subject = unpack_str(unpack);
    a->id_token_claims = unpack_number(unpack);
    a->userinfo_claims = unpack_number(unpack);
    a->started_at = unpack_signed(unpack);
    a->acting = unpack_str(unpack);
    a->level_wanted = (int)unpack_number(unpack);
    a->id_number_asked = unpack_number(unpack) != 0;
    a->id_token_verified = unpack_str(unpack);
    a->userinfo_verified = unpack_str(unpack);
}
