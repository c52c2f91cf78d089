/*
 * console: the administration console's files, under /admin/. They are the same for everybody and hold no secret; what
 * they show comes from the admin API, with a token.
 */
#ifndef ENDPOINT_ADMIN_CONSOLE_H
#define ENDPOINT_ADMIN_CONSOLE_H

#include "../call.h"

/* False when the path is none of the console's (then nothing was answered). */
bool console_serve(struct call *call);

#endif
