/*
 * Where the person is signed in, and ending it.
 */
#include "../routes.h"
#include "../web/pages.h"
#include "../web/self.h"
#include "base/buf.h"
#include "domain/session.h"

#define PURPOSE "account.sessions"

/* At which client systems, by name. */
static struct str names_of(const struct self *self, const struct own_session *session) {
    struct buf names;
    buf_init(&names, self->call->arena, 128, 16 * 1024);
    for (size_t i = 0; i < session->client_count; i++) {
        buf_put(&names, i > 0 ? STR(" · ") : STR(""));
        buf_put(&names, self_client_name(self, session->client_ids[i]));
    }
    return buf_str(&names);
}

static void show(struct self *self) {
    struct call *call = self->call;
    struct own_session *sessions;
    size_t count;
    if (own_sessions(call->domain, call->arena, self->session.account_id, &sessions, &count) != DOMAIN_DONE) {
        reply_unavailable_page(call);
        return;
    }
    struct page *page = self_page(self, "account_sessions", PURPOSE, STR(""));
    for (size_t i = 0; i < count; i++) {
        const struct session *session = &sessions[i].session;
        struct page *row = page_row(page, "sessions");
        page_set(row, "session", session->session_id);
        page_set(row, "device", str_or(session->device, STR("")));
        page_set(row, "address", str_or(session->address, STR("")));
        page_set(row, "signed_in", self_time(self, session->auth_time));
        page_set(row, "since", self_time(self, session->created_at));
        page_set(row, "systems", names_of(self, &sessions[i]));
        page_flag(row, "this", str_equal(session->session_id, self->session.session_id));
    }
    page_flag(page, "others", count > 1);
    page_reply(page, 200, call->reply);
}

static void end(struct self *self) {
    struct call *call = self->call;
    const struct own own = self_own(self);
    bool all = self_action_is(self, "others");
    enum domain_status ended = all ? own_end_other_sessions(call->domain, call->arena, &own)
                                   : own_end_session(call->domain, call->arena, &own, self_field(self, "session"));
    if (ended == DOMAIN_DONE) {
        self_done(self, "/account/sessions", "sessions");
    } else {
        self_not_done(self, ended);
    }
}

void endpoint_account_sessions(struct call *call) {
    struct self self;
    struct account account;
    if (!self_open(&self, call, "/account/sessions", SELF_SIGNED_IN) || !self_account(&self, &account)) {
        return;
    }
    if (!self.posted) {
        show(&self);
    } else if (self_form_taken(&self, PURPOSE, NULL)) {
        end(&self);
    }
}
