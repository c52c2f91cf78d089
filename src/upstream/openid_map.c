/*
 * The rules that say what of another provider's word is believed, and how far: `map` of the configuration. Without a
 * rule that fits, somebody has signed in and nothing is proven of them. An e-mail address is never looked at.
 */
#include "base/buf.h"
#include "base/byte.h"
#include "base/check.h"
#include "base/clock.h"
#include "config/yaml.h"
#include "model/identity.h"
#include "upstream/adapter.h"
#include "upstream/openid.h"

#define CLAIMS_MOST    8192
#define EVIDENCE_MOST  32
#define ELEMENTS_MOST  16
#define ELEMENTS_ASKED 8 /* of verified_claims; providers have limits of their own */
#define CHECK_ID_MOST  128
#define DAY_S          86400
#define SKEW_S         300
#define NAME_MOST      64 /* bytes of a claim's name */

/* --- reading the option --- */

struct reading {
    struct str upstream;
    struct fault *fault;
};

static bool bad(const struct reading *reading, const struct yaml *node, const char *what) {
    return fault_set(reading->fault, "line %d: upstreams.%.*s.map: %s", node->line, STR_ARG(reading->upstream), what);
}

static bool is_text(const struct yaml *node) {
    return node->kind == YAML_SCALAR && node->text.len > 0;
}

static bool read_values(const struct reading *reading, const struct yaml *node, struct openid_values *values) {
    if (is_text(node)) {
        *values = (struct openid_values){.items = {node->text}, .count = 1};
        return true;
    }
    if (node->kind != YAML_LIST || node->count == 0 || node->count > OPENID_VALUES_MOST) {
        return bad(reading, node, "a value, or a list of at most 8, is wanted");
    }
    for (size_t i = 0; i < node->count; i++) {
        if (!is_text(node->items[i])) {
            return bad(reading, node->items[i], "a list holds values only");
        }
        values->items[values->count++] = node->items[i]->text;
    }
    return true;
}

static bool read_number(const struct reading *reading, const struct yaml *node, int64_t least, int64_t most,
                        int64_t *ret_number) {
    return (node->kind == YAML_SCALAR && str_to_i64(node->text, ret_number) && *ret_number >= least &&
            *ret_number <= most) ||
           bad(reading, node, "level is 1 to 4, days 1 to 36500");
}

static bool read_flag(const struct reading *reading, const struct yaml *node, bool *ret_flag) {
    *ret_flag = node->kind == YAML_SCALAR && str_equal(node->text, STR("true"));
    return *ret_flag || bad(reading, node, "plain and plain_number are true, or left out");
}

static bool read_rule_member(const struct reading *reading, struct str name, const struct yaml *node,
                             struct openid_rule *rule) {
    int64_t level;
    if (str_equal(name, STR("trust_framework"))) {
        return read_values(reading, node, &rule->trust_framework);
    }
    if (str_equal(name, STR("assurance_level"))) {
        return read_values(reading, node, &rule->assurance_level);
    }
    if (str_equal(name, STR("check_method"))) {
        return read_values(reading, node, &rule->check_method);
    }
    if (str_equal(name, STR("days"))) {
        return read_number(reading, node, 1, 36500, &rule->days);
    }
    if (str_equal(name, STR("plain"))) {
        return read_flag(reading, node, &rule->plain);
    }
    if (str_equal(name, STR("level"))) {
        bool fine = read_number(reading, node, 1, LEVEL_MOST, &level);
        rule->level = fine ? (int)level : 0;
        return fine;
    }
    return bad(reading, node,
               "a rule has trust_framework, assurance_level, check_method, days and level, or plain and level");
}

/* A rule for verified claims names whose framework it trusts: "anybody's" would be the provider's word alone. */
static bool read_rule(const struct reading *reading, const struct yaml *node, struct openid_rule *rule) {
    if (node->kind != YAML_MAP) {
        return bad(reading, node, "a rule is a group");
    }
    for (size_t i = 0; i < node->count; i++) {
        if (!read_rule_member(reading, node->names[i], node->items[i], rule)) {
            return false;
        }
    }
    bool verified = rule->trust_framework.count > 0;
    bool more = rule->assurance_level.count > 0 || rule->check_method.count > 0 || rule->days > 0;
    if (rule->level == 0 || rule->plain == verified || (rule->plain && more)) {
        return bad(reading, node, "a rule has a level, and either trust_framework or plain");
    }
    return true;
}

