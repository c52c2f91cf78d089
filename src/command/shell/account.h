/*
 * account: what the nouns about people share.
 */
#ifndef COMMAND_SHELL_ACCOUNT_H
#define COMMAND_SHELL_ACCOUNT_H

#include "call.h"
#include "domain/people.h"

/* "account X", for messages: X is the first argument. */
struct str account_what(struct call *call);
int account_add(struct call *call);

#endif
