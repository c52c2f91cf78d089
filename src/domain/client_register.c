/*
 * Entering and changing client systems. Their way through the states is in client_states.c, their secrets in
 * client_secrets.c.
 */
#include "client_register_inside.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "client_check.h"
#include "domain/registry.h"
#include "store/agencies.h"
#include "store/settings.h"

#define CLIENT_ID_RANDOM 12

/* --- reading --- */

/* A developer sees what their agency owns, a registrant itself; to them nothing else exists. */
static bool may_see(const struct actor *actor, const struct client_row *row) {
    switch (actor->role) {
    case ROLE_DEVELOPER:
        return !str_is_absent(row->agency_id) && str_equal(row->agency_id, actor->agency_id);
    case ROLE_REGISTRANT:
        return str_equal(row->origin, STR("dynamic")) && str_equal(actor->client_id, row->client_id);
    default:
        return true;
    }
}

struct admin_answer register_load(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str client_id, struct registered *ret_client) {
    struct registered client = {0};
    struct admin_answer answer = admin_of_sql(clients_get(domain->sql, arena, client_id, &client.row));
    if (answer.result == ADMIN_DONE && !may_see(actor, &client.row)) {
        return admin_answer(ADMIN_MISSING);
    }
    if (answer.result == ADMIN_DONE) {
        answer = admin_of_sql(
            client_secrets_of(domain->sql, arena, client_id, clock_wall(), &client.secrets, &client.secret_count));
    }
    if (answer.result == ADMIN_DONE) {
        *ret_client = client;
    }
    return answer;
}

struct admin_answer register_open(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  enum permission permission, const struct client_seen *seen,
                                  struct registered *ret_client, struct settings *ret_settings) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, permission, &answer)) {
        return answer;
    }
    answer = register_load(domain, arena, actor, seen->client_id, ret_client);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (ret_client->row.version != seen->version) {
        return admin_answer(ADMIN_STALE);
    }
    return admin_of_sql(settings_now(domain, arena, ret_settings));
}

struct admin_answer register_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                                 struct str client_id, struct registered *ret_client) {
    struct admin_answer answer;
    return admin_allowed(domain, actor, MAY_CLIENT_READ, &answer)
               ? register_load(domain, arena, actor, client_id, ret_client)
               : answer;
}

struct admin_answer register_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  const struct clients_filter *filter, size_t most, struct client_row **ret_rows,
                                  size_t *ret_count) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_CLIENT_READ, &answer)) {
        return answer;
    }
    struct clients_filter narrowed = *filter;
    narrowed.text = str_is_absent(filter->text) ? STR_NONE : str_lower(arena, filter->text);
    if (actor->role == ROLE_DEVELOPER) {
        narrowed.agency_id = actor->agency_id;
    }
    return admin_of_sql(clients_list(domain->sql, arena, &narrowed, most < ADMIN_PAGE_MOST ? most : ADMIN_PAGE_MOST,
                                     ret_rows, ret_count));
}

struct admin_answer register_count(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   int64_t ret_counts[CLIENT_STATES]) {
    struct admin_answer answer;
    return admin_allowed(domain, actor, MAY_DASHBOARD_READ, &answer)
               ? admin_of_sql(clients_count(domain->sql, arena, ret_counts))
               : answer;
}

struct admin_answer register_check(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   const struct json *metadata) {
    struct admin_answer answer;
    struct client client;
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    if (!admin_allowed(domain, actor, MAY_CLIENT_READ, &answer)) {
        return answer;
    }
    bool fine = client_check(domain, arena, STR("c"), metadata, &client, problems);
    return fine ? admin_answer(ADMIN_DONE) : (struct admin_answer){.result = ADMIN_INVALID, .problems = problems};
}

/* --- what a row is made of --- */

static struct str text_of(struct arena *arena, const struct json *metadata) {
    struct buf text;
    buf_init(&text, arena, 1024, CLIENT_METADATA_MOST);
    json_write_value(&text, metadata);
    return text.failed ? STR_NONE : buf_str(&text);
}

