/* Names of organisations: what differs only by how it was typed is equal, what is another name stays another. */
#include "model/organisation.h"
#include "test.h"

static void names_that_differ_by_typing_are_equal(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const same[][2] = {
        {"示例（北京）科技有限公司", "示例(北京)科技有限公司"},
        {"示例（北京）科技有限公司", "示例 ( 北京 ) 科技有限公司"},
        {"示例（北京）科技有限公司", "示例　（北京）科技有限公司"},
        {"示例（北京）科技有限公司", "示例﹙北京﹚科技有限公司"},
        {"示例（北京）科技有限公司", "示例〔北京〕科技有限公司"},
        {"示例（北京）科技有限公司", "示例【北京】科技有限公司"},
        {"示例（北京）科技有限公司", "示例［北京］科技有限公司"},
        {"示例（北京）科技有限公司", "  示例（北京）科技有限公司\t"},
        {"示例（北京）科技有限公司", "示例（北京）科技\xe2\x80\x8b有限公司"},
        {"示例一二科技有限公司", "示例⼀二科技有限公司"}, /* Kangxi radical */
        {"ABC示例有限公司", "ＡＢＣ示例有限公司"},
        {"ABC示例有限公司", "abc示例有限公司"},
        {"EXAMPLE TRADING (CHINA) CO., LTD.", "Example  Trading（China）Co., Ltd."},
        {"甲&乙示例有限公司", "甲＆乙示例有限公司"},
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct str a, b, again;
        assert_row(organisation_name_key(arena, str_from(same[i][0]), &a) == ORGANISATION_NAME_OK, same[i][0]);
        assert_row(organisation_name_key(arena, str_from(same[i][1]), &b) == ORGANISATION_NAME_OK, same[i][1]);
        assert_row(str_equal(a, b), same[i][1]);
        assert_row(organisation_name_key(arena, a, &again) == ORGANISATION_NAME_OK && str_equal(a, again), same[i][0]);
    }
}

static void other_names_stay_others(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const others[][2] = {
        {"示例科技有限公司", "示例科技有限责任公司"}, {"示例（北京）有限公司", "示例北京有限公司"},
        {"示例·甲有限公司", "示例甲有限公司"},        {"示例云有限公司", "示例雲有限公司"},
        {"甲&乙示例有限公司", "甲乙示例有限公司"},    {"𠮷示例有限公司", "吉示例有限公司"},
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct str a = STR("a"), b = STR("b");
        assert_row(organisation_name_key(arena, str_from(others[i][0]), &a) == ORGANISATION_NAME_OK, others[i][0]);
        assert_row(organisation_name_key(arena, str_from(others[i][1]), &b) == ORGANISATION_NAME_OK, others[i][1]);
        assert_row(!str_equal(a, b), others[i][1]);
    }
}

static void what_is_no_name(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const bad[] = {"",
                                      "   ",
                                      "（）",
                                      "123456",
                                      "示例\x01有限公司",
                                      "示例\n有限公司",
                                      "示例\xe2\x80\xae有限公司",
                                      "<b>示例</b>有限公司",
                                      "示例{有限}公司",
                                      "示例=有限公司",
                                      "\xff\xfe",
                                      "\xef\xbf\xbe"};
    struct str key = STR("as before");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_row(organisation_name_key(arena, str_from(bad[i]), &key) == ORGANISATION_NAME_BAD, bad[i]);
        assert_str(key, "as before");
    }
    assert_int_equal(organisation_name_key(arena, STR_NONE, &key), ORGANISATION_NAME_BAD);
    assert_int_equal(organisation_name_key(arena, STR("\xee\x80\x80示例有限公司"), &key), ORGANISATION_NAME_REVIEW);
}

static void a_name_has_a_ceiling(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    char longest[(ORGANISATION_NAME_MOST + 1) * 3];
    struct str key;
    for (size_t i = 0; i <= ORGANISATION_NAME_MOST; i++) {
        memcpy(longest + i * 3, "甲", 3);
    }
    assert_int_equal(organisation_name_key(arena, str_of(longest, ORGANISATION_NAME_MOST * 3), &key),
                     ORGANISATION_NAME_OK);
    assert_int_equal(organisation_name_key(arena, str_of(longest, (ORGANISATION_NAME_MOST + 1) * 3), &key),
                     ORGANISATION_NAME_BAD);
}

RUN_TESTS(cmocka_unit_test(names_that_differ_by_typing_are_equal), cmocka_unit_test(other_names_stay_others),
          cmocka_unit_test(what_is_no_name), cmocka_unit_test(a_name_has_a_ceiling))
