/*
 * client_check: see client_register.h; shared by the rules that enter and change client systems.
 */
#ifndef DOMAIN_CLIENT_CHECK_H
#define DOMAIN_CLIENT_CHECK_H

#include "base/json.h"
#include "domain/domain.h"
#include "model/client.h"

#define CLIENT_METADATA_MOST (32 * 1024)

/* All problems at once; false when there is any. Waits. */
bool client_check(struct domain *domain, struct arena *arena, struct str client_id, const struct json *metadata,
                  struct client *ret_client, struct client_problems *ret_problems);

#endif
