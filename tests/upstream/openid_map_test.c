/* Which of another provider's claims are believed, and how far. */
#include "base/buf.h"
#include "config/yaml.h"
#include "model/evidence.h"
#include "test.h"
#include "upstream/openid.h"

#define NOW 1770000000 /* 2026-02-02 */

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int free_arena(void **state) {
    arena_free(*state);
    return 0;
}

static bool read_map(struct arena *arena, const char *yaml, struct openid_map *map, struct fault *fault) {
    struct config_problems problems = {.arena = arena};
    const struct yaml *node;
    assert_row(yaml_parse(arena, str_from(yaml), STR("map"), &node, &problems), yaml);
    return openid_map_read(node, STR("hub"), map, fault);
}

/* The one of the issue: strong evidence before weak, and an agency whose plain word counts. */
#define RULES                                                                                                          \
    "rules:\n"                                                                                                         \
    "  - {trust_framework: cn_gov_zwfw, assurance_level: L3, check_method: [bvr, pvr], days: 365, level: 3}\n"         \
    "  - {trust_framework: cn_gov_zwfw, assurance_level: [L2, L3], level: 2}\n"

#define PERSON "\"name\":\"测试甲\",\"cn_id_number\":\"110105188812310013\""
#define VERIFIED(verification, claims)                                                                                 \
    "{\"verified_claims\":{\"verification\":{" verification "},\"claims\":{" claims "}}}"
#define EVIDENCE(method)                                                                                               \
    "\"evidence\":[{\"type\":\"vouch\"},{\"type\":\"document\",\"check_details\":[{\"check_method\":\"" method "\"}]}" \
    "]"

static void believed(struct arena *arena, const char *yaml, const char *claims, int level) {
    struct openid_map map;
    struct fault fault;
    const struct json *object;
    struct upstream_found found = {0};
    assert_row(read_map(arena, yaml, &map, &fault), yaml);
    assert_row(json_parse(arena, str_from(claims), JSON_LIMITS_TOKEN, &object), claims);
    openid_map_apply(&map, arena, object, NULL, NOW, &found);
    assert_row(found.evidence.level == level, claims);
    assert_row(found.certified == (level > 0), claims);
    if (level > 0) {
        assert_str(found.name, "测试甲");
        assert_str(found.id_number, "110105188812310013");
        assert_str(found.birthdate, "1888-12-31");
        assert_str(found.evidence.method, "openid_provider");
        assert_int_equal(found.id_type, ID_TYPE_RESIDENT);
    } else {
        assert_true(str_is_absent(found.name) && str_is_absent(found.id_number) && str_is_absent(found.phone));
        assert_true(str_is_absent(found.evidence.method));
    }
}

