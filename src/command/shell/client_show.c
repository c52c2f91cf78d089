/*
 * Client systems on the screen and as JSON, in the names of the admin API.
 */
#include "client.h"
#include "table.h"

#include "base/check.h"

static const struct column list_columns[] = {
    {.title = "ID"},     {.title = "NAME", .shrinks = true},  {.title = "STATE"},   {.title = "AGENCY"},
    {.title = "ORIGIN"}, {.title = "VERSION", .right = true}, {.title = "CHANGED"},
};

/* Of what the rules have let in: it parses. */
static const struct json *metadata_of(struct call *call, struct str text) {
    const struct json *metadata = NULL;
    json_parse(call->arena, text, JSON_LIMITS_DOCUMENT, &metadata);
    return metadata;
}

struct facts {
    struct str name, name_en;
    bool sandbox;
};

static struct facts facts_of(struct call *call, const struct client_row *row) {
    struct facts facts = {0};
    const struct json *metadata = metadata_of(call, row->metadata);
    json_get_str(metadata, "client_name", &facts.name);
    json_get_str(metadata, "client_name#en", &facts.name_en);
    json_get_bool(metadata, "tongxing_sandbox", &facts.sandbox);
    return facts;
}

/* "approved, changed": a change waits beside what is in force. */
static struct str state_shown(struct call *call, const struct client_row *row) {
    struct str name = client_state_name(row->state);
    return str_is_absent(row->pending) ? name : str_concat(call->arena, name, STR(" (change waits)"));
}

static void put_row_json(struct call *call, const struct client_row *row) {
    struct json_out *out = &call->document;
    struct facts facts = facts_of(call, row);
    json_open_object(out, NULL);
    json_put_str(out, "client_id", row->client_id);
    call_put_text(call, "client_name", facts.name);
    call_put_text(call, "client_name#en", facts.name_en);
    json_put_str(out, "state", client_state_name(row->state));
    json_put_bool(out, "sandbox", facts.sandbox);
    call_put_text(call, "agency_id", row->agency_id);
    json_put_str(out, "origin", row->origin);
    json_put_bool(out, "pending", !str_is_absent(row->pending));
    json_put_int(out, "version", row->version);
    call_put_time(call, "updated_at", row->updated_at);
    json_close_object(out);
}

static void put_row(struct call *call, struct table *table, const struct client_row *row) {
    struct facts facts = facts_of(call, row);
    table_put(table, row->client_id);
    table_put(table, facts.name);
    table_put(table, state_shown(call, row));
    table_put(table, row->agency_id);
    table_put(table, row->origin);
    table_put_int(table, row->version);
    table_put(table, call_time(call, row->updated_at));
}

int client_list(struct call *call) {
    struct clients_filter filter = {
        .agency_id = call_text(call, OPT_OF_AGENCY),
        .text = call_text(call, OPT_SEARCH),
        .after = call_text(call, OPT_AFTER),
    };
    enum client_state state = 0;
    struct client_row *rows;
    size_t most, count;
    if (!call_limit(call, &most)) {
        return call->status;
    }
    if (call_has(call, OPT_CLIENT_STATE)) {
        CHECK(client_state_of_name(call_text(call, OPT_CLIENT_STATE), &state));
        filter.state = (int)state;
    }
    struct admin_answer answer = register_list(&call->domain, call->arena, &call->actor, &filter, most, &rows, &count);
    if (answer.result != ADMIN_DONE) {
        return call_refused(call, &answer, STR("such client system"));
    }
    if (call->json) {
        call_open_items(call);
        for (size_t i = 0; i < count; i++) {
            put_row_json(call, &rows[i]);
        }
        return call_close_items(call, count == most ? rows[count - 1].client_id : STR_NONE);
    }
    struct table table;
    table_init(&table, call->arena, list_columns, ARRAY_LEN(list_columns));
    for (size_t i = 0; i < count; i++) {
        put_row(call, &table, &rows[i]);
    }
    return call_print_table(call, &table);
}

/* --- one of them --- */

static void put_secrets(struct call *call, const struct registered *client) {
    struct json_out *out = &call->document;
    json_open_array(out, "secrets");
    for (size_t i = 0; i < client->secret_count; i++) {
        json_open_object(out, NULL);
        json_put_str(out, "secret_id", client->secrets[i].secret_id);
        call_put_time(call, "created_at", client->secrets[i].created_at);
        call_put_time(call, "expires_at", client->secrets[i].expires_at);
        json_close_object(out);
    }
    json_close_array(out);
}

