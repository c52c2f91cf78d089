/*
 * phone_code: one-time codes of six digits that are sent to a phone, to see whether somebody has it at hand
 * (domain-china §3.1).
 *
 * A code is good for one purpose, one phone and one flow or account, once, for sms.code_s, and for at most five tries,
 * which are counted before they are looked at. The store keeps no code and no number: only keyed hashes. What is sent
 * is limited per phone, address, both together, and account a day, and a phone is sent nothing anew before
 * sms.resend_s. Both are kept for two kinds of numbers apart: those an account is known by, to which its owner is sent
 * a code, and those that somebody types.
 */
#ifndef DOMAIN_PHONE_CODE_H
#define DOMAIN_PHONE_CODE_H

#include "domain/domain.h"

#define PHONE_CODE_DIGITS     6
#define PHONE_CODE_TRIES_MOST 5

enum phone_code_purpose {
    PHONE_CODE_REGISTER, /* typed */
    PHONE_CODE_SIGN_IN,  /* known */
    PHONE_CODE_CHANGE,   /* typed: the new number */
    PHONE_CODE_RECOVER,  /* known */
    PHONE_CODE_MERGE,    /* known: of the account that is merged */
};

struct phone_code {
    enum phone_code_purpose purpose;
    struct str phone;      /* "+86…" */
    struct str bound;      /* the flow's or the account's id: a code sent for one is nothing for another */
    struct str account_id; /* whose limits count too; absent for nobody */
    struct str client_address;
    struct str client_id; /* for the audit trail; absent for none */
    bool english;
};

enum phone_code_result {
    PHONE_CODE_DONE,
    PHONE_CODE_TOO_SOON,    /* one was sent a moment ago; it is still good */
    PHONE_CODE_LIMITED,     /* too many today */
    PHONE_CODE_REFUSED,     /* this number cannot be sent to */
    PHONE_CODE_CANNOT_SEND, /* the gateway does not take it now, or does not say */
    PHONE_CODE_WRONG,
    PHONE_CODE_GONE, /* there is none that is good: never sent, too old, used, or tried too often */
    PHONE_CODE_UNAVAILABLE,
};

/* Is there a service that sends messages? */
bool phone_code_available(const struct domain *domain);
/* Sends a fresh code; one sent before for the same is good no more. Waits. */
enum phone_code_result phone_code_send(struct domain *domain, struct arena *arena, const struct phone_code *asked);
/* PHONE_CODE_DONE, _WRONG, _GONE or _UNAVAILABLE. `typed` may have blanks around it. `ret_check_id` may be NULL: the
 * message's transaction, under which the gateway knows it. Waits. */
enum phone_code_result phone_code_verify(struct domain *domain, struct arena *arena, const struct phone_code *asked,
                                         struct str typed, struct str *ret_check_id);

/*
 * What follows a code that was right, for pages that go on without another one: sealed text that says this phone was at
 * hand, for the purpose and the flow or account only, for a quarter of an hour.
 */
struct phone_proof {
    struct str phone;
    struct str check_id; /* of the code */
};
struct str phone_proof_seal(const struct domain *domain, struct arena *arena, const struct phone_code *asked,
                            struct str check_id);
/* False for any other purpose or flow, for one that is too old, and for nonsense. `asked->phone` is not looked at. */
bool phone_proof_open(const struct domain *domain, struct arena *arena, const struct phone_code *asked,
                      struct str sealed, struct phone_proof *ret_proof);

/* What a right code proves, as of now. Only where there is a service. */
struct evidence phone_code_evidence(const struct domain *domain, struct str check_id);

#endif
