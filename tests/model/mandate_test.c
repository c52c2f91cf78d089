/* Scopes of mandates: what can be read, what they cover, and which holds another. */
#include "model/mandate.h"
#include "test.h"

static void scopes_are_read_word_by_word(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const struct {
        const char *typed, *read; /* NULL: refused */
    } rows[] = {
        {"*", "*"},
        {"client:a", "client:a"},
        {"  client:a   agency:b ", "client:a agency:b"},
        {"client:a client:a", "client:a"},
        {"client:a matter:0101-2", "client:a matter:0101-2"},
        {"matter:x *", "matter:x *"},
        {"", NULL},
        {" ", NULL},
        {"matter:x", NULL},
        {"client:", NULL},
        {"a", NULL},
        {"client:a b", NULL},
        {"Client:a", NULL},
        {"**", NULL},
        {"client:a\tb", NULL},
        {"client:\"a", NULL},
        {"client:甲", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str scope;
        bool fine = mandate_scope_read(arena, str_from(rows[i].typed), &scope);
        assert_row(fine == (rows[i].read != NULL), rows[i].typed);
        assert_row(!fine || str_equal(scope, str_from(rows[i].read)), rows[i].typed);
    }
}

static void there_is_a_most(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf typed;
    struct str scope;
    buf_init(&typed, arena, 1024, 65536);
    buf_puts(&typed, "*");
    for (int i = 1; i < MANDATE_WORDS_MOST; i++) {
        buf_printf(&typed, " client:%d", i);
    }
    assert_true(mandate_scope_read(arena, buf_str(&typed), &scope));
    buf_puts(&typed, " client:one-more");
    assert_false(mandate_scope_read(arena, buf_str(&typed), &scope));
    typed.len = 0;
    for (int i = 0; i < 25; i++) {
        buf_printf(&typed, "client:%0100d-%d ", 0, i);
    }
    assert_false(mandate_scope_read(arena, buf_str(&typed), &scope)); /* longer than it may be */
    typed.len = 0;
    buf_printf(&typed, "client:%0200d", 0);
    assert_false(mandate_scope_read(arena, buf_str(&typed), &scope));
}

static void a_scope_covers_client_systems(void **state) {
    const struct client client = {.client_id = STR("portal"), .agency = STR("ag_1")};
    const struct client without = {.client_id = STR("portal")};
    static const struct {
        const char *scope;
        bool covers;
    } rows[] = {
        {"*", true},
        {"client:portal", true},
        {"agency:ag_1", true},
        {"client:other agency:ag_1", true},
        {"client:portal2", false},
        {"client:porta", false},
        {"agency:portal", false},
        {"client:ag_1", false},
        {"matter:portal", false},
        {"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(mandate_scope_covers(str_from(rows[i].scope), &client) == rows[i].covers, rows[i].scope);
    }
    assert_false(mandate_scope_covers(STR("agency:ag_1"), &without));
}

static void nobody_grants_more_than_they_have(void **state) {
    static const struct {
        const char *scope, *inner;
        bool within;
    } rows[] = {
        {"*", "*", true},
        {"*", "client:a agency:b", true},
        {"client:a", "client:a", true},
        {"client:a", "client:a matter:x", true},
        {"client:a", "*", false},
        {"client:a", "client:b", false},
        {"client:a", "agency:a", false},
        {"agency:a", "client:a", false},
        {"client:a matter:x", "client:a matter:x", true},
        {"client:a matter:x matter:y", "matter:y client:a", true},
        {"client:a matter:x", "client:a matter:y", false},
        {"client:a matter:x", "client:a matter:x matter:y", false},
        {"client:a matter:x", "client:a", false},
        {"client:a matter:x", "client:b matter:x", false},
        {"* matter:x", "client:a matter:x", true},
        {"* matter:x", "*", false},
        {"* matter:x", "* matter:xx", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool within = mandate_scope_within(str_from(rows[i].scope), str_from(rows[i].inner));
        assert_row(within == rows[i].within, rows[i].inner);
    }
}

static void roles_grant_downwards(void **state) {
    static const bool grants[4][4] = {
        [MANDATE_REPRESENTATIVE] = {[MANDATE_ADMINISTRATOR] = true, [MANDATE_AGENT] = true},
        [MANDATE_ADMINISTRATOR] = {[MANDATE_AGENT] = true}};
    for (int holder = MANDATE_REPRESENTATIVE; holder <= MANDATE_AGENT; holder++) {
        for (int offered = 0; offered <= MANDATE_AGENT; offered++) {
            assert_int_equal(mandate_role_grants((enum mandate_role)holder, (enum mandate_role)offered),
                             grants[holder][offered]);
        }
    }
}

RUN_TESTS(cmocka_unit_test(scopes_are_read_word_by_word), cmocka_unit_test(there_is_a_most),
          cmocka_unit_test(a_scope_covers_client_systems), cmocka_unit_test(nobody_grants_more_than_they_have),
          cmocka_unit_test(roles_grant_downwards))
