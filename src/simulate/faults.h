/*
 * faults: what is put around every service, by its mode.
 */
#ifndef SIMULATE_FAULTS_H
#define SIMULATE_FAULTS_H

#include "simulate.h"

/* Answers a call of the service's interface, as good or as bad as its mode wants it. Waits. */
void faults_around(struct service *service, const struct http_request *request, struct http_reply *reply);

/* Forgets the nonces that it has seen. */
void simulate_nonces_done(struct service *service);

#endif
