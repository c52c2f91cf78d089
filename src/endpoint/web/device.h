/*
 * device: what a person would call the browser they signed in with. Of the User-Agent field only this is kept: the rest
 * would identify them further than they need to be.
 */
#ifndef ENDPOINT_WEB_DEVICE_H
#define ENDPOINT_WEB_DEVICE_H

#include "base/str.h"

/* "Chrome, Android"; absent where neither is known. Holds nothing of the text itself. */
struct str device_name(struct arena *arena, struct str user_agent);

#endif