static void rules_say_what_is_believed(void **state) {
    static const struct {
        const char *claims;
        int level;
    } rows[] = {
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"", PERSON), 2},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\"", PERSON), 2},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\",\"time\":\"2026-01-05T02:03:"
                  "04Z\"," EVIDENCE("bvr"),
                  PERSON),
         3},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\",\"time\":\"2026-01-05T10:03:04+08:"
                  "00\"," EVIDENCE("pvr"),
                  PERSON),
         3},
        /* not so checked, too old, of the future, of no time, of a time that is none */
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\",\"time\":\"2026-01-05T02:03:"
                  "04Z\"," EVIDENCE("data"),
                  PERSON),
         2},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\",\"time\":\"2025-01-05T02:03:"
                  "04Z\"," EVIDENCE("bvr"),
                  PERSON),
         2},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\",\"time\":\"2027-01-05T02:03:"
                  "04Z\"," EVIDENCE("bvr"),
                  PERSON),
         2},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\"," EVIDENCE("bvr"), PERSON), 2},
        {VERIFIED(
             "\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\",\"time\":\"yesterday\"," EVIDENCE("bvr"),
             PERSON),
         2},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\",\"time\":1770000000," EVIDENCE("bvr"),
                  PERSON),
         2},
        /* another framework, another level, of the wrong type, none */
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L1\"", PERSON), 0},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\"", PERSON), 0},
        {VERIFIED("\"trust_framework\":\"eidas\",\"assurance_level\":\"L3\"", PERSON), 0},
        {VERIFIED("\"trust_framework\":\"CN_GOV_ZWFW\",\"assurance_level\":\"L3\"", PERSON), 0},
        {VERIFIED("\"trust_framework\":[\"cn_gov_zwfw\"],\"assurance_level\":\"L3\"", PERSON), 0},
        {VERIFIED("\"assurance_level\":\"L3\"", PERSON), 0},
        {"{\"verified_claims\":{\"claims\":{" PERSON "}}}", 0},
        {"{\"verified_claims\":{\"verification\":{\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\"}}"
         "," PERSON "}",
         0},
        {"{\"verified_claims\":null}", 0},
        {"{\"verified_claims\":[]}", 0},
        {"{\"verified_claims\":[1,null,[]]}", 0},
        {"{" PERSON "}", 0},
        {"{}", 0},
        /* a list: the one that fits */
        {"{\"verified_claims\":[{\"verification\":{\"trust_framework\":\"eidas\"},\"claims\":{\"name\":\"x\"}},"
         "{\"verification\":{\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"},\"claims\":{" PERSON
         "}}]}",
         2},
        /* name of one and number of the other: nobody */
        {"{\"verified_claims\":[{\"verification\":{\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"},"
         "\"claims\":{\"name\":\"测试甲\"}},{\"verification\":{\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":"
         "\"L2\"},\"claims\":{\"cn_id_number\":\"110105188812310013\"}}]}",
         0},
        /* a birthdate beside the number */
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"",
                  PERSON ",\"birthdate\":\"1888-12-31\""),
         2},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"",
                  PERSON ",\"birthdate\":\"1888-12-30\""),
         0},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"", PERSON ",\"birthdate\":18881231"),
         0},
        /* half a person, a number that is none */
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"", "\"name\":\"测试甲\""), 0},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"",
                  "\"cn_id_number\":\"110105188812310013\""),
         0},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"",
                  "\"name\":\"测试甲\",\"cn_id_number\":\"110105188812310014\""),
         0},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"",
                  "\"name\":\"\",\"cn_id_number\":\"110105188812310013\""),
         0},
        {VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L2\"",
                  "\"name\":[\"测试甲\"],\"cn_id_number\":\"110105188812310013\""),
         0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        believed(*state, RULES, rows[i].claims, rows[i].level);
    }
}

static void without_a_rule_nothing_is_believed(void **state) {
    const char *strong = VERIFIED("\"trust_framework\":\"cn_gov_zwfw\",\"assurance_level\":\"L3\"", PERSON);
    struct openid_map map;
    struct fault fault;
    believed(*state, "id_number: cn_id_number\n", strong, 0);
    believed(*state, "rules: []\n", strong, 0);
    assert_true(openid_map_read(NULL, STR("hub"), &map, &fault));
    assert_int_equal(openid_map_level(&map), 0);
    assert_true(str_is_absent(openid_map_claims(&map, *state, false)));
}

static void plain_claims_count_where_a_rule_says_so(void **state) {
    believed(*state, "rules: [{plain: true, level: 2}]\n", "{" PERSON "}", 2);
    believed(*state, "rules: [{plain: true, level: 2}]\n", "{\"name\":\"测试甲\"}", 0);
    believed(*state, "rules: [{plain: true, level: 2}]\nid_number: sfz\n",
             "{\"name\":\"测试甲\",\"sfz\":\"110105188812310013\"}", 2);
    believed(*state, "rules: [{plain: true, level: 2}]\nid_number: sfz\n", "{" PERSON "}", 0);
}

static struct str phone_of(struct arena *arena, const char *yaml, const char *claims) {
    struct openid_map map;
    struct fault fault;
    const struct json *object;
    struct upstream_found found = {0};
    assert_true(read_map(arena, yaml, &map, &fault));
    assert_true(json_parse(arena, str_from(claims), JSON_LIMITS_TOKEN, &object));
    openid_map_apply(&map, arena, object, NULL, NOW, &found);
    return str_or(found.phone, STR(""));
}

