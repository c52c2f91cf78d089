/*
 * Masking by value, in every encoding, and by name.
 *
 * For each value the patterns it may stand as are made once; a text is masked by marking the bytes of all patterns
 * found in it. Marking too much is harmless here, too little is not.
 */
#include "mask_inside.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "jose/digest.h"
#include "jose/sm3.h"
#include "model/identity.h"

#include <stdlib.h>

#define PATTERN_LEAST 3 /* bytes; shorter ones would be found everywhere. Secrets are looked for all the same. */
#define RUN_SHOWN     512
#define GROWTH        8
#define NAME_WINDOW   4 /* characters of a name that tell whose it is */

struct mask *mask_new(struct arena *arena) {
    struct mask *mask = arena_new_of(arena, struct mask);
    mask->arena = arena;
    return mask;
}

/* --- patterns --- */

static void add_pattern(struct mask *mask, struct str bytes, struct str shown, size_t least) {
    if (bytes.len < least) {
        return;
    }
    for (const struct mask_pattern *known = mask->first; known; known = known->next) {
        if (str_equal(known->bytes, bytes)) {
            return;
        }
    }
    struct mask_pattern *pattern = arena_new_of(mask->arena, struct mask_pattern);
    *pattern = (struct mask_pattern){str_dup(mask->arena, bytes), shown, mask->first};
    mask->first = pattern;
}

enum { ENCODINGS_MOST = 24 };
struct encodings {
    struct arena *arena;
    struct str items[ENCODINGS_MOST];
    size_t count;
};

static void add(struct encodings *encodings, struct str text) {
    if (encodings->count < ENCODINGS_MOST) {
        encodings->items[encodings->count++] = text;
    }
}

static struct str cased(struct arena *arena, struct str text, bool upper) {
    char *to = str_c(arena, text);
    for (size_t i = 0; i < text.len; i++) {
        char low = upper ? 'a' : 'A', high = upper ? 'z' : 'Z';
        to[i] = to[i] >= low && to[i] <= high ? (char)(to[i] ^ 0x20) : to[i];
    }
    return str_of(to, text.len);
}

static void put_utf16(struct buf *buf, uint32_t c, const char *format) {
    if (c >= 0x10000) {
        buf_printf(buf, format, (unsigned)(0xd800 + ((c - 0x10000) >> 10)));
        c = 0xdc00 + ((c - 0x10000) & 0x3ff);
    }
    buf_printf(buf, format, (unsigned)c);
}

/* With \u escapes for all that is not ASCII, as many libraries write them. */
static struct str json_ascii(struct arena *arena, struct str text, const char *format) {
    struct buf buf;
    uint32_t c;
    buf_init(&buf, arena, text.len * 2 + 8, text.len * 12 + 16);
    while (text.len > 0 && utf8_next(&text, &c)) {
        if (c >= 0x80 || c < 0x20) {
            put_utf16(&buf, c, format);
        } else {
            char plain = (char)c;
            buf_put_json(&buf, str_of(&plain, 1));
        }
    }
    return buf_str(&buf);
}

static struct str json_plain(struct arena *arena, struct str text) {
    struct buf buf;
    buf_init(&buf, arena, text.len + 8, text.len * 6 + 16);
    buf_put_json(&buf, text);
    return buf_str(&buf);
}

/* JSON may escape a slash, and some libraries do. */
static struct str with_slashes(struct arena *arena, struct str json) {
    struct buf buf;
    buf_init(&buf, arena, json.len + 8, json.len * 2 + 16);
    while (!str_is_absent(json)) {
        buf_put(&buf, str_cut(json, '/', &json));
        buf_put(&buf, str_is_absent(json) ? STR("") : STR("\\/"));
    }
    return buf_str(&buf);
}

static struct str plus_for_space(struct arena *arena, struct str text) {
    struct buf buf;
    buf_init(&buf, arena, text.len + 8, text.len + 8);
    while (text.len > 0) {
        bool space = str_starts(text, STR("%20"));
        buf_put(&buf, space ? STR("+") : str_sub(text, 0, 1));
        text = str_sub(text, space ? 3 : 1, text.len - (space ? 3 : 1));
    }
    return buf_str(&buf);
}

