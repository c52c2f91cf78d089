/*
 * template: the small language of the page files, read once into a tree.
 *
 *   {{name}}                        a value, escaped for HTML text and quoted attributes
 *   {{#name}} … {{/name}}           shown when the value is not empty, or once for each row of a list
 *   {{^name}} … {{/name}}           shown when it is empty
 *   {{t key}}                       a text of messages.def in the page's language
 *   {{> content}}                   in layout.html: the page itself
 *   {{> title}}                     in layout.html: the words of its first heading (<h1>)
 *
 * There is no way to put a value in unescaped.
 */
#ifndef ENDPOINT_WEB_TEMPLATE_H
#define ENDPOINT_WEB_TEMPLATE_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/str.h"

enum template_kind {
    TEMPLATE_TEXT,
    TEMPLATE_VALUE,
    TEMPLATE_SECTION,
    TEMPLATE_INVERTED,
    TEMPLATE_MESSAGE,
    TEMPLATE_CONTENT,
    TEMPLATE_TITLE
};

struct template_node {
    enum template_kind kind;
    struct str text; /* TEXT; or the name */
    size_t message;  /* MESSAGE */
    struct template_node *first, *next;
};

#define TEMPLATE_DEPTH_MOST 8

/* Says file and line of what it cannot read. The text must outlive the tree. */
bool template_read(struct arena *arena, struct str text, struct str file, struct template_node **ret_first,
                   struct fault *fault);

#endif
