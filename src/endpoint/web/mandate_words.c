/*
 * Mandates in words.
 */
#include "mandate_words.h"

#include "base/byte.h"
#include "domain/registry.h"
#include "organisation_page.h"

#define ID_MOST    64
#define SCOPE_MOST 4096

struct str mandate_id_sent(const struct call *call) {
    struct str id = http_params_once(&call->request->query, STR("id"));
    return !str_is_empty(id) && id.len <= ID_MOST && bytes_all(id, BYTE_BASE64URL) ? id : STR("");
}

/* A client system by its name; what is not there any more, and matters, as they were written. */
static struct str word_text(struct call *call, enum page_language language, struct str word) {
    struct str value = word;
    if (str_equal(word, STR("*"))) {
        return page_text(language, "mandate.all_systems");
    }
    if (str_drop_prefix(&value, STR("client:"))) {
        const struct registered_client *client = registry_find(call->registry, value);
        struct str name = client && language == PAGE_EN && !str_is_empty(client->client.client_name_en)
                              ? client->client.client_name_en
                          : client ? client->client.client_name
                                   : STR("");
        return str_is_empty(name) ? value : name;
    }
    return str_drop_prefix(&value, STR("matter:")) ? value : word;
}

static struct str scope_text(struct call *call, enum page_language language, struct str scope) {
    struct buf text;
    struct str word;
    buf_init(&text, call->arena, 128, SCOPE_MOST);
    while (str_next_word(&scope, &word)) {
        buf_put(&text, text.len == 0 ? STR("") : language == PAGE_ZH ? STR("、") : STR(", "));
        buf_put(&text, word_text(call, language, word));
    }
    return buf_str(&text); /* cut where it is too long to be shown */
}

void mandate_words(struct call *call, enum page_language language, const struct mandate *mandate, struct page *page) {
    static const char *const states[] = {[MANDATE_OFFERED] = "mandate.is_offered",
                                         [MANDATE_ACCEPTED] = "mandate.is_accepted",
                                         [MANDATE_ENDED] = "mandate.is_ended"};
    const struct mandate_found *found = &mandate->found;
    const struct mandate_row *row = &found->row;
    page_set(page, "role", organisation_page_role_text(language, row->role));
    page_set(page, "scope", scope_text(call, language, row->scope));
    page_set(page, "from", organisation_page_day(call->arena, row->not_before));
    page_set(page, "until", organisation_page_day(call->arena, row->not_after > 0 ? row->not_after - 1 : 0));
    page_set(page, "state", page_text(language, states[row->state]));
    page_flag(page, "offered", row->state == MANDATE_OFFERED);
    page_flag(page, "accepted", row->state == MANDATE_ACCEPTED);
    page_flag(page, "ended", row->state == MANDATE_ENDED);
    page_flag(page, "rests", row->state == MANDATE_ACCEPTED && !mandate->works);
    if (found->grantor_role) {
        page_set(page, "granted_by", organisation_page_role_text(language, found->grantor_role));
        page_flag(page, "grantor_left", found->grantor_state == MANDATE_ENDED);
    }
}
