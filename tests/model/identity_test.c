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

static void years_are_counted_in_shanghai(void **state) {
    static const struct {
        const char *name, *text;
        int64_t today;
        int age;
    } rows[] = {
        {"the minute before the fourteenth birthday", "110105201201310018", 1769788799, 13},
        {"its first minute", "110105201201310018", 1769788800, 14},
        {"born on a leap day, in a year without one: on the last of February", "110105201202290012", 1772207999, 13},
        {"and on the first of March", "110105201202290012", 1772294400, 14},
        {"a hundred and more", "110105188812310013", 1769788800, 137},
        {"born today", "110105202601310011", 1769788800, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct id_number number = {0};
        assert_row(id_number_read(str_from(rows[i].text), rows[i].today, &number) == ID_NUMBER_OK, rows[i].text);
        assert_row(id_number_age(&number, rows[i].today) == rows[i].age, rows[i].name);
    }
}

static void the_kind_of_document_follows_from_the_number(void **state) {
    static const struct {
        const char *text;
        enum id_type type;
        int year, month, day;
        bool male;
    } rows[] = {
        {"110105188812310013", ID_TYPE_RESIDENT, 1888, 12, 31, true},
        {"650100188802290083", ID_TYPE_RESIDENT, 1888, 2, 29, false},
        {"810000189005010113", ID_TYPE_RESIDENCE_PERMIT, 1890, 5, 1, true},    /* Hong Kong */
        {"820000189005010123", ID_TYPE_RESIDENCE_PERMIT, 1890, 5, 1, false},   /* Macao */
        {"830000189005010133", ID_TYPE_RESIDENCE_PERMIT, 1890, 5, 1, true},    /* Taiwan */
        {"911840189005010016", ID_TYPE_PERMANENT_RESIDENCE, 1890, 5, 1, true}, /* the card of 2023 */
        {"931840189005010028", ID_TYPE_PERMANENT_RESIDENCE, 1890, 5, 1, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct id_number number = {0};
        assert_row(id_number_read(str_from(rows[i].text), TODAY, &number) == ID_NUMBER_OK, rows[i].text);
        assert_row(number.type == rows[i].type && number.male == rows[i].male, rows[i].text);
        assert_row(number.year == rows[i].year && number.month == rows[i].month && number.day == rows[i].day,
                   rows[i].text);
    }
}

static void other_documents_are_no_identity_numbers(void **state) {
    static const struct {
        const char *text;
        enum id_number_result result;
    } rows[] = {
        {"810101189005010113", ID_NUMBER_BAD_REGION}, /* a permit names the region, never a district */
        {"840000189005010143", ID_NUMBER_BAD_REGION},
        {"810000189005010114", ID_NUMBER_BAD_CHECK},
        {"911840189013010016", ID_NUMBER_BAD_DATE},
        {"911840189005010017", ID_NUMBER_BAD_CHECK},
        {"USA110100000001", ID_NUMBER_BAD_FORMAT},     /* the permanent-residence card before 2023 */
        {"H00000001", ID_NUMBER_BAD_FORMAT},           /* home-return permit */
        {"00000001", ID_NUMBER_BAD_FORMAT},            /* Taiwan travel permit */
        {"E00000001", ID_NUMBER_BAD_FORMAT},           /* passport */
        {"1101051888123100130", ID_NUMBER_BAD_FORMAT}, /* 19 characters */
        {"1101051888123100\xff", ID_NUMBER_BAD_FORMAT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct id_number number = {.type = ID_TYPE_NONE};
        assert_row(id_number_read(str_from(rows[i].text), TODAY, &number) == rows[i].result, rows[i].text);
        assert_row(number.type == ID_TYPE_NONE, rows[i].text);
    }
}

static void fifteen_digits_become_eighteen(void **state) {
    static const struct {
        const char *old, *text; /* NULL: refused */
    } rows[] = {
        {"110105491231002", "11010519491231002X"},
        {"110105881231996", "110105188812319966"}, /* 996 to 999 were those born in the century before */
        {"110105881231995", "110105198812319957"},
        {"110105000101001", "11010519000101001X"}, /* no pivot: 00 is 1900 */
        {"11010549123100a", NULL},
        {"010105491231002", NULL},
        {"11010549123100", NULL},
        {"1101054912310022", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[19] = "as before";
        assert_row(id_number_from_15(str_from(rows[i].old), text) == (rows[i].text != NULL), rows[i].old);
        assert_row(strcmp(text, rows[i].text ? rows[i].text : "as before") == 0, rows[i].old);
    }
}

/* Every row of domain-china §1.5's table of dots. */
static void every_dot_is_the_middle_dot(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const dots[] = {"·",   "·", "•", "‧", "∙", "⋅",  "・", "･", "⸱",  "⸳",
                                       "ꞏ", "᛫", "●", "⦁", ".", "．", "﹒", "․", "。", "｡"};
    for (size_t i = 0; i < ARRAY_LEN(dots); i++) {
        struct str key, name = str_format(arena, "买买提%s虚构", dots[i]);
        assert_row(person_name_key(arena, name, &key) == PERSON_NAME_OK, dots[i]);
        assert_row(str_equal(key, STR("买买提·虚构")), dots[i]);
    }
}

/* Rare characters that old systems kept in the private use area, and where Unicode has them. */
static void private_use_characters_of_gb18030_find_their_place(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const rows[][2] = {
        {"\xee\xa0\x96", "𠂇"}, {"\xee\xa0\x97", "𠂉"}, {"\xee\xa0\x98", "𠃌"}, {"\xee\xa0\x9e", "龴"},
        {"\xee\xa0\xa6", "龵"}, {"\xee\xa0\xab", "龶"}, {"\xee\xa0\xac", "龷"}, {"\xee\xa0\xb1", "𡗗"},
        {"\xee\xa0\xb2", "龸"}, {"\xee\xa0\xbb", "𢦏"}, {"\xee\xa1\x83", "龹"}, {"\xee\xa1\x94", "龺"},
        {"\xee\xa1\x95", "𤇾"}, {"\xee\xa1\xa4", "龻"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str old, now;
        assert_row(person_name_key(arena, str_concat(arena, STR("甲"), str_from(rows[i][0])), &old) == PERSON_NAME_OK,
                   rows[i][1]);
        assert_row(person_name_key(arena, str_concat(arena, STR("甲"), str_from(rows[i][1])), &now) == PERSON_NAME_OK,
                   rows[i][1]);
        assert_row(str_equal(old, now), rows[i][1]);
    }
}

/* All others cannot be compared: each vendor had its own. */
static void other_private_use_characters_are_for_people_to_look_at(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const rows[] = {"\xee\x9e\x97甲", "\xee\x80\x80甲", "\xef\xa3\xbf甲", "\xf3\xb0\x80\x80甲",
                                       "\xf4\x8f\xbf\xbd甲"};
    struct str key;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(person_name_key(arena, str_from(rows[i]), &key) == PERSON_NAME_REVIEW, rows[i]);
    }
}

static void names_that_others_refuse(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const good[] = {
        "一",       "𠮷",        "𠮷样例", "䶮", "㐂示例", "〇", "阿依古丽·示例", "尼玛卓嘎", "EXAMPLE PERSON",
        "司马虚构", "𰻝样例"};
    struct str key;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_row(person_name_key(arena, str_from(good[i]), &key) == PERSON_NAME_OK, good[i]);
        assert_row(str_equal(key, str_from(good[i])), good[i]);
    }
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
        {"买买提·虚构", "买买提 . 虚构"},
        {"买买提·虚构", "买买提..虚构"},
        {"买买提·虚构", "买买提·。虚构"},
        {"买买提·虚构", "\xe3\x80\x80买买提·虚构\xc2\xa0"},
        {"𲎰·虚构", "𲎰. 虚构"}, /* U+323B0, of Extension J */
        {"测试甲", "测 试 甲"},
        {"测试甲", "测　试　甲"},
        {"测试甲", "测\xe2\x80\x8b试甲"},
        {"一", "⼀"},
        {"郎", "\xef\xa4\xac"}, /* U+F92C */
        {"母", "⺟"},
        {"嶲", "\xf0\xaf\xa7\xb4"},   /* U+2F9F4 */
        {"甲\xf3\xa0\x84\x80", "甲"}, /* variation selector */
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

/* As registers are asked, and as it is kept and told. */
static void the_one_form_of_a_name(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const rows[][2] = {
        {"阿布都•\xe2\x80\x8b热合曼", "阿布都·热合曼"},
        {"\xe3\x80\x80测 试 甲", "测试甲"},
        {"Ｅxample  Person ", "Example Person"},
        {"J. R. Doe", "J. R. Doe"},
        {"吉", "吉"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str name;
        assert_int_equal(person_name_read(arena, str_from(rows[i][0]), &name), PERSON_NAME_OK);
        assert_str(name, rows[i][1]);
    }
}

static void other_names_stay_others(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const others[][2] = {{"吉", "𠮷"},          {"张", "張"}, {"J. R. DOE", "J·R·DOE"},
                                            {"阿里·甲", "阿里甲"}, {"黄", "黃"}, {"峰", "峯"},
                                            {"﨎", "嗀"},          {"﨏", "垙"}};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct str a, b;
        person_name_key(arena, str_from(others[i][0]), &a);
        person_name_key(arena, str_from(others[i][1]), &b);
        assert_row(!str_equal(a, b), others[i][1]);
    }
}

static void what_is_no_name(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const bad[] = {"",
                                      "·",
                                      "12345",
                                      "测\x01试",
                                      "测\xe2\x80\xae试",
                                      "<b>甲</b>",
                                      "\xff\xfe",
                                      "测试?",
                                      "a@b.example",
                                      "\xef\xbf\xbe",
                                      "\xe3\x85\xa4",
                                      "⠀",
                                      "甲\xef\xbf\xbd",
                                      "甲😀",
                                      "甲→"};
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
    static const char *const good[] = {"13800138000",
                                       "+8613800138000",
                                       "8613800138000",
                                       "008613800138000",
                                       "013800138000",
                                       "138 0013 8000",
                                       "138-0013-8000",
                                       "１３８００１３８０００",
                                       " 13800138000 ",
                                       "+86 138 0013 8000",
                                       "\xe3\x80\x80"
                                       "13800138000\xc2\xa0"};
    static const char *const bad[] = {"",
                                      "12800138000",
                                      "1380013800",
                                      "138001380000",
                                      "+1 202 555 0100",
                                      "+1 380 013 8000",
                                      "+0138 0013 8000",
                                      "+13800138000",
                                      "-13800138000",
                                      "abc",
                                      "13800138000x",
                                      "138+00138000",
                                      "+86138001380001",
                                      "10000000000",
                                      "11000000000",
                                      "0013800138000",
                                      "+8513800138000",
                                      "51234567",
                                      "0912345678",
                                      "1３8001380０Ａ",
                                      "+",
                                      "++8613800138000"};
    struct str phone;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_row(phone_read(arena, str_from(good[i]), &phone), good[i]);
        assert_str(phone, "+8613800138000");
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_row(!phone_read(arena, str_from(bad[i]), &phone), bad[i]);
    }
    for (char second = '3'; second <= '9'; second++) {
        assert_true(phone_read(arena, str_format(arena, "1%c000000000", second), &phone));
    }
    assert_str(phone_mask(arena, STR("+8613800138000")), "138****8000");
    assert_str(id_number_mask(arena, STR("110105188812310013")), "1101**********0013");
}

RUN_TESTS(cmocka_unit_test(identity_numbers), cmocka_unit_test(years_are_counted_in_shanghai),
          cmocka_unit_test(the_kind_of_document_follows_from_the_number),
          cmocka_unit_test(other_documents_are_no_identity_numbers), cmocka_unit_test(the_one_form_of_a_name),
          cmocka_unit_test(every_dot_is_the_middle_dot),
          cmocka_unit_test(private_use_characters_of_gb18030_find_their_place),
          cmocka_unit_test(other_private_use_characters_are_for_people_to_look_at),
          cmocka_unit_test(names_that_others_refuse), cmocka_unit_test(a_birth_tomorrow_in_shanghai_has_not_happened),
          cmocka_unit_test(fifteen_digits_become_eighteen), cmocka_unit_test(names_that_differ_by_typing_are_equal),
          cmocka_unit_test(other_names_stay_others), cmocka_unit_test(what_is_no_name), cmocka_unit_test(phones))
