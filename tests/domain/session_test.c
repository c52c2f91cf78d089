/*
 * A browser's session on the memory kv: it keeps its id from sign-in to sign-in, and only its newest cookie opens it.
 */
#include "domain/session.h"

#include "base/clock.h"
#include "base/encode.h"
#include "jose/digest.h"
#include "model/pack.h"
#include "register_fixture.h"
#include "store/kv.h"

static void (*session_test)(struct domain *domain, struct arena *arena);

static void with_sessions(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct domain_settings settings = *domain->settings;
    settings.session_s = settings.session_idle_s = 3600;
    struct domain with = *domain;
    with.settings = &settings;
    session_test(&with, arena);
}

static void on_sessions(void (*test)(struct domain *domain, struct arena *arena)) {
    session_test = test;
    with_register(with_sessions);
}

static struct session_started start(struct domain *domain, struct arena *arena, struct str cookie,
                                    const char *account_id, int level) {
    const struct session wanted = {.account_id = str_from(account_id),
                                   .created_at = clock_wall(),
                                   .auth_time = clock_wall(),
                                   .level = level,
                                   .amr = AMR_PWD};
    struct session_started started;
    assert_int_equal(session_start(domain, arena, cookie, &wanted, &started), DOMAIN_DONE);
    return started;
}

static int level_by(struct domain *domain, struct arena *arena, struct str cookie) {
    struct session session;
    return session_find(domain, arena, cookie, &session) == DOMAIN_DONE ? session.level : 0;
}

static void renewing(struct domain *domain, struct arena *arena) {
    struct session_started first = start(domain, arena, STR_NONE, "a", 2);
    assert_false(first.renewed);
    struct session_started raised = start(domain, arena, first.cookie, "a", 4);
    assert_true(raised.renewed);
    assert_str(raised.session.session_id, str_c(arena, first.session.session_id));
    assert_int_equal(level_by(domain, arena, raised.cookie), 4);
    assert_int_equal(level_by(domain, arena, first.cookie), 0);
    /* Who still has the old one signs in beside, and takes nothing away. */
    struct session_started beside = start(domain, arena, first.cookie, "a", 2);
    assert_false(beside.renewed);
    assert_string_not_equal(str_c(arena, beside.session.session_id), str_c(arena, first.session.session_id));
    assert_int_equal(level_by(domain, arena, raised.cookie), 4);
    /* Neither half of one cookie goes with half of another, and none is less than whole. */
    struct str name = str_sub(beside.cookie, 0, 46), key = str_sub(raised.cookie, 46, 43);
    assert_int_equal(level_by(domain, arena, str_concat(arena, name, key)), 0);
    assert_int_equal(level_by(domain, arena, name), 0);
    for (size_t len = 0; len < raised.cookie.len; len++) {
        assert_int_equal(level_by(domain, arena, str_sub(raised.cookie, 0, len)), 0);
    }
    assert_int_equal(level_by(domain, arena, str_concat(arena, raised.cookie, STR("A"))), 0);
}

static void only_the_newest_cookie_opens_a_session(void **state) {
    on_sessions(renewing);
}

static enum domain_status raise(struct domain *domain, struct arena *arena, struct str cookie, const char *account_id,
                                struct session_started *ret_started) {
    const struct session wanted = {.account_id = str_from(account_id), .auth_time = clock_wall(), .level = 3};
    return session_raise(domain, arena, cookie, &wanted, ret_started);
}

static void raising(struct domain *domain, struct arena *arena) {
    struct session_started first = start(domain, arena, STR_NONE, "a", 2), raised;
    assert_int_equal(raise(domain, arena, first.cookie, "b", &raised), DOMAIN_NO);
    assert_int_equal(raise(domain, arena, first.cookie, "a", &raised), DOMAIN_DONE);
    assert_int_equal(level_by(domain, arena, raised.cookie), 3);
    assert_int_equal(raise(domain, arena, first.cookie, "a", &raised), DOMAIN_NO);
    assert_int_equal(session_end(domain, arena, first.session.session_id), DOMAIN_DONE);
    assert_int_equal(raise(domain, arena, raised.cookie, "a", &raised), DOMAIN_NO);
    assert_int_equal(level_by(domain, arena, raised.cookie), 0);
}

