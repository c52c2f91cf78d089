/*
 * The ways of signing in: the password, one-time passwords, and other services that are linked or can be.
 */
#include "../routes.h"
#include "../web/detour.h"
#include "../web/pages.h"
#include "../web/self.h"
#include "domain/carried.h"
#include "domain/links.h"
#include "domain/second_factor.h"

#define PATH    "/account/methods"
#define PURPOSE "account.methods"

static struct str title_of(const struct self *self, const struct upstream *upstream) {
    const struct upstream_traits *traits = upstream_traits(upstream);
    return self->language == PAGE_EN ? traits->title_en : traits->title;
}

static void show_links(struct page *page, const struct self *self, const struct link *links, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct upstream *upstream = upstreams_find(&self->call->domain->upstreams, links[i].upstream);
        struct page *row = page_row(page, "links");
        page_set(row, "link", links[i].link_id);
        page_set(row, "service_title", upstream ? title_of(self, upstream) : links[i].upstream);
        page_set(row, "label", links[i].label);
        page_set(row, "linked_at", self_time(self, links[i].created_at));
        page_set(row, "used_at", self_time(self, links[i].used_at));
    }
}

static bool is_linked(const struct link *links, size_t count, struct str upstream) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(links[i].upstream, upstream)) {
            return true;
        }
    }
    return false;
}

static void show_services(struct page *page, const struct self *self, const struct link *links, size_t count) {
    const struct upstreams *upstreams = &self->call->domain->upstreams;
    for (size_t i = 0; i < upstreams->count; i++) {
        struct upstream *upstream = upstreams->items[i];
        if ((upstream_traits(upstream)->services & UPSTREAM_SIGN_IN) &&
            !is_linked(links, count, upstream_name(upstream))) {
            struct page *row = page_row(page, "services");
            page_flag(page, "has_services", true);
            page_set(row, "service", upstream_name(upstream));
            page_set(row, "service_title", title_of(self, upstream));
        }
    }
}

static void show(struct self *self, int status, const char *error) {
    struct call *call = self->call;
    struct str account_id = self->session.account_id;
    struct link *links;
    size_t count;
    enum domain_status password = own_has_password(call->domain, call->arena, account_id);
    enum domain_status factor = second_factor_exists(call->domain, call->arena, account_id);
    if (password == DOMAIN_UNAVAILABLE || factor == DOMAIN_UNAVAILABLE ||
        link_list(call->domain, call->arena, account_id, &links, &count) != DOMAIN_DONE) {
        reply_unavailable_page(call);
        return;
    }
    struct page *page = self_page(self, "account_methods", PURPOSE, STR(""));
    page_set(page, "action", STR(PATH)); /* also after a detour */
    page_flag(page, "has_password", password == DOMAIN_DONE);
    page_flag(page, "has_second_factor", factor == DOMAIN_DONE);
    show_links(page, self, links, count);
    show_services(page, self, links, count);
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, call->reply);
}

static void remove_link(struct self *self) {
    struct call *call = self->call;
    switch (link_remove(call->domain, call->arena, self->session.account_id, self_field(self, "link"))) {
    case DOMAIN_DONE:
        self_done(self, PATH, "unlinked");
        break;
    case DOMAIN_NO:
        show(self, 409, "account.last_method");
        break;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

/* --- linking a service --- */

static void leave_for(struct self *self, struct str service) {
    struct call *call = self->call;
    struct upstream *upstream = upstreams_find(&call->domain->upstreams, service);
    if (!upstream || !(upstream_traits(upstream)->services & UPSTREAM_SIGN_IN)) {
        reply_error_page(call, 400, "error.invalid_request", NULL);
        return;
    }
    struct detour detour = {.purpose = DETOUR_LINK, .upstream = upstream, .account_id = self->session.account_id};
    if (detour_go(call, &detour, NULL) != PROOF_PENDING) {
        show(self, 503, "login.service_unavailable");
    }
}

static void link_now(struct self *self, const struct account *account, const struct carried *carried) {
    struct call *call = self->call;
    switch (carried_link(call->domain, call->arena, account, carried, call->request->client_address)) {
    case CARRIED_LINKED:
        self_done(self, PATH, "linked");
        break;
    case CARRIED_OTHER_PERSON:
        show(self, 409, "login.service_other_person");
        break;
    case CARRIED_TAKEN:
        show(self, 409, "login.service_taken");
        break;
    case CARRIED_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

/* Whoever comes back must be signed in as who left: a detour that somebody else began links nothing. */
void link_ended(struct call *call, struct detour_end *end) {
    struct self self;
    struct account account;
    if (!self_open(&self, call, PATH, SELF_SIGNED_IN) || !self_account(&self, &account)) {
        return;
    }
    if (!str_equal(account.account_id, end->detour->account_id)) {
        reply_error_page(call, 400, "error.expired_flow", NULL);
        return;
    }
    if (end->result == VERIFY_MATCH) {
        const struct carried carried = carried_of(end->detour->upstream, &end->found);
        link_now(&self, &account, &carried);
    } else if (end->result == VERIFY_RATE_LIMITED || end->result == VERIFY_UPSTREAM_ERROR) {
        show(&self, 503, "login.service_unavailable");
    } else {
        show(&self, 200, "login.service_refused");
    }
}

void endpoint_account_methods(struct call *call) {
    struct self self;
    struct account account;
    enum self_need need = call->request->method == HTTP_POST ? SELF_FRESH : SELF_SIGNED_IN;
    if (!self_open(&self, call, PATH, need) || !self_account(&self, &account)) {
        return;
    }
    if (!self.posted) {
        show(&self, 200, NULL);
    } else if (!self_form_taken(&self, PURPOSE, NULL)) {
        return;
    } else if (!str_is_empty(self_field(&self, "service"))) {
        leave_for(&self, self_field(&self, "service"));
    } else {
        remove_link(&self);
    }
}
