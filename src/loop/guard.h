/*
 * guard: which addresses an outbound call to a place named by a client system may reach (abuse cases SS-01).
 */
#ifndef LOOP_GUARD_H
#define LOOP_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

/* A public unicast address: not loopback, private, link-local, shared, multicast, documentation, benchmark or
 * translated forms of them. */
bool guard_is_public(const struct sockaddr *address);

#endif