static void what_has_ended_is_not_raised(void **state) {
    on_sessions(raising);
}

/* One has expired, and one is the oldest. */
static void filling(struct domain *domain, struct arena *arena) {
    struct str cookies[1000], *ids;
    size_t count;
    struct session session;
    for (size_t i = 0; i < ARRAY_LEN(cookies); i++) {
        const struct session wanted = {
            .account_id = STR("a"), .created_at = clock_wall(), .auth_time = clock_wall() - (i == 7), .level = 2};
        struct session_started started;
        assert_int_equal(session_start(domain, arena, STR_NONE, &wanted, &started), DOMAIN_DONE);
        cookies[i] = started.cookie;
        if (i == 500) {
            assert_int_equal(kv_delete(domain->kv, arena, STR("ss"), started.session.session_id), KV_DONE);
        }
    }
    struct session_started more = start(domain, arena, STR_NONE, "a", 2);
    assert_int_equal(level_by(domain, arena, cookies[7]), 2);
    struct session_started most = start(domain, arena, STR_NONE, "a", 2);
    assert_int_equal(level_by(domain, arena, cookies[7]), 0);
    assert_int_equal(level_by(domain, arena, cookies[8]), 2);
    assert_int_equal(session_list(domain, arena, STR("a"), &ids, &count), DOMAIN_DONE);
    assert_int_equal(count, ARRAY_LEN(cookies));
    assert_int_equal(session_end_all(domain, arena, STR("a")), DOMAIN_DONE);
    assert_int_equal(session_get(domain, arena, more.session.session_id, &session), DOMAIN_NO);
    assert_int_equal(session_get(domain, arena, most.session.session_id, &session), DOMAIN_NO);
}

static void every_session_is_listed_and_ends_with_the_others(void **state) {
    on_sessions(filling);
}

static void replacing(struct domain *domain, struct arena *arena) {
    struct session_started first = start(domain, arena, STR_NONE, "a", 2), other;
    struct session session;
    other = start(domain, arena, first.cookie, "b", 2);
    assert_false(other.renewed);
    assert_int_equal(session_get(domain, arena, first.session.session_id, &session), DOMAIN_NO);
    assert_int_equal(level_by(domain, arena, other.cookie), 2);
}

static void another_person_in_the_browser_ends_the_session(void **state) {
    on_sessions(replacing);
}

/* As it was written before there were keys. */
static void put_without_key(struct domain *domain, struct arena *arena, struct str cookie) {
    const struct session session = {
        .account_id = STR("a"), .created_at = clock_wall(), .auth_time = clock_wall(), .level = 2, .amr = AMR_PWD};
    struct sha256 digest = sha256_of(cookie);
    struct buf buf;
    buf_init(&buf, arena, 64, 512);
    session_pack(&session, &buf);
    char *packed = str_c(arena, buf_str(&buf));
    packed[0] = 2;
    assert_int_equal(kv_put(domain->kv, arena, STR("ss"),
                            base64url_encode(arena, str_of(digest.bytes, SESSION_ID_SIZE)),
                            str_of(packed, buf.len - 1) /* an absent text is one byte */, 3600),
                     KV_DONE);
}

static void upgrading(struct domain *domain, struct arena *arena) {
    struct str cookie = STR("ss_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    put_without_key(domain, arena, cookie);
    assert_int_equal(level_by(domain, arena, cookie), 2);
    assert_int_equal(level_by(domain, arena, str_concat(arena, cookie, str_sub(cookie, 3, 43))), 0);
    struct session_started raised = start(domain, arena, cookie, "a", 4);
    assert_true(raised.renewed);
    assert_int_equal(level_by(domain, arena, cookie), 0);
    assert_int_equal(level_by(domain, arena, raised.cookie), 4);
}

static void a_session_from_before_keys_goes_on_and_gets_one(void **state) {
    on_sessions(upgrading);
}

RUN_TESTS(cmocka_unit_test(only_the_newest_cookie_opens_a_session), cmocka_unit_test(what_has_ended_is_not_raised),
          cmocka_unit_test(every_session_is_listed_and_ends_with_the_others),
          cmocka_unit_test(another_person_in_the_browser_ends_the_session),
          cmocka_unit_test(a_session_from_before_keys_goes_on_and_gets_one))
