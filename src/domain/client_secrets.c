/*
 * Secrets of client systems: made here, shown once, kept as a keyed hash; sealed besides only for client_secret_jwt.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "client_register_inside.h"
#include "domain/registry.h"

#define SECRET_RANDOM    32
#define SECRET_ID_RANDOM 6
#define OVERLAP_MOST_S   (30 * 24 * 3600)

struct sql_statement client_secret_new(struct domain *domain, struct arena *arena, const struct client *client,
                                       struct client_credentials_new *ret_credentials) {
    unsigned char *mac = arena_alloc(arena, 32);
    ret_credentials->secret_id = str_concat(arena, STR("cs_"), random_text(arena, SECRET_ID_RANDOM));
    ret_credentials->secret = random_text(arena, SECRET_RANDOM);
    client_secret_mac(domain->sealers, client->client_id, ret_credentials->secret, mac);
    const struct client_secret_row row = {
        .client_id = client->client_id,
        .secret_id = ret_credentials->secret_id,
        .mac = str_of(mac, 32),
        .sealed = client->auth == CLIENT_AUTH_SECRET_JWT
                      ? seal(domain->sealers->secret, arena, ret_credentials->secret, client->client_id)
                      : STR_NONE,
        .created_at = clock_wall(),
    };
    return client_secrets_insert(&row);
}

static struct str registration_mac(const struct domain *domain, struct arena *arena, struct str token) {
    const struct str parts[] = {STR("registration_access_token"), token};
    unsigned char *mac = arena_alloc(arena, 32);
    seal_mac(domain->sealers->secret, parts, ARRAY_LEN(parts), mac);
    return str_of(mac, 32);
}

struct str registration_token_new(struct domain *domain, struct arena *arena,
                                  struct client_credentials_new *ret_credentials) {
    ret_credentials->registration_token = str_concat(arena, STR("ra_"), random_text(arena, SECRET_RANDOM));
    return registration_mac(domain, arena, ret_credentials->registration_token);
}

bool registration_token_fits(const struct domain *domain, struct arena *arena, const struct client_row *row,
                             struct str token) {
    return !str_is_absent(row->registration_mac) &&
           str_equal_secret(registration_mac(domain, arena, token), row->registration_mac);
}

/* The method that is in force, or will be when the pending change is approved. */
static bool read_client(struct arena *arena, const struct client_row *row, struct client *ret_client) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    const struct json *metadata;
    return json_parse(arena, str_or(row->pending, row->metadata), JSON_LIMITS_DOCUMENT, &metadata) &&
           client_read_registered(arena, row->client_id, metadata, ret_client, problems);
}

struct admin_answer register_new_secret(struct domain *domain, struct arena *arena, const struct actor *actor,
                                        struct str client_id, int64_t version, int64_t overlap,
                                        struct registered *ret_client, struct client_credentials_new *ret_credentials) {
    struct registered old;
    struct client client;
    struct settings settings;
    const struct client_seen seen = {client_id, version};
    struct admin_answer answer = register_open(domain, arena, actor, MAY_CLIENT_WRITE, &seen, &old, &settings);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (old.row.state == CLIENT_RETIRED || !read_client(arena, &old.row, &client) ||
        !client_auth_has_secret(client.auth)) {
        return admin_conflict(
            "it has no use for a secret: its token_endpoint_auth_method needs none, or it is retired");
    }
    overlap = overlap < 0 ? settings.secret_overlap_s : overlap < OVERLAP_MOST_S ? overlap : OVERLAP_MOST_S;
    struct client_row row = old.row;
    row.version++;
    row.updated_at = clock_wall();
    struct client_credentials_new credentials = {0};
    struct change change = {.of_register = true};
    change_add(&change, register_next());
    change_add(&change, clients_update(&row));
    change_add(&change, client_secret_new(domain, arena, &client, &credentials));
    change_add(&change, client_secrets_end_others(client_id, credentials.secret_id, clock_wall() + overlap));
    struct event event = event_of_actor(actor, EVENT_CLIENT_SECRET, client_id);
    event.client_id = client_id;
    event.detail = str_format(arena, "{\"overlap_seconds\":%lld}", (long long)overlap);
    answer = change_write(domain, arena, &change, &event);
    if (answer.result == ADMIN_DONE) {
        *ret_credentials = credentials;
        answer = register_load(domain, arena, actor, client_id, ret_client);
    }
    return answer;
}
