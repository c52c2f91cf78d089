/*
 * The client registration endpoint (RFC 7591 §3, OpenID Connect Dynamic Client Registration 1.0 §3) and the client
 * configuration endpoint (RFC 7592 §2): bearer token → body → rules → the client's information.
 */
#include "client_registration.h"

#include "../bearer.h"
#include "base/check.h"
#include "base/json.h"
#include "domain/registry.h"
#include "domain/self_registration.h"

#define ANSWER_MOST      (256 * 1024)
#define DESCRIPTION_MOST 800 /* with the rest, within what an error answer holds */

/* --- refusals --- */

/* RFC 6749 §5.2: printable ASCII without quote and backslash. Problems quote what was sent. */
static struct str description_of(struct arena *arena, const struct client_problems *problems) {
    struct buf text;
    buf_init(&text, arena, 256, DESCRIPTION_MOST);
    for (size_t i = 0; i < problems->count; i++) {
        const struct client_problem *problem = &problems->items[i];
        const char *join = i > 0 ? "; " : "", *gap = problem->text[0] ? ": " : "";
        struct str line = str_concat(arena, str_from(join), problem->member, str_from(gap), str_from(problem->text));
        if (text.len + line.len > DESCRIPTION_MOST) {
            break;
        }
        buf_put(&text, line);
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
        text.ptr[i] = plain ? c : '?';
    }
    return buf_str(&text);
}

static enum oidc_error error_of(const struct client_problems *problems) {
    for (size_t i = 0; i < problems->count; i++) {
        if (!str_equal(problems->items[i].member, STR("redirect_uris"))) {
            return ERROR_INVALID_CLIENT_METADATA;
        }
    }
    return ERROR_INVALID_REDIRECT_URI;
}

static void reply_unknown(struct call *call) {
    reply_json_error(call, ERROR_INVALID_TOKEN, "the token is not good here");
    http_reply_field(call->reply, STR("WWW-Authenticate"), STR("Bearer error=\"invalid_token\""));
}

