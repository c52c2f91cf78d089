/*
 * recover: the pages of a person without their password. A step is a form whose token carries the recovery
 * (domain/recovery.h); nobody is signed in.
 */
#ifndef ENDPOINT_WEB_RECOVER_H
#define ENDPOINT_WEB_RECOVER_H

#include "../call.h"
#include "domain/recovery.h"

/* A request of these pages. */
struct recovering {
    struct call *call;
    struct http_params params;
    enum page_language language;
    struct str flow; /* sealed: the sign-in that it interrupts; empty for none */
    struct recovery recovery;
};

/* The recovery's steps: the purposes of their forms. */
#define RECOVER_START    "recover.start"
#define RECOVER_WAYS     "recover.ways"
#define RECOVER_CODE     "recover.code"
#define RECOVER_PASSWORD "recover.password"
#define RECOVER_COUNTER  "recover.counter"
#define RECOVER_FACTOR   "recover.factor"

struct str recover_field(const struct recovering *recovering, const char *name);
/* A page of a step, whose form carries the recovery. `error`: a key of messages.def, or NULL. */
struct page *recover_page(struct recovering *recovering, const char *name, const char *purpose, const char *error);
/* The ways of proving, of which one failed (`error`), or none was tried. */
void recover_show_ways(struct recovering *recovering, int status, const char *error);
/* False, with the answer in the reply, unless it goes on. */
bool recover_goes_on(struct recovering *recovering, enum recovery_result result);
/* Something was shown: on to the password when it is enough, else back to the ways. Waits. */
void recover_go_on(struct recovering *recovering, const char *reason);

/* The code that is sent to the account's own phone (recover_phone.c). Wait. */
bool recover_by_phone(const struct call *call); /* whether codes can be sent */
void recover_send_code(struct recovering *recovering);
void recover_send_code_besides(struct recovering *recovering); /* the person was seen */
void recover_check_code(struct recovering *recovering);

/* The code of a service counter (recover_counter.c). The second waits. */
void recover_ask_counter_code(struct recovering *recovering);
void recover_check_counter_code(struct recovering *recovering);

/* What an account of level 4 takes besides being seen (recover_factor.c). Wait. */
/* Whether its person may leave for a presence check; false with the answer in the reply. */
bool recover_may_leave(struct recovering *recovering, const struct account *account);
/* True, with the page in the reply, where the one-time password is what is missing. */
bool recover_ask_factor(struct recovering *recovering);
void recover_check_factor(struct recovering *recovering);

#endif