static void a_phone_counts_where_it_was_proven(void **state) {
    const char *plain = "rules: [{plain: true, level: 2}]\n";
    const char *verified = "rules: [{trust_framework: f, level: 2}]\n";
#define NUMBER ",\"phone_number\":\"+8613800138000\""
    assert_str(phone_of(*state, plain, "{" PERSON NUMBER ",\"phone_number_verified\":true}"), "+8613800138000");
    assert_str(phone_of(*state, plain, "{" PERSON NUMBER "}"), "");
    assert_str(phone_of(*state, plain, "{" PERSON NUMBER ",\"phone_number_verified\":false}"), "");
    assert_str(phone_of(*state, plain, "{" PERSON NUMBER ",\"phone_number_verified\":\"true\"}"), "");
    assert_str(phone_of(*state, verified, VERIFIED("\"trust_framework\":\"f\"", PERSON NUMBER)), "+8613800138000");
    assert_str(phone_of(*state, verified, VERIFIED("\"trust_framework\":\"f\"", PERSON ",\"phone_number\":\"+1555\"")),
               "");
    assert_str(phone_of(*state, verified,
                        "{\"phone_number\":\"+8613800138000\",\"phone_number_verified\":true,"
                        "\"verified_claims\":{\"verification\":{\"trust_framework\":\"f\"},\"claims\":{" PERSON "}}}"),
               "");
}

static void the_id_token_goes_before_userinfo(void **state) {
    struct openid_map map;
    struct fault fault;
    const struct json *id_token, *userinfo;
    struct upstream_found found = {0};
    assert_true(read_map(*state, "rules: [{plain: true, level: 2}]\n", &map, &fault));
    assert_true(json_parse(*state, STR("{" PERSON "}"), JSON_LIMITS_TOKEN, &id_token));
    assert_true(json_parse(*state, STR("{\"name\":\"测试乙\",\"cn_id_number\":\"110105188812310021\"}"),
                           JSON_LIMITS_TOKEN, &userinfo));
    openid_map_apply(&map, *state, id_token, userinfo, NOW, &found);
    assert_str(found.name, "测试甲");
    assert_true(json_parse(*state, STR("{\"name\":\"测试甲\"}"), JSON_LIMITS_TOKEN, &id_token));
    openid_map_apply(&map, *state, id_token, userinfo, NOW, &found);
    assert_str(found.name, "测试乙"); /* both of one source, or neither */
}

