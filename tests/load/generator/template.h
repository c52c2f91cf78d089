/*
 * template: a request split once into literal pieces and variables, so that rendering it is copying.
 *
 * `{name}` stands for a variable; a brace that is not followed by a name and a closing brace stands for itself.
 */
#ifndef LOAD_TEMPLATE_H
#define LOAD_TEMPLATE_H

#include "variables.h"

struct template_part {
    enum { PART_LITERAL, PART_VARIABLE, PART_BODY_LENGTH } kind;
    struct str text; /* of a literal */
    size_t variable;
};

struct template {
    const struct template_part *parts;
    size_t part_count;
    size_t body_part;    /* the first part of the body */
    size_t body_literal; /* bytes of the body that never vary */
    struct str constant; /* the whole request when nothing in it varies, else absent */
};

/*
 * `head` is a request's head without Content-Length and without its final empty line, `body` is absent or what goes
 * behind it. False when a variable is unknown where the plan now stands; its name is then in ret_unknown.
 */
bool template_split(struct arena *arena, struct variables *variables, struct str head, struct str body,
                    struct template *ret_template, struct str *ret_unknown);
bool template_uses(const struct template *template, size_t variable);
/* Into `to`, or the template's own constant text; absent when it does not fit. */
struct str template_render(const struct template *template, const struct str *texts, char *to, size_t size);

#endif
