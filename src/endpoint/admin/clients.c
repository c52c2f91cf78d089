/*
 * Client systems: entering, changing, approving, taking out, and their secrets.
 */
#include "api.h"
#include "base/check.h"
#include "base/encode.h"
#include "domain/client_register.h"
#include "domain/registry.h"

static const struct json *metadata_of(const struct api_call *api, struct str text) {
    const struct json *metadata = NULL;
    json_parse(api->arena, text, JSON_LIMITS_DOCUMENT, &metadata);
    return metadata;
}

static void put_names(struct api_call *api, const struct json *metadata) {
    static const char *const names[] = {"client_name", "client_name#en"};
    for (size_t i = 0; i < 2; i++) {
        struct str text;
        if (json_get_str(metadata, names[i], &text)) {
            json_put_str(&api->out, names[i], text);
        }
    }
}

static void put_state(struct api_call *api, const struct client_row *row, const struct json *metadata) {
    bool sandbox = false;
    json_get_bool(metadata, "tongxing_sandbox", &sandbox);
    json_put_str(&api->out, "client_id", row->client_id);
    api_put_text(api, "agency_id", row->agency_id);
    json_put_str(&api->out, "state", client_state_name(row->state));
    json_put_bool(&api->out, "sandbox", sandbox);
    json_put_str(&api->out, "origin", row->origin);
}

static void put_row(struct api_call *api, const struct client_row *row) {
    const struct json *metadata = metadata_of(api, row->metadata);
    json_open_object(&api->out, NULL);
    put_state(api, row, metadata);
    put_names(api, metadata);
    json_put_bool(&api->out, "pending", !str_is_absent(row->pending));
    json_put_int(&api->out, "version", row->version);
    api_put_time(api, "updated_at", row->updated_at);
    json_close_object(&api->out);
}

static bool read_filter(struct api_call *api, struct clients_filter *filter) {
    enum client_state state;
    struct str name = api_query(api, "state");
    filter->agency_id = api_query(api, "agency_id");
    filter->text = api_query(api, "search");
    struct str waiting = api_query(api, "waiting");
    filter->waiting = str_equal(waiting, STR("true"));
    if (!str_is_absent(waiting) && !filter->waiting && !str_equal(waiting, STR("false"))) {
        return api_invalid_field(api, STR("waiting"), "must be true or false");
    }
    if (str_is_absent(name)) {
        return true;
    }
    if (!client_state_of_name(name, &state)) {
        return api_invalid_field(api, STR("state"), "must be draft, submitted, approved, suspended or retired");
    }
    filter->state = (int)state;
    return true;
}

