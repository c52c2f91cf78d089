/*
 * rest_fixture: two registers as a configuration describes them, for unit tests and fuzzers: one with all that a
 * description can have, and a short one.
 */
#ifndef UPSTREAM_REST_FIXTURE_H
#define UPSTREAM_REST_FIXTURE_H

#include "config/yaml.h"
#include "upstream/rest.h"

#define REST_SECRET "a secret for tests only"
#define REST_NONCE  "0123456789abcdef0123456789abcdef"
#define REST_SERIAL "fedcba9876543210fedcba9876543210"
#define REST_NOW_MS 1767578584000

/* Signed with HMAC-SM3 both ways; the answer's content is text inside of it. */
static const char rest_signed_description[] =
    "authority: example-register\n"
    "services: [person]\n"
    "asks: [name, id_number, phone]\n"
    "proof: register_match\n"
    "level: 2\n"
    "repeat: true\n"
    "id_types: {resident: \"10\", residence_permit: \"11\"}\n"
    "request:\n"
    "  method: POST\n"
    "  path: /v1/check\n"
    "  headers:\n"
    "    X-App: \"{{app_id}}\"\n"
    "    X-Time: \"{{timestamp}}\"\n"
    "    X-Nonce: \"{{nonce}}\"\n"
    "    X-Sign: \"SM3 {{signature}}\"\n"
    "  json:\n"
    "    serial: \"{{transaction}}\"\n"
    "    who: {name: \"{{name}}\", number: \"{{id_number}}\", kind: \"{{id_type|number}}\"}\n"
    "    phones: [\"{{phone_national}}\"]\n"
    "    version: 2\n"
    "    strict: true\n"
    "    note: null\n"
    "authentication:\n"
    "  kind: hmac-sm3\n"
    "  canonical: \"{{method}}\\n{{path}}\\n{{app_id}}\\n{{timestamp}}\\n{{nonce}}\\n{{body_sm3}}\"\n"
    "answer:\n"
    "  status: [200, 404]\n"
    "  rate_limited: [429]\n"
    "  inside: /data\n"
    "  signature: {header: X-Sign, canonical: \"{{header:X-Time}}\\n{{nonce}}\\n{{body}}\"}\n"
    "  equals: {/serial: \"{{transaction}}\"}\n"
    "  result:\n"
    "    - {at: /code, type: text, table: {\"0000\": next, \"4001\": rate_limited, \"4002\": invalid_input}}\n"
    "    - at: /verdict\n"
    "      type: number\n"
    "      table: {1: match, 2: mismatch, 3: not_found, 4: unsupported, 5: state_bad, 8: pending}\n"
    "  evidence: {check_id: /id, folded: /folded, as_of: /as_of, as_of_form: date}\n";

static const char rest_short_description[] =
    "authority: example-registry\n"
    "services: [organisation]\n"
    "asks: [organisation, representative]\n"
    "request:\n"
    "  method: GET\n"
    "  path: /companies/{{credit_code}}\n"
    "  query: {n: \"{{org_name}}\", r: \"{{representative_name}}\", i: \"{{representative_number}}\"}\n"
    "  personal_in_address: true\n"
    "authentication: {kind: basic}\n"
    "answer:\n"
    "  equals: {/code: \"{{credit_code}}\"}\n"
    "  result: {at: /same, table: {true: match, false: mismatch}}\n"
    "  evidence: {as_of: /updated}\n"
    "  organisation:\n"
    "    status: /state\n"
    "    statuses: {1: operating, 2: cancelled, 3: revoked}\n"
    "    name: /name\n"
    "    type: /kind\n";

/* False with what is wrong in the fault; a text that is no YAML is that too. */
static inline bool rest_of_text(struct arena *arena, struct str text, struct upstream_settings *settings,
                                struct rest **ret_rest, struct fault *fault) {
    struct config_problems problems = {.arena = arena};
    if (!yaml_parse(arena, text, STR("test.yaml"), &settings->entry, &problems)) {
        return fault_set(fault, "%.*s", STR_ARG(problems.items[0].text));
    }
    if (settings->entry->kind != YAML_MAP) {
        return fault_set(fault, "no group");
    }
    problems.count = 0;
    return rest_compile(arena, settings, ret_rest, &problems) ||
           fault_set(fault, "line %d: %.*s: %.*s", problems.items[0].line, STR_ARG(problems.items[0].option),
                     STR_ARG(problems.items[0].text));
}

static inline struct upstream_settings rest_settings(void) {
    return (struct upstream_settings){.name = STR("it"),
                                      .adapter = STR("rest"),
                                      .url = STR("https://register.example/base"),
                                      .app_id = STR("tongxing"),
                                      .secret = STR(REST_SECRET)};
}

#endif
