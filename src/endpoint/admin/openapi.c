/*
 * The description of the API (OpenAPI 3.1), written from the table of routes, the members of bodies and schemas.json,
 * so that it cannot say anything else than what is served.
 */
#include "api.h"
#include "base/check.h"
#include "domain/registry.h"
#include "schemas.h"

static void put_parameter(struct json_out *out, const char *place, struct str name, bool required, struct str schema,
                          struct str help) {
    json_open_object(out, NULL);
    json_put_str(out, "name", name);
    json_put_str(out, "in", str_from(place));
    json_put_bool(out, "required", required);
    json_put_raw(out, "schema", schema);
    if (help.len > 0) {
        json_put_str(out, "description", help);
    }
    json_close_object(out);
}

static void put_path_parameters(struct json_out *out, struct str pattern) {
    while (!str_is_absent(pattern)) {
        struct str segment = str_cut(pattern, '/', &pattern);
        if (segment.len > 2 && segment.ptr[0] == '{') {
            put_parameter(out, "path", str_sub(segment, 1, segment.len - 2), true,
                          STR("{\"type\":\"string\",\"minLength\":1,\"maxLength\":128}"), STR(""));
        }
    }
}

static const struct api_parameter *parameter_of(struct str name) {
    for (size_t i = 0; i < api_parameter_count; i++) {
        if (str_equal(api_parameters[i].name, name)) {
            return &api_parameters[i];
        }
    }
    check_failed("a query parameter that is not described", __FILE__, __LINE__);
}

static void put_parameters(struct json_out *out, const struct api_route *route) {
    struct str names = route->query, name;
    json_open_array(out, "parameters");
    put_path_parameters(out, route->pattern);
    while (str_next_word(&names, &name)) {
        const struct api_parameter *parameter = parameter_of(name);
        put_parameter(out, "query", parameter->name, false, parameter->schema, parameter->help);
    }
    if (route->needs_tag) {
        put_parameter(out, "header", STR("If-Match"), true,
                      STR("{\"type\":\"string\",\"pattern\":\"^\\\"[0-9]+\\\"$\"}"),
                      STR("the ETag of what is changed"));
    }
    json_close_array(out);
}

static void put_member(struct json_out *out, const struct api_member_rule *rule) {
    json_open_object(out, rule->name.ptr);
    switch (rule->type) {
    case API_TEXT:
        json_put_str(out, "type", STR("string"));
        json_put_int(out, "minLength", rule->least);
        json_put_int(out, "maxLength", rule->most);
        break;
    case API_NUMBER:
        json_put_str(out, "type", STR("integer"));
        json_put_int(out, "minimum", rule->least);
        json_put_int(out, "maximum", rule->most);
        break;
    case API_VALUE:
        json_put_raw(out, "type", STR("[\"boolean\",\"integer\"]"));
        break;
    case API_FLAG:
        json_put_str(out, "type", STR("boolean"));
        break;
    case API_OBJECT:
        json_put_str(out, "type", STR("object"));
        break;
    }
    json_put_str(out, "description", rule->help);
    json_close_object(out);
}

static void put_members(struct json_out *out, struct str words) {
    struct str left = words, word;
    bool optional;
    json_put_str(out, "type", STR("object"));
    json_put_bool(out, "additionalProperties", false);
    json_open_object(out, "properties");
    while (str_next_word(&left, &word)) {
        put_member(out, api_member_of_word(word, &optional));
    }
    json_close_object(out);
    json_open_array(out, "required");
    while (str_next_word(&words, &word)) {
        const struct api_member_rule *rule = api_member_of_word(word, &optional);
        if (!optional) {
            json_put_str(out, NULL, rule->name);
        }
    }
    json_close_array(out);
}

static void put_reference(struct json_out *out, struct arena *arena, struct str schema) {
    json_put_str(out, "$ref", str_concat(arena, STR("#/components/schemas/"), schema));
}

static void put_body(struct json_out *out, struct arena *arena, struct str words) {
    if (words.len == 0) {
        return;
    }
    json_open_object(out, "requestBody");
    json_open_object(out, "content");
    json_open_object(out, "application/json");
    json_open_object(out, "schema");
    if (str_drop_prefix(&words, STR("@"))) {
        put_reference(out, arena, words);
    } else {
        put_members(out, words);
    }
    json_close_object(out);
    json_close_object(out);
    json_close_object(out);
    json_close_object(out);
}

