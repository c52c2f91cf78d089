/*
 * The pages of the organisations that a person acts for: all of them with what is offered, one with its mandates, and
 * entering one as its legal representative.
 */
#include "domain/organisations.h"

#include "../routes.h"
#include "base/check.h"
#include "domain/mandates.h"
#include "mandate_words.h"
#include "model/credit_code.h"
#include "organisation_page.h"
#include "pages.h"

/* --- all of them --- */

static void show_held(struct organisation_call *self, struct page *page, const char *list,
                      const struct mandate *mandate) {
    const struct mandate_row *row = &mandate->found.row;
    struct page *line = page_row(page, list);
    page_set(line, "mandate", row->mandate_id);
    page_set(line, "organisation", row->organisation_id);
    page_set(line, "name", mandate->organisation.name);
    page_set(line, "credit_code", mandate->organisation.credit_code);
    page_set(line, "role", organisation_page_role_text(self->language, row->role));
    page_set(line, "until", organisation_page_day(self->call->arena, row->not_after > 0 ? row->not_after - 1 : 0));
    page_flag(line, "manages", mandate->works && mandate_role_grants(row->role, MANDATE_AGENT));
    page_flag(line, "rests", !mandate->works);
}

/* What was just done, as the address says it: one of these words. */
static void show_done(struct organisation_call *self, struct page *page) {
    static const struct {
        struct str word;
        const char *message;
    } done[] = {{STR_INIT("entered"), "organisations.entered"},
                {STR_INIT("accepted"), "mandate.accepted"},
                {STR_INIT("ended"), "mandate.ended"},
                {STR_INIT("offered"), "mandate.offered"}};
    for (size_t i = 0; i < ARRAY_LEN(done); i++) {
        if (str_equal(organisation_page_field(self, "done"), done[i].word)) {
            page_message(page, "done", done[i].message);
        }
    }
}

void endpoint_organisations(struct call *call) {
    struct organisation_call self;
    struct mandate *held, *offered;
    size_t held_count, offered_count;
    if (!organisation_page_open(&self, call, STR("/organisations"), false)) {
        return;
    }
    if (mandates_held(call->domain, call->arena, &self.account, &held, &held_count) != DOMAIN_DONE ||
        mandates_offered(call->domain, call->arena, &self.account, &offered, &offered_count) != DOMAIN_DONE) {
        reply_unavailable_page(call);
        return;
    }
    struct page *page = organisation_page_new(&self, "organisations", STR_NONE);
    show_done(&self, page);
    page_flag(page, "has_offers", offered_count > 0);
    page_flag(page, "has_none", held_count == 0);
    for (size_t i = 0; i < offered_count; i++) {
        show_held(&self, page, "offers", &offered[i]);
    }
    for (size_t i = 0; i < held_count; i++) {
        show_held(&self, page, "held", &held[i]);
    }
    page_reply(page, 200, call->reply);
}

/* --- one of them --- */

static void show_mandate(struct organisation_call *self, struct page *page, const struct mandate *mandate) {
    const struct mandate_row *row = &mandate->found.row;
    bool own = str_equal(row->account_id, self->account.account_id);
    struct page *line = page_row(page, "mandates");
    page_set(line, "mandate", row->mandate_id);
    page_set(line, "name", own ? self->account.profile.name : str_or(mandate->grantee_name, STR("")));
    page_set(line, "number", str_or(mandate->grantee_number, STR("")));
    mandate_words(self->call, self->language, mandate, line);
    page_flag(line, "may_end", mandate->may_end);
}

void endpoint_organisation(struct call *call) {
    struct organisation_call self;
    struct mandate own, *mandates;
    size_t count;
    struct str id = mandate_id_sent(call);
    struct str path = str_concat(call->arena, STR("/organisations/one?id="), id);
    if (!organisation_page_open(&self, call, path, false)) {
        return;
    }
    switch (mandates_granted(call->domain, call->arena, &self.account, id, &own, &mandates, &count)) {
    case DOMAIN_DONE:
        break;
    case DOMAIN_NO:
        reply_error_page(call, 404, "error.not_found", NULL);
        return;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        return;
    }
    struct page *page = organisation_page_new(&self, "organisation", STR_NONE);
    show_done(&self, page);
    page_set(page, "organisation", id);
    page_set(page, "organisation_name", own.organisation.name);
    page_set(page, "credit_code", own.organisation.credit_code);
    page_set(page, "type", str_or(own.organisation.type, STR("")));
    page_set(page, "checked", organisation_page_day(call->arena, own.organisation.row.checked_at));
    for (size_t i = 0; i < count; i++) {
        show_mandate(&self, page, &mandates[i]);
    }
    page_reply(page, 200, call->reply);
}

/* --- entering --- */

#define ENTER STR("organisation.enter")

/* A typing error more often than not. Said of what was typed, whatever the register said. */
static bool code_is_unusual(struct organisation_call *self) {
    char code[CREDIT_CODE_LENGTH + 1];
    return self->posted && credit_code_read(organisation_page_field(self, "credit_code"), code) == CREDIT_CODE_UNUSUAL;
}

static void show_form(struct organisation_call *self, int status, const char *error) {
    struct page *page = organisation_page_new(self, "organisation_enter", ENTER);
    page_set(page, "name", organisation_page_field(self, "name"));
    page_set(page, "credit_code", organisation_page_field(self, "credit_code"));
    page_flag(page, "code_unusual", code_is_unusual(self));
    page_flag(page, "too_low", self->account.level < mandate_role_level(MANDATE_REPRESENTATIVE));
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, self->call->reply);
}

static void enter(struct organisation_call *self) {
    static const struct {
        const char *message;
        int status;
    } answers[] = {
        [ORGANISATION_INVALID_NAME] = {"organisations.bad_name", 200},
        [ORGANISATION_INVALID_CODE] = {"organisations.bad_code", 200},
        [ORGANISATION_LEVEL] = {"organisations.level", 200},
        [ORGANISATION_REFUSED] = {"organisations.refused", 200},
        [ORGANISATION_LIMITED] = {"register.too_many", 429},
        [ORGANISATION_CANNOT_CHECK] = {"register.unavailable", 503},
    };
    struct call *call = self->call;
    const struct organisation_typed typed = {organisation_page_field(self, "name"),
                                             organisation_page_field(self, "credit_code")};
    const struct signed_in who = organisation_page_who(self);
    struct str organisation_id;
    enum organisation_result result = organisation_enter(call->domain, call->arena, &who, &typed, &organisation_id);
    if (result == ORGANISATION_ENTERED) {
        http_reply_redirect(call->reply, STR("/organisations?done=entered"));
    } else if (result == ORGANISATION_STEP_UP) {
        organisation_page_step_up(self, MANDATE_REPRESENTATIVE);
    } else if (result == ORGANISATION_UNAVAILABLE) {
        reply_unavailable_page(call);
    } else {
        CHECK((size_t)result < ARRAY_LEN(answers));
        show_form(self, answers[result].status, answers[result].message);
    }
}

void endpoint_organisation_enter(struct call *call) {
    struct organisation_call self;
    if (!organisation_page_open(&self, call, STR("/organisations/enter"), true)) {
        return;
    }
    if (!self.posted) {
        if (organisation_page_shown_first(&self, MANDATE_REPRESENTATIVE)) {
            show_form(&self, 200, NULL);
        }
    } else if (organisation_page_post_fits(&self, ENTER)) {
        enter(&self);
    }
}
