/*
 * domain: the rules. What one worker has at hand for them: its stores, keys and upstreams, and the settings all workers
 * share.
 *
 * Functions of this layer that wait on a store answer enum domain_status, in which "no" and "cannot say now" are
 * different values: an endpoint answers the second with 503 / temporarily_unavailable and changes nothing.
 */
#ifndef DOMAIN_DOMAIN_H
#define DOMAIN_DOMAIN_H

#include "base/str.h"
#include "jose/keyring.h"
#include "upstream/upstream.h"

#include <stdatomic.h>

struct loop;
struct kv;
struct sql;
struct pool;
struct fetcher;
struct registry;
struct event_sink;
struct event;
struct trail;

enum domain_status {
    DOMAIN_DONE,
    DOMAIN_NO,          /* not found, not valid, not allowed */
    DOMAIN_UNAVAILABLE, /* a store or pool did not answer */
};

/* Immutable, shared by all workers. Durations in seconds. */
struct domain_settings {
    struct str issuer;
    struct str trust_framework; /* of verified_claims */
    int64_t code_s, access_token_s, id_token_s, refresh_token_s, refresh_grace_s;
    int64_t session_idle_s, session_s, flow_s, clock_skew_s;
    int64_t login_attempts_per_account, login_attempts_per_address, login_lock_s;
    int64_t password_least; /* characters */
    int64_t password_memory_kib, password_passes;
    bool registration_enabled;
    int64_t minimum_age; /* years */
    int64_t sms_code_s, sms_resend_s;
    int64_t sms_per_phone, sms_per_phone_and_address, sms_per_address, sms_per_account; /* a day */
    int64_t registration_attempts_per_number, registration_attempts_per_address;        /* a day */
    int64_t proof_attempts_per_account, proof_attempts_per_card;                        /* a day */
    int64_t organisation_recheck_s;
    int64_t organisation_attempts_per_account, organisation_attempts_per_code,
        organisation_attempts_per_address; /* a day */
};

#define DOMAIN_ALGS 6

/* The keys a worker uses now. Replaced as a whole on rotation. */
struct domain_keys {
    struct keyring *keyring;                  /* shared */
    struct jose_signer *signers[DOMAIN_ALGS]; /* by enum jose_alg; NULL where there is no active key */
    struct str jwks;                          /* the JWKS document */
    struct verified *verified;                /* what tokens found signed by them say */
    struct arena *arena;
};

/* Sealing keys by purpose; they live as long as the process. */
struct domain_sealers {
    const struct sealer *flow;     /* state that travels through the browser */
    const struct sealer *personal; /* profiles at rest */
    const struct sealer *lookup;   /* identifiers at rest, counters */
    const struct sealer *subject;  /* pairwise subjects */
    const struct sealer *session;  /* session pseudonyms */
    const struct sealer *refresh;  /* refresh tokens */
    const struct sealer *secret;   /* client secrets */
    const struct sealer *page;     /* where the next page of a list begins */
    const struct sealer *identity; /* identity numbers as client systems may compare them */
    const struct sealer *check;    /* references to checks, and wanted values, of verified_claims */
};

struct domain {
    const struct domain_settings *settings;
    struct loop *loop;
    struct kv *kv;
    struct sql *sql;
    struct pool *passwords; /* argon2id; shared */
    struct fetcher *fetcher;
    struct upstreams upstreams;    /* all that are configured */
    struct upstream *registration; /* of them, what registrations are checked with; NULL where none is named */
    struct domain_keys *keys;
    const struct domain_sealers *sealers;
    const struct keyring_options
        *keyring_options;            /* where the keys are, for rotating them; NULL: they stay as they are */
    struct registry *registry;       /* of client systems; replaced as a whole */
    struct client_keys *client_keys; /* fetched key sets of clients, per worker */
    const atomic_bool *kv_up;        /* one of each worker of the process */
    size_t kv_up_count;
    const struct event_sink *events; /* who hears what happens (model/event.h); NULL for nobody */
    const struct trail *trail;       /* how the audit trail fares (model/trail.h); NULL for none */
};

/* Which of the stores answer, to every worker of the process. Waits. */
struct domain_health {
    bool kv, sql;
    bool trail;         /* the audit trail lets people sign in */
    const char *detail; /* of the audit trail: "up", "behind", "broken", "full" */
};
struct domain_health domain_health(struct domain *domain);

/* Tells whoever hears of this worker's events, with the request id of the running fiber where the event has none. */
void domain_tell(const struct domain *domain, const struct event *event);

struct domain_keys *domain_keys_new(struct keyring *keyring);
void domain_keys_free(struct domain_keys *keys);
void domain_sealers_init(struct domain_sealers *sealers, const struct keyring *keyring);

#endif
