/*
 * login: signing in with a password, and registering with a real-name check.
 */
#ifndef DOMAIN_LOGIN_H
#define DOMAIN_LOGIN_H

#include "domain/account.h"

enum login_result {
    LOGIN_DONE,
    LOGIN_WRONG,  /* unknown account, wrong password, suspended: nobody outside may tell which */
    LOGIN_LOCKED, /* too many attempts; the right password is refused too, for a while */
    LOGIN_UNAVAILABLE,
};

/*
 * Counts the attempt before it looks at the password. Slower after each failure. On LOGIN_WRONG the account holds
 * nothing but the id of whom it was tried on, absent where nobody has that name: for the trail, never for an answer.
 * Waits.
 */
enum login_result login_with_password(struct domain *domain, struct arena *arena, struct str username,
                                      struct str password, struct str client_address, struct account *ret_account);

/*
 * As typed. Somebody who came from a sign-in service (domain/carried.h) need not choose a password, since they sign in
 * there, nor type what the service vouches for: `carried` says it instead. Where the service proves the person without
 * telling who they are (a network identity, domain-china §6.2), there is neither name nor number, and no register is
 * asked.
 */
struct carried;
struct registration {
    struct str name, id_number, phone, password;
    bool phone_at_hand;            /* a one-time code was sent to the phone and given back (domain/phone_code.h) */
    struct str phone_check_id;     /* of that code */
    const struct carried *carried; /* NULL for none */
};

enum registration_field_problem { FIELD_FINE, FIELD_MISSING, FIELD_BAD, FIELD_REVIEW, FIELD_SHORT, FIELD_SIMPLE };

struct registration_problems {
    enum registration_field_problem name, id_number, phone, password;
};

enum registration_result {
    REGISTRATION_DONE,
    REGISTRATION_INVALID,       /* see the problems; nothing was asked or counted */
    REGISTRATION_CHILD,         /* too young to be here without a guardian; nothing was asked or counted */
    REGISTRATION_REFUSED,       /* the register does not confirm it; never says which field */
    REGISTRATION_TAKEN,         /* confirmed, but this person has an account already */
    REGISTRATION_PHONE_TAKEN,   /* confirmed, but the phone number belongs to another account */
    REGISTRATION_SERVICE_TAKEN, /* whoever signed in over there has another account by now */
    REGISTRATION_LIMITED,       /* too many attempts for this number, subject of a service or address */
    REGISTRATION_CANNOT_CHECK,  /* the register does not answer; not counted */
    REGISTRATION_UNAVAILABLE,   /* our own stores do not answer */
};

/* The account is made with its evidence and the link of the service, or not at all. Waits. */
enum registration_result register_person(struct domain *domain, struct arena *arena,
                                         const struct registration *registration, struct str client_address,
                                         struct account *ret_account, struct registration_problems *ret_problems);

#endif
