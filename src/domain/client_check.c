/*
 * Whether metadata can be a client system's: the rules of model/client.h, and what they cannot see: that it does not
 * lead to this server itself, and that the site that a sector is named after says so.
 */
#include "client_check.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/log.h"
#include "change.h"
#include "jose/key.h"
#include "loop/fetch.h"

#define SECTOR_FETCH_MS   5000
#define SECTOR_BYTES_MOST (64 * 1024)

static bool lists(const struct json *document, struct str uri) {
    for (size_t i = 0; i < json_length(document); i++) {
        struct str listed;
        if (json_str(json_element(document, i), &listed) && str_equal(listed, uri)) {
            return true;
        }
    }
    return false;
}

/* OpenID Connect Dynamic Registration §5: the site must list every redirect URI. What went wrong on the way is for the
 * log: whoever registers learns nothing of the network here (SS-08). */
static void check_sector(struct domain *domain, struct arena *arena, const struct client *client,
                         struct client_problems *problems) {
    const struct fetch_request request = {.method = STR("GET"),
                                          .url = client->sector_uri,
                                          .timeout_ms = SECTOR_FETCH_MS,
                                          .answer_ceiling = SECTOR_BYTES_MOST,
                                          .guarded = true};
    struct fetch_answer answer = {0};
    const struct json *document = NULL;
    enum fetch_result result = domain->fetcher ? fetch(domain->fetcher, arena, &request, &answer) : FETCH_UNREACHABLE;
    if (result != FETCH_DONE || answer.status != 200 ||
        !json_parse(arena, answer.body, JSON_LIMITS_DOCUMENT, &document) || json_kind(document) != JSON_KIND_ARRAY) {
        log_info("client.sector_refused", log_text("result", fetch_result_name(result)),
                 log_int("status", answer.status));
        admin_problem(problems, "sector_identifier_uri", "does not answer with a JSON list of redirect URIs");
        return;
    }
    for (size_t i = 0; i < client->redirect_uri_count; i++) {
        if (!lists(document, client->redirect_uris[i])) {
            admin_problem(problems, "sector_identifier_uri", "does not list each of the redirect_uris");
            return;
        }
    }
}

static void check_keys(struct arena *arena, const struct client *client, struct client_problems *problems) {
    const struct json *jwks;
    struct jose_key_set *set;
    if (!json_parse(arena, client->jwks, JSON_LIMITS_DOCUMENT, &jwks) || !jose_key_set_read(jwks, &set)) {
        admin_problem(problems, "jwks", "is not a usable JWK set of public keys (RFC 7517)");
        return;
    }
    if (jose_key_set_count(set) == 0) {
        admin_problem(problems, "jwks", "holds no key that can be used");
    }
    jose_key_set_free(set);
}

bool client_check(struct domain *domain, struct arena *arena, struct str client_id, const struct json *metadata,
                  struct client *ret_client, struct client_problems *ret_problems) {
    struct client client;
    if (!client_read_registered(arena, client_id, metadata, &client, ret_problems)) {
        return false;
    }
    if (client_leads_to_issuer(&client, domain->settings->issuer)) {
        admin_problem(ret_problems, "redirect_uris", "leads to this server itself");
    }
    if (!str_is_absent(client.agency)) {
        admin_problem(ret_problems, "tongxing_agency", "is not part of the metadata: agency_id says it");
    }
    if (!str_is_absent(client.jwks)) {
        check_keys(arena, &client, ret_problems);
    }
    if (!str_is_absent(client.sector_uri)) {
        check_sector(domain, arena, &client, ret_problems);
    }
    if (ret_problems->count > 0) {
        return false;
    }
    *ret_client = client;
    return true;
}
