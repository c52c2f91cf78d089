/*
 * client_register: what the files of the register of client systems share.
 */
#ifndef DOMAIN_CLIENT_REGISTER_INSIDE_H
#define DOMAIN_CLIENT_REGISTER_INSIDE_H

#include "change.h"
#include "domain/client_register.h"
#include "model/settings.h"

/* Which client system a change is of, as its author saw it. */
struct client_seen {
    struct str client_id;
    int64_t version;
};

/* What the actor may see of a client system. Waits. */
struct admin_answer register_load(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str client_id, struct registered *ret_client);
/* The same for a change by whoever has the permission, of the version they have seen; with the settings as they are
 * now. Waits. */
struct admin_answer register_open(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  enum permission permission, const struct client_seen *seen,
                                  struct registered *ret_client, struct settings *ret_settings);
/* The settings as they are in the store now. Waits. */
enum sql_status settings_now(struct domain *domain, struct arena *arena, struct settings *ret_settings);

/* A secret for the client: the statement that keeps its hash; the secret itself in ret_credentials. */
struct sql_statement client_secret_new(struct domain *domain, struct arena *arena, const struct client *client,
                                       struct client_credentials_new *ret_credentials);
/* A registration access token (RFC 7592): its hash; the token itself in ret_credentials. */
struct str registration_token_new(struct domain *domain, struct arena *arena,
                                  struct client_credentials_new *ret_credentials);

#endif
