/*
 * What the request says: query, entity tag, body. Anything that the route's row does not name is refused by name (abuse
 * case AD-04), all of it at once.
 */
#include "api.h"
#include "base/byte.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/utf8.h"

/* --- the query --- */

const struct api_parameter api_parameters[] = {
    {STR_INIT("search"), STR_INIT("{\"type\":\"string\",\"maxLength\":100}"), STR_INIT("part of an id or a name")},
    {STR_INIT("state"), STR_INIT("{\"type\":\"string\"}"), STR_INIT("only those in this state")},
    {STR_INIT("waiting"), STR_INIT("{\"type\":\"boolean\"}"),
     STR_INIT("only those that wait for approval, or whose change does")},
    {STR_INIT("agency_id"), STR_INIT("{\"type\":\"string\"}"), STR_INIT("only those of this agency")},
    {STR_INIT("event"), STR_INIT("{\"type\":\"string\"}"), STR_INIT("only events of this name")},
    {STR_INIT("actor"), STR_INIT("{\"type\":\"string\"}"), STR_INIT("only what this one did")},
    {STR_INIT("client_id"), STR_INIT("{\"type\":\"string\"}"), STR_INIT("only what is about this client system")},
    {STR_INIT("subject"), STR_INIT("{\"type\":\"string\"}"), STR_INIT("only what was done to this one")},
    {STR_INIT("request_id"), STR_INIT("{\"type\":\"string\"}"), STR_INIT("only what this request did")},
    {STR_INIT("result"), STR_INIT("{\"type\":\"string\",\"enum\":[\"done\",\"refused\",\"failed\"]}"),
     STR_INIT("only with this result")},
    {STR_INIT("from"), STR_INIT("{\"type\":\"string\",\"format\":\"date-time\"}"), STR_INIT("from this time on")},
    {STR_INIT("to"), STR_INIT("{\"type\":\"string\",\"format\":\"date-time\"}"), STR_INIT("before this time")},
    {STR_INIT("hours"), STR_INIT("{\"type\":\"integer\",\"enum\":[1,24],\"default\":1}"), STR_INIT("how far back")},
    {STR_INIT("limit"), STR_INIT("{\"type\":\"integer\",\"minimum\":1,\"maximum\":200,\"default\":50}"),
     STR_INIT("rows in a page")},
    {STR_INIT("page"), STR_INIT("{\"type\":\"string\"}"), STR_INIT("next_page of the page before")},
};
const size_t api_parameter_count = ARRAY_LEN(api_parameters);

#define PARAMETER_MOST 1024 /* bytes of a value: a cursor is the longest */

struct str api_query(const struct api_call *api, const char *name) {
    return http_params_get(&api->call->request->query, str_from(name));
}

bool api_query_time(struct api_call *api, const char *name, int64_t *ret_seconds) {
    struct str text = api_query(api, name);
    return str_is_absent(text) || clock_read_rfc3339(text, ret_seconds) ||
           api_invalid_field(api, str_from(name), "must be a time like 2026-01-05T02:03:04Z");
}

static bool seen_before(const struct http_params *query, size_t at) {
    for (size_t i = 0; i < at; i++) {
        if (str_equal(query->fields[i].name, query->fields[at].name)) {
            return true;
        }
    }
    return false;
}

bool api_check_query(struct api_call *api) {
    const struct http_params *query = &api->call->request->query;
    struct client_problems problems = {0};
    if (query->malformed) {
        return api_problem(api, 400, "the query is malformed, or has too many parameters");
    }
    for (size_t i = 0; i < query->count; i++) {
        const struct http_field *field = &query->fields[i];
        if (field->name.len == 0 || !str_has_word(api->route->query, field->name)) {
            api_problem_add(&problems, api->arena, field->name, "is not a parameter here");
        } else if (seen_before(query, i)) {
            api_problem_add(&problems, api->arena, field->name, "is given more than once");
        } else if (field->value.len > PARAMETER_MOST || !bytes_all_field(field->value)) {
            api_problem_add(&problems, api->arena, field->name, "is too long or has control characters");
        }
    }
    return problems.count == 0 || api_invalid(api, &problems);
}

/* --- the entity tag --- */

