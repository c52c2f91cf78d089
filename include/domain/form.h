/*
 * form: the token of a form. It opens only in the browser and the session it was made for, for its one purpose, for
 * half an hour, and once; so nobody else can make one, carry one over, or send one again. What the next step needs and
 * nobody may see or change travels in it.
 */
#ifndef DOMAIN_FORM_H
#define DOMAIN_FORM_H

#include "domain/domain.h"

#define FORM_S          1800
#define FORM_EXTRA_MOST 4096

struct form {
    struct str browser;    /* its cookie */
    struct str session_id; /* empty where nobody is signed in */
    const char *purpose;   /* a constant: "password.set" */
};

struct str form_seal(const struct domain *domain, struct arena *arena, const struct form *form, struct str extra);
/* Uses it up. DOMAIN_NO: tampered with, another's, another purpose's, too old, or used before. `ret_extra` may be NULL.
 * Waits. */
enum domain_status form_take(struct domain *domain, struct arena *arena, const struct form *form, struct str sealed,
                             struct str *ret_extra);

#endif