static void put_content(struct json_out *out, struct arena *arena, const char *media_type, struct str schema) {
    json_open_object(out, "content");
    json_open_object(out, media_type);
    json_open_object(out, "schema");
    put_reference(out, arena, schema);
    json_close_object(out);
    json_close_object(out);
    json_close_object(out);
}

static void put_responses(struct json_out *out, struct arena *arena, const struct api_route *route) {
    json_open_object(out, "responses");
    json_open_object(out, str_c(arena, str_format(arena, "%d", route->status)));
    json_put_str(out, "description", route->summary);
    struct str answer = route->answer;
    if (str_drop_prefix(&answer, STR("*"))) {
        put_content(out, arena, "application/x-ndjson", answer);
    } else if (answer.len > 0) {
        put_content(out, arena, "application/json", answer);
    }
    json_close_object(out);
    json_open_object(out, "default");
    json_put_str(out, "description", STR("It was not done, and why (RFC 9457)"));
    put_content(out, arena, "application/problem+json", STR("Problem"));
    json_close_object(out);
    json_close_object(out);
}

static const char *operation_name(enum http_method method) {
    switch (method) {
    case HTTP_GET:
        return "get";
    case HTTP_POST:
        return "post";
    case HTTP_PUT:
        return "put";
    case HTTP_DELETE:
        return "delete";
    default:
        check_failed("a method that the API does not use", __FILE__, __LINE__);
    }
}

/* The id: clients_id_submit_post and so on, since one handler may serve several routes. */
static struct str operation_id(struct arena *arena, const struct api_route *route) {
    struct buf id;
    buf_init(&id, arena, 64, 256);
    buf_put(&id, str_from(operation_name(route->method)));
    for (size_t i = 0; i < route->pattern.len; i++) {
        char c = route->pattern.ptr[i];
        if (c != '{' && c != '}') {
            buf_putc(&id, c == '/' || c == '.' ? '_' : c);
        }
    }
    return buf_str(&id);
}

static void put_operation(struct json_out *out, struct arena *arena, const struct api_route *route) {
    json_open_object(out, operation_name(route->method));
    json_put_str(out, "operationId", operation_id(arena, route));
    json_put_str(out, "summary", route->summary);
    json_put_str(out, "x-permission",
                 route->permission == API_ANYBODY ? STR("any") : permission_name(route->permission));
    put_parameters(out, route);
    put_body(out, arena, route->body);
    put_responses(out, arena, route);
    json_close_object(out);
}

static bool is_first_of_path(size_t at) {
    for (size_t i = 0; i < at; i++) {
        if (str_equal(api_routes[i].pattern, api_routes[at].pattern)) {
            return false;
        }
    }
    return true;
}

static void put_paths(struct json_out *out, struct arena *arena) {
    json_open_object(out, "paths");
    for (size_t i = 0; i < api_route_count; i++) {
        if (!is_first_of_path(i)) {
            continue;
        }
        json_open_object(out, api_routes[i].pattern.ptr);
        for (size_t same = i; same < api_route_count; same++) {
            if (str_equal(api_routes[same].pattern, api_routes[i].pattern)) {
                put_operation(out, arena, &api_routes[same]);
            }
        }
        json_close_object(out);
    }
    json_close_object(out);
}

static void put_info(struct json_out *out) {
    json_open_object(out, "info");
    json_put_str(out, "title", STR("Tongxing admin API"));
    json_put_str(out, "version", STR("1"));
    json_close_object(out);
}

static void put_server(struct json_out *out, struct str url) {
    json_open_array(out, "servers");
    json_open_object(out, NULL);
    json_put_str(out, "url", url);
    json_close_object(out);
    json_close_array(out);
    json_put_raw(out, "security", STR("[{\"bearer\":[]}]"));
}

void api_openapi_write(struct arena *arena, struct str url, struct json_out *out) {
    json_open_object(out, NULL);
    json_put_str(out, "openapi", STR("3.1.0"));
    put_info(out);
    put_server(out, url);
    put_paths(out, arena);
    json_open_object(out, "components");
    json_put_raw(out, "securitySchemes",
                 STR("{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"}}"));
    json_put_raw(out, "schemas", admin_schemas);
    json_close_object(out);
    json_close_object(out);
}

void api_openapi(struct api_call *api) {
    struct str url = str_concat(api->arena, api->domain->settings->issuer, STR(ADMIN_API_PATH));
    api_openapi_write(api->arena, url, &api->out);
    api_send(api);
}
