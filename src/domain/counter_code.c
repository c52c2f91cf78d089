/*
 * Codes of service counters in the kv store: "wc:{keyed hash of the account's id and the code}". A right one is taken
 * away in one atomic operation, so that of two there is one winner.
 */
#include "domain/counter_code.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "status.h"

#define PREFIX   "CC"
#define LENGTH   12 /* characters of five bits each */
#define GROUP    4
#define ENTRY_NS STR("wc")

/* Crockford's base 32: nothing in it is taken for anything else when it is read out, written down or typed. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static struct str entry_id(const struct domain *domain, struct arena *arena, struct str account_id, struct str code) {
    const struct str parts[] = {STR("counter-code"), account_id, code};
    unsigned char mac[32];
    seal_mac(domain->sealers->lookup, parts, ARRAY_LEN(parts), mac);
    return base64url_encode(arena, str_of(mac, sizeof(mac)));
}

/* --- making --- */

static struct str with_groups(struct arena *arena, const char characters[LENGTH]) {
    return str_format(arena, PREFIX "-%.4s-%.4s-%.4s", characters, characters + GROUP, characters + 2 * GROUP);
}

bool counter_code_make(struct domain *domain, struct arena *arena, struct str account_id, struct str *ret_code) {
    unsigned char raw[LENGTH];
    char characters[LENGTH];
    random_bytes(raw, sizeof(raw));
    for (size_t i = 0; i < LENGTH; i++) {
        characters[i] = alphabet[raw[i] & 31];
    }
    secret_wipe(raw, sizeof(raw));
    *ret_code = with_groups(arena, characters);
    return kv_put_new(domain->kv, arena, ENTRY_NS,
                      entry_id(domain, arena, account_id, str_of(characters, sizeof(characters))), STR("1"),
                      COUNTER_CODE_S) == KV_DONE;
}

void counter_code_drop(struct domain *domain, struct arena *arena, struct str account_id, struct str code) {
    struct str plain;
    if (counter_code_read(arena, code, &plain)) {
        kv_delete(domain->kv, arena, ENTRY_NS, entry_id(domain, arena, account_id, plain));
    }
}

/* --- reading --- */

static uint32_t half_width(uint32_t c) {
    return c >= 0xff01 && c <= 0xff5e ? c - (0xff01 - 0x21) : c;
}

static bool is_separator(uint32_t c) {
    static const uint32_t separators[] = {' ', '-', '_', '.', 0x3000, 0x2010, 0x2013, 0x2014, 0x2212, 0x30fc};
    for (size_t i = 0; i < ARRAY_LEN(separators); i++) {
        if (c == separators[i]) {
            return true;
        }
    }
    return false;
}

/* One character in upper case, the look-alikes as the digits they are; 0 for any that is in no code. */
static char fold(uint32_t c) {
    if (c >= 'a' && c <= 'z') {
        c -= 'a' - 'A';
    }
    if (c == 'O') {
        return '0';
    }
    if (c == 'I' || c == 'L') {
        return '1';
    }
    return c > 0 && c < 0x80 && strchr(alphabet, (int)c) ? (char)c : '\0';
}

bool counter_code_read(struct arena *arena, struct str typed, struct str *ret_code) {
    char characters[sizeof(PREFIX) - 1 + LENGTH];
    size_t count = 0;
    while (typed.len > 0) {
        uint32_t c;
        if (!utf8_next(&typed, &c)) {
            return false;
        }
        c = half_width(c);
        if (is_separator(c)) {
            continue;
        }
        char folded = fold(c);
        if (folded == '\0' || count == sizeof(characters)) {
            return false;
        }
        characters[count++] = folded;
    }
    struct str code = str_of(characters, count);
    if (count != sizeof(characters) || !str_drop_prefix(&code, STR(PREFIX))) {
        return false;
    }
    *ret_code = str_dup(arena, code);
    return true;
}

enum domain_status counter_code_use(struct domain *domain, struct arena *arena, struct str account_id,
                                    struct str code) {
    struct str value;
    return domain_of_kv(kv_take(domain->kv, arena, ENTRY_NS, entry_id(domain, arena, account_id, code), &value));
}
