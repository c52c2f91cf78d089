/* A description becomes requests, byte by byte; what is wrong with one is said with line and option. */
#include "rest_fixture.h"
#include "test.h"

static const struct upstream_asked person = {
    .name = STR_INIT("测试\"甲"),
    .id_type = ID_TYPE_RESIDENT,
    .id_number = STR_INIT("110105188812310013"),
    .phone = STR_INIT("+8613800138000"),
    .transaction = STR_INIT(REST_SERIAL),
};
static const struct upstream_asked company = {
    .org_name = STR_INIT("示例（省）公司"),
    .credit_code = STR_INIT("91990000MA00TEXT06"),
    .representative_name = STR_INIT("李示例"),
};

static struct rest *compiled(struct arena *arena, const char *text) {
    struct upstream_settings *settings = arena_new_of(arena, struct upstream_settings);
    struct rest *rest = NULL;
    struct fault fault = {{0}};
    *settings = rest_settings();
    assert_row(rest_of_text(arena, str_from(text), settings, &rest, &fault), fault.text);
    return rest;
}

static bool written(struct arena *arena, const struct rest *rest, const struct upstream_asked *asked,
                    struct rest_sent *sent, enum verify_result *ret_result) {
    const struct rest_question question = {asked, STR(REST_NONCE), REST_NOW_MS};
    return rest_write(rest, arena, &question, sent, ret_result);
}

static struct str field(const struct rest_sent *sent, const char *name) {
    for (size_t i = 0; i < sent->request.field_count; i++) {
        if (str_equal(sent->request.fields[i].name, str_from(name))) {
            return sent->request.fields[i].value;
        }
    }
    return STR("none");
}

static void what_it_serves_is_told_by_the_description(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct rest *rest = compiled(arena, rest_signed_description);
    const struct upstream_traits *traits = rest_traits(rest);
    assert_int_equal(traits->services, UPSTREAM_PERSON);
    assert_int_equal(traits->asks, ASK_NAME | ASK_ID_NUMBER | ASK_PHONE);
    assert_int_equal(traits->method, METHOD_REGISTER);
    assert_int_equal(traits->level, 2);
    assert_true(rest_repeats(rest));
    rest = compiled(arena, rest_short_description);
    assert_int_equal(rest_traits(rest)->services, UPSTREAM_ORGANISATION);
    assert_int_equal(rest_traits(rest)->asks, ASK_ORGANISATION | ASK_REPRESENTATIVE);
    assert_int_equal(rest_traits(rest)->method, METHOD_ENTERPRISE_THREE);
    assert_int_equal(rest_traits(rest)->level, 1);
    assert_false(rest_repeats(rest));
}

/* The signature is reckoned by the openssl command line over the six lines below. */
static void a_signed_request_byte_by_byte(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct rest_sent sent;
    enum verify_result result;
    assert_true(written(arena, compiled(arena, rest_signed_description), &person, &sent, &result));
    assert_str(sent.request.method, "POST");
    assert_str(sent.request.url, "https://register.example/base/v1/check");
    assert_str(sent.request.body, "{\"serial\":\"" REST_SERIAL "\",\"who\":{\"name\":\"测试\\\"甲\",\"number\":"
                                  "\"110105188812310013\",\"kind\":10},\"phones\":[\"13800138000\"],\"version\":2,"
                                  "\"strict\":true,\"note\":null}");
    assert_str(field(&sent, "X-App"), "tongxing");
    assert_str(field(&sent, "X-Time"), "1767578584000");
    assert_str(field(&sent, "X-Nonce"), REST_NONCE);
    assert_str(field(&sent, "Content-Type"), "application/json");
    assert_str(field(&sent, "Authorization"), "none");
    assert_str(sent.values.items[TEMPLATE_PATH], "/base/v1/check");
    assert_str(sent.values.items[TEMPLATE_BODY_SM3],
               "666fb47939c855fceb02d08a38d387143eea811e0ff223f73fdbbfd3b8fb5ecd");
    assert_str(field(&sent, "X-Sign"), "SM3 ad6e36e6de0e43dcef179db778927a0100011706aa835b90619e91ddf61a4f8b");
}

