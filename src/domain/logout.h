/*
 * logout: telling client systems in the background that a session has ended (OpenID Connect Back-Channel Logout 1.0).
 */
#ifndef DOMAIN_LOGOUT_H
#define DOMAIN_LOGOUT_H

#include "domain/domain.h"

/*
 * Starts the delivery and returns at once; nothing for a client that has no backchannel_logout_uri. A delivery is tried
 * three times, and at most LOGOUTS_RUNNING_MOST run at once per worker: more are dropped with a log line, since a
 * portal also notices at its next check.
 */
void logout_tell_client(struct domain *domain, struct str client_id, struct str session_id, struct str account_id);

#define LOGOUTS_RUNNING_MOST 2000

#endif
