/*
 * messages: looking texts up by key; for page.c and template.c.
 */
#ifndef ENDPOINT_WEB_MESSAGES_H
#define ENDPOINT_WEB_MESSAGES_H

#include "endpoint/page.h"

/* False when there is no such key. */
bool message_find(struct str key, size_t *ret_index);
struct str message_text(size_t index, enum page_language language);

#endif