static void an_address_with_what_was_asked(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct rest_sent sent;
    enum verify_result result;
    assert_true(written(arena, compiled(arena, rest_short_description), &company, &sent, &result));
    assert_str(sent.request.method, "GET");
    assert_true(str_is_absent(sent.request.body));
    assert_str(
        sent.request.url,
        "https://register.example/base/companies/91990000MA00TEXT06?n=%E7%A4%BA%E4%BE%8B%EF%BC%88%E7%9C%81%EF%BC%"
        "89%E5%85%AC%E5%8F%B8&r=%E6%9D%8E%E7%A4%BA%E4%BE%8B&i=");
    assert_str(field(&sent, "Authorization"), "Basic dG9uZ3hpbmc6YSBzZWNyZXQgZm9yIHRlc3RzIG9ubHk=");
    assert_str(field(&sent, "Content-Type"), "none");
}

static void what_cannot_be_asked_is_not_asked(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct rest *rest = compiled(arena, rest_signed_description),
                      *address = compiled(arena, rest_short_description);
    struct upstream_asked nameless = person, unlisted = person, split = person, phoneless = person, empty = person,
                          bytes = person, long_name = person, dots = company, nobody = company;
    static char much[1100];
    memset(much, 'a', sizeof(much));
    nameless.name = STR_NONE;
    unlisted.id_type = ID_TYPE_PERMANENT_RESIDENCE;
    split.name = STR("甲\nX-Evil: 1");
    phoneless.phone = STR_NONE;
    empty.id_number = STR("");
    bytes.name = STR("\xff\xfe");
    long_name.name = str_of(much, sizeof(much));
    dots.credit_code = STR("..");
    nobody.representative_name = STR_NONE;
    const struct {
        const char *name;
        const struct rest *rest;
        const struct upstream_asked *asked;
        enum verify_result result;
    } rows[] = {
        {"no name", rest, &nameless, VERIFY_INVALID_INPUT},
        {"a document it does not serve", rest, &unlisted, VERIFY_UNSUPPORTED},
        {"a line feed", rest, &split, VERIFY_INVALID_INPUT},
        {"no phone", rest, &phoneless, VERIFY_INVALID_INPUT},
        {"an empty number", rest, &empty, VERIFY_INVALID_INPUT},
        {"no UTF-8", rest, &bytes, VERIFY_INVALID_INPUT},
        {"far too long", rest, &long_name, VERIFY_INVALID_INPUT},
        {"a step up in the address", address, &dots, VERIFY_INVALID_INPUT},
        {"no representative", address, &nobody, VERIFY_INVALID_INPUT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rest_sent sent;
        enum verify_result result = VERIFY_MATCH;
        assert_row(!written(arena, rows[i].rest, rows[i].asked, &sent, &result), rows[i].name);
        assert_row(result == rows[i].result, rows[i].name);
    }
}

/* --- descriptions --- */

static struct str replaced(struct arena *arena, const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    assert_true(at != NULL);
    return str_format(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* All that tongxing check would say, each as "line 2: upstreams.it.asks: …" on a line of its own. */
static const char *checked(struct arena *arena, struct str text, struct upstream_settings *settings,
                           struct config_problems *problems) {
    struct str said = STR("");
    assert_true(yaml_parse(arena, text, STR("test.yaml"), &settings->entry, problems));
    upstream_check(settings, problems);
    for (size_t i = 0; i < problems->count; i++) {
        const struct config_problem *problem = &problems->items[i];
        said = str_concat(arena, said,
                          str_format(arena, "line %d: %.*s: %.*s\n", problem->line, STR_ARG(problem->option),
                                     STR_ARG(problem->text)));
    }
    return str_c(arena, said);
}

struct mistake {
    const char *from, *to, *fault;
    size_t others; /* mistakes that the same change makes besides */
};

/* One mistake is said once, and nothing is said that only comes of it. */
static void expect_mistakes(const char *description, const struct mistake *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct upstream_settings settings = rest_settings();
        struct config_problems problems = {.arena = arena};
        const char *said = checked(arena, replaced(arena, description, rows[i].from, rows[i].to), &settings, &problems);
        if (!strstr(said, rows[i].fault) || problems.count != 1 + rows[i].others) {
            print_error("for \"%s\" said %zu: \"%s\"\n", rows[i].to, problems.count, said);
            fail_msg("wanted \"%s\"", rows[i].fault);
        }
        assert_row(!strstr(said, REST_SECRET), said);
    }
}

static void mistakes_are_said_with_line_and_option(void **state) {
    static const struct mistake rows[] = {
        {"authority: example-register\n", "", "upstreams.it.authority: is who answers"},
        {"services: [person]", "services: [person, organisation]",
         "line 2: upstreams.it.services: must be [person] or"},
        {"services: [person]", "services: person", "line 2: upstreams.it.services: must be [person] or"},
        {"services: [person]", "services: [people]", "line 2: upstreams.it.services.1: is people, must be one of"},
        {"asks: [name, id_number, phone]", "asks: name", "line 3: upstreams.it.asks: must be a list"},
        {"asks: [name, id_number, phone]", "asks: [name, phone]", "asks: needs name and id_number"},
        {"asks: [name, id_number, phone]", "asks: [name, id_number]",
         "uses {{phone_national}}, which asks does not ask for"},
        {"asks: [name, id_number, phone]", "asks: [name, id_number, phone, region]",
         "does not send everything that asks"},
        {"asks: [name, id_number, phone]", "asks: [name, id_number, face]", "asks.3: is not name, id_number"},
        {"proof: register_match", "proof: face_1to1",
         "upstreams.it.proof: is face_1to1, must be one of register_match"},
        {"proof: register_match", "proof: enterprise_three_element_match", "proof: is of an organisation"},
        {"level: 2", "level: 3", "upstreams.it.level: must be between 0 and 2"},
        {"repeat: true", "repeat: yes", "upstreams.it.repeat: must be true or false"},
        {"id_types: {resident: \"10\", residence_permit: \"11\"}\n", "", "uses {{id_type}}, and id_types does not say"},
        {"resident: \"10\"", "resident: A1", "uses {{id_type|number}}, and A1 of id_types is none"},
        {"resident: \"10\"", "resident: \"010\"", "and 010 of id_types is none"},
        {"resident: \"10\"", "passport: \"10\"", "id_types.passport: is not an option"},
        {"  method: POST", "  method: PATCH", "request.method: is PATCH, must be one of GET|POST|PUT"},
        {"  method: POST", "  method: GET", "request.json: a GET has no body"},
        {"  path: /v1/check\n", "", "upstreams.it.request.path: is missing"},
        {"  path: /v1/check", "  path: v1", "line 10: upstreams.it.request.path: must begin with a slash"},
        {"  path: /v1/check", "  path: /v1?x=1", "request.path: a path has letters"},
        {"  path: /v1/check", "  path: /v1/../check", "line 10: upstreams.it.request.path: has a segment . or .."},
        {"  path: /v1/check", "  path: /v1/./check", "request.path: has a segment"},
        {"  path: /v1/check", "  path: /v1/..", "request.path: has a segment"},
        {"  path: /v1/check", "  path: \"/..;a=b/check\"", "request.path: has a segment"},
        {"  path: /v1/check", "  path: \"/v1/{{id_number}}\"", "personal_in_address: true"},
        {"  path: /v1/check", "  path: \"/v1/{{secret}}\"", "a secret has no place in an address"},
        {"  path: /v1/check", "  path: \"/v1/{{signature}}\"", "{{signature}} cannot be used here"},
        {"  path: /v1/check", "  path: /v1/check\n  paths: /x",
         "request.paths: is not an option; there are: method path"},
        {"X-App:", "X App:", "request.headers.X App: is no name of a header field"},
        {"X-App:", "Host:", "request.headers.Host: is put by itself"},
        {"X-App:", "content-length:", "is put by itself"},
        {"X-App:", "x-time:", "headers.X-Time: is given twice"},
        {"\"{{app_id}}\"", "\"{{app_id}}\\r\\nX-Evil: 1\"",
         "line 12: upstreams.it.request.headers.X-App: a header field is visible"},
        {"\"{{app_id}}\"", "\"{{name}}\"", "in a header it needs |percent"},
        {"\"{{app_id}}\"", "\"{{body}}\"", "{{body}} cannot be used here"},
        {"\"{{app_id}}\"", "[1]", "headers.X-App: must be one value"},
        {"SM3 {{signature}}", "SM3", "nothing of the request has {{signature}}"},
        {"\"{{transaction}}\"\n    who", "\"{{signature}}\"\n    who", "signs the body, which holds {{signature}}"},
        {"\"{{transaction}}\"\n    who", "\"{{seral}}\"\n    who",
         "line 17: upstreams.it.request.json.serial: there is no {{seral}}"},
        {"{name: \"{{name}}\"", "{\"{{name}}\": 1", "a name holds no placeholder"},
        {"{name: \"{{name}}\"", "{name: \"x\"", "upstreams.it.request: does not send"},
        {"{{id_type|number}}", "1{{id_type|number}}", "json.who.kind: |number is for"},
        {"  json:\n", "  form: {a: b}\n  json:\n", "request.form: and json are not given together"},
        {"kind: hmac-sm3", "kind: md5",
         "authentication.kind: is md5, must be one of none|basic|bearer|hmac-sha256|hmac-sm3|mtls"},
        {"kind: hmac-sm3", "kind: none", "makes no {{signature}}, which the request uses"},
        {"kind: hmac-sm3", "kind: hmac-sm3\n  encoding: base32", "authentication.encoding: is base32"},
        {"kind: hmac-sm3", "kind: hmac-sm3\n  certificate: nobody.pem\n  key: nobody.pem",
         "certificate: nobody.pem cannot be read: No such file", 1},
        {"kind: hmac-sm3", "kind: hmac-sm3\n  certificate: meson.build\n  key: meson.build",
         "certificate: meson.build is no PEM file", 1},
        {"{{method}}\\n", "{{status}}\\n", "authentication.canonical: {{status}} cannot be used here"},
        {"{{method}}\\n", "{{header:X-Time}}\\n", "is for the signature of answers"},
        {"status: [200, 404]", "status: [200, 302]",
         "line 27: upstreams.it.answer.status.2: a redirect is never an answer"},
        {"status: [200, 404]", "status: 200", "answer.status: must be a list"},
        {"rate_limited: [429]", "rate_limited: [200]", "answer.rate_limited.1: must be between 400 and 599"},
        {"rate_limited: [429]", "bytes: 1000000", "answer.bytes: must be between 64 and 262144"},
        {"inside: /data", "inside: data", "answer.inside: must be a JSON pointer (RFC 6901)"},
        {"header: X-Sign,", "header: X-Sign, at: /s,", "answer.signature: is either in a header, or at a place"},
        {"header: X-Sign,", "at: /s,", "signs the body, which holds the signature"},
        {"header: X-Sign, ", "", "is either in a header, or at a place"},
        {"{{body}}\"}", "{{json:/code}}\"}", "does not cover what is read"},
        {"{{nonce}}\\n{{body}}\"}\n  equals: {/serial: \"{{transaction}}\"}", "{{body}}\"}",
         "would fit an answer to another request"},
        {"{/serial:", "{serial:", "answer.equals.serial: must be named by a JSON pointer"},
        {"{/serial: \"{{transaction}}\"", "{/serial: \"{{secret}}\"", "{{secret}} cannot be used here"},
        {"{/serial: \"{{transaction}}\"", "{/serial: \"{{region}}\"", "uses what asks does not ask for"},
        {"at: /code, ", "", "answer.result.1.at: is missing"},
        {"at: /code", "at: code", "answer.result.1.at: must be a JSON pointer"},
        {"\"0000\": next", "\"0000\": yes", "answer.result.1.table.0000: is yes, must be one of match"},
        {"\"0000\": next", "\"0000\": match", "no value leads to the next step"},
        {"8: pending", "8: next", "next leads nowhere: this is the last step"},
        {"1: match, ", "", "answer.result: no value is a match"},
        {"{1: match,", "{01: match,", "answer.result.2.table.01: is no value of type number"},
        {"{1: match,", "{one: match,", "answer.result.2.table.one: is no value of type number"},
        {"{1: match,", "{1.0: match,", "answer.result.2.table.1.0: is no value of type number"},
        {"{1: match,", "{-0: match,", "answer.result.2.table.-0: is no value of type number"},
        {"type: number\n      table: {1: match, 2: mismatch, 3: not_found, 4: unsupported, 5: state_bad, 8: pending}",
         "type: flag\n      table: {true: match, no: mismatch}",
         "line 36: upstreams.it.answer.result.2.table.no: is no value of type flag, which is true or false"},
        {"type: number", "type: integer", "answer.result.2.type: is integer"},
        {"table: {1: match, 2: mismatch, 3: not_found, 4: unsupported, 5: state_bad, 8: pending}", "table: 1",
         "must be a group: value: meaning"},
        {"check_id: /id", "check_id: id", "evidence.check_id: must be a JSON pointer"},
        {"as_of_form: date", "as_of_form: year", "evidence.as_of_form: is year"},
        {"as_of_form: date", "source: x", "evidence.source: is not an option"},
        {"  evidence:", "  organisation: {status: /s}\n  evidence:",
         "answer.organisation: is for services: [organisation]"},
    };
    expect_mistakes(rest_signed_description, rows, ARRAY_LEN(rows));
}

static void mistakes_about_organisations(void **state) {
    static const struct mistake rows[] = {
        {"asks: [organisation, representative]", "asks: [representative]", "asks: needs organisation"},
        {"asks: [organisation, representative]", "asks: [organisation]", "uses {{representative_name}}, which asks"},
        {"  personal_in_address: true\n", "", "upstreams.it.request.query: would have personal data in the address"},
        {"i: \"{{representative_number}}\"", "i: \"{{secret}}\"", "request.query: a secret has no place in an address"},
        {"kind: basic", "kind: bearer", "a token holds no spaces"},
        {"kind: basic", "kind: basic, canonical: x", "canonical and encoding are for hmac-sha256 and hmac-sm3"},
        {"kind: basic", "kind: hmac-sha256, canonical: x", "nothing of the request has {{signature}}"},
        {"equals:", "signature: {header: X, canonical: \"{{nonce}}{{body}}\"}\n  equals:",
         "is for authentication.kind hmac-sha256 and hmac-sm3"},
        {"1: operating", "1: open", "organisation.statuses.1: is open, must be one of unknown|operating"},
        {"    status: /state\n", "", "organisation.status: is missing"},
        {"  organisation:\n    status: /state\n    statuses: {1: operating, 2: cancelled, 3: revoked}\n    name: "
         "/name\n    type: /kind\n",
         "", "nobody may act for an organisation whose status is not known"},
    };
    expect_mistakes(rest_short_description, rows, ARRAY_LEN(rows));
}

static void what_we_are_to_it_is_looked_at_too(void **state) {
    static const struct {
        const char *description, *fault;
        struct str url, app_id, secret;
    } rows[] = {
        {rest_signed_description, "secret of 16 characters", STR_INIT("https://a"), STR_INIT("x"), STR_INIT("short")},
        {rest_signed_description, "secret of 16 characters", STR_INIT("https://a"), STR_INIT("x"), {NULL, 0}},
        {rest_signed_description, "more than visible ASCII", STR_INIT("https://a"), STR_INIT("x"),
         STR_INIT("0123456789abcdef\n")},
        {rest_signed_description, "app_id: is missing", STR_INIT("https://a"), {NULL, 0}, STR_INIT(REST_SECRET)},
        {rest_signed_description, "app_id: holds more than", STR_INIT("https://a"), STR_INIT("a b"),
         STR_INIT(REST_SECRET)},
        {rest_short_description, "needs app_id, without a colon", STR_INIT("https://a"), STR_INIT("a:b"),
         STR_INIT("s")},
        {rest_short_description, "needs secret", STR_INIT("https://a"), STR_INIT("a"), {NULL, 0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct upstream_settings settings = rest_settings();
        struct config_problems problems = {.arena = arena};
        settings.url = rows[i].url;
        settings.app_id = rows[i].app_id;
        settings.secret = rows[i].secret;
        const char *said = checked(arena, str_from(rows[i].description), &settings, &problems);
        assert_row(strstr(said, rows[i].fault) && problems.count == 1, said);
    }
}

/* Somebody who writes a description corrects all of it at once. */
static void every_mistake_is_said_at_once(void **state) {
    static const char description[] = "authority: a\n"
                                      "services: [people]\n"
                                      "asks: [name, id_number, face, eyes]\n"
                                      "proof: oath\n"
                                      "repeat: perhaps\n"
                                      "colour: green\n"
                                      "id_types: {passport: \"1\"}\n"
                                      "request:\n"
                                      "  method: PATCH\n"
                                      "  path: /v2/../check\n"
                                      "  headers: {Host: x, X-A: \"{{nobody}}\", X-B: \"{{nothing}}\"}\n"
                                      "  json: {a: \"{{b}}\", c: [\"{{d}}\"]}\n"
                                      "authentication: {kind: hmac-sm3, encoding: octal, canonical: \"{{x}}\"}\n"
                                      "answer:\n"
                                      "  status: [100, 302]\n"
                                      "  bytes: 1\n"
                                      "  equals: {a: b}\n"
                                      "  result:\n"
                                      "    - {at: x, type: flag, table: {yes: match, no: mismatch}}\n"
                                      "    - {type: number, table: {one: match, 2: perhaps}}\n"
                                      "  evidence: {check_id: y, as_of_form: z}\n";
    static const char *const wanted[] = {
        "line 2: upstreams.it.services.1: is people",
        "line 3: upstreams.it.asks.3: is not name",
        "line 3: upstreams.it.asks.4: is not name",
        "line 4: upstreams.it.proof: is oath",
        "line 5: upstreams.it.repeat: must be true or false",
        "line 6: upstreams.it.colour: is not an option of the adapter rest",
        "line 7: upstreams.it.id_types.passport: is not an option",
        "line 9: upstreams.it.request.method: is PATCH",
        "line 10: upstreams.it.request.path: has a segment . or ..",
        "line 11: upstreams.it.request.headers.Host: is put by itself",
        "line 11: upstreams.it.request.headers.X-A: there is no {{nobody}}",
        "line 11: upstreams.it.request.headers.X-B: there is no {{nothing}}",
        "line 12: upstreams.it.request.json.a: there is no {{b}}",
        "line 12: upstreams.it.request.json.c.1: there is no {{d}}",
        "line 13: upstreams.it.authentication.encoding: is octal",
        "line 13: upstreams.it.authentication.canonical: there is no {{x}}",
        "line 15: upstreams.it.answer.status.1: must be between 200",
        "line 15: upstreams.it.answer.status.2: a redirect",
        "line 16: upstreams.it.answer.bytes: must be between",
        "line 17: upstreams.it.answer.equals.a: must be named by a JSON pointer",
        "line 19: upstreams.it.answer.result.1.at: must be a JSON pointer",
        "line 19: upstreams.it.answer.result.1.table.yes: is no value of type flag",
        "line 19: upstreams.it.answer.result.1.table.no: is no value of type flag",
        "line 20: upstreams.it.answer.result.2.at: is missing",
        "line 20: upstreams.it.answer.result.2.table.one: is no value of type number",
        "line 20: upstreams.it.answer.result.2.table.2: is perhaps, must be one of match",
        "line 21: upstreams.it.answer.evidence.check_id: must be a JSON pointer",
        "line 21: upstreams.it.answer.evidence.as_of_form: is z",
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct upstream_settings settings = rest_settings();
    struct config_problems problems = {.arena = arena};
    const char *said = checked(arena, str_from(description), &settings, &problems);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        assert_row(strstr(said, wanted[i]), wanted[i]);
    }
    if (problems.count != ARRAY_LEN(wanted)) {
        fail_msg("said %zu:\n%s", problems.count, said);
    }
}

static void signatures_stand_where_they_are_wanted(void **state) {
    static const char description[] =
        "authority: a\nservices: [person]\nasks: [name, id_number]\n"
        "request: {path: /x, form: {n: \"{{name}}\", i: \"{{id_number}}\", t: \"{{time_beijing}}\", s: "
        "\"{{signature}}\"}}\n"
        "authentication: {kind: hmac-sha256, encoding: hex_upper, canonical: \"{{path}}|{{id_number}}|{{time}}\"}\n"
        "answer: {result: {at: /r, table: {1: match}}}\n";
    struct arena *arena ARENA_AUTO = arena_new();
    struct rest_sent sent;
    enum verify_result result;
    assert_true(written(arena, compiled(arena, description), &person, &sent, &result));
    assert_str(sent.request.body, "n=%E6%B5%8B%E8%AF%95%22%E7%94%B2&i=110105188812310013&t=20260105100304&s="
                                  "C7DF2DBB84858B7997955C95222841B72C865A4AB4AD27CC0C6B6B5F9BB5663B");
    assert_str(field(&sent, "Content-Type"), "application/x-www-form-urlencoded");
}

RUN_TESTS(cmocka_unit_test(what_it_serves_is_told_by_the_description), cmocka_unit_test(a_signed_request_byte_by_byte),
          cmocka_unit_test(an_address_with_what_was_asked), cmocka_unit_test(what_cannot_be_asked_is_not_asked),
          cmocka_unit_test(mistakes_are_said_with_line_and_option), cmocka_unit_test(mistakes_about_organisations),
          cmocka_unit_test(every_mistake_is_said_at_once), cmocka_unit_test(what_we_are_to_it_is_looked_at_too),
          cmocka_unit_test(signatures_stand_where_they_are_wanted))
