/*
 * Masking by shape: what nobody asked with is somebody's all the same when it looks like a number of people. Digits are
 * read through the signs that people put between them and in full width.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "mask_inside.h"

#define DIGITS_MOST    24
#define PART_LEAST     4 /* of what was asked; shorter ones are found everywhere */
#define YOUNGEST       10
#define SECONDS_A_YEAR 31556952

struct run {
    char digits[DIGITS_MOST + 1]; /* X at the end may be one */
    size_t count;
    bool signs; /* something stands between them */
};

/* --- what digits look like --- */

static int two(const char *digits) {
    return (digits[0] - '0') * 10 + digits[1] - '0';
}

static bool is_day(const char *month_day) {
    return two(month_day) >= 1 && two(month_day) <= 12 && two(month_day + 2) >= 1 && two(month_day + 2) <= 31;
}

/* Of somebody who may have been asked about. Later days are of the answer itself. */
static bool is_birth(const char *date) {
    int year = two(date) * 100 + two(date + 2);
    int64_t this_year = 1970 + clock_wall() / SECONDS_A_YEAR;
    return year >= 1850 && year <= this_year - YOUNGEST && is_day(date + 4);
}

/* Milliseconds, or yyyyMMddHHmmss with or without some. */
static bool is_time(const struct run *run) {
    const char *digits = run->digits;
    if (run->count == 13) {
        return digits[0] == '1';
    }
    return (run->count == 14 || run->count == 17) && two(digits) == 20 && is_day(digits + 4) && two(digits + 8) < 24 &&
           two(digits + 10) < 60;
}

/* ISO/IEC 7812-1, annex B. */
static bool is_card(const struct run *run) {
    int sum = 0;
    for (size_t i = 0; i < run->count; i++) {
        int digit = run->digits[run->count - 1 - i] - '0';
        int twice = digit * 2;
        sum += i % 2 == 0 ? digit : twice > 9 ? twice - 9 : twice;
    }
    return run->count >= 13 && run->count <= 19 && sum % 10 == 0 && !is_time(run);
}

static bool is_phone(const struct run *run) {
    const char *digits = run->digits;
    size_t from = run->count == 13 && digits[0] == '8' && digits[1] == '6' ? 2 : 0;
    return run->count - from == 11 && digits[from] == '1' && digits[from + 1] >= '3';
}

static bool is_somebodys(const struct run *run) {
    bool ends_with_x = run->count > 0 && run->digits[run->count - 1] == 'X';
    if (run->count == 18 && is_birth(run->digits + 6)) {
        return true;
    }
    if (ends_with_x) {
        return false;
    }
    return (run->count == 15 && is_day(run->digits + 8)) || (run->count == 8 && is_birth(run->digits)) ||
           is_phone(run) || is_card(run);
}

/* One digit again and again is a code of success. */
static bool is_repeated(struct str text) {
    size_t same = 1;
    while (same < text.len && text.ptr[same] == text.ptr[0]) {
        same++;
    }
    return same >= text.len;
}

static bool is_part(const struct mask *mask, struct str text) {
    for (const struct mask_word *word = mask->asked; word && text.len >= PART_LEAST && !is_repeated(text);
         word = word->next) {
        if (memmem(word->text.ptr, word->text.len, text.ptr, text.len)) {
            return true;
        }
    }
    return false;
}

/* --- finding them --- */

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

struct sign {
    struct str bytes;
    char is; /* a digit, X, or a space for what stands between */
};

static const struct sign signs[] = {
    {STR_INIT("Ｘ"), 'X'}, {STR_INIT("ｘ"), 'X'}, {STR_INIT("Ⅹ"), 'X'},        {STR_INIT("ⅹ"), 'X'},
    {STR_INIT(" "), ' '},  {STR_INIT("-"), ' '},  {STR_INIT("."), ' '},        {STR_INIT("/"), ' '},
    {STR_INIT("_"), ' '},  {STR_INIT("　"), ' '}, {STR_INIT("年"), ' '},       {STR_INIT("月"), ' '},
    {STR_INIT("－"), ' '}, {STR_INIT("–"), ' '},  {STR_INIT("\xc2\xa0"), ' '},
};

