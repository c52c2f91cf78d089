/*
 * device: what a person would call the browser they signed in with. Of the User-Agent field only this is kept: the rest
 * would identify them further than they need to be.
 */
#ifndef ENDPOINT_WEB_DEVICE_H
#define ENDPOINT_WEB_DEVICE_H

#include "domain/domain.h"

/* "Chrome, Android"; absent where neither is known. Holds nothing of the text itself. */
struct str device_name(struct arena *arena, struct str user_agent);
/* The app that shows the page; none for a browser, and for an app that only names itself after another one. */
enum upstream_app device_app(struct str user_agent);

#endif
