/*
 * The packed forms of grants and codes.
 */
#include "model/grant.h"

#include "model/pack.h"

/* 1 had no verified_claims, 2 no mandate; they are still read, since refresh tokens live for weeks. */
#define GRANT_VERSION 3

void grant_pack(const struct grant *grant, struct buf *buf) {
    pack_number(buf, GRANT_VERSION);
    pack_str(buf, grant->account_id);
    pack_str(buf, grant->client_id);
    pack_str(buf, grant->scope);
    pack_str(buf, grant->session_id);
    pack_number(buf, grant->offline);
    pack_signed(buf, grant->auth_time);
    pack_number(buf, (uint64_t)grant->level);
    pack_number(buf, grant->amr);
    pack_number(buf, grant->id_token_claims);
    pack_number(buf, grant->userinfo_claims);
    pack_str(buf, grant->nonce);
    pack_signed(buf, grant->created_at);
    pack_signed(buf, grant->refresh_until);
    pack_number(buf, grant->generation);
    pack_signed(buf, grant->rotated_at);
    pack_str(buf, grant->id_token_verified);
    pack_str(buf, grant->userinfo_verified);
    pack_str(buf, grant->mandate_id);
}

static bool grant_read(struct unpack *unpack, struct grant *grant) {
    uint64_t version = unpack_number(unpack);
    if (version < 1 || version > GRANT_VERSION) {
        return false;
    }
    grant->account_id = unpack_str(unpack);
    grant->client_id = unpack_str(unpack);
    grant->scope = unpack_str(unpack);
    grant->session_id = unpack_str(unpack);
    grant->offline = unpack_number(unpack) != 0;
    grant->auth_time = unpack_signed(unpack);
    grant->level = (int)unpack_number(unpack);
    grant->amr = (unsigned)unpack_number(unpack);
    grant->id_token_claims = unpack_number(unpack);
    grant->userinfo_claims = unpack_number(unpack);
    grant->nonce = unpack_str(unpack);
    grant->created_at = unpack_signed(unpack);
    grant->refresh_until = unpack_signed(unpack);
    grant->generation = unpack_number(unpack);
    grant->rotated_at = unpack_signed(unpack);
    grant->id_token_verified = version < 2 ? STR_NONE : unpack_str(unpack);
    grant->userinfo_verified = version < 2 ? STR_NONE : unpack_str(unpack);
    grant->mandate_id = version < 3 ? STR_NONE : unpack_str(unpack);
    return !unpack->failed;
}

bool grant_unpack(struct str packed, struct grant *ret_grant) {
    struct unpack unpack = {.left = packed};
    struct grant grant = {0};
    if (!grant_read(&unpack, &grant) || !unpack_done(&unpack)) {
        return false;
    }
    *ret_grant = grant;
    return true;
}

void code_pack(const struct code *code, struct buf *buf) {
    grant_pack(&code->grant, buf);
    pack_str(buf, code->redirect_uri);
    pack_str(buf, code->code_challenge);
    pack_signed(buf, code->expires_at);
    pack_number(buf, code->auth_time_wanted);
}

bool code_unpack(struct str packed, struct code *ret_code) {
    struct unpack unpack = {.left = packed};
    struct code code = {0};
    if (!grant_read(&unpack, &code.grant)) {
        return false;
    }
    code.redirect_uri = unpack_str(&unpack);
    code.code_challenge = unpack_str(&unpack);
    code.expires_at = unpack_signed(&unpack);
    code.auth_time_wanted = unpack_number(&unpack) != 0;
    if (!unpack_done(&unpack)) {
        return false;
    }
    *ret_code = code;
    return true;
}
