/*
 * signed_in: who acts, and how much of them their sign-in has shown. What is proven of an account says nothing of whose
 * hands its password is in: whoever acts for others must have shown in this session what that takes.
 */
#ifndef DOMAIN_SIGNED_IN_H
#define DOMAIN_SIGNED_IN_H

#include "model/account.h"
#include "model/session.h"

struct signed_in {
    const struct account *account;
    const struct session *session; /* the account's */
    struct str address;
};

enum level_shown {
    LEVEL_SHOWN,
    LEVEL_NOT_SHOWN,  /* the account is proven to it, the sign-in is not, or no longer: they step up first */
    LEVEL_NOT_PROVEN, /* the account is not, or may not be used */
};
enum level_shown signed_in_shows(const struct signed_in *who, int level);

#endif