static void put_credentials(struct call *call, const struct client_credentials_new *credentials) {
    struct json_out *out = &call->document;
    json_open_object(out, "credentials");
    json_put_str(out, "client_secret_id", credentials->secret_id);
    json_put_str(out, "client_secret", credentials->secret);
    json_put_int(out, "client_secret_expires_at", credentials->secret_expires_at);
    json_close_object(out);
}

static int print_json(struct call *call, const struct registered *client,
                      const struct client_credentials_new *credentials) {
    struct json_out *out = &call->document;
    const struct client_row *row = &client->row;
    json_open_object(out, NULL);
    json_put_str(out, "client_id", row->client_id);
    call_put_text(call, "agency_id", row->agency_id);
    json_put_str(out, "state", client_state_name(row->state));
    json_put_bool(out, "sandbox", facts_of(call, row).sandbox);
    json_put_str(out, "origin", row->origin);
    json_put_raw(out, "metadata", row->metadata);
    if (!str_is_absent(row->pending)) {
        json_put_raw(out, "pending", row->pending);
    }
    call_put_text(call, "submitted_by", row->submitted_by);
    call_put_text(call, "approved_by", row->approved_by);
    put_secrets(call, client);
    if (credentials && !str_is_absent(credentials->secret)) {
        put_credentials(call, credentials);
    }
    json_put_int(out, "version", row->version);
    call_put_time(call, "created_at", row->created_at);
    call_put_time(call, "updated_at", row->updated_at);
    json_close_object(out);
    return call_print(call);
}

struct members {
    struct call *call;
    struct table *table;
    struct str before; /* of each name */
};

static bool put_member(void *ctx, struct str name, const struct json *value) {
    struct members *members = ctx;
    struct arena *arena = members->call->arena;
    struct str text;
    if (!json_str(value, &text)) {
        struct buf buf;
        buf_init(&buf, arena, 256, JSON_LIMITS_DOCUMENT.bytes * 6);
        json_write_value(&buf, value);
        text = buf_str(&buf);
    }
    table_put(members->table, str_concat(arena, members->before, name));
    table_put(members->table, text);
    return true;
}

static void put(struct table *table, const char *name, struct str text) {
    if (!str_is_absent(text)) {
        table_put(table, str_from(name));
        table_put(table, text);
    }
}

static void put_secret_rows(struct call *call, struct table *table, const struct registered *client) {
    for (size_t i = 0; i < client->secret_count; i++) {
        const struct client_secret_row *secret = &client->secrets[i];
        struct str end = secret->expires_at
                             ? str_concat(call->arena, STR(", until "), call_time(call, secret->expires_at))
                             : STR("");
        put(table, "secret",
            str_concat(call->arena, secret->secret_id, STR(", since "), call_time(call, secret->created_at), end));
    }
}

int client_print(struct call *call, const struct registered *client, const struct client_credentials_new *credentials) {
    static const struct column columns[] = {{.title = "MEMBER"}, {.title = "VALUE"}};
    const struct client_row *row = &client->row;
    struct table table;
    if (call->json) {
        return print_json(call, client, credentials);
    }
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    put(&table, "client_id", row->client_id);
    put(&table, "state", state_shown(call, row));
    put(&table, "agency_id", row->agency_id);
    put(&table, "origin", row->origin);
    put(&table, "submitted_by", row->submitted_by);
    put(&table, "approved_by", row->approved_by);
    put(&table, "version", str_format(call->arena, "%lld", (long long)row->version));
    put(&table, "updated_at", call_time(call, row->updated_at));
    put_secret_rows(call, &table, client);
    struct members members = {call, &table, STR("")};
    json_each(metadata_of(call, row->metadata), put_member, &members);
    if (!str_is_absent(row->pending)) {
        members.before = STR("pending: ");
        json_each(metadata_of(call, row->pending), put_member, &members);
    }
    if (credentials && !str_is_absent(credentials->secret)) {
        put(&table, "client_secret", credentials->secret);
        call_remark(call, "The secret is shown this once: keep it where only the client system can read it.");
    }
    return call_print_table(call, &table);
}

int client_show(struct call *call) {
    struct registered client;
    struct admin_answer answer =
        register_get(&call->domain, call->arena, &call->actor, call->typed.arguments[0], &client);
    return answer.result == ADMIN_DONE ? client_print(call, &client, NULL) : client_refused(call, &answer);
}
