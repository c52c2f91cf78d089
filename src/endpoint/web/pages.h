/*
 * pages: what the handlers of the login, registration and consent pages share.
 */
#ifndef ENDPOINT_WEB_PAGES_H
#define ENDPOINT_WEB_PAGES_H

#include "../oidc/authorize.h"
#include "model/session.h"

/* The query, or the form that was posted. False with an error page: posted from another site, or malformed. */
bool page_params_read(struct call *call, struct http_params *ret_params);

/* Whether the page goes on after a step. False with a page that says that it is over (400), or to try again (503). */
bool page_goes_on(struct call *call, enum domain_status status);

/* A page request of a flow: its form or query, the opened flow and its client. */
struct page_call {
    struct call *call;
    struct http_params params;
    struct flow flow;
    const struct registered_client *client;
    enum page_language language;
    bool posted;
};

/*
 * Opens the flow that the page carries. False with an error page in the reply: posted from another site, malformed,
 * tampered with, too old, another browser's, or completed before. Waits.
 */
bool page_call_open(struct page_call *page_call, struct call *call);

/* The same for a flow that came another way than in the page's form. Waits. */
bool page_call_open_sealed(struct page_call *page_call, struct call *call, struct str sealed);

/* A page with what all three show: the client's name and links, and the sealed flow. */
struct page *page_of_flow(struct page_call *page_call, const char *name);

/* What was typed into a field; empty when there was none. */
struct str page_field(const struct page_call *page_call, struct str name);
bool page_action_is(const struct page_call *page_call, struct str action);

/* The digits of a code, without what people type or paste between them. */
struct str page_digits(struct arena *arena, struct str typed);

/* The key of messages.def that says what a level of proof is. */
const char *page_level_words(int level);

/* 503 with a page that says to try again. */
void reply_unavailable_page(struct call *call);

/* The session, which must still be the one that the flow was led through; false with an error page. Waits. */
bool page_session(struct page_call *page_call, struct session *ret_session);

/* After the person showed more of themselves: the session remembers the methods (bits of enum amr) and the level that
 * follows from them and from what is proven now, and the flow goes on. Waits. */
void page_more_shown(struct page_call *page_call, const struct session *session, unsigned amr);

/* After a sign-in by methods (bits of enum amr), or a registration: starts the session, tells of the sign-in (`reason`
 * as in struct event) and goes on with the flow. Waits. */
struct account;
void page_signed_in(struct page_call *page_call, const struct account *account, unsigned amr, const char *reason);

/* The sign-in page with an error: a key of messages.def, or NULL. */
void login_show(struct page_call *page_call, int status, const char *error);
/* What follows a registration: page_signed_in by the service that the account was opened with, or by its password where
 * there is none (NULL). Waits. */
struct carried;
void page_registered(struct page_call *page_call, const struct account *account, const struct carried *carried);
/* Leaves for the sign-in service of that name. Waits. */
void login_leave_for(struct page_call *page_call, struct str service);

#endif
