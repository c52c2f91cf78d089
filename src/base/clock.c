/*
 * The two clocks.
 */
#include "base/clock.h"

#include "base/arena.h"

#include <time.h>

static int64_t read_us(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall(void) {
    return read_us(CLOCK_REALTIME) / 1000000;
}

int64_t clock_wall_ms(void) {
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic_ms(void) {
    return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void) {
    return read_us(CLOCK_MONOTONIC);
}

struct str clock_rfc3339(struct arena *arena, int64_t wall_seconds) {
    time_t seconds = (time_t)wall_seconds;
    struct tm utc;
    gmtime_r(&seconds, &utc);
    return str_format(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                      utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/* --- reading --- */

/* `digits` of them at the start of the text, between least and most. */
static bool take_number(struct str *text, size_t digits, int64_t least, int64_t most, int64_t *ret_number) {
    uint64_t number;
    if (text->len < digits || !str_to_u64(str_sub(*text, 0, digits), &number) || (int64_t)number < least ||
        (int64_t)number > most) {
        return false;
    }
    *text = str_sub(*text, digits, text->len - digits);
    *ret_number = (int64_t)number;
    return true;
}

static int64_t days_of_month(int64_t year, int64_t month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct str *text, int64_t *ret_seconds) {
    int64_t year, month, day;
    if (!take_number(text, 4, 1970, 9999, &year) || !str_drop_prefix(text, STR("-")) ||
        !take_number(text, 2, 1, 12, &month) || !str_drop_prefix(text, STR("-")) ||
        !take_number(text, 2, 1, days_of_month(year, month), &day)) {
        return false;
    }
    struct tm utc = {.tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day};
    *ret_seconds = (int64_t)timegm(&utc);
    return true;
}

static bool take_fraction(struct str *text) {
    if (!str_drop_prefix(text, STR("."))) {
        return true;
    }
    size_t digits = 0;
    while (digits < text->len && text->ptr[digits] >= '0' && text->ptr[digits] <= '9') {
        digits++;
    }
    *text = str_sub(*text, digits, text->len - digits);
    return digits > 0;
}

static bool take_time(struct str *text, int64_t *ret_seconds) {
    int64_t hour, minute, second;
    if (!take_number(text, 2, 0, 23, &hour) || !str_drop_prefix(text, STR(":")) ||
        !take_number(text, 2, 0, 59, &minute) || !str_drop_prefix(text, STR(":")) ||
        !take_number(text, 2, 0, 60, &second) || !take_fraction(text)) {
        return false;
    }
    *ret_seconds = hour * 3600 + minute * 60 + (second == 60 ? 59 : second);
    return true;
}

static bool take_offset(struct str *text, int64_t *ret_seconds) {
    int64_t hours, minutes;
    *ret_seconds = 0;
    if (str_drop_prefix(text, STR("Z"))) {
        return true;
    }
    bool west = str_drop_prefix(text, STR("-"));
    if ((!west && !str_drop_prefix(text, STR("+"))) || !take_number(text, 2, 0, 23, &hours) ||
        !str_drop_prefix(text, STR(":")) || !take_number(text, 2, 0, 59, &minutes)) {
        return false;
    }
    *ret_seconds = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

bool clock_read_rfc3339(struct str text, int64_t *ret_wall_seconds) {
    int64_t date, time_of_day, offset;
    if (!take_date(&text, &date) || !str_drop_prefix(&text, STR("T")) || !take_time(&text, &time_of_day) ||
        !take_offset(&text, &offset) || text.len > 0) {
        return false;
    }
    *ret_wall_seconds = date + time_of_day - offset;
    return true;
}
