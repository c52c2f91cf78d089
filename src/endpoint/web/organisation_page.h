/*
 * organisation_page: what the pages under /organisations start with, and their words. Signing in is as for all of
 * people's own pages (self.h).
 */
#ifndef ENDPOINT_WEB_ORGANISATION_PAGE_H
#define ENDPOINT_WEB_ORGANISATION_PAGE_H

#include "../call.h"
#include "domain/signed_in.h"
#include "model/account.h"
#include "model/mandate.h"
#include "model/session.h"

/* One such page: who looks at it, and what was sent. */
struct organisation_call {
    struct call *call;
    struct str path;           /* where to come back to, with its query */
    struct http_params params; /* of the query, or of the form */
    struct session session;
    struct account account;
    enum page_language language;
    bool posted;
};
/* Opens it; `path` is where to come back to. `fresh`: only after a sign-in of the last minutes. False: answered. Waits.
 */
bool organisation_page_open(struct organisation_call *page_call, struct call *call, struct str path, bool fresh);
/* Whoever looks, to the rules. */
struct signed_in organisation_page_who(const struct organisation_call *page_call);
/* Leads through the step-up page for the level of a role, and back. */
void organisation_page_step_up(struct organisation_call *page_call, enum mandate_role role);
/* Does so where the account is proven to that level and the sign-in has not shown it. False: answered. */
bool organisation_page_shown_first(struct organisation_call *page_call, enum mandate_role role);
/* What was sent for a name, once; empty otherwise. */
struct str organisation_page_field(const struct organisation_call *page_call, const char *name);
/* Posted from this very page, and not before? `purpose` names what it is about. False, with an error page in the reply,
 * when not. Waits. */
bool organisation_page_post_fits(struct organisation_call *page_call, struct str purpose);
/* A page with the token of its form; `purpose` absent for one without. */
struct page *organisation_page_new(struct organisation_call *page_call, const char *name, struct str purpose);

/* What a role is called. */
struct str organisation_page_role_text(enum page_language language, enum mandate_role role);
/* A day as people write it, in Shanghai: "2026-01-05"; empty for 0. */
struct str organisation_page_day(struct arena *arena, int64_t seconds);
/* The day's first second there. False when it is none. */
bool organisation_page_read_day(struct arena *arena, struct str text, int64_t *ret_seconds);

#endif
