/* The packed records: what is written is read again, and anything else is refused as a whole. */
#include "model/account.h"
#include "model/grant.h"
#include "model/pack.h"
#include "model/session.h"
#include "test.h"

static const struct code sample = {
    .grant = {.account_id = STR_INIT("acc"),
              .client_id = STR_INIT("c1"),
              .scope = STR_INIT("openid"),
              .session_id = STR_INIT("sid"),
              .offline = true,
              .auth_time = 1700000000,
              .level = 2,
              .amr = AMR_PWD,
              .id_token_claims = 5,
              .userinfo_claims = 1ull << 40,
              .created_at = 1700000001,
              .refresh_until = -1,
              .generation = 300,
              .rotated_at = 0},
    .redirect_uri = STR_INIT("https://rp.example/cb"),
    .code_challenge = STR_INIT(""),
    .expires_at = 1700000060,
    .auth_time_wanted = true,
};

static void a_code_is_read_as_it_was_written(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf buf;
    struct code code;
    buf_init(&buf, arena, 256, 4096);
    code_pack(&sample, &buf);
    assert_true(code_unpack(buf_str(&buf), &code));
    assert_str(code.grant.scope, "openid");
    assert_true(code.grant.offline);
    assert_int_equal(code.grant.userinfo_claims, 1ull << 40);
    assert_int_equal(code.grant.refresh_until, -1);
    assert_int_equal(code.grant.generation, 300);
    assert_true(str_is_absent(code.grant.nonce));
    assert_false(str_is_absent(code.code_challenge));
}

static void an_authorization_is_read_as_it_was_written(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct authorization written = {.client_id = STR("c1"),
                                          .max_age = -1,
                                          .level = 2,
                                          .level_wanted = 3,
                                          .started_at = 1700000000,
                                          .id_number_asked = true,
                                          .userinfo_verified = STR("packed")};
    struct authorization read;
    struct buf buf;
    buf_init(&buf, arena, 256, 4096);
    authorization_pack(&written, &buf);
    struct unpack unpack = {.left = buf_str(&buf)};
    authorization_unpack(&unpack, &read);
    assert_true(unpack_done(&unpack));
    assert_int_equal(read.max_age, -1);
    assert_int_equal(read.level, 2);
    assert_int_equal(read.level_wanted, 3);
    assert_true(read.id_number_asked);
    assert_true(str_is_absent(read.id_token_verified));
    assert_str(read.userinfo_verified, "packed");
}

/* Refresh tokens live for weeks: what the version before wrote is still a grant. */
static void a_grant_of_version_1_is_read(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct grant grant;
    struct buf buf;
    buf_init(&buf, arena, 256, 4096);
    grant_pack(&sample.grant, &buf);
    struct str newest = buf_str(&buf);
    char *old = str_c(arena, str_sub(newest, 0, newest.len - 3)); /* three absent texts are three bytes */
    old[0] = 1;
    assert_true(grant_unpack(str_of(old, newest.len - 3), &grant));
    assert_int_equal(grant.generation, 300);
    assert_true(str_is_absent(grant.userinfo_verified));
    old[0] = 4;
    assert_false(grant_unpack(str_of(old, newest.len - 3), &grant));
}

static void every_cut_and_every_addition_is_refused(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf buf;
    struct code code;
    struct session session;
    buf_init(&buf, arena, 256, 4096);
    code_pack(&sample, &buf);
    for (size_t len = 0; len < buf.len; len++) {
        assert_false(code_unpack(str_sub(buf_str(&buf), 0, len), &code));
    }
    assert_false(session_unpack(buf_str(&buf), &session));
    buf_putc(&buf, 'x');
    assert_false(code_unpack(buf_str(&buf), &code));
    assert_false(code_unpack(STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), &code));
}

static void a_profile_survives_its_sealing_form(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct profile profile = {.name = STR("买买提·虚构"),
                                    .email = STR("a@rp.example"),
                                    .email_verified = true,
                                    .id_type = ID_TYPE_RESIDENT,
                                    .id_number = STR("110105188812310013")};
    struct profile read;
    struct buf buf;
    buf_init(&buf, arena, 256, 4096);
    profile_write(&profile, &buf);
    assert_true(profile_read(arena, buf_str(&buf), &read));
    assert_str(read.name, "买买提·虚构");
    assert_true(read.email_verified);
    assert_true(str_is_absent(read.phone_number));
    assert_int_equal(read.id_type, ID_TYPE_RESIDENT);
    assert_false(profile_read(arena, STR("{\"name\":1}"), &read));
    assert_false(profile_read(arena, STR("[]"), &read));
    assert_false(profile_read(arena, STR("{\"id_type\":9}"), &read));
}

RUN_TESTS(cmocka_unit_test(an_authorization_is_read_as_it_was_written), cmocka_unit_test(a_grant_of_version_1_is_read),
          cmocka_unit_test(a_code_is_read_as_it_was_written), cmocka_unit_test(every_cut_and_every_addition_is_refused),
          cmocka_unit_test(a_profile_survives_its_sealing_form))
