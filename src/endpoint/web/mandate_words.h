/*
 * mandate_words: how a mandate is put into words on a page, and which one a page is about.
 */
#ifndef ENDPOINT_WEB_MANDATE_WORDS_H
#define ENDPOINT_WEB_MANDATE_WORDS_H

#include "../call.h"
#include "domain/mandates.h"

/* The parameter `id` of the query: what an id is made of, else empty. */
struct str mandate_id_sent(const struct call *call);

/* Sets role, scope, from, until, state and the flags offered, accepted, ended and rests of a row or page; and, of what
 * a person granted, granted_by and the flag grantor_left. */
void mandate_words(struct call *call, enum page_language language, const struct mandate *mandate, struct page *page);

#endif