static bool read_rules(const struct reading *reading, const struct yaml *node, struct openid_map *map) {
    if (node->kind != YAML_LIST || node->count > OPENID_RULES_MOST) {
        return bad(reading, node, "rules is a list of at most 16");
    }
    for (size_t i = 0; i < node->count; i++) {
        if (!read_rule(reading, node->items[i], &map->rules[map->rule_count++])) {
            return false;
        }
    }
    return true;
}

static bool read_claim(const struct reading *reading, const struct yaml *node, struct str *ret_claim) {
    if (!is_text(node) || node->text.len > NAME_MOST || !bytes_all(node->text, BYTE_JSON_PLAIN)) {
        return bad(reading, node, "a claim's name is wanted, of at most 64 ASCII characters");
    }
    *ret_claim = node->text;
    return true;
}

static bool read_map_member(const struct reading *reading, struct str name, const struct yaml *node,
                            struct openid_map *map) {
    if (str_equal(name, STR("rules"))) {
        return read_rules(reading, node, map);
    }
    if (str_equal(name, STR("plain_number"))) {
        return read_flag(reading, node, &map->plain_number);
    }
    struct str *claim = str_equal(name, STR("name"))        ? &map->name
                        : str_equal(name, STR("id_number")) ? &map->id_number
                        : str_equal(name, STR("phone"))     ? &map->phone
                                                            : NULL;
    return claim ? read_claim(reading, node, claim)
                 : bad(reading, node, "has name, id_number, phone, plain_number and rules");
}

bool openid_map_read(const struct yaml *node, struct str upstream, struct openid_map *ret_map, struct fault *fault) {
    const struct reading reading = {upstream, fault};
    struct openid_map map = {.name = STR("name"), .id_number = STR("cn_id_number"), .phone = STR("phone_number")};
    if (node && node->kind != YAML_MAP) {
        return bad(&reading, node, "must be a group");
    }
    for (size_t i = 0; node && i < node->count; i++) {
        if (!read_map_member(&reading, node->names[i], node->items[i], &map)) {
            return false;
        }
    }
    if (str_equal(map.name, map.id_number) || str_equal(map.name, map.phone) || str_equal(map.id_number, map.phone)) {
        return bad(&reading, node, "name, id_number and phone are three claims");
    }
    *ret_map = map;
    return true;
}

int openid_map_level(const struct openid_map *map) {
    int level = 0;
    for (size_t i = 0; i < map->rule_count; i++) {
        level = map->rules[i].level > level ? map->rules[i].level : level;
    }
    return level;
}

/* --- does a rule fit? --- */

static bool has_value(const struct openid_values *values, struct str value) {
    for (size_t i = 0; i < values->count; i++) {
        if (str_equal(values->items[i], value)) {
            return true;
        }
    }
    return false;
}

static bool member_is(const struct json *object, const char *name, const struct openid_values *values) {
    struct str value;
    return values->count == 0 || (json_get_str(object, name, &value) && has_value(values, value));
}

static bool is_checked_by(const struct json *verification, const struct openid_values *methods) {
    const struct json *evidence = json_member(verification, "evidence");
    bool found = methods->count == 0;
    for (size_t i = 0; !found && i < json_length(evidence) && i < EVIDENCE_MOST; i++) {
        const struct json *details = json_member(json_element(evidence, i), "check_details");
        for (size_t j = 0; !found && j < json_length(details) && j < EVIDENCE_MOST; j++) {
            found = member_is(json_element(details, j), "check_method", methods);
        }
    }
    return found;
}

static bool is_recent(const struct json *verification, int64_t days, int64_t now) {
    struct str text;
    int64_t time;
    return days == 0 || (json_get_str(verification, "time", &text) && clock_read_rfc3339(text, &time) &&
                         time <= now + SKEW_S && time + days * DAY_S >= now);
}

static bool verification_fits(const struct openid_rule *rule, const struct json *verification, int64_t now) {
    return json_kind(verification) == JSON_KIND_OBJECT &&
           member_is(verification, "trust_framework", &rule->trust_framework) &&
           member_is(verification, "assurance_level", &rule->assurance_level) &&
           is_checked_by(verification, &rule->check_method) && is_recent(verification, rule->days, now);
}

/* --- what it vouches for --- */

struct vouched {
    struct str name, phone;
    struct id_number number;
};

static bool text_claim(struct arena *arena, const struct json *claims, struct str name, struct str *ret_text) {
    return json_get_str(claims, str_c(arena, name), ret_text);
}