/* True when the rules had no objection. */
static bool passed(struct call *call, const struct self_answer *answer) {
    switch (answer->result) {
    case SELF_DONE:
        return true;
    case SELF_UNKNOWN:
        reply_unknown(call);
        break;
    case SELF_TOO_MANY:
        reply_json_error(call, ERROR_TOO_MANY_REQUESTS, "more registrations than this server takes; try again later");
        http_reply_field(call->reply, STR("Retry-After"), STR("600"));
        break;
    case SELF_INVALID:
        reply_json_error(call, error_of(answer->problems),
                         str_c(call->arena, description_of(call->arena, answer->problems)));
        break;
    case SELF_CONFLICT:
        reply_json_error(call, ERROR_REGISTRATION_CONFLICT, answer->reason);
        break;
    case SELF_UNAVAILABLE:
        reply_json_error(call, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
        http_reply_field(call->reply, STR("Retry-After"), STR("1"));
        break;
    }
    return false;
}

/* --- the client's information (RFC 7591 §3.2.1, RFC 7592 §3) --- */

static bool put_member(void *ctx, struct str name, const struct json *value) {
    struct json_out *out = ctx;
    struct buf text;
    buf_init(&text, out->buf->arena, 128, ANSWER_MOST);
    json_write_value(&text, value);
    json_put_raw(out, str_c(out->buf->arena, name), buf_str(&text)); /* a name of ours: it was known when it was kept */
    return true;
}

/* What is in force although nobody said it. Not token_endpoint_auth_method: where it was not said the secret may come
 * either way (docs/decisions/secret-any-way.md), and it must still be unsaid when the answer is sent back as an update.
 */
static void put_unsaid(struct json_out *out, const struct json *metadata) {
    static const struct {
        const char *name, *json;
    } unsaid[] = {
        {"application_type", "\"web\""},  {"grant_types", "[\"authorization_code\"]"},
        {"response_types", "[\"code\"]"}, {"id_token_signed_response_alg", "\"ES256\""},
        {"subject_type", "\"public\""},   {"scope", "\"openid\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(unsaid); i++) {
        if (!json_member(metadata, unsaid[i].name)) {
            json_put_raw(out, unsaid[i].name, str_from(unsaid[i].json));
        }
    }
}

static void put_credentials(struct json_out *out, const struct client_credentials_new *credentials) {
    if (!str_is_absent(credentials->secret)) {
        json_put_str(out, "client_secret", credentials->secret);
        json_put_int(out, "client_secret_expires_at", credentials->secret_expires_at);
    }
}

/* The secret only where it was made just now: nobody else can read it out of here (CVE-2020-27838). */
static void reply_client(struct call *call, int status, const struct registered *client,
                         const struct client_credentials_new *credentials, struct str registration_token) {
    const struct json *metadata;
    struct buf body;
    buf_init(&body, call->arena, 2048, ANSWER_MOST);
    struct json_out out = json_out(&body);
    CHECK(json_parse(call->arena, client->row.metadata, JSON_LIMITS_DOCUMENT, &metadata)); /* we wrote it */
    json_open_object(&out, NULL);
    json_put_str(&out, "client_id", client->row.client_id);
    json_put_int(&out, "client_id_issued_at", client->row.created_at);
    put_credentials(&out, credentials);
    json_put_str(&out, "registration_access_token", registration_token);
    json_put_str(&out, "registration_client_uri",
                 str_concat(call->arena, call->domain->settings->issuer, STR(CLIENT_REGISTRATION_PATH "/"),
                            client->row.client_id));
    json_each(metadata, put_member, &out);
    put_unsaid(&out, metadata);
    json_close_object(&out);
    CHECK(!body.failed);
    reply_json(call, status, buf_str(&body));
}

/* --- requests --- */

static bool is_json(const struct call *call) {
    struct str rest;
    struct str type = str_trim(str_cut(http_field_value(call->request, STR("content-type")), ';', &rest));
    return str_equal_fold(type, STR("application/json"));
}

/* The body's object; NULL when the request was answered. Statements about software are nobody's we trust (§2.3). */
static const struct json *read_body(struct call *call) {
    const struct json *body;
    if (!is_json(call) || !json_parse(call->arena, call->request->body, JSON_LIMITS_DOCUMENT, &body) ||
        json_kind(body) != JSON_KIND_OBJECT) {
        reply_json_error(call, ERROR_INVALID_CLIENT_METADATA, "the body must be a JSON object (application/json)");
        return NULL;
    }
    if (json_member(body, "software_statement")) {
        reply_json_error(call, ERROR_UNAPPROVED_SOFTWARE_STATEMENT, "software statements are not accepted");
        return NULL;
    }
    return body;
}

/* False when the request was answered. */
static bool read_caller(struct call *call, struct self_caller *ret_caller) {
    struct str token = STR_NONE;
    switch (bearer_of_header(call, &token)) {
    case BEARER_GIVEN:
        *ret_caller = (struct self_caller){
            .token = token, .address = call->request->client_address, .request_id = call->request->request_id};
        return true;
    case BEARER_NONE:
        reply_json_error(call, ERROR_INVALID_TOKEN, "a bearer token is needed");
        http_reply_field(call->reply, STR("WWW-Authenticate"), STR("Bearer"));
        break;
    case BEARER_MALFORMED:
        reply_unknown(call);
        break;
    }
    return false;
}

static void enter(struct call *call, const struct self_caller *caller) {
    struct registered client;
    struct client_credentials_new credentials = {0};
    const struct json *metadata = read_body(call);
    if (!metadata) {
        return;
    }
    const struct self_answer answer = self_register(call->domain, call->arena, caller, metadata, &client, &credentials);
    if (passed(call, &answer)) {
        reply_client(call, 201, &client, &credentials, credentials.registration_token);
    }
}

static void show(struct call *call, const struct self_caller *caller, struct str client_id) {
    struct registered client;
    const struct self_answer answer = self_read(call->domain, call->arena, caller, client_id, &client);
    if (passed(call, &answer)) {
        reply_client(call, 200, &client, &(struct client_credentials_new){0}, caller->token);
    }
}

/* The token first: whoever has none learns nothing about what would be wrong with the body. */
static void replace(struct call *call, const struct self_caller *caller, struct str client_id) {
    struct registered client;
    struct client_credentials_new credentials = {0};
    struct self_answer answer = self_read(call->domain, call->arena, caller, client_id, &client);
    const struct json *metadata = passed(call, &answer) ? read_body(call) : NULL;
    if (!metadata) {
        return;
    }
    answer = self_replace(call->domain, call->arena, caller, client_id, metadata, &client, &credentials);
    if (passed(call, &answer)) {
        reply_client(call, 200, &client, &credentials, caller->token);
    }
}

static void retire(struct call *call, const struct self_caller *caller, struct str client_id) {
    const struct self_answer answer = self_retire(call->domain, call->arena, caller, client_id);
    if (passed(call, &answer)) {
        call->reply->status = 204;
    }
}

static void reply_wrong_method(struct call *call, const char *allowed) {
    reply_json_error(call, ERROR_INVALID_REQUEST, "another method is needed here");
    call->reply->status = 405;
    http_reply_field(call->reply, STR("Allow"), str_from(allowed));
}

static void serve_registration(struct call *call) {
    struct self_caller caller;
    if (call->request->method != HTTP_POST) {
        reply_wrong_method(call, "POST");
    } else if (read_caller(call, &caller)) {
        enter(call, &caller);
    }
}

static void serve_configuration(struct call *call, struct str client_id) {
    struct self_caller caller;
    if (!((HTTP_GET | HTTP_HEAD | HTTP_PUT | HTTP_DELETE) & call->request->method)) {
        reply_wrong_method(call, "GET, HEAD, PUT, DELETE");
    } else if (!read_caller(call, &caller)) {
        return;
    } else if (client_id_problem(client_id)) {
        reply_unknown(call);
    } else if (call->request->method == HTTP_PUT) {
        replace(call, &caller, client_id);
    } else if (call->request->method == HTTP_DELETE) {
        retire(call, &caller, client_id);
    } else {
        show(call, &caller, client_id);
    }
}

bool serve_client_registration(struct call *call) {
    struct str rest = call->request->path;
    if (!str_drop_prefix(&rest, STR(CLIENT_REGISTRATION_PATH)) ||
        !registry_settings(call->registry)->dynamic_registration) {
        return false;
    }
    if (rest.len == 0) {
        serve_registration(call);
    } else if (str_drop_prefix(&rest, STR("/"))) {
        serve_configuration(call, rest);
    } else {
        return false;
    }
    return true;
}