/* The characters that depend on the text alone, when `before` bytes of something else stand in front of it. */
static void add_base64(struct encodings *encodings, struct str text, size_t before) {
    struct str padded = str_concat(encodings->arena, str_of("\0\0", before), text);
    struct str coded = base64_encode(encodings->arena, padded);
    size_t from = (8 * before + 5) / 6, to = 8 * padded.len / 6;
    if (to <= from) {
        return;
    }
    struct str middle = str_sub(coded, from, to - from);
    char *url = str_c(encodings->arena, middle);
    for (size_t i = 0; i < middle.len; i++) {
        url[i] = url[i] == '+' ? '-' : url[i] == '/' ? '_' : url[i];
    }
    add(encodings, middle);
    add(encodings, str_of(url, middle.len));
}

static void encode(struct encodings *encodings, struct str text) {
    struct arena *arena = encodings->arena;
    struct str percent = percent_encode(arena, text);
    add(encodings, text);
    const struct str json[] = {json_plain(arena, text), json_ascii(arena, text, "\\u%04x"),
                               json_ascii(arena, text, "\\u%04X")};
    for (size_t i = 0; i < ARRAY_LEN(json); i++) {
        add(encodings, json[i]);
        add(encodings, with_slashes(arena, json[i]));
    }
    add(encodings, percent);
    add(encodings, cased(arena, percent, false));
    add(encodings, plus_for_space(arena, percent));
    add(encodings, hex_encode(arena, text));
    add(encodings, cased(arena, hex_encode(arena, text), true));
    for (size_t before = 0; before < 3; before++) {
        add_base64(encodings, text, before);
    }
}

static void encode_hashes(struct encodings *encodings, struct str text) {
    struct sha256 sha256 = sha256_of(text);
    struct sm3 sm3 = sm3_of(text);
    struct str bytes[] = {sha256_str(&sha256), sm3_str(&sm3)};
    for (size_t i = 0; i < 2; i++) {
        struct str hex = hex_encode(encodings->arena, bytes[i]);
        add(encodings, hex);
        add(encodings, cased(encodings->arena, hex, true));
        add(encodings, base64_encode(encodings->arena, bytes[i]));
        add(encodings, base64url_encode(encodings->arena, bytes[i]));
    }
}

static void add_value(struct mask *mask, struct str value, struct str shown, size_t least) {
    struct encodings once = {.arena = mask->arena}, hashes = {.arena = mask->arena};
    if (str_is_empty(value)) {
        return;
    }
    value = str_dup(mask->arena, value);
    add_pattern(mask, value, shown, least);
    encode(&once, value);
    for (size_t i = 0; i < once.count; i++) {
        struct encodings twice = {.arena = mask->arena};
        encode(&twice, once.items[i]);
        for (size_t j = 0; j < twice.count; j++) {
            add_pattern(mask, twice.items[j], MASK_HIDDEN, PATTERN_LEAST);
        }
    }
    encode_hashes(&hashes, value);
    for (size_t i = 0; i < hashes.count; i++) {
        add_pattern(mask, hashes.items[i], MASK_HIDDEN, PATTERN_LEAST);
    }
}

void mask_add(struct mask *mask, struct str value, struct str shown) {
    add_value(mask, value, shown, PATTERN_LEAST);
}

void mask_add_secret(struct mask *mask, struct str value) {
    add_value(mask, value, MASK_HIDDEN, 1);
}