/* A number that does not fit the birthdate beside it is somebody else's. */
static bool fits_birthdate(struct arena *arena, const struct json *claims, const struct id_number *number) {
    struct str told, date = str_format(arena, "%04d-%02d-%02d", number->year, number->month, number->day);
    return !json_member(claims, "birthdate") || (json_get_str(claims, "birthdate", &told) && str_equal(told, date));
}

/* Name and number, both, and both of their form: half a person is nobody. `numbers` is where the number stands. */
static bool read_person(const struct openid_map *map, struct arena *arena, const struct json *claims,
                        const struct json *numbers, int64_t now, struct vouched *vouched) {
    struct str number, key;
    return text_claim(arena, claims, map->name, &vouched->name) &&
           person_name_key(arena, vouched->name, &key) == PERSON_NAME_OK &&
           text_claim(arena, numbers, map->id_number, &number) &&
           id_number_read(number, now, &vouched->number) == ID_NUMBER_OK &&
           fits_birthdate(arena, claims, &vouched->number);
}

static void read_phone(const struct openid_map *map, struct arena *arena, const struct json *claims,
                       struct vouched *vouched) {
    struct str phone;
    if (text_claim(arena, claims, map->phone, &phone)) {
        phone_read(arena, phone, &vouched->phone);
    }
}

static void put_found(struct arena *arena, const struct openid_rule *rule, const struct vouched *vouched,
                      struct upstream_found *found) {
    found->certified = true;
    found->name = vouched->name;
    found->id_number = str_dup(arena, str_from(vouched->number.text));
    found->id_type = vouched->number.type;
    found->phone = vouched->phone;
    found->birthdate =
        str_format(arena, "%04d-%02d-%02d", vouched->number.year, vouched->number.month, vouched->number.day);
    found->gender = vouched->number.male ? STR("male") : STR("female");
    upstream_found_by(found, METHOD_OPENID_PROVIDER, VERIFY_MATCH);
    found->evidence.level = rule->level;
}

static void put_check_id(const struct json *verification, struct upstream_found *found) {
    struct str reference;
    if (json_get_str(verification, "verification_process", &reference) && reference.len > 0 &&
        reference.len <= CHECK_ID_MOST) {
        found->evidence.check_id = reference;
    }
}

/* `outside`: the claims that the element stands among. */
static bool try_element(const struct openid_map *map, const struct openid_rule *rule, struct arena *arena,
                        const struct json *element, const struct json *outside, int64_t now,
                        struct upstream_found *found) {
    const struct json *verification = json_member(element, "verification");
    const struct json *claims = json_member(element, "claims");
    struct vouched vouched = {0};
    if (!verification_fits(rule, verification, now) ||
        !read_person(map, arena, claims, map->plain_number ? outside : claims, now, &vouched)) {
        return false;
    }
    read_phone(map, arena, claims, &vouched);
    put_found(arena, rule, &vouched, found);
    put_check_id(verification, found);
    return true;
}

/* `verified_claims` is one element or a list of them. */
static bool try_verified(const struct openid_map *map, const struct openid_rule *rule, struct arena *arena,
                         const struct json *claims, int64_t now, struct upstream_found *found) {
    const struct json *verified = json_member(claims, "verified_claims");
    if (json_kind(verified) == JSON_KIND_OBJECT) {
        return try_element(map, rule, arena, verified, claims, now, found);
    }
    if (json_kind(verified) != JSON_KIND_ARRAY) {
        return false;
    }
    for (size_t i = 0; i < json_length(verified) && i < ELEMENTS_MOST; i++) {
        if (try_element(map, rule, arena, json_element(verified, i), claims, now, found)) {
            return true;
        }
    }
    return false;
}

/* A phone outside of verified_claims counts when the provider says that it was proven. */
static bool try_plain(const struct openid_map *map, const struct openid_rule *rule, struct arena *arena,
                      const struct json *claims, int64_t now, struct upstream_found *found) {
    struct vouched vouched = {0};
    bool proven = false;
    if (!read_person(map, arena, claims, claims, now, &vouched)) {
        return false;
    }
    json_get_bool(claims, "phone_number_verified", &proven);
    if (proven) {
        read_phone(map, arena, claims, &vouched);
    }
    put_found(arena, rule, &vouched, found);
    return true;
}

