/*
 * self: pages of whoever is signed in: /account and what belongs to it. The session's cookie is what counts; who has
 * none signs in as at any portal, through the built-in client tongxing-account, and comes back.
 *
 * What is sensitive asks for a sign-in that is fresh, with the second factor of those who have one. Every post carries
 * the token of its form (domain/form.h).
 */
#ifndef ENDPOINT_WEB_SELF_H
#define ENDPOINT_WEB_SELF_H

#include "../call.h"
#include "domain/own.h"
#include "model/session.h"

#define SELF_FRESH_S 300

/* The session. False with the way to the sign-in page, or an error page, in the reply. `path` is where the browser
 * comes back to: under /account or /organisations, with its query. Waits. */
bool page_sign_in_first(struct call *call, struct str path, struct session *ret_session);
/* Whether it is fresh: of a sign-in at most SELF_FRESH_S ago, with both factors where there are two. False as above.
 * Waits. */
bool page_fresh_first(struct call *call, struct str path, const struct session *session);

/* Leads to the step-up page for a level, and back to `path` as above. */
void page_prove_first(struct call *call, struct str path, int level);

/* Where the sign-in comes back to /account with: goes on to where the person wanted to go, or says that they cancelled.
 * False when the request is not that. */
bool self_came_back(struct call *call);

/* A request of one of these pages: its session, its form or query. */
struct self {
    struct call *call;
    const char *path;
    struct http_params params;
    struct session session;
    enum page_language language;
    bool posted;
};

enum self_need { SELF_SIGNED_IN, SELF_FRESH };
/* False with the answer in the reply. Waits. */
bool self_open(struct self *self, struct call *call, const char *path, enum self_need need);
/* What was typed into a field; empty when there was none, or several. */
struct str self_field(const struct self *self, const char *name);
bool self_action_is(const struct self *self, const char *action);
struct own self_own(const struct self *self);

/* The account, which must be active: else the session ends. False with the answer in the reply. Waits. */
bool self_account(struct self *self, struct account *ret_account);

/* Takes the token of a posted form (field "form"). False with an error page in the reply: not this page's, this
 * browser's, this session's, or used before. `ret_extra` may be NULL. Waits. */
bool self_form_taken(struct self *self, const char *purpose, struct str *ret_extra);

/* A page with what all show; with a purpose it has a form, whose token carries `extra`. */
struct page *self_page(struct self *self, const char *name, const char *purpose, struct str extra);
/* Back to a page after a post, with a message of messages.def ("account.done." and its name) that it shows once. */
void self_done(struct self *self, const char *path, const char *message);
/* The page's own answer of a domain function that could not say, or said no. */
void self_not_done(struct self *self, enum domain_status status);

/* "2026-11-25 21:05" in Asia/Shanghai; "" for 0. */
struct str self_time(const struct self *self, int64_t at);
/* The text of the key that is made of a prefix and a name from elsewhere; the name itself where there is no such key.
 */
struct str self_text(const struct self *self, const char *prefix, struct str name);
/* A client system's name in the page's language; its id where it is not there any more. */
struct str self_client_name(const struct self *self, struct str client_id);

#endif
