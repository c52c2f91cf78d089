/*
 * routes: the handlers that routes.def names, one file each. They wait.
 */
#ifndef ENDPOINT_ROUTES_H
#define ENDPOINT_ROUTES_H

#include "call.h"

#define ROUTE(path, methods, handler, cross_origin) void endpoint_##handler(struct call *call);
#include "routes.def"
#undef ROUTE

#endif
