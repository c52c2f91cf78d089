/*
 * register_phone: the step before the registration form, where there is a service that sends messages: the phone is
 * shown to be at hand with a one-time code. The proof goes on in the form, sealed and bound to the flow.
 */
#ifndef ENDPOINT_WEB_REGISTER_PHONE_H
#define ENDPOINT_WEB_REGISTER_PHONE_H

#include "domain/phone_code.h"
#include "pages.h"

/* The page, with an error (NULL for none). */
void register_phone_show(struct page_call *page_call, int status, const char *error);

enum register_phone_next {
    REGISTER_PHONE_ANSWERED, /* a page is in the reply */
    REGISTER_PHONE_PROVEN,   /* the form is next, with this proof */
};
/* What was posted from it: a code is sent, or one is tried. Waits. */
enum register_phone_next register_phone_posted(struct page_call *page_call, struct str *ret_proof);

/* What the posted proof says; false when it is none of this flow's that is still good. */
bool register_phone_proven(struct page_call *page_call, struct str sealed, struct phone_proof *ret_proof);

#endif