/* RFC 9110 §8.8.3: an opaque tag between quotes. */
static bool is_opaque_tag(struct str text) {
    if (text.len < 2 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '"') {
        return false;
    }
    for (size_t i = 1; i + 1 < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c <= 0x20 || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Our tags are numbers, written in one way; another one that is well-formed is a version we do not have. */
static bool version_of(struct str digits, int64_t *ret_version) {
    bool leading_zero = digits.len > 1 && digits.ptr[0] == '0';
    uint64_t version;
    if (leading_zero || !str_to_u64(digits, &version) || version > INT64_MAX) {
        return false;
    }
    *ret_version = (int64_t)version;
    return true;
}

bool api_read_tag(struct api_call *api) {
    const struct http_request *request = api->call->request;
    size_t count = http_field_count(request, STR("if-match"));
    if (!api->route->needs_tag) {
        return true;
    }
    if (count == 0) {
        return api_problem(api, 428, "If-Match must name the version that is changed");
    }
    struct str tag = http_field_value(request, STR("if-match"));
    bool weak = str_drop_prefix(&tag, STR("W/"));
    if (count > 1 || !is_opaque_tag(tag)) {
        return api_problem(api, 400, "If-Match must be one entity tag, as ETag gave it");
    }
    /* §8.8.3.2: a weak tag is never the same as ours. */
    if (weak || !version_of(str_sub(tag, 1, tag.len - 2), &api->version)) {
        return api_done(api, &(struct admin_answer){.result = ADMIN_STALE});
    }
    return true;
}

/* --- the body --- */

#define TYPE_text   API_TEXT
#define TYPE_number API_NUMBER
#define TYPE_value  API_VALUE
#define TYPE_flag   API_FLAG
#define TYPE_object API_OBJECT
const struct api_member_rule api_members[API_MEMBERS] = {
#define MEMBER(name, type, least, most, help)                                                                          \
    {STR_INIT(#name), STR_INIT(help), TYPE_##type, least, most, offsetof(struct api_input, name)},
#include "members.def"
#undef MEMBER
};

static const struct api_member_rule *rule_of(struct str name) {
    for (size_t i = 0; i < API_MEMBERS; i++) {
        if (str_equal(api_members[i].name, name)) {
            return &api_members[i];
        }
    }
    return NULL;
}

const struct api_member_rule *api_member_of_word(struct str word, bool *ret_optional) {
    *ret_optional = str_ends(word, STR("?"));
    const struct api_member_rule *rule = rule_of(str_sub(word, 0, word.len - *ret_optional));
    CHECK(rule);
    return rule;
}

struct body_reading {
    struct api_call *api;
    struct client_problems problems;
};

static const char *read_text(const struct api_member_rule *rule, const struct json *value, void *to) {
    struct str text;
    if (!json_str(value, &text)) {
        return "must be text";
    }
    size_t characters = utf8_count(text);
    if (characters < (size_t)rule->least) {
        return "is empty";
    }
    if (characters > (size_t)rule->most) {
        return "is too long";
    }
    if (!bytes_all_field(text) || str_contains(text, '\t')) {
        return "has control characters";
    }
    memcpy(to, &text, sizeof(text));
    return NULL;
}

static const char *read_number(const struct api_member_rule *rule, const struct json *value, void *to) {
    int64_t number;
    if (!json_int(value, &number)) {
        return "must be a whole number";
    }
    if (number < rule->least || number > rule->most) {
        return "is out of range";
    }
    memcpy(to, &number, sizeof(number));
    return NULL;
}

static const char *read_value(struct api_input *input, const struct json *value) {
    bool flag;
    input->value_is_flag = json_bool(value, &flag);
    if (input->value_is_flag) {
        input->value = flag;
        return NULL;
    }
    return json_int(value, &input->value) ? NULL : "must be true, false or a whole number";
}

static const char *read_flag(const struct json *value, void *to) {
    return json_bool(value, to) ? NULL : "must be true or false";
}

static const char *read_object(const struct json *value, void *to) {
    if (json_kind(value) != JSON_KIND_OBJECT) {
        return "must be an object";
    }
    memcpy(to, &value, sizeof(const struct json *));
    return NULL;
}

static const char *read_member(struct api_input *input, const struct api_member_rule *rule, const struct json *value) {
    void *to = (char *)input + rule->offset;
    switch (rule->type) {
    case API_TEXT:
        return read_text(rule, value, to);
    case API_NUMBER:
        return read_number(rule, value, to);
    case API_VALUE:
        return read_value(input, value);
    case API_FLAG:
        return read_flag(value, to);
    case API_OBJECT:
        break;
    }
    return read_object(value, to);
}

static bool is_named(struct str words, struct str name, struct arena *arena) {
    return name.len > 0 && (str_has_word(words, name) || str_has_word(words, str_concat(arena, name, STR("?"))));
}

static bool visit_member(void *ctx, struct str name, const struct json *value) {
    struct body_reading *reading = ctx;
    struct api_call *api = reading->api;
    if (str_ends(name, STR("?")) || !is_named(api->route->body, name, api->arena)) {
        api_problem_add(&reading->problems, api->arena, name, "is not a member here");
        return true;
    }
    const struct api_member_rule *rule = rule_of(name);
    CHECK(rule);
    const char *problem = read_member(&api->input, rule, value);
    if (problem) {
        api_problem_add(&reading->problems, api->arena, name, problem);
    }
    api->input.given |= 1u << (rule - api_members);
    return true;
}

static void find_missing(struct body_reading *reading) {
    struct str words = reading->api->route->body, word;
    while (str_next_word(&words, &word)) {
        bool optional;
        const struct api_member_rule *rule = api_member_of_word(word, &optional);
        if (!optional && !(reading->api->input.given >> (rule - api_members) & 1)) {
            api_problem_add(&reading->problems, reading->api->arena, rule->name, "is missing");
        }
    }
}

static bool read_members(struct api_call *api, const struct json *body) {
    struct body_reading reading = {.api = api};
    json_each(body, visit_member, &reading);
    find_missing(&reading);
    return reading.problems.count == 0 || api_invalid(api, &reading.problems);
}

bool api_read_body(struct api_call *api) {
    const struct http_request *request = api->call->request;
    bool whole = str_starts(api->route->body, STR("@"));
    if (request->body.len == 0) {
        return whole ? api_problem(api, 400, "a body is needed") : read_members(api, NULL);
    }
    if (!http_body_is(request, STR("application/json"))) {
        return api_problem(api, 415, "the body must be application/json in UTF-8");
    }
    if (!json_parse(api->arena, request->body, JSON_LIMITS_DOCUMENT, &api->input.whole) ||
        json_kind(api->input.whole) != JSON_KIND_OBJECT) {
        return api_problem(api, 400, "the body is not a JSON object, or names a member twice");
    }
    return whole || read_members(api, api->input.whole);
}