static struct str search_of(struct arena *arena, const struct client *client) {
    return str_lower(arena, str_concat(arena, client->client_id, STR(" "), str_or(client->client_name, STR("")),
                                       STR(" "), str_or(client->client_name_en, STR(""))));
}

/* False, with the problems in the answer, where the metadata or the agency cannot be used. */
static bool read_wanted(struct domain *domain, struct arena *arena, struct str client_id, const struct json *metadata,
                        struct str agency_id, struct client *ret_client, struct str *ret_text,
                        struct admin_answer *ret_answer) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    *ret_text = text_of(arena, metadata);
    bool fine = client_check(domain, arena, client_id, metadata, ret_client, problems);
    if (str_is_absent(*ret_text)) {
        admin_problem(problems, "metadata", "is larger than %d bytes", CLIENT_METADATA_MOST);
    }
    struct agency_row agency;
    if (!str_is_absent(agency_id)) {
        enum sql_status found = agencies_get(domain->sql, arena, agency_id, &agency);
        if (found == SQL_DOWN) {
            *ret_answer = admin_answer(ADMIN_UNAVAILABLE);
            return false;
        }
        if (found != SQL_DONE || agency.state != AGENCY_ACTIVE) {
            admin_problem(problems, "agency_id", "is not an agency that is active");
        }
    }
    *ret_answer = (struct admin_answer){.result = ADMIN_INVALID, .problems = problems};
    return fine && problems->count == 0;
}

enum sql_status settings_now(struct domain *domain, struct arena *arena, struct settings *ret_settings) {
    struct setting_row *rows;
    size_t count;
    enum sql_status status = settings_read(domain->sql, arena, &rows, &count);
    settings_init(ret_settings);
    for (size_t i = 0; status == SQL_DONE && i < count; i++) {
        settings_put(ret_settings, rows[i].name, rows[i].value);
    }
    return status;
}

/* --- entering --- */

static struct str client_id_new(struct arena *arena) {
    return str_concat(arena, STR("c_"), random_text(arena, CLIENT_ID_RANDOM));
}

static struct client_row row_new(struct arena *arena, const struct actor *actor, const struct client_wanted *wanted,
                                 const struct client *client, struct str text) {
    int64_t now = clock_wall();
    bool works = client->sandbox || wanted->approved;
    return (struct client_row){
        .client_id = client->client_id,
        .agency_id = actor->role == ROLE_DEVELOPER ? actor->agency_id : wanted->agency_id,
        .search = search_of(arena, client),
        .state = works ? CLIENT_APPROVED : CLIENT_DRAFT,
        .origin = wanted->origin,
        .metadata = text,
        .submitted_by = actor->id,
        .approved_by = works ? actor->id : STR_NONE,
        .version = 1,
        .created_at = now,
        .updated_at = now,
    };
}

/* An id of clients.yaml, or the console's, would never be reached in the register. */
static bool is_of_file(const struct domain *domain, struct str client_id) {
    const struct registered_client *client = domain->registry ? registry_find(domain->registry, client_id) : NULL;
    return str_equal(client_id, STR(CONSOLE_CLIENT_ID)) || (client && !client->in_store);
}