void openid_map_apply(const struct openid_map *map, struct arena *arena, const struct json *id_token,
                      const struct json *userinfo, int64_t now, struct upstream_found *found) {
    const struct json *sources[] = {id_token, userinfo};
    for (size_t r = 0; r < map->rule_count; r++) {
        const struct openid_rule *rule = &map->rules[r];
        for (size_t s = 0; s < ARRAY_LEN(sources); s++) {
            if (sources[s] && (rule->plain ? try_plain(map, rule, arena, sources[s], now, found)
                                           : try_verified(map, rule, arena, sources[s], now, found))) {
                return;
            }
        }
    }
}

/* --- asking for it --- */

static void put_null(struct json_out *out, struct str name, struct arena *arena) {
    json_put_raw(out, str_c(arena, name), STR("null"));
}

static void put_values(struct json_out *out, const char *name, const struct openid_values *values) {
    if (values->count == 0) {
        json_put_raw(out, name, STR("null"));
        return;
    }
    json_open_object(out, name);
    json_open_array(out, "values");
    for (size_t i = 0; i < values->count; i++) {
        json_put_str(out, NULL, values->items[i]);
    }
    json_close_array(out);
    json_close_object(out);
}

static void put_evidence(struct json_out *out, struct str type, const struct openid_rule *rule) {
    json_open_array(out, "evidence");
    json_open_object(out, NULL);
    json_open_object(out, "type");
    json_put_str(out, "value", type);
    json_close_object(out);
    json_open_array(out, "check_details");
    json_open_object(out, NULL);
    put_values(out, "check_method", &rule->check_method);
    json_close_object(out);
    json_close_array(out);
    json_close_object(out);
    json_close_array(out);
}

/* One element of verified_claims as a rule would have it; with evidence of a type where the rule looks at methods. */
static void put_element(struct json_out *out, const char *name, struct arena *arena, const struct openid_map *map,
                        const struct openid_rule *rule, struct str evidence_type) {
    json_open_object(out, name);
    json_open_object(out, "verification");
    put_values(out, "trust_framework", &rule->trust_framework);
    put_values(out, "assurance_level", &rule->assurance_level);
    if (rule->days > 0) {
        json_open_object(out, "time");
        json_put_int(out, "max_age", rule->days * DAY_S);
        json_close_object(out);
    }
    json_put_raw(out, "verification_process", STR("null"));
    if (rule->check_method.count > 0) {
        put_evidence(out, evidence_type, rule);
    }
    json_close_object(out);
    json_open_object(out, "claims");
    put_null(out, map->name, arena);
    put_null(out, STR("birthdate"), arena);
    if (!map->plain_number) {
        put_null(out, map->id_number, arena);
        put_null(out, map->phone, arena);
    }
    json_close_object(out);
    json_close_object(out);
}

/* An element for each rule, in their order; for one that looks at methods two, since a request names evidence by type.
 */
static void put_verified(struct json_out *out, struct arena *arena, const struct openid_map *map) {
    static const struct str types[] = {STR_INIT("document"), STR_INIT("electronic_record")};
    size_t count = 0;
    json_open_array(out, "verified_claims");
    for (size_t i = 0; i < map->rule_count; i++) {
        const struct openid_rule *rule = &map->rules[i];
        size_t wanted = rule->plain ? 0 : rule->check_method.count > 0 ? ARRAY_LEN(types) : 1;
        for (size_t t = 0; t < wanted && count < ELEMENTS_ASKED; t++, count++) {
            put_element(out, NULL, arena, map, rule, types[t]);
        }
    }
    json_close_array(out);
}

static bool has_rule(const struct openid_map *map, bool plain) {
    for (size_t i = 0; i < map->rule_count; i++) {
        if (map->rules[i].plain == plain) {
            return true;
        }
    }
    return false;
}

/* Everything is asked for voluntarily: what the provider does not have it leaves out, and the rules see to the rest. */
struct str openid_map_claims(const struct openid_map *map, struct arena *arena, bool userinfo) {
    struct buf buf;
    if (map->rule_count == 0) {
        return STR_NONE;
    }
    buf_init(&buf, arena, 1024, CLAIMS_MOST);
    struct json_out out = json_out(&buf);
    json_open_object(&out, NULL);
    json_open_object(&out, userinfo ? "userinfo" : "id_token");
    if (has_rule(map, false)) {
        put_verified(&out, arena, map);
    }
    if (has_rule(map, true)) {
        put_null(&out, map->name, arena);
        put_null(&out, map->phone, arena);
        put_null(&out, STR("phone_number_verified"), arena);
    }
    if (has_rule(map, true) || map->plain_number) {
        put_null(&out, map->id_number, arena);
    }
    json_close_object(&out);
    json_close_object(&out);
    return buf.failed ? STR_NONE : buf_str(&buf);
}