/* "测 试 甲", and what four characters in a row of it tell. */
static void add_name_parts(struct mask *mask, struct str name) {
    static const struct str between[] = {STR_INIT(" "), STR_INIT("　"), STR_INIT("·")};
    struct buf spread[ARRAY_LEN(between)];
    struct str rest = name, starts[NAME_WINDOW];
    uint32_t c;
    for (size_t i = 0; i < ARRAY_LEN(between); i++) {
        buf_init(&spread[i], mask->arena, name.len * 2, name.len * 4 + 8);
    }
    for (size_t n = 0; rest.len > 0; n++) {
        struct str before = rest;
        starts[n % NAME_WINDOW] = rest;
        if (!utf8_next(&rest, &c)) {
            return;
        }
        for (size_t i = 0; i < ARRAY_LEN(between); i++) {
            buf_put(&spread[i], n > 0 ? between[i] : STR(""));
            buf_put(&spread[i], str_sub(before, 0, before.len - rest.len));
        }
        if (n + 1 >= NAME_WINDOW && rest.len > 0) {
            struct str start = starts[(n + 1) % NAME_WINDOW];
            add_pattern(mask, str_sub(start, 0, start.len - rest.len), MASK_HIDDEN, NAME_WINDOW);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(between); i++) {
        mask_add(mask, buf_str(&spread[i]), MASK_HIDDEN);
    }
}

void mask_add_name(struct mask *mask, struct str name) {
    struct str rest = name;
    uint32_t c;
    if (!str_is_empty(name) && utf8_next(&rest, &c)) {
        bool single = rest.len == 0;
        mask_add(mask, name,
                 single ? STR("*") : str_concat(mask->arena, str_sub(name, 0, name.len - rest.len), STR("*")));
        if (!single) {
            add_name_parts(mask, name);
        }
    }
}

static void add_word(struct mask *mask, struct mask_word **first, struct str text) {
    struct mask_word *word = arena_new_of(mask->arena, struct mask_word);
    *word = (struct mask_word){str_dup(mask->arena, text), *first};
    *first = word;
}

static void add_full_width(struct mask *mask, struct str digits) {
    struct buf buf;
    buf_init(&buf, mask->arena, digits.len * 3 + 8, digits.len * 3 + 8);
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        const char wide[] = {'\xef', c >= 'a' ? '\xbd' : '\xbc', (char)(c >= 'a' ? c + 0x20 : c + 0x60)};
        buf_put(&buf, str_of(wide, c > ' ' && c <= '~' ? 3 : 0));
    }
    mask_add(mask, buf_str(&buf), MASK_HIDDEN);
}

/* In all writings, and so that parts of it are found. */
static void add_digits(struct mask *mask, struct str number) {
    add_word(mask, &mask->asked, cased(mask->arena, number, true));
    add_full_width(mask, number);
}

/* 15 digits, as numbers were until 1999 (GB 11643-1989). */
static void add_old_form(struct mask *mask, struct str number) {
    if (number.len == 18) {
        struct str old = str_concat(mask->arena, str_sub(number, 0, 6), str_sub(number, 8, 9));
        add_digits(mask, old);
        mask_add(mask, old, MASK_HIDDEN);
    }
}

void mask_add_number(struct mask *mask, struct str number) {
    if (str_is_empty(number)) {
        return;
    }
    struct str shown = id_number_mask(mask->arena, number);
    const struct str written[] = {number, cased(mask->arena, number, false), cased(mask->arena, number, true)};
    for (size_t i = 0; i < ARRAY_LEN(written); i++) {
        add_pattern(mask, written[i], shown, PATTERN_LEAST); /* as it is, before it is a form of another */
    }
    for (size_t i = 0; i < ARRAY_LEN(written); i++) {
        mask_add(mask, written[i], shown);
    }
    add_digits(mask, number);
    add_old_form(mask, number);
}

void mask_add_phone(struct mask *mask, struct str phone) {
    if (!str_is_empty(phone)) {
        struct str national = phone;
        str_drop_prefix(&national, STR("+86"));
        mask_add(mask, national, phone_mask(mask->arena, phone));
        add_digits(mask, national);
    }
}

void mask_add_card(struct mask *mask, struct str card) {
    size_t kept = card.len >= 8 ? 4 : 0;
    if (!str_is_empty(card)) {
        mask_add(mask, card, str_concat(mask->arena, MASK_HIDDEN, str_sub(card, card.len - kept, kept)));
        add_digits(mask, card);
    }
}

/* --- by value --- */