void api_client_list(struct api_call *api) {
    struct api_page page;
    struct clients_filter filter = {0};
    struct client_row *rows;
    size_t count;
    if (!api_page_read(api, &page) || !read_filter(api, &filter)) {
        return;
    }
    filter.after = page.after;
    struct admin_answer answer = register_list(api->domain, api->arena, &api->actor, &filter, page.most, &rows, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    api_open_items(api);
    size_t shown = api_page_rows(&page, count);
    for (size_t i = 0; i < shown; i++) {
        put_row(api, &rows[i]);
    }
    api_page_close(api, &page, count, shown ? rows[shown - 1].client_id : STR_NONE);
    api_send(api);
}

static void put_secrets(struct api_call *api, const struct registered *client) {
    json_open_array(&api->out, "secrets");
    for (size_t i = 0; i < client->secret_count; i++) {
        json_open_object(&api->out, NULL);
        json_put_str(&api->out, "secret_id", client->secrets[i].secret_id);
        api_put_time(api, "created_at", client->secrets[i].created_at);
        api_put_time(api, "expires_at", client->secrets[i].expires_at);
        json_close_object(&api->out);
    }
    json_close_array(&api->out);
}

static void put_actions(struct api_call *api, const struct registered *client) {
    unsigned actions = client_actions_now(&client->row, &api->actor, registry_settings(api->call->registry));
    json_open_array(&api->out, "actions");
    for (int action = 0; action < CLIENT_ACTIONS; action++) {
        if (actions >> action & 1) {
            json_put_str(&api->out, NULL, client_action_name((enum client_action)action));
        }
    }
    json_close_array(&api->out);
}

static void put_credentials(struct api_call *api, const struct client_credentials_new *credentials) {
    if (str_is_absent(credentials->secret)) {
        return;
    }
    json_open_object(&api->out, "credentials");
    json_put_str(&api->out, "client_secret_id", credentials->secret_id);
    json_put_str(&api->out, "client_secret", credentials->secret);
    json_put_int(&api->out, "client_secret_expires_at",
                 credentials->secret_expires_at); /* RFC 7591: seconds, 0 for never */
    json_close_object(&api->out);
}

/* A client system with its entity tag; `credentials` NULL where there are none to show. */
static void send_client(struct api_call *api, const struct registered *client,
                        const struct client_credentials_new *credentials) {
    const struct client_row *row = &client->row;
    json_open_object(&api->out, NULL);
    put_state(api, row, metadata_of(api, row->metadata));
    json_put_raw(&api->out, "metadata", row->metadata);
    if (!str_is_absent(row->pending)) {
        json_put_raw(&api->out, "pending", row->pending);
    }
    api_put_text(api, "submitted_by", row->submitted_by);
    api_put_text(api, "approved_by", row->approved_by);
    put_secrets(api, client);
    json_put_int(&api->out, "version", row->version);
    api_put_time(api, "created_at", row->created_at);
    api_put_time(api, "updated_at", row->updated_at);
    put_actions(api, client);
    if (credentials) {
        put_credentials(api, credentials);
    }
    json_close_object(&api->out);
    api_tag(api, row->version);
    api_send(api);
}

void api_client_get(struct api_call *api) {
    struct registered client;
    struct admin_answer answer = register_get(api->domain, api->arena, &api->actor, api->ids[0], &client);
    if (api_done(api, &answer)) {
        send_client(api, &client, NULL);
    }
}

void api_client_create(struct api_call *api) {
    const struct client_wanted wanted = {
        .client_id = api->input.client_id,
        .agency_id = api->input.agency_id,
        .origin = STR("console"),
        .metadata = api->input.metadata,
    };
    struct registered client;
    struct client_credentials_new credentials = {0};
    struct admin_answer answer = register_create(api->domain, api->arena, &api->actor, &wanted, &client, &credentials);
    if (api_done(api, &answer)) {
        api_location(api, str_concat(api->arena, STR("/clients/"), percent_encode(api->arena, client.row.client_id)));
        send_client(api, &client, &credentials);
    }
}

void api_client_update(struct api_call *api) {
    struct registered client;
    struct admin_answer answer = register_update(api->domain, api->arena, &api->actor, api->ids[0], api->version,
                                                 api->input.metadata, api->input.agency_id, &client);
    if (api_done(api, &answer)) {
        send_client(api, &client, NULL);
    }
}

/* The action is the last part of the route's own path. */
void api_client_act(struct api_call *api) {
    struct str name = api->route->pattern, rest;
    enum client_action action;
    for (str_cut(name, '/', &rest); !str_is_absent(rest); str_cut(name, '/', &rest)) {
        name = rest;
    }
    CHECK(client_action_of_name(name, &action));
    struct registered client;
    struct admin_answer answer =
        register_act(api->domain, api->arena, &api->actor, api->ids[0], api->version, action, &client);
    if (api_done(api, &answer)) {
        send_client(api, &client, NULL);
    }
}

void api_client_new_secret(struct api_call *api) {
    int64_t overlap = api_given(api, API_MEMBER_overlap_seconds) ? api->input.overlap_seconds : -1;
    struct registered client;
    struct client_credentials_new credentials = {0};
    struct admin_answer answer = register_new_secret(api->domain, api->arena, &api->actor, api->ids[0], api->version,
                                                     overlap, &client, &credentials);
    if (api_done(api, &answer)) {
        send_client(api, &client, &credentials);
    }
}

/* What is wrong is the answer here, not a failure. */
void api_client_validate(struct api_call *api) {
    static const struct client_problems none = {0};
    struct admin_answer answer = register_check(api->domain, api->arena, &api->actor, api->input.metadata);
    if (answer.result != ADMIN_INVALID && !api_done(api, &answer)) {
        return;
    }
    json_open_object(&api->out, NULL);
    api_put_problems(&api->out, answer.result == ADMIN_INVALID ? answer.problems : &none);
    json_close_object(&api->out);
    api_send(api);
}
