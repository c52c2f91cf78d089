/*
 * client: what the verbs of "client" share.
 */
#ifndef COMMAND_SHELL_CLIENT_H
#define COMMAND_SHELL_CLIENT_H

#include "call.h"
#include "domain/client_register.h"

/* As call_refused, for the client system of the first argument: it may be one that is not in the register. */
int client_refused(struct call *call, const struct admin_answer *answer);

/* client_show.c */
int client_list(struct call *call);
int client_show(struct call *call);
/* The client system as it is now, and its credentials where there are new ones (else NULL). */
int client_print(struct call *call, const struct registered *client, const struct client_credentials_new *credentials);

/* client_metadata.c: --metadata and the single options, over `base` (absent: none). False after saying what is wrong.
 */
bool client_metadata(struct call *call, struct str base, const struct json **ret_metadata);

#endif