/* For each byte what stands for it; NULL for itself. */
static void mark(const struct mask_pattern *pattern, struct str text, const struct mask_pattern **marks) {
    size_t from = 0;
    while (from < text.len) {
        const char *at = memmem(text.ptr + from, text.len - from, pattern->bytes.ptr, pattern->bytes.len);
        if (!at) {
            return;
        }
        from = (size_t)(at - text.ptr);
        for (size_t i = 0; i < pattern->bytes.len; i++) {
            const struct mask_pattern *before = marks[from + i];
            marks[from + i] = before && before->bytes.len >= pattern->bytes.len ? before : pattern;
        }
        from++;
    }
}

static struct str without_values(const struct mask *mask, struct str text) {
    struct buf buf;
    const struct mask_pattern **marks = arena_array_of(mask->arena, text.len + 1, const struct mask_pattern *);
    for (const struct mask_pattern *pattern = mask->first; pattern; pattern = pattern->next) {
        mark(pattern, text, marks);
    }
    buf_init(&buf, mask->arena, text.len + 64, text.len * GROWTH + 64);
    for (size_t i = 0; i < text.len; i++) {
        if (!marks[i]) {
            buf_putc(&buf, text.ptr[i]);
        } else if (i == 0 || !marks[i - 1] || !str_equal(marks[i - 1]->shown, marks[i]->shown)) {
            buf_put(&buf, marks[i]->shown);
        }
    }
    return buf_str(&buf);
}

/* --- by name --- */

/* Ends of names, without '_' and '-', in lower case. */
static const char *const telling[] = {
    "token",    "secret",    "key",         "password",   "passwd",     "ticket",   "assertion", "verifier",
    "appcode",  "certno",    "idcard",      "idnumber",   "idno",       "mobile",   "phone",     "phoneno",
    "realname", "nickname",  "avatar",      "headimgurl", "openid",     "unionid",  "userid",    "address",
    "birthday", "birthdate", "username",    "certname",   "idcardno",   "bankcard", "accno",     "credential",
    "authcode", "email",     "phonenumber", "givenname",  "familyname",
};

/* Whole names, which end others that tell nothing. */
static const char *const telling_whole[] = {
    "name",
    "sub",
    /* and as Chinese registers name them, by the first letters of the sounds */
    "xm",
    "xb",
    "mz",
    "csrq",
    "dz",
    "zz",
    "jtzz",
    "hjdz",
    "sfz",
    "sfzh",
    "sfzhm",
    "zjhm",
    "gmsfhm",
    "shbzhm",
    "sjh",
    "sjhm",
    "lxdh",
    "dh",
    "yddh",
    "yhkh",
    "yhzh",
    "kh",
    "sbkh",
    "fddbr",
    "frxm",
    "frzjhm",
};

struct str mask_plain_name(struct arena *arena, struct str name) {
    struct str lower = str_lower(arena, name);
    char *plain = str_c(arena, lower);
    size_t len = 0;
    for (size_t i = 0; i < lower.len; i++) {
        if (lower.ptr[i] != '_' && lower.ptr[i] != '-') {
            plain[len++] = lower.ptr[i];
        }
    }
    return str_of(plain, len);
}

