/*
 * page: the server-rendered pages. Templates, style sheet and texts are compiled into the binary; a folder may override
 * templates, assets and the console's files, file by file.
 *
 * A page is a template, a language and values. Every value is escaped when it is put in; there is no way to put in
 * markup. Pages carry a strict Content-Security-Policy, need no JavaScript and never hold text taken from a URL except
 * the values set here.
 */
#ifndef ENDPOINT_PAGE_H
#define ENDPOINT_PAGE_H

#include "base/arena.h"
#include "base/fault.h"
#include "http/reply.h"

enum page_language { PAGE_ZH, PAGE_EN, PAGE_LANGUAGES };
extern const struct str page_language_tags[PAGE_LANGUAGES]; /* "zh-CN", "en" */

/* ui_locales (space separated BCP 47 tags, may be absent) first, then Accept-Language, then Chinese. Only the fixed
 * list is ever answered. */
enum page_language page_language_choose(struct str ui_locales, struct str accept_language);

/* Templates and assets once for the whole process. `folder` absent: the compiled-in ones alone. */
struct pages;
bool pages_open(struct str folder, struct pages **ret_pages, struct fault *fault);
void pages_free(struct pages *pages);

struct page;
/* `name` is a template's file name without .html: "login". */
struct page *page_new(const struct pages *pages, struct arena *arena, const char *name, enum page_language language);
/* {{name}} in the template; also makes {{#name}}…{{/name}} render when it is not empty, {{^name}}…{{/name}} when it is.
 */
void page_set(struct page *page, const char *name, struct str value);
/* A flag for sections. */
void page_flag(struct page *page, const char *name, bool on);
/* The text of a message key (see src/endpoint/web/messages.def) in the page's language. An unknown key ends the
 * process: keys are constants. */
void page_message(struct page *page, const char *name, const char *key);
/* One more round of {{#list}}…{{/list}}; page_set and others on the returned row. */
struct page *page_row(struct page *page, const char *list);
/* Renders into the reply: status, text/html, CSP, no-store, Content-Language. */
void page_reply(struct page *page, int status, struct http_reply *reply);

struct str page_text(enum page_language language, const char *key);

/* An asset ("style.css", "logo.svg") with its media type and an entity tag; false when there is none of that name. */
struct page_asset {
    struct str body, media_type, entity_tag;
};
bool pages_asset(const struct pages *pages, struct str name, struct page_asset *ret_asset);
/* The same of the administration console's files: "index.html", "views/clients.js". */
bool pages_console_file(const struct pages *pages, struct str name, struct page_asset *ret_asset);

#endif
