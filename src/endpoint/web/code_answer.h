/*
 * code_answer: what pages say to each result of a one-time code.
 */
#ifndef ENDPOINT_WEB_CODE_ANSWER_H
#define ENDPOINT_WEB_CODE_ANSWER_H

#include "domain/phone_code.h"

struct code_answer {
    int status;
    const char *error; /* a key of messages.def; NULL for none */
    bool sent;         /* there may be a good code on the phone: the page asks for it */
};
/* NULL for PHONE_CODE_UNAVAILABLE, which has a page of its own. */
const struct code_answer *code_answer(enum phone_code_result result);

#endif
