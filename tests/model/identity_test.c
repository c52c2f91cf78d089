/* Identity numbers, names and phones: the vectors of the standards and of what people type. */
#include "model/identity.h"
#include "test.h"

#define TODAY 1796083200 /* 2026-12-01 */

static void identity_numbers(void **state) {
    static const struct {
        const char *text;
        enum id_number_result result;
        bool male;
    } rows[] = {
        {"11010519491231002X", ID_NUMBER_OK, false},
        {"440524188001010014", ID_NUMBER_OK, true},
        {"110105188812310013", ID_NUMBER_OK, true},
        {"110105188812310021", ID_NUMBER_OK, false},
        {"11010518881231003X", ID_NUMBER_OK, true},
        {"11010518881231003x", ID_NUMBER_OK, true},
        {"650100188802290083", ID_NUMBER_OK, false},
        {"310100189912319998", ID_NUMBER_OK, true},
        {"110105188812310011", ID_NUMBER_BAD_CHECK, false},
        {"11010518881231001x", ID_NUMBER_BAD_CHECK, false},
        {"110105188802300011", ID_NUMBER_BAD_DATE, false},
        {"110105188813010011", ID_NUMBER_BAD_DATE, false},
        {"010105188812310013", ID_NUMBER_BAD_FORMAT, false},
        {"810000189005010113", ID_NUMBER_OK, true},
        {"820000189005010123", ID_NUMBER_OK, false},
        {"830000189005010133", ID_NUMBER_OK, true},
        {"911840189005010016", ID_NUMBER_OK, true},
        {"931840189005010028", ID_NUMBER_OK, false},
        {"１１０１０５１８８８１２３１００１３", ID_NUMBER_OK, true},
        {"11010518881231003Ⅹ", ID_NUMBER_OK, true},
        {"11010518881231003Х", ID_NUMBER_BAD_FORMAT, false},
        {"11010518881231003Χ", ID_NUMBER_BAD_FORMAT, false},
        {"110105 188812310013", ID_NUMBER_BAD_FORMAT, false},
        {"110105491231002", ID_NUMBER_BAD_FORMAT, false},
        {"", ID_NUMBER_BAD_FORMAT, false},
        {"X10105188812310013", ID_NUMBER_BAD_FORMAT, false},
        {"990105188812310013", ID_NUMBER_BAD_CHECK, false},
        {"160105188812310013", ID_NUMBER_BAD_REGION, false},
        {"110105299912310013", ID_NUMBER_BAD_DATE, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct id_number number = {0};
        assert_row(id_number_read(str_from(rows[i].text), TODAY, &number) == rows[i].result, rows[i].text);
        assert_row(rows[i].result != ID_NUMBER_OK || number.male == rows[i].male, rows[i].text);
    }
}

static void a_birth_tomorrow_in_shanghai_has_not_happened(void **state) {
    struct id_number number;
    /* 2024-02-28 15:59:59 and 16:00:00 UTC: the day before and the day itself in Shanghai. */
    assert_int_equal(id_number_read(STR("110105202402290018"), 1709135999, &number), ID_NUMBER_BAD_DATE);
    assert_int_not_equal(id_number_read(STR("110105202402290018"), 1709136000, &number), ID_NUMBER_BAD_DATE);
}

static void fifteen_digits_become_eighteen(void **state) {
    char text[19];
    assert_true(id_number_from_15(STR("110105491231002"), text));
    assert_string_equal(text, "11010519491231002X");
    assert_true(id_number_from_15(STR("110105881231996"), text));
    assert_string_equal(text, "110105188812319966");
    assert_false(id_number_from_15(STR("11010549123100a"), text));
}

static void names_that_differ_by_typing_are_equal(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const same[][2] = {
        {"买买提·虚构", "买买提•虚构"},
        {"买买提·虚构", "买买提・虚构"},
        {"买买提·虚构", "买买提.虚构"},
        {"买买提·虚构", "买买提。虚构"},
        {"买买提·虚构", "买买提 · 虚构"},
        {"买买提·虚构", "买买提‧‧虚构"},
        {"测试甲", "测 试 甲"},
        {"测试甲", "测　试　甲"},
        {"测试甲", "测\xe2\x80\x8b试甲"},
        {"一", "⼀"},
        {"郎", "郎"},
        {"EXAMPLE PERSON", "Ｅxample  person"},
        {"龴", "\xee\xa0\x9e"},
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct str a, b;
        assert_row(person_name_key(arena, str_from(same[i][0]), &a) == PERSON_NAME_OK, same[i][0]);
        assert_row(person_name_key(arena, str_from(same[i][1]), &b) == PERSON_NAME_OK, same[i][1]);
        assert_row(str_equal(a, b), same[i][1]);
    }
}

static void other_names_stay_others(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const others[][2] = {
        {"吉", "𠮷"}, {"张", "張"}, {"J. R. DOE", "J·R·DOE"}, {"阿里·甲", "阿里甲"}};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct str a, b;
        person_name_key(arena, str_from(others[i][0]), &a);
        person_name_key(arena, str_from(others[i][1]), &b);
        assert_row(!str_equal(a, b), others[i][1]);
    }
}

static void what_is_no_name(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const bad[] = {"",          "·",        "12345", "测\x01试",    "测\xe2\x80\xae试",
                                      "<b>甲</b>", "\xff\xfe", "测试?", "a@b.example", "\xef\xbf\xbe"};
    struct str key;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_row(person_name_key(arena, str_from(bad[i]), &key) == PERSON_NAME_BAD, bad[i]);
    }
    char longest[51 * 3 + 1] = "";
    for (int i = 0; i < 51; i++) {
        memcpy(longest + i * 3, "甲", 3);
    }
    assert_int_equal(person_name_key(arena, str_of(longest, 50 * 3), &key), PERSON_NAME_OK);
    assert_int_equal(person_name_key(arena, str_of(longest, 51 * 3), &key), PERSON_NAME_BAD);
    assert_int_equal(person_name_key(arena, STR("\xee\x80\x80甲"), &key), PERSON_NAME_REVIEW);
}

static void phones(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const good[] = {"13800138000",     "+8613800138000",         "8613800138000",
                                       "008613800138000", "013800138000",           "138 0013 8000",
                                       "138-0013-8000",   "１３８００１３８０００", " 13800138000 "};
    static const char *const bad[] = {"",    "12800138000",  "1380013800",   "138001380000",   "+1 202 555 0100",
                                      "abc", "13800138000x", "138+00138000", "+86138001380001"};
    struct str phone;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_row(phone_read(arena, str_from(good[i]), &phone), good[i]);
        assert_str(phone, "+8613800138000");
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_row(!phone_read(arena, str_from(bad[i]), &phone), bad[i]);
    }
    assert_str(phone_mask(arena, STR("+8613800138000")), "138****8000");
    assert_str(id_number_mask(arena, STR("110105188812310013")), "1101**********0013");
}

RUN_TESTS(cmocka_unit_test(identity_numbers), cmocka_unit_test(a_birth_tomorrow_in_shanghai_has_not_happened),
          cmocka_unit_test(fifteen_digits_become_eighteen), cmocka_unit_test(names_that_differ_by_typing_are_equal),
          cmocka_unit_test(other_names_stay_others), cmocka_unit_test(what_is_no_name), cmocka_unit_test(phones))
