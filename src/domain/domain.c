/*
 * What a worker has at hand: its keys with ready signers, and the sealing keys by purpose.
 */
#include "domain/domain.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "jose/verified.h"
#include "model/event.h"
#include "model/trail.h"
#include "store/sql.h"

static const enum jose_alg signing_algs[] = {JOSE_ES256, JOSE_RS256, JOSE_PS256, JOSE_EDDSA};

struct domain_keys *domain_keys_new(struct keyring *keyring) {
    struct arena *arena = arena_new();
    struct domain_keys *keys = arena_new_of(arena, struct domain_keys);
    keys->arena = arena;
    keys->keyring = keyring;
    for (size_t i = 0; i < ARRAY_LEN(signing_algs); i++) {
        struct jose_key *key = keyring_active(keyring, signing_algs[i]);
        if (key) {
            keys->signers[signing_algs[i]] = jose_signer_new(key);
        }
    }
    keys->verified = verified_new();
    arena_defer(arena, (void (*)(void *))verified_free, keys->verified);
    struct buf jwks;
    buf_init(&jwks, arena, 4096, 256 * 1024);
    keyring_write_jwks(keyring, &jwks);
    keys->jwks = buf_str(&jwks);
    return keys;
}

void domain_keys_free(struct domain_keys *keys) {
    if (!keys) {
        return;
    }
    for (size_t i = 0; i < DOMAIN_ALGS; i++) {
        jose_signer_free(keys->signers[i]);
    }
    arena_free(keys->arena);
}

void domain_sealers_init(struct domain_sealers *sealers, const struct keyring *keyring) {
    *sealers = (struct domain_sealers){
        .flow = keyring_sealer(keyring, "flow"),
        .personal = keyring_sealer(keyring, "personal"),
        .lookup = keyring_sealer(keyring, "lookup"),
        .subject = keyring_sealer(keyring, "subject"),
        .session = keyring_sealer(keyring, "session"),
        .refresh = keyring_sealer(keyring, "refresh"),
        .secret = keyring_sealer(keyring, "secret"),
        .page = keyring_sealer(keyring, "page"),
        .identity = keyring_sealer(keyring, "identity"),
        .check = keyring_sealer(keyring, "check"),
    };
}

void domain_tell(const struct domain *domain, const struct event *event) {
    struct event told = *event;
    if (str_is_absent(told.request_id) && log_request_id.len > 0) {
        told.request_id = log_request_id;
    }
    event_tell(domain->events, &told);
}

/* Not up is no reason to send people elsewhere, as long as they may sign in here. */
static const char *trail_detail(const struct trail *trail) {
    if (!trail_takes_administration(trail)) {
        return "full";
    }
    switch (trail ? (enum trail_state)atomic_load(&trail->state) : TRAIL_FINE) {
    case TRAIL_FINE:
        break;
    case TRAIL_BEHIND:
        return "behind";
    case TRAIL_BROKEN:
        return "broken";
    }
    return "up";
}

struct domain_health domain_health(struct domain *domain) {
    bool kv = true;
    for (size_t i = 0; i < domain->kv_up_count; i++) {
        kv = kv && atomic_load(&domain->kv_up[i]);
    }
    return (struct domain_health){.kv = kv,
                                  .sql = sql_ping(domain->sql) == SQL_DONE,
                                  .trail = trail_takes_sign_ins(domain->trail),
                                  .detail = trail_detail(domain->trail)};
}
