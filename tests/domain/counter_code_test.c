/*
 * Codes of service counters: what people type is read as it was meant, and nothing else is.
 */
#include "domain/counter_code.h"

#include "base/arena.h"
#include "store/kv.h"
#include "test.h"

#include "../src/jose/sealer.h"

static void what_is_typed_is_read_as_it_was_meant(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct {
        const char *name, *typed;
        bool fine;
    } cases[] = {
        {"as it is shown", "CC-7K3M-9Q0T-2V1P", true},
        {"in small letters", "cc-7k3m-9q0t-2v1p", true},
        {"in one piece", "CC7K3M9Q0T2V1P", true},
        {"with blanks", " CC 7K3M 9Q0T 2V1P ", true},
        {"in full width", "ＣＣ－７Ｋ３Ｍ－９Ｑ０Ｔ－２Ｖ１Ｐ", true},
        {"with dashes and an ideographic space", "CC—7K3M–9Q0T　2V1P", true},
        {"the letter O for 0, I and L for 1", "CC-7K3M-9QOT-2VIP", true},
        {"the same in small letters", "cc-7k3m-9qot-2vlp", true},
        {"nothing", "", false},
        {"the prefix alone", "CC-", false},
        {"no prefix", "7K3M-9Q0T-2V1P", false},
        {"another prefix", "AC-7K3M-9Q0T-2V1P", false},
        {"too short", "CC-7K3M-9Q0T-2V1", false},
        {"too long", "CC-7K3M-9Q0T-2V1P-2", false},
        {"a letter that is in no code", "CC-7K3M-9Q0T-2V1U", false},
        {"a control", "CC-7K3M-9Q0T-2V1\x01", false},
        {"not UTF-8", "CC-7K3M-9Q0T-2V1\xff", false},
        {"Han", "CC-7K3M-9Q0T-2V1号", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str code;
        bool read = counter_code_read(arena, str_from(cases[i].typed), &code);
        assert_row(read == cases[i].fine, cases[i].name);
        assert_row(!read || str_equal(code, STR("7K3M9Q0T2V1P")), cases[i].name);
    }
}

static void a_code_is_good_for_one_account_once(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct kv_memory *memory = kv_memory_new(1 << 20);
    struct sealer *lookup = sealer_new(secret_copy(arena, STR("01234567890123456789012345678901")), "lookup");
    const struct domain_sealers sealers = {.lookup = lookup};
    struct domain domain = {.kv = kv_memory_open(memory), .sealers = &sealers};
    struct str shown, other, code, gone;
    assert_true(counter_code_make(&domain, arena, STR("one"), &shown));
    assert_true(counter_code_make(&domain, arena, STR("one"), &other));
    assert_false(str_equal(shown, other));
    assert_true(counter_code_read(arena, shown, &code));
    assert_int_equal(shown.len, 17);
    assert_int_equal(counter_code_use(&domain, arena, STR("two"), code), DOMAIN_NO);
    assert_int_equal(counter_code_use(&domain, arena, STR("one"), code), DOMAIN_DONE);
    assert_int_equal(counter_code_use(&domain, arena, STR("one"), code), DOMAIN_NO);
    counter_code_drop(&domain, arena, STR("one"), other);
    assert_true(counter_code_read(arena, other, &gone));
    assert_int_equal(counter_code_use(&domain, arena, STR("one"), gone), DOMAIN_NO);
    kv_free(domain.kv);
    kv_memory_free(memory);
    sealer_free(lookup);
}

RUN_TESTS(cmocka_unit_test(what_is_typed_is_read_as_it_was_meant),
          cmocka_unit_test(a_code_is_good_for_one_account_once))