/* What stands there, and how many bytes it has; 0 for what does not belong to a number. */
static char sign_at(struct str text, size_t at, size_t *ret_len) {
    struct str rest = str_sub(text, at, text.len - at);
    unsigned char c = rest.len > 0 ? (unsigned char)rest.ptr[0] : 0;
    *ret_len = 1;
    if (c >= '0' && c <= '9') {
        return (char)c;
    }
    if (c == 'X' || c == 'x') {
        return 'X';
    }
    if (str_starts(rest, STR("\xef\xbc")) && rest.len > 2 && (unsigned char)rest.ptr[2] >= 0x90 &&
        (unsigned char)rest.ptr[2] <= 0x99) {
        *ret_len = 3;
        return (char)('0' + (unsigned char)rest.ptr[2] - 0x90);
    }
    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
        if (str_starts(rest, signs[i].bytes)) {
            *ret_len = signs[i].bytes.len;
            return signs[i].is;
        }
    }
    return 0;
}

static bool is_digit(char sign) {
    return sign >= '0' && sign <= '9';
}

/* One more digit; what is longer than any number of people counts on, and is none. */
static void put_digit(struct run *run, char digit) {
    if (run->count < DIGITS_MOST) {
        run->digits[run->count] = digit;
    }
    run->count++;
}

/* The end of a number that begins there; with `through`, single signs between its digits are read through. */
static size_t read_run(struct str text, size_t from, bool through, struct run *run) {
    size_t at = from, len, behind;
    *run = (struct run){.count = 0};
    for (;;) {
        char sign = sign_at(text, at, &len);
        if (is_digit(sign)) {
            put_digit(run, sign);
            at += len;
        } else if (sign == ' ' && through && is_digit(sign_at(text, at + len, &behind))) {
            run->signs = true;
            at += len;
        } else {
            bool last =
                sign == 'X' && run->count > 0 && !(at + len < text.len && is_letter_or_digit(text.ptr[at + len]));
            if (last) {
                put_digit(run, 'X');
            }
            return last ? at + len : at;
        }
    }
}

static bool is_personal(const struct mask *mask, const struct run *run) {
    return run->count <= DIGITS_MOST && (is_somebodys(run) || is_part(mask, str_of(run->digits, run->count)));
}

static bool ends_there(struct str text, size_t end) {
    return end == text.len || (!is_letter_or_digit(text.ptr[end]) && text.ptr[end] != '*');
}

static size_t personal_end(const struct mask *mask, struct str text, size_t from) {
    struct run run;
    size_t len;
    if (!is_digit(sign_at(text, from, &len))) {
        return from;
    }
    for (int through = 1; through >= 0; through--) {
        size_t end = read_run(text, from, through, &run);
        if (end > from && ends_there(text, end) && is_personal(mask, &run)) {
            return end;
        }
    }
    return from;
}

/* The letters and digits that begin there: a part of a credit code, of a card. */
static size_t word_end(struct str text, size_t from) {
    while (from < text.len && is_letter_or_digit(text.ptr[from])) {
        from++;
    }
    return from;
}

static bool is_part_word(const struct mask *mask, struct str word) {
    bool digit = false;
    char *upper = str_c(mask->arena, word);
    for (size_t i = 0; i < word.len; i++) {
        digit = digit || is_digit(word.ptr[i]);
        upper[i] = upper[i] >= 'a' && upper[i] <= 'z' ? (char)(upper[i] ^ 0x20) : upper[i];
    }
    return digit && is_part(mask, str_of(upper, word.len));
}

struct str mask_shapes(const struct mask *mask, struct str text) {
    struct buf buf;
    buf_init(&buf, mask->arena, text.len + 64, text.len * 4 + 64);
    for (size_t at = 0; at < text.len;) {
        bool inside = at > 0 && text.ptr[at - 1] == '*'; /* what a mask has left */
        size_t end = inside ? at : personal_end(mask, text, at);
        size_t word = word_end(text, at);
        if (end == at && !inside && word > at && is_part_word(mask, str_sub(text, at, word - at)) &&
            ends_there(text, word)) {
            end = word;
        }
        if (end > at) {
            buf_put(&buf, MASK_HIDDEN);
            at = end;
            continue;
        }
        size_t next = word > at ? word : at + 1;
        buf_put(&buf, str_sub(text, at, next - at));
        at = next;
    }
    return buf_str(&buf);
}
