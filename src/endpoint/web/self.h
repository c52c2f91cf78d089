/*
 * self: what the pages share on which people look after their own things. Who is signed in is told by the session's
 * cookie; whoever is not is led through a sign-in for the built-in client system "tongxing-account" and back.
 *
 * What changes something asks for a sign-in of the last minutes, and for a token in the form that only this page of
 * this session in this browser can have.
 */
#ifndef ENDPOINT_WEB_SELF_H
#define ENDPOINT_WEB_SELF_H

#include "../call.h"
#include "model/account.h"
#include "model/mandate.h"
#include "model/session.h"

#define SELF_FRESH_S 300 /* a sign-in is fresh for so long */

/* `path` is where to come back to, under the issuer, with its query. False: redirected to the sign-in, or answered with
 * an error page. Wait. */
bool page_sign_in_first(struct call *call, struct str path, struct session *ret_session);
bool page_fresh_first(struct call *call, struct str path, const struct session *session);

/* The token of a form. `purpose` names the page and what it is about. */
struct str page_form_token(struct call *call, const struct session *session, struct str purpose);
bool page_form_token_fits(struct call *call, const struct session *session, struct str purpose, struct str token);

/* One such page: who looks at it, and what was sent. */
struct self_call {
    struct call *call;
    struct http_params params; /* of the query, or of the form */
    struct session session;
    struct account account;
    enum page_language language;
    bool posted;
};
/* Opens it; `path` as above. `fresh`: only after a sign-in of the last minutes. False: answered. Waits. */
bool self_open(struct self_call *self, struct call *call, struct str path, bool fresh);
/* What was sent for a name, once; empty otherwise. */
struct str self_field(const struct self_call *self, const char *name);
/* Posted from this very page? False, with an error page in the reply, when not. */
bool self_post_fits(struct self_call *self, struct str purpose);
/* A page with the token of its form; `purpose` absent for one without. */
struct page *self_page(struct self_call *self, const char *name, struct str purpose);

/* What a role, and an organisation's status, are called. */
struct str self_role_text(enum page_language language, enum mandate_role role);
/* A day as people write it, in Shanghai: "2026-01-05"; empty for 0. */
struct str self_day(struct arena *arena, int64_t seconds);
/* The day's first second there. False when it is none. */
bool self_read_day(struct arena *arena, struct str text, int64_t *ret_seconds);

#endif
