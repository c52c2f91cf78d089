/*
 * The person's own page: what is known about them, how it was proven, and the way to everything else.
 */
#include "../routes.h"
#include "../web/pages.h"
#include "../web/self.h"
#include "base/clock.h"
#include "domain/proofs.h"
#include "model/identity.h"

static void show_identity(struct page *page, const struct self *self, const struct account *account) {
    static const char *const types[] = {[ID_TYPE_RESIDENT] = "account.id_resident",
                                        [ID_TYPE_RESIDENCE_PERMIT] = "account.id_residence_permit",
                                        [ID_TYPE_PERMANENT_RESIDENCE] = "account.id_permanent_residence"};
    struct arena *arena = self->call->arena;
    const struct profile *profile = &account->profile;
    page_set(page, "name", person_name_mask(arena, profile->name));
    if (!str_is_empty(profile->id_number)) {
        page_set(page, "id_number", id_number_mask(arena, profile->id_number));
    }
    if (profile->id_type >= ID_TYPE_RESIDENT && profile->id_type <= ID_TYPE_PERMANENT_RESIDENCE) {
        page_message(page, "id_type", types[profile->id_type]);
    }
    if (!str_is_empty(profile->phone_number)) {
        page_set(page, "phone", phone_mask(arena, profile->phone_number));
        page_flag(page, "phone_proven", profile->phone_number_verified);
    }
    page_set(page, "since", self_time(self, account->created_at));
}

static void show_level(struct page *page, const struct self *self, const struct account *account) {
    page_set(page, "level", str_format(self->call->arena, "L%d", account->level));
    page_message(page, "level_words", page_level_words(account->level));
    page_set(page, "level_until", self_time(self, account->level_until));
    page_flag(page, "can_prove", account->level < LEVEL_MOST);
}

static void show_evidence(struct page *page, const struct self *self, const struct verification_row *rows,
                          size_t count) {
    int64_t now = clock_wall();
    for (size_t i = count; i-- > 0;) { /* the newest first */
        const struct evidence *evidence = &rows[i].evidence;
        struct page *row = page_row(page, "evidence");
        bool counts = proof_counts(&rows[i], now);
        page_set(row, "authority", self_text(self, "authority.", evidence->authority));
        page_set(row, "method", self_text(self, "method.", evidence->method));
        page_set(row, "at", self_time(self, evidence->checked_at));
        page_set(row, "until", self_time(self, evidence->expires_at));
        page_set(row, "evidence_level", str_format(self->call->arena, "L%d", evidence->level));
        page_flag(row, "counts", counts);
    }
}

void endpoint_account(struct call *call) {
    struct self self;
    struct account account;
    struct verification_row *rows;
    size_t count;
    int64_t recovered_at;
    if (self_came_back(call) || !self_open(&self, call, "/account", SELF_SIGNED_IN) || !self_account(&self, &account)) {
        return;
    }
    if (proof_list(call->domain, call->arena, account.account_id, &rows, &count) != DOMAIN_DONE ||
        own_recovered_at(call->domain, call->arena, account.account_id, &recovered_at) != DOMAIN_DONE) {
        reply_unavailable_page(call);
        return;
    }
    struct page *page = self_page(&self, "account", NULL, STR_NONE);
    page_flag(page, "changes_phone", own_phone_offered(call->domain));
    page_set(page, "recovered", self_time(&self, recovered_at));
    show_identity(page, &self, &account);
    show_level(page, &self, &account);
    show_evidence(page, &self, rows, count);
    page_flag(page, "no_evidence", count == 0);
    page_reply(page, 200, call->reply);
}

/* The issuer's own address. */
void endpoint_root(struct call *call) {
    http_reply_redirect(call->reply, STR("/account"));
}

/* The step-up page, for the next level. */
void endpoint_account_prove(struct call *call) {
    struct self self;
    struct account account;
    if (!self_open(&self, call, "/account", SELF_SIGNED_IN) || !self_account(&self, &account)) {
        return;
    }
    if (account.level >= LEVEL_MOST) {
        http_reply_redirect(call->reply, STR("/account"));
    } else {
        page_prove_first(call, STR("/account"), account.level + 1);
    }
}
