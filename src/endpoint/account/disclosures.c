/*
 * Which client system was told what, and when (PIPL art. 44, 45).
 */
#include "../routes.h"
#include "../web/pages.h"
#include "../web/self.h"
#include "base/buf.h"

#define PATH  "/account/disclosures"
#define SHOWN 20 /* on a page */

static struct str names_of(const struct self *self, struct str claims) {
    struct buf names;
    struct str word;
    buf_init(&names, self->call->arena, 256, 16 * 1024);
    while (!str_is_empty(claims) && str_next_word(&claims, &word)) {
        buf_put(&names, names.len > 0 ? STR(" · ") : STR(""));
        buf_put(&names, self_text(self, "claim.", word));
    }
    return buf_str(&names);
}

/* Which page is asked for; one behind the end is the last. */
static size_t page_asked(const struct self *self, size_t count) {
    uint64_t number = 0;
    size_t last = count > 0 ? (count - 1) / SHOWN : 0;
    return str_to_u64(self_field(self, "page"), &number) && number < last ? (size_t)number : number > 0 ? last : 0;
}

static void show_rows(struct page *page, const struct self *self, const struct disclosure_row *rows, size_t count) {
    size_t at = page_asked(self, count), end = (at + 1) * SHOWN;
    struct arena *arena = self->call->arena;
    for (size_t i = at * SHOWN; i < count && i < end; i++) {
        struct page *row = page_row(page, "disclosures");
        page_set(row, "client_title", self_client_name(self, rows[i].client_id));
        page_set(row, "claims", names_of(self, rows[i].claims));
        page_set(row, "times", str_format(arena, "%lld", (long long)rows[i].times));
        page_set(row, "first_at", self_time(self, rows[i].first_at));
        page_set(row, "last_at", self_time(self, rows[i].last_at));
    }
    page_flag(page, "none", count == 0);
    page_set(page, "newer", at > 0 ? str_format(arena, PATH "?page=%zu", at - 1) : STR(""));
    page_set(page, "older", end < count ? str_format(arena, PATH "?page=%zu", at + 1) : STR(""));
}

void endpoint_account_disclosures(struct call *call) {
    struct self self;
    struct account account;
    struct disclosure_row *rows;
    size_t count;
    if (!self_open(&self, call, PATH, SELF_SIGNED_IN) || !self_account(&self, &account)) {
        return;
    }
    if (own_disclosures(call->domain, call->arena, account.account_id, &rows, &count) != DOMAIN_DONE) {
        reply_unavailable_page(call);
        return;
    }
    struct page *page = self_page(&self, "account_disclosures", NULL, STR_NONE);
    show_rows(page, &self, rows, count);
    page_reply(page, 200, call->reply);
}