static void mistakes_of_the_option_are_named(void **state) {
    static const struct {
        const char *yaml, *what;
    } rows[] = {
        {"rules: x\n", "rules is a list"},
        {"rules: [x]\n", "a rule is a group"},
        {"rules: [{level: 2}]\n", "either trust_framework or plain"},
        {"rules: [{plain: true}]\n", "a rule has a level"},
        {"rules: [{plain: true, trust_framework: f, level: 2}]\n", "either trust_framework or plain"},
        {"rules: [{plain: true, days: 3, level: 2}]\n", "either trust_framework or plain"},
        {"rules: [{plain: yes, level: 2}]\n", "plain and plain_number are true"},
        {"rules: [{trust_framework: f, level: 0}]\n", "level is 1 to 4"},
        {"rules: [{trust_framework: f, level: 5}]\n", "level is 1 to 4"},
        {"rules: [{trust_framework: f, level: [2]}]\n", "level is 1 to 4"},
        {"rules: [{trust_framework: f, level: 2, days: 0}]\n", "days 1 to 36500"},
        {"rules: [{trust_framework: [], level: 2}]\n", "a list of at most 8"},
        {"rules: [{trust_framework: {a: b}, level: 2}]\n", "a list of at most 8"},
        {"rules: [{trust_framework: [[a]], level: 2}]\n", "values only"},
        {"rules: [{trust_framework: [1, 2, 3, 4, 5, 6, 7, 8, 9], level: 2}]\n", "a list of at most 8"},
        {"rules: [{trust_framework: f, level: 2, email: a}]\n", "a rule has"},
        {"email: mail\n", "has name, id_number, phone, plain_number and rules"},
        {"plain_number: no\n", "plain_number are true"},
        {"name: cn_id_number\n", "three claims"},
        {"name: 'a\"b'\n", "a claim's name"},
        {"name: [a]\n", "a claim's name"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct openid_map map;
        struct fault fault = {{0}};
        assert_row(!read_map(*state, rows[i].yaml, &map, &fault), rows[i].yaml);
        assert_row(strstr(fault.text, rows[i].what) && strstr(fault.text, "upstreams.hub.map"), fault.text);
    }
}

/* Tongxing itself tells the number outside of verified_claims only. */
static void the_number_may_stand_outside_where_that_is_said(void **state) {
    const char *outside = "plain_number: true\nrules: [{trust_framework: f, level: 2}]\n";
#define ELEMENT(claims) "\"verified_claims\":[{\"verification\":{\"trust_framework\":\"f\"},\"claims\":{" claims "}}]"
    believed(*state, outside, "{\"cn_id_number\":\"110105188812310013\"," ELEMENT("\"name\":\"测试甲\"") "}", 2);
    believed(
        *state, outside,
        "{\"cn_id_number\":\"110105188812310013\"," ELEMENT("\"name\":\"测试甲\",\"birthdate\":\"1888-12-31\"") "}", 2);
    believed(
        *state, outside,
        "{\"cn_id_number\":\"110105188812310013\"," ELEMENT("\"name\":\"测试甲\",\"birthdate\":\"1999-12-31\"") "}", 0);
    believed(*state, outside, "{" ELEMENT("\"name\":\"测试甲\"") "}", 0);
    believed(*state, outside,
             "{\"name\":\"测试甲\",\"cn_id_number\":\"110105188812310013\"," ELEMENT("\"gender\":\"male\"") "}", 0);
    believed(*state, "rules: [{trust_framework: f, level: 2}]\n",
             "{\"cn_id_number\":\"110105188812310013\"," ELEMENT("\"name\":\"测试甲\"") "}", 0);
}

static void asks(struct arena *arena, const char *yaml, bool userinfo, const char *claims) {
    struct openid_map map;
    struct fault fault;
    const struct json *parsed;
    assert_row(read_map(arena, yaml, &map, &fault), yaml);
    struct str asked = openid_map_claims(&map, arena, userinfo);
    assert_str(asked, claims);
    assert_true(json_parse(arena, asked, JSON_LIMITS_TOKEN, &parsed));
}

static void what_the_rules_need_is_asked_for(void **state) {
    struct openid_map map;
    struct fault fault;
    asks(
        *state, "rules: [{trust_framework: f, assurance_level: [L2, L3], days: 2, level: 2}]\n", false,
        "{\"id_token\":{\"verified_claims\":[{\"verification\":{\"trust_framework\":{\"values\":[\"f\"]},"
        "\"assurance_level\":{\"values\":[\"L2\",\"L3\"]},\"time\":{\"max_age\":172800},\"verification_process\":null},"
        "\"claims\":{\"name\":null,\"birthdate\":null,\"cn_id_number\":null,\"phone_number\":null}}]}}");
    asks(*state, "plain_number: true\nrules: [{trust_framework: f, check_method: bvr, level: 3}]\n", true,
         "{\"userinfo\":{\"verified_claims\":["
         "{\"verification\":{\"trust_framework\":{\"values\":[\"f\"]},\"assurance_level\":null,\"verification_"
         "process\":null,"
         "\"evidence\":[{\"type\":{\"value\":\"document\"},\"check_details\":[{\"check_method\":{\"values\":[\"bvr\"]}}"
         "]}]},"
         "\"claims\":{\"name\":null,\"birthdate\":null}},"
         "{\"verification\":{\"trust_framework\":{\"values\":[\"f\"]},\"assurance_level\":null,\"verification_"
         "process\":null,"
         "\"evidence\":[{\"type\":{\"value\":\"electronic_record\"},\"check_details\":[{\"check_method\":{\"values\":["
         "\"bvr\"]}}]}]},"
         "\"claims\":{\"name\":null,\"birthdate\":null}}],\"cn_id_number\":null}}");
    asks(*state, "rules: [{plain: true, level: 1}]\n", true,
         "{\"userinfo\":{\"name\":null,\"phone_number\":null,\"phone_number_verified\":null,\"cn_id_number\":null}}");
    assert_true(read_map(*state, RULES, &map, &fault));
    assert_int_equal(openid_map_level(&map), 3);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)
RUN_TESTS(WITH_ARENA(rules_say_what_is_believed), WITH_ARENA(without_a_rule_nothing_is_believed),
          WITH_ARENA(plain_claims_count_where_a_rule_says_so), WITH_ARENA(a_phone_counts_where_it_was_proven),
          WITH_ARENA(the_id_token_goes_before_userinfo), WITH_ARENA(mistakes_of_the_option_are_named),
          WITH_ARENA(the_number_may_stand_outside_where_that_is_said), WITH_ARENA(what_the_rules_need_is_asked_for))