struct admin_answer register_create(struct domain *domain, struct arena *arena, const struct actor *actor,
                                    const struct client_wanted *wanted, struct registered *ret_client,
                                    struct client_credentials_new *ret_credentials) {
    struct admin_answer answer;
    struct client client;
    struct str text;
    if (!admin_allowed(domain, actor, MAY_CLIENT_WRITE, &answer)) {
        return answer;
    }
    struct str client_id = str_is_absent(wanted->client_id) ? client_id_new(arena) : wanted->client_id;
    if (is_of_file(domain, client_id)) {
        return admin_conflict("a client system of this client_id comes with the server's configuration");
    }
    struct str agency_id = actor->role == ROLE_DEVELOPER ? actor->agency_id : wanted->agency_id;
    if (!read_wanted(domain, arena, client_id, wanted->metadata, agency_id, &client, &text, &answer)) {
        return answer;
    }
    struct client_row row = row_new(arena, actor, wanted, &client, text);
    struct client_credentials_new credentials = {0};
    struct change change = {.of_register = true, .conflict = "a client system of this client_id exists"};
    if (wanted->manageable) {
        row.registration_mac = registration_token_new(domain, arena, &credentials);
    }
    change_add(&change, register_next());
    change_add(&change, clients_insert(&row));
    if (client_auth_has_secret(client.auth)) {
        change_add(&change, client_secret_new(domain, arena, &client, &credentials));
    }
    for (size_t i = 0; i < wanted->also_count; i++) {
        change_add(&change, wanted->also[i]);
    }
    struct event event = event_of_actor(actor, EVENT_CLIENT_CREATE, row.client_id);
    event.client_id = row.client_id;
    event.detail = change_detail(arena, STR_NONE, text);
    answer = change_write(domain, arena, &change, &event);
    if (answer.result == ADMIN_DONE) {
        *ret_credentials = credentials;
        answer = register_load(domain, arena, actor, row.client_id, ret_client);
    }
    return answer;
}

/* --- changing --- */

/* With a second pair of eyes a change of what works waits beside it. What a client system changes of itself was
 * approved with its initial access token, whose policy it is held to. */
static bool waits_for_approval(const struct actor *actor, const struct client_row *row, const struct client *client,
                               const struct settings *settings) {
    bool works = row->state == CLIENT_APPROVED || row->state == CLIENT_SUSPENDED;
    return works && settings->four_eyes && !client->sandbox && actor->role != ROLE_REGISTRANT;
}

/* What tells the sandbox from the rest is settled when a client system is entered. */
static bool leaves_sandbox(struct arena *arena, const struct client_row *row, const struct client *client) {
    const struct json *metadata;
    bool sandbox = false;
    if (json_parse(arena, row->metadata, JSON_LIMITS_DOCUMENT, &metadata)) {
        json_get_bool(metadata, "tongxing_sandbox", &sandbox);
    }
    return sandbox != client->sandbox;
}

static void put_metadata(struct arena *arena, const struct actor *actor, const struct client *client, struct str text,
                         bool waits, struct client_row *row) {
    row->submitted_by = actor->id;
    row->version++;
    row->updated_at = clock_wall();
    if (waits) {
        row->pending = text;
        return;
    }
    row->metadata = text;
    row->pending = STR_NONE;
    row->search = search_of(arena, client);
}

struct admin_answer register_update(struct domain *domain, struct arena *arena, const struct actor *actor,
                                    struct str client_id, int64_t version, const struct json *metadata,
                                    struct str agency_id, struct registered *ret_client) {
    struct registered old;
    struct client client;
    struct settings settings;
    struct str text;
    const struct client_seen seen = {client_id, version};
    struct admin_answer answer = register_open(domain, arena, actor, MAY_CLIENT_WRITE, &seen, &old, &settings);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (old.row.state == CLIENT_RETIRED) {
        return admin_conflict("it is retired");
    }
    if (actor->role == ROLE_DEVELOPER) {
        agency_id = STR_NONE;
    }
    if (!read_wanted(domain, arena, client_id, metadata, agency_id, &client, &text, &answer)) {
        return answer;
    }
    if (leaves_sandbox(arena, &old.row, &client)) {
        return admin_conflict("a client system does not move into the sandbox or out of it: enter it anew");
    }
    struct client_row row = old.row;
    row.agency_id = str_is_absent(agency_id) ? row.agency_id : agency_id;
    put_metadata(arena, actor, &client, text, waits_for_approval(actor, &row, &client, &settings), &row);
    struct change change = {.of_register = true};
    change_add(&change, register_next());
    change_add(&change, clients_update(&row));
    struct event event = event_of_actor(actor, EVENT_CLIENT_UPDATE, client_id);
    event.client_id = client_id;
    event.reason = str_is_absent(row.pending) ? NULL : "waits_for_approval";
    event.detail = change_detail(arena, old.row.metadata, text);
    answer = change_write(domain, arena, &change, &event);
    return answer.result == ADMIN_DONE ? register_load(domain, arena, actor, client_id, ret_client) : answer;
}
