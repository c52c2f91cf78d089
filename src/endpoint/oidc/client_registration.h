/*
 * client_registration: where client systems register themselves, while the setting dynamic_registration is on. With it
 * off there is nothing at these paths.
 */
#ifndef ENDPOINT_OIDC_CLIENT_REGISTRATION_H
#define ENDPOINT_OIDC_CLIENT_REGISTRATION_H

#include "../call.h"

#define CLIENT_REGISTRATION_PATH "/connect/register"

/* False when the request is not for it: the path is another, or it is off. Waits. */
bool serve_client_registration(struct call *call);

#endif
