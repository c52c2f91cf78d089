/*
 * client_register: entering, changing, approving and taking out client systems.
 *
 *   draft ── submit ──▸ submitted ── approve ──▸ approved ◂── resume ── suspended
 *     ▴───────────────── reject ────┘               └──── suspend ─────▸┘
 *   any state ── retire ──▸ retired (for good; the id is never given again)
 *
 * A client system of the sandbox (tongxing_sandbox) is approved at once: its redirect URIs lead to the developer's own
 * machine only. A change of an approved or suspended one waits beside it (pending) until it is approved, unless the
 * setting four_eyes is off, or it registered itself and makes the change itself; with four_eyes on, nobody approves
 * what they submitted. Clients of clients.yaml are not in the
 * register.
 */
#ifndef DOMAIN_CLIENT_REGISTER_H
#define DOMAIN_CLIENT_REGISTER_H

#include "base/json.h"
#include "domain/administration.h"
#include "model/settings.h"
#include "store/clients.h"

/* A client system as administrators see it. */
struct registered {
    struct client_row row; /* row.metadata: in force; row.pending: waits for approval, absent without */
    struct client_secret_row *secrets;
    size_t secret_count; /* those that are good now */
};

/* Wait. A developer sees only what their agency owns: anything else is ADMIN_MISSING. */
struct admin_answer register_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                                 struct str client_id, struct registered *ret_client);
struct admin_answer register_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  const struct clients_filter *filter, size_t most, struct client_row **ret_rows,
                                  size_t *ret_count);

/* How many there are in each state, for the dashboard: of everybody's. */
struct admin_answer register_count(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   int64_t ret_counts[CLIENT_STATES]);

/* The rules alone, for whoever fills in a form: ADMIN_INVALID with every problem, or ADMIN_DONE. Changes nothing. */
struct admin_answer register_check(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   const struct json *metadata);

struct client_wanted {
    struct str client_id;             /* absent: one is made */
    struct str agency_id;             /* absent: none; a developer's own is put by itself */
    struct str origin;                /* "console", "shell", "dynamic" */
    const struct json *metadata;      /* as client_read_registered reads it */
    bool approved;                    /* dynamic registration under a policy: works at once */
    bool manageable;                  /* make a registration access token (RFC 7592) */
    const struct sql_statement *also; /* written with it, after it; ADMIN_STALE when one of them changes nothing */
    size_t also_count;
};

/* Shown once, never kept in the clear. */
struct client_credentials_new {
    struct str secret_id, secret;  /* absent where the method needs none */
    int64_t secret_expires_at;     /* 0 for never */
    struct str registration_token; /* absent unless manageable */
};
struct admin_answer register_create(struct domain *domain, struct arena *arena, const struct actor *actor,
                                    const struct client_wanted *wanted, struct registered *ret_client,
                                    struct client_credentials_new *ret_credentials);
/* Replaces the metadata (and the agency, where agency_id is not absent). */
struct admin_answer register_update(struct domain *domain, struct arena *arena, const struct actor *actor,
                                    struct str client_id, int64_t version, const struct json *metadata,
                                    struct str agency_id, struct registered *ret_client);

enum client_action {
    CLIENT_SUBMIT,
    CLIENT_APPROVE,
    CLIENT_REJECT,
    CLIENT_SUSPEND,
    CLIENT_RESUME,
    CLIENT_RETIRE,
    CLIENT_END_SESSIONS, /* what it holds of anybody is not valid any more; people stay signed in elsewhere */
    CLIENT_ACTIONS
};
struct str client_action_name(enum client_action action); /* "submit", …, "end_sessions" */
bool client_action_of_name(struct str name, enum client_action *ret_action);
/* NULL when the action is possible now for whoever has the permission, else why not. */
const char *client_action_obstacle(const struct client_row *row, const struct actor *actor, enum client_action action,
                                   const struct settings *settings);
/* Those that this actor may do with it as it is now: a bit for each. */
unsigned client_actions_now(const struct client_row *row, const struct actor *actor, const struct settings *settings);
struct admin_answer register_act(struct domain *domain, struct arena *arena, const struct actor *actor,
                                 struct str client_id, int64_t version, enum client_action action,
                                 struct registered *ret_client);

/* A new secret; the others stay good for `overlap` seconds more (at most 30 days; -1: the setting's). */
struct admin_answer register_new_secret(struct domain *domain, struct arena *arena, const struct actor *actor,
                                        struct str client_id, int64_t version, int64_t overlap,
                                        struct registered *ret_client, struct client_credentials_new *ret_credentials);

/* Is it the registration access token that was made for this client system? Compared in constant time. */
bool registration_token_fits(const struct domain *domain, struct arena *arena, const struct client_row *row,
                             struct str token);

#endif
