/*
 * upstream_try: one trial of a configured service, from the host.
 */
#ifndef COMMAND_UPSTREAM_TRY_H
#define COMMAND_UPSTREAM_TRY_H

struct call;

/* tongxing upstream try [FILE] NAME */
int upstream_try(struct call *call);

#endif
