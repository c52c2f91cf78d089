/*
 * The texts, and which language they are shown in.
 */
#include "messages.h"

#include "base/check.h"
#include "http/request.h"

static const struct {
    struct str key;
    struct str texts[PAGE_LANGUAGES];
} messages[] = {
#define MESSAGE(key, zh, en) {STR_INIT(key), {STR_INIT(zh), STR_INIT(en)}},
#include "messages.def"
#undef MESSAGE
};

const struct str page_language_tags[PAGE_LANGUAGES] = {STR_INIT("zh-CN"), STR_INIT("en")};

bool message_find(struct str key, size_t *ret_index) {
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        if (str_equal(messages[i].key, key)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

struct str message_text(size_t index, enum page_language language) {
    return messages[index].texts[language];
}

struct str page_text(enum page_language language, const char *key) {
    size_t index = 0;
    CHECK(message_find(str_from(key), &index));
    return message_text(index, language);
}

static bool same_primary(struct str tag, struct str other) {
    struct str rest;
    return str_equal_fold(str_cut(tag, '-', &rest), str_cut(other, '-', &rest));
}

enum page_language page_language_choose(struct str ui_locales, struct str accept_language) {
    struct str tag;
    while (str_next_word(&ui_locales, &tag)) {
        for (size_t i = 0; i < PAGE_LANGUAGES; i++) {
            if (same_primary(tag, page_language_tags[i])) {
                return (enum page_language)i;
            }
        }
    }
    return (enum page_language)http_accept_language(accept_language, page_language_tags, PAGE_LANGUAGES, PAGE_ZH);
}
