/*
 * Resident identity numbers, GB 11643-1999, and the two kinds of card that share the form.
 */
#include "model/identity.h"

#include "base/arena.h"
#include "base/utf8.h"

#include <stdio.h>
#include <time.h>

#define LENGTH            18
#define YEAR_LEAST        1800
#define SHANGHAI_OFFSET_S (8 * 3600)

static const int weights[LENGTH - 1] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};

static char check_character(const char *digits) {
    int sum = 0;
    for (size_t i = 0; i < LENGTH - 1; i++) {
        sum += weights[i] * (digits[i] - '0');
    }
    return "10X98765432"[sum % 11];
}

/* Full-width forms, x and the Roman numeral Ⅹ become what a keyboard in ASCII mode would have typed. */
static bool fold(struct str text, char to[LENGTH + 1]) {
    size_t count = 0;
    while (text.len > 0) {
        uint32_t c;
        if (!utf8_next(&text, &c) || count == LENGTH) {
            return false;
        }
        if (c >= 0xff01 && c <= 0xff5e) {
            c -= 0xff01 - 0x21;
        }
        if (c == 'x' || c == 0x2169 || c == 0x2179) {
            c = 'X';
        }
        bool digit = c >= '0' && c <= '9';
        if (!digit && !(c == 'X' && count == LENGTH - 1)) {
            return false;
        }
        to[count++] = (char)c;
    }
    to[count] = '\0';
    return count == LENGTH && to[0] != '0';
}

static bool is_province(int pair) {
    static const struct {
        int from, to;
    } ranges[] = {{11, 15}, {21, 23}, {31, 37}, {41, 46}, {50, 54}, {61, 65}, {71, 71}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (pair >= ranges[i].from && pair <= ranges[i].to) {
            return true;
        }
    }
    return false;
}

static enum id_type type_of(const char *digits) {
    if (digits[0] == '9') {
        return ID_TYPE_PERMANENT_RESIDENCE;
    }
    if (memcmp(digits, "810000", 6) == 0 || memcmp(digits, "820000", 6) == 0 || memcmp(digits, "830000", 6) == 0) {
        return ID_TYPE_RESIDENCE_PERMIT;
    }
    return is_province((digits[0] - '0') * 10 + digits[1] - '0') ? ID_TYPE_RESIDENT : ID_TYPE_NONE;
}

static int number_at(const char *digits, size_t count) {
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number * 10 + digits[i] - '0';
    }
    return number;
}

static bool is_date(int year, int month, int day) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= YEAR_LEAST && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* Dates as numbers: 20260131. What is between two of them is years in front of its last four digits. */
static int date_between(const struct id_number *number, int64_t today) {
    time_t shanghai = (time_t)(today + SHANGHAI_OFFSET_S);
    struct tm now;
    gmtime_r(&shanghai, &now);
    int birth = number->year * 10000 + number->month * 100 + number->day;
    return (now.tm_year + 1900) * 10000 + (now.tm_mon + 1) * 100 + now.tm_mday - birth;
}

int id_number_age(const struct id_number *number, int64_t today) {
    return date_between(number, today) / 10000;
}

enum id_number_result id_number_read(struct str text, int64_t today, struct id_number *ret_number) {
    struct id_number number = {0};
    if (!fold(utf8_trim(text), number.text)) {
        return ID_NUMBER_BAD_FORMAT;
    }
    number.type = type_of(number.text);
    if (number.type == ID_TYPE_NONE) {
        return ID_NUMBER_BAD_REGION;
    }
    number.year = number_at(number.text + 6, 4);
    number.month = number_at(number.text + 10, 2);
    number.day = number_at(number.text + 12, 2);
    number.male = (number.text[16] - '0') % 2 == 1;
    if (!is_date(number.year, number.month, number.day) || date_between(&number, today) < 0) {
        return ID_NUMBER_BAD_DATE;
    }
    if (check_character(number.text) != number.text[LENGTH - 1]) {
        return ID_NUMBER_BAD_CHECK;
    }
    *ret_number = number;
    return ID_NUMBER_OK;
}

bool id_number_from_15(struct str text, char ret_text[19]) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    if (text.len != 15 || text.ptr[0] == '0') {
        return false;
    }
    /* The 1989 standard kept sequences 996 to 999 for those born in the century before. */
    const char *century = number_at(text.ptr + 12, 3) >= 996 ? "18" : "19";
    snprintf(ret_text, LENGTH + 1, "%.6s%s%.9s", text.ptr, century, text.ptr + 6);
    ret_text[LENGTH - 1] = check_character(ret_text);
    ret_text[LENGTH] = '\0';
    return true;
}

struct str id_number_mask(struct arena *arena, struct str number) {
    if (number.len != LENGTH) {
        return STR("******************");
    }
    return str_format(arena, "%.4s**********%.4s", number.ptr, number.ptr + LENGTH - 4);
}
