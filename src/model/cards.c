/*
 * Card numbers as people type them from the front of a card.
 */
#include "model/cards.h"

#include "base/arena.h"
#include "base/utf8.h"

#include <stdio.h>

#define BANK_CARD_LEAST   13
#define SOCIAL_CARD_LEAST 6
#define REGION_LENGTH     6

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Letters and digits in half width and upper case; blanks and hyphens dropped. False for all else, and past `most`. */
static bool fold(struct str text, size_t most, char *to, size_t *ret_len) {
    size_t len = 0;
    uint32_t c;
    while (text.len > 0) {
        if (!utf8_next(&text, &c)) {
            return false;
        }
        if (c >= 0xff01 && c <= 0xff5e) {
            c -= 0xff01 - 0x21;
        }
        if (c >= 'a' && c <= 'z') {
            c -= 'a' - 'A';
        }
        if (c == ' ' || c == 0x3000 || c == '-') {
            continue;
        }
        if (len == most || !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) {
            return false;
        }
        to[len++] = (char)c;
    }
    to[len] = '\0';
    *ret_len = len;
    return true;
}

static size_t digits_of(const char *text) {
    size_t count = 0;
    for (; *text; text++) {
        count += is_digit(*text);
    }
    return count;
}

/* ISO/IEC 7812-1 Annex B: from the right, every second digit doubled, nine taken from what passes nine. */
static bool luhn_fits(const char *digits, size_t len) {
    int sum = 0;
    for (size_t i = 0; i < len; i++) {
        int digit = digits[len - 1 - i] - '0';
        int doubled = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += i % 2 == 1 ? doubled : digit;
    }
    return sum % 10 == 0;
}

enum bank_card_result bank_card_read(struct str text, char ret_card[BANK_CARD_MOST + 1]) {
    char card[BANK_CARD_MOST + 1];
    size_t len;
    if (!fold(text, BANK_CARD_MOST, card, &len) || len < BANK_CARD_LEAST || digits_of(card) != len) {
        return BANK_CARD_BAD;
    }
    memcpy(ret_card, card, len + 1);
    return luhn_fits(card, len) ? BANK_CARD_OK : BANK_CARD_UNUSUAL;
}

struct str bank_card_mask(struct arena *arena, struct str card) {
    char read[BANK_CARD_MOST + 1];
    if (bank_card_read(card, read) == BANK_CARD_BAD) {
        return STR("**** **** ****");
    }
    return str_format(arena, "%.4s **** %s", read, read + strlen(read) - 4);
}

bool social_card_read(struct str text, char ret_card[SOCIAL_CARD_MOST + 1]) {
    char card[SOCIAL_CARD_MOST + 1];
    size_t len;
    if (!fold(text, SOCIAL_CARD_MOST, card, &len) || len < SOCIAL_CARD_LEAST || digits_of(card) == 0) {
        return false;
    }
    memcpy(ret_card, card, len + 1);
    return true;
}

bool region_read(struct str text, char ret_region[REGION_LENGTH + 1]) {
    static const char provinces[] = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 "
                                    "61 62 63 64 65 71 81 82";
    char region[REGION_LENGTH + 1];
    size_t len;
    if (!fold(text, REGION_LENGTH, region, &len) || len != REGION_LENGTH || digits_of(region) != len ||
        !str_has_word(str_from(provinces), str_of(region, 2))) {
        return false;
    }
    memcpy(ret_region, region, len + 1);
    return true;
}
