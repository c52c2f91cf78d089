/* Bank cards, social insurance cards and regions: the vectors of domain-china §3.1, one per line, and what people type.
 */
#include "model/cards.h"
#include "test.h"

#include <stdlib.h>

static void bank_cards(void **state) {
    static const struct {
        const char *text;
        enum bank_card_result result;
        const char *card;
    } rows[] = {
        {"6226388000000095", BANK_CARD_OK, "6226388000000095"},
        {"6216261000000000018", BANK_CARD_OK, "6216261000000000018"},
        {"6226090000000048", BANK_CARD_OK, "6226090000000048"},
        {"6217990000000000006", BANK_CARD_OK, "6217990000000000006"},
        {"6228880000000000006", BANK_CARD_OK, "6228880000000000006"},
        {"622999000000000004", BANK_CARD_OK, "622999000000000004"},
        {"6221558812340000", BANK_CARD_UNUSUAL, "6221558812340000"},
        {"6226388000000096", BANK_CARD_UNUSUAL, "6226388000000096"},
        {"6226 3880 0000 0095", BANK_CARD_OK, "6226388000000095"},
        {" 6226-3880-0000-0095 ", BANK_CARD_OK, "6226388000000095"},
        {"６２２６３８８０００００００９５", BANK_CARD_OK, "6226388000000095"},
        {"6226　3880　0000　0095", BANK_CARD_OK, "6226388000000095"},
        {"0000000000000", BANK_CARD_OK, "0000000000000"}, /* 13 digits */
        {"000000000000", BANK_CARD_BAD, NULL},            /* 12 */
        {"0000000000000000000", BANK_CARD_OK, "0000000000000000000"},
        {"00000000000000000000", BANK_CARD_BAD, NULL}, /* 20 */
        {"622638800000009A", BANK_CARD_BAD, NULL},
        {"622638800000009X", BANK_CARD_BAD, NULL},
        {"6226388000000095\xff", BANK_CARD_BAD, NULL},
        {"6226388000000095\n", BANK_CARD_BAD, NULL},
        {"6226.3880.0000.0095", BANK_CARD_BAD, NULL},
        {"٦٢٢٦٣٨٨٠٠٠٠٠٠٠٩٥", BANK_CARD_BAD, NULL}, /* Arabic digits */
        {"+6226388000000095", BANK_CARD_BAD, NULL},
        {"", BANK_CARD_BAD, NULL},
        {" - ", BANK_CARD_BAD, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char card[BANK_CARD_MOST + 1] = "as before";
        assert_row(bank_card_read(str_from(rows[i].text), card) == rows[i].result, rows[i].text);
        assert_row(strcmp(card, rows[i].card ? rows[i].card : "as before") == 0, rows[i].text);
    }
}

/* Of ten last digits one fits. */
static void one_check_digit_fits(void **state) {
    char text[] = "6226388000000090", card[BANK_CARD_MOST + 1];
    int fits = 0;
    for (char last = '0'; last <= '9'; last++) {
        text[15] = last;
        fits += bank_card_read(str_from(text), card) == BANK_CARD_OK;
    }
    assert_int_equal(fits, 1);
}

static void two_neighbours_changed_over_are_noticed(void **state) {
    static const char card[] = "6226090000000048";
    char typed[sizeof(card)], read[BANK_CARD_MOST + 1];
    for (size_t i = 0; i + 2 < sizeof(card); i++) {
        memcpy(typed, card, sizeof(card));
        typed[i] = card[i + 1];
        typed[i + 1] = card[i];
        bool nine_and_zero = abs(card[i] - card[i + 1]) == 9; /* Luhn's own gap */
        bool same = card[i] == card[i + 1] || nine_and_zero;
        assert_row((bank_card_read(str_from(typed), read) == BANK_CARD_OK) == same, typed);
    }
}

static void a_mask_shows_eight_digits_at_most(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    assert_str(bank_card_mask(arena, STR("6226388000000095")), "6226 **** 0095");
    assert_str(bank_card_mask(arena, STR("6226388000000096")), "6226 **** 0096");
    assert_str(bank_card_mask(arena, STR("62263880")), "**** **** ****");
    assert_str(bank_card_mask(arena, STR("")), "**** **** ****");
}

static void social_cards(void **state) {
    static const struct {
        const char *text, *card; /* NULL: refused */
    } rows[] = {
        {"A00000001", "A00000001"},
        {"a00000001", "A00000001"},
        {" Ａ００００ ０００１ ", "A00000001"},
        {"A0000-0001", "A00000001"},
        {"123456", "123456"},
        {"12345", NULL},
        {"12345678901234567890", "12345678901234567890"},
        {"123456789012345678901", NULL},
        {"ABCDEFGHI", NULL},
        {"A0000_0001", NULL},
        {"A0000&0001", NULL},
        {"А00000001", NULL}, /* Cyrillic */
        {"A0000\x01"
         "0001",
         NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char card[SOCIAL_CARD_MOST + 1] = "as before";
        assert_row(social_card_read(str_from(rows[i].text), card) == (rows[i].card != NULL), rows[i].text);
        assert_row(strcmp(card, rows[i].card ? rows[i].card : "as before") == 0, rows[i].text);
    }
}

static void regions(void **state) {
    static const char *const good[] = {"110000", "110105", "310101", "540000", "659001", "710000", "810000", "820000"};
    static const char *const bad[] = {"",       "11010",  "1101055", "160000", "010105", "990000",
                                      "830000", "11010A", "1101O5",  "-11010", "000000", "11 "};
    char region[7];
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_row(region_read(str_from(good[i]), region) && strcmp(region, good[i]) == 0, good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_row(!region_read(str_from(bad[i]), region), bad[i]);
    }
    assert_true(region_read(STR("１１０１０５"), region));
    assert_string_equal(region, "110105");
}

RUN_TESTS(cmocka_unit_test(bank_cards), cmocka_unit_test(one_check_digit_fits),
          cmocka_unit_test(two_neighbours_changed_over_are_noticed),
          cmocka_unit_test(a_mask_shows_eight_digits_at_most), cmocka_unit_test(social_cards),
          cmocka_unit_test(regions))