bool mask_tells(struct str name) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str plain = mask_plain_name(arena, name);
    for (size_t i = 0; i < ARRAY_LEN(telling); i++) {
        if (str_ends(plain, str_from(telling[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(telling_whole); i++) {
        if (str_equal(plain, str_from(telling_whole[i]))) {
            return true;
        }
    }
    return false;
}

static bool in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

size_t mask_skip(struct str text, size_t at, const char *bytes) {
    while (at < text.len && text.ptr[at] != '\0' && strchr(bytes, text.ptr[at])) {
        at++;
    }
    return at;
}

/* Behind a name: where its value starts, of a form or of JSON, which may itself be text in JSON; 0 for neither. */
static size_t value_start(struct str text, size_t at) {
    if (at < text.len && text.ptr[at] == '=') {
        return at + 1;
    }
    size_t quote = mask_skip(text, at, "\\\"");
    size_t colon = mask_skip(text, quote, " \t\r\n");
    if (quote == at || colon == text.len || text.ptr[colon] != ':') {
        return 0;
    }
    return mask_skip(text, colon + 1, " \t\r\n");
}

/* The end of a value: the quote like the one it starts with, or what ends a bare one. */
size_t mask_value_end(struct str text, size_t start, size_t *ret_inner) {
    size_t quoted = mask_skip(text, start, "\\\"");
    *ret_inner = quoted;
    if (quoted == start) {
        size_t at = start;
        while (at < text.len && !strchr("&,}] \t\r\n\"\\", text.ptr[at])) {
            at++;
        }
        return at;
    }
    struct str quote = str_sub(text, start, quoted - start);
    size_t at = quoted;
    while (at < text.len && !str_starts(str_sub(text, at, text.len - at), quote)) {
        at += text.ptr[at] == '\\' && quote.len == 1 && at + 1 < text.len ? 2 : 1;
    }
    return at;
}

bool mask_is_masked(const struct mask *mask, struct str value) {
    for (const struct mask_pattern *pattern = mask->first; pattern; pattern = pattern->next) {
        if (str_equal(pattern->shown, value)) {
            return true;
        }
    }
    return value.len == 0;
}

static struct str without_named(const struct mask *mask, struct str text) {
    struct buf buf;
    size_t done = 0;
    buf_init(&buf, mask->arena, text.len + 64, text.len * GROWTH + 64);
    for (size_t i = 0; i < text.len;) {
        size_t end = i;
        while (end < text.len && in_name(text.ptr[end])) {
            end++;
        }
        size_t start = end > i && mask_tells(str_sub(text, i, end - i)) ? value_start(text, end) : 0;
        if (start > 0 && start < text.len && text.ptr[start] != '{' && text.ptr[start] != '[') {
            size_t inner, stop = mask_value_end(text, start, &inner);
            buf_put(&buf, str_sub(text, done, inner - done));
            struct str value = str_sub(text, inner, stop - inner);
            buf_put(&buf, mask_is_masked(mask, value) ? value : MASK_HIDDEN);
            done = stop;
            end = stop;
        }
        i = end > i ? end : i + 1;
    }
    buf_put(&buf, str_sub(text, done, text.len - done));
    return buf_str(&buf);
}

static bool in_base64(char c) {
    return in_name(c) || c == '+' || c == '/';
}

static struct str without_runs(const struct mask *mask, struct str text) {
    struct buf buf;
    buf_init(&buf, mask->arena, text.len + 64, text.len * GROWTH + 64);
    for (size_t i = 0; i < text.len;) {
        size_t end = i;
        while (end < text.len && in_base64(text.ptr[end])) {
            end++;
        }
        if (end - i > RUN_SHOWN) {
            buf_printf(&buf, "(%zu characters)", end - i);
        } else if (end > i) {
            buf_put(&buf, str_sub(text, i, end - i));
        } else {
            buf_putc(&buf, text.ptr[end++]);
        }
        i = end;
    }
    return buf_str(&buf);
}

struct str mask_text(const struct mask *mask, struct str text) {
    return without_runs(mask, mask_shapes(mask, without_named(mask, without_values(mask, text))));
}

/* --- what stays --- */

bool mask_has_word(const struct mask_word *first, struct str text) {
    while (first && !str_equal(first->text, text)) {
        first = first->next;
    }
    return first != NULL;
}

void mask_keep_name(struct mask *mask, struct str name) {
    add_word(mask, &mask->names, mask_plain_name(mask->arena, name));
}

void mask_keep_word(struct mask *mask, struct str word) {
    add_word(mask, &mask->words, word);
}

struct str mask_answer(const struct mask *mask, struct str text) {
    return without_runs(mask, mask_unknown(mask, without_named(mask, without_values(mask, text))));
}

struct str mask_field(const struct mask *mask, struct str name, struct str value) {
    static const char *const whole[] = {"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie"};
    for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
        if (str_equal_fold(name, str_from(whole[i]))) {
            struct str rest;
            struct str scheme = str_cut(value, ' ', &rest);
            bool authorization = i < 2 && !str_is_absent(rest);
            return authorization ? str_concat(mask->arena, scheme, STR(" "), MASK_HIDDEN) : MASK_HIDDEN;
        }
    }
    return mask_tells(name) ? MASK_HIDDEN : mask_text(mask, value);
}
