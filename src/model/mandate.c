/*
 * Roles, and the words of a mandate's scope.
 */
#include "model/mandate.h"

#include "base/arena.h"
#include "base/byte.h"
#include "base/check.h"

#define WORD_MOST 120

static const struct {
    struct str name;
    int level;
    unsigned grants; /* bits of roles */
} roles[] = {
    [MANDATE_REPRESENTATIVE] = {STR_INIT("legal_representative"), 3, 1u << MANDATE_ADMINISTRATOR | 1u << MANDATE_AGENT},
    [MANDATE_ADMINISTRATOR] = {STR_INIT("administrator"), 2, 1u << MANDATE_AGENT},
    [MANDATE_AGENT] = {STR_INIT("agent"), 2, 0},
};

struct str mandate_role_name(enum mandate_role role) {
    CHECK(role >= MANDATE_REPRESENTATIVE && role <= MANDATE_AGENT);
    return roles[role].name;
}

int mandate_role_level(enum mandate_role role) {
    CHECK(role >= MANDATE_REPRESENTATIVE && role <= MANDATE_AGENT);
    return roles[role].level;
}

bool mandate_role_grants(enum mandate_role holder, enum mandate_role offered) {
    CHECK(holder >= MANDATE_REPRESENTATIVE && holder <= MANDATE_AGENT);
    return offered >= MANDATE_REPRESENTATIVE && offered <= MANDATE_AGENT && (roles[holder].grants >> offered & 1u);
}

struct str mandate_state_name(enum mandate_state state) {
    static const struct str names[] = {[MANDATE_OFFERED] = STR_INIT("offered"),
                                       [MANDATE_ACCEPTED] = STR_INIT("accepted"),
                                       [MANDATE_ENDED] = STR_INIT("ended")};
    CHECK(state >= MANDATE_OFFERED && state <= MANDATE_ENDED);
    return names[state];
}

/* --- scope --- */

static bool is_system(struct str word) {
    return str_equal(word, STR("*")) || str_starts(word, STR("client:")) || str_starts(word, STR("agency:"));
}

static bool is_word(struct str word) {
    static const struct str kinds[] = {STR_INIT("client:"), STR_INIT("agency:"), STR_INIT("matter:")};
    if (str_equal(word, STR("*"))) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct str value = word;
        if (str_drop_prefix(&value, kinds[i])) {
            return value.len > 0 && word.len <= WORD_MOST && bytes_all(value, BYTE_SCOPE);
        }
    }
    return false;
}

bool mandate_scope_read(struct arena *arena, struct str typed, struct str *ret_scope) {
    struct buf scope;
    struct str word;
    bool names_system = false;
    size_t count = 0;
    buf_init(&scope, arena, 128, MANDATE_SCOPE_MOST);
    while (str_next_word(&typed, &word)) {
        if (str_is_empty(word)) {
            continue; /* two spaces */
        }
        if (!is_word(word) || ++count > MANDATE_WORDS_MOST) {
            return false;
        }
        names_system = names_system || is_system(word);
        if (!str_has_word(buf_str(&scope), word)) {
            buf_put(&scope, scope.len > 0 ? STR(" ") : STR(""));
            buf_put(&scope, word);
        }
    }
    *ret_scope = buf_str(&scope);
    return names_system && !scope.failed;
}

bool mandate_scope_covers(struct str scope, const struct client *client) {
    struct str word;
    while (str_next_word(&scope, &word)) {
        struct str value = word;
        if (str_equal(word, STR("*")) ||
            (str_drop_prefix(&value, STR("client:")) && str_equal(value, client->client_id))) {
            return true;
        }
        value = word;
        if (str_drop_prefix(&value, STR("agency:")) && str_equal(value, client->agency)) {
            return true;
        }
    }
    return false;
}

static bool names_matters(struct str scope) {
    struct str word;
    while (str_next_word(&scope, &word)) {
        if (!str_is_empty(word) && !is_system(word)) {
            return true;
        }
    }
    return false;
}

bool mandate_scope_within(struct str scope, struct str inner) {
    bool all_systems = str_has_word(scope, STR("*")), all_matters = !names_matters(scope);
    struct str word, left = inner;
    while (str_next_word(&left, &word)) {
        bool free_of_it = is_system(word) ? all_systems : all_matters;
        if (!free_of_it && !str_has_word(scope, word)) {
            return false;
        }
    }
    return all_matters || names_matters(inner); /* without one it would be for all of them */
}
