/*
 * The description of what answers mean: which count, what must hold, and which value is which result.
 */
#include "rest_inside.h"

#include "base/check.h"

#define BIT(identifier) TEMPLATE_BIT(TEMPLATE_##identifier)
#define BODY_BITS       (BIT(BODY) | BIT(BODY_SHA256) | BIT(BODY_SM3))
#define RESULTS         "match|mismatch|not_found|unsupported|state_bad|invalid_input|rate_limited|pending|upstream_error|next"
#define STATUSES        "unknown|operating|cancelled|revoked|withdrawn|moved|founding|liquidating|closed"

/* Whether an answer can have it, as template_json_text writes it: other words would never be met. */
static bool fits(struct arena *arena, enum rest_type type, struct str word) {
    int64_t number;
    switch (type) {
    case REST_NUMBER:
        return str_to_i64(word, &number) && str_equal(str_format(arena, "%lld", (long long)number), word);
    case REST_FLAG:
        return str_equal(word, STR("true")) || str_equal(word, STR("false"));
    case REST_ANY:
    case REST_TEXT:
        break;
    }
    return true;
}

static bool read_row(struct rest_reading *reading, struct rest_node node, const char *words, enum rest_type type,
                     struct rest_row *row) {
    if (!fits(reading->arena, type, row->text)) {
        return rest_wrong(reading, node, "is no value of type %s, and would never be met",
                          type == REST_FLAG ? "flag, which is true or false" : "number, which is whole");
    }
    return rest_word(reading, node, words, &row->number);
}

static bool read_table(struct rest_reading *reading, struct rest_node node, const char *words, enum rest_type type,
                       struct rest_table *ret_table) {
    bool fine = true;
    if (!node.yaml || node.yaml->kind != YAML_MAP || node.yaml->count == 0) {
        return rest_wrong(reading, node, node.yaml ? "must be a group: value: meaning" : "is missing");
    }
    if (node.yaml->count > REST_ROWS_MOST) {
        return rest_wrong(reading, node, "has more than %d rows", REST_ROWS_MOST);
    }
    ret_table->rows = arena_array_of(reading->arena, node.yaml->count, struct rest_row);
    for (size_t i = 0; i < node.yaml->count; i++) {
        struct rest_row *row = &ret_table->rows[ret_table->count++];
        row->text = node.yaml->names[i];
        fine = read_row(reading, rest_item(reading, node, i), words, type, row) && fine;
    }
    return fine;
}

static bool has_row(const struct rest_table *table, int number) {
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].number == number) {
            return true;
        }
    }
    return false;
}

/* --- results --- */

static bool read_at(struct rest_reading *reading, struct rest_node node, struct json_pointer *ret_at) {
    struct rest_place at = {0};
    if (!node.yaml) {
        return rest_wrong(reading, node, "is missing");
    }
    if (!rest_pointer(reading, node, &at)) {
        return false;
    }
    *ret_at = at.at;
    return true;
}

static bool read_step(struct rest_reading *reading, struct rest_node node, bool last) {
    struct rest *rest = reading->rest;
    if (rest->step_count == REST_STEPS_MOST) {
        return rest_wrong(reading, node, "there are at most %d steps", REST_STEPS_MOST);
    }
    if (!rest_is_group(reading, node, "at type table")) {
        return false;
    }
    struct rest_step *step = &rest->steps[rest->step_count++];
    struct rest_node table = rest_member(reading, node, "table");
    int type = REST_ANY;
    bool at = read_at(reading, rest_member(reading, node, "at"), &step->at);
    bool typed = rest_word(reading, rest_member(reading, node, "type"), "any|text|number|flag", &type);
    step->type = (enum rest_type)type;
    if (!read_table(reading, table, RESULTS, step->type, &step->table)) {
        return false;
    }
    if (last == has_row(&step->table, REST_NEXT)) {
        return rest_wrong(reading, table,
                          last ? "next leads nowhere: this is the last step" : "no value leads to the next step");
    }
    return at && typed;
}

static void read_result(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    bool fine = true, match = false;
    if (!node.yaml || node.yaml->kind == YAML_SCALAR || node.yaml->count == 0) {
        rest_wrong(reading, node, node.yaml ? "must be a group, or a list of groups" : "is missing");
        return;
    }
    if (node.yaml->kind == YAML_MAP) {
        fine = read_step(reading, node, true);
    }
    for (size_t i = 0; node.yaml->kind == YAML_LIST && i < node.yaml->count; i++) {
        fine = read_step(reading, rest_item(reading, node, i), i + 1 == node.yaml->count) && fine;
    }
    for (size_t i = 0; i < rest->step_count; i++) {
        match = match || has_row(&rest->steps[i].table, VERIFY_MATCH);
    }
    if (fine && !match) {
        rest_wrong(reading, node, "no value is a match");
    }
}

/* --- what an answer looks like --- */

static void read_statuses(struct rest_reading *reading, struct rest_node node, int64_t least,
                          int64_t statuses[REST_STATUSES_MOST], size_t *ret_count) {
    if (!node.yaml) {
        return;
    }
    if (node.yaml->kind != YAML_LIST || node.yaml->count == 0 || node.yaml->count > REST_STATUSES_MOST) {
        rest_wrong(reading, node, "must be a list of 1 to %d status codes", REST_STATUSES_MOST);
        return;
    }
    for (size_t i = 0; i < node.yaml->count; i++) {
        struct rest_node item = rest_item(reading, node, i);
        if (rest_int(reading, item, least, 599, &statuses[i]) && statuses[i] >= 300 && statuses[i] < 400) {
            rest_wrong(reading, item, "a redirect is never an answer");
        }
    }
    *ret_count = node.yaml->count;
}

static void read_shape(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    rest->statuses[0] = 200;
    rest->status_count = 1;
    rest->content_type = STR("application/json");
    rest->bytes_most = 64 * 1024;
    read_statuses(reading, rest_member(reading, node, "status"), 200, rest->statuses, &rest->status_count);
    read_statuses(reading, rest_member(reading, node, "rate_limited"), 400, rest->limited, &rest->limited_count);
    rest_text(reading, rest_member(reading, node, "content_type"), &rest->content_type);
    rest_int(reading, rest_member(reading, node, "bytes"), 64, REST_ANSWER_MOST, &rest->bytes_most);
    rest_pointer(reading, rest_member(reading, node, "inside"), &rest->inside);
    if (str_equal(rest->content_type, STR("any"))) {
        rest->content_type = STR_NONE;
    }
}

static void read_check(struct rest_reading *reading, struct rest_node node, struct str at, struct rest_check *check) {
    const struct rest *rest = reading->rest;
    template_set may_use = rest_question_values(rest) & ~template_hidden();
    if (!json_pointer_read(reading->arena, at, &check->at)) {
        rest_wrong(reading, node, "must be named by a JSON pointer (RFC 6901): /data/serial");
    } else if (rest_template(reading, node, TEMPLATE_IN_TEXT, may_use, false, &check->value) && reading->asks &&
               (template_asks(check->value.uses) & ~rest->traits.asks)) {
        rest_wrong(reading, node, "uses what asks does not ask for");
    }
}

static void read_checks(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    if (!node.yaml) {
        return;
    }
    if (node.yaml->kind != YAML_MAP || node.yaml->count > REST_CHECKS_MOST) {
        rest_wrong(reading, node, "must be a group of at most %d: pointer: value", REST_CHECKS_MOST);
        return;
    }
    for (size_t i = 0; i < node.yaml->count; i++) {
        read_check(reading, rest_item(reading, node, i), node.yaml->names[i], &rest->checks[rest->check_count++]);
    }
}

static void read_evidence(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    int form = REST_SECONDS;
    if (!node.yaml || !rest_is_group(reading, node, "check_id folded as_of as_of_form")) {
        return;
    }
    rest_pointer(reading, rest_member(reading, node, "check_id"), &rest->check_id);
    rest_pointer(reading, rest_member(reading, node, "folded"), &rest->folded);
    rest_pointer(reading, rest_member(reading, node, "as_of"), &rest->as_of);
    rest_word(reading, rest_member(reading, node, "as_of_form"), "seconds|milliseconds|date|rfc3339", &form);
    rest->as_of_form = (enum rest_as_of)form;
}

/* The service may not be known, for a mistake of its own. */
static bool is_wanted(struct rest_reading *reading, struct rest_node node) {
    unsigned services = reading->rest->traits.services;
    if (!node.yaml && (services & UPSTREAM_ORGANISATION)) {
        return rest_wrong(reading, node, "is missing: nobody may act for an organisation whose status is not known");
    }
    if (node.yaml && (services & UPSTREAM_PERSON)) {
        return rest_wrong(reading, node, "is for services: [organisation]");
    }
    return node.yaml;
}

static void read_organisation(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    if (!is_wanted(reading, node) || !rest_is_group(reading, node, "status statuses name type")) {
        return;
    }
    rest_pointer(reading, rest_member(reading, node, "status"), &rest->status);
    rest_pointer(reading, rest_member(reading, node, "name"), &rest->org_name);
    rest_pointer(reading, rest_member(reading, node, "type"), &rest->org_type);
    if (!rest->status.given) {
        rest_wrong(reading, rest_member(reading, node, "status"), "is missing");
    }
    read_table(reading, rest_member(reading, node, "statuses"), STATUSES, REST_ANY, &rest->status_table);
}

/* --- the signature of answers --- */

static bool is_signed_at(const struct template *canonical, const struct json_pointer *at) {
    for (size_t i = 0; i < canonical->point_count; i++) {
        if (str_equal(canonical->points[i].text, at->text)) {
            return true;
        }
    }
    return false;
}

/* What is read and not signed could be anybody's. */
static bool check_covered(struct rest_reading *reading, struct rest_node node) {
    const struct rest *rest = reading->rest;
    const struct template *canonical = &rest->answer_canonical;
    bool body = canonical->uses & BODY_BITS;
    if (body && str_is_absent(rest->signature_header)) {
        return rest_wrong(reading, node, "signs the body, which holds the signature");
    }
    if (body || (rest->inside.given && is_signed_at(canonical, &rest->inside.at))) {
        return true;
    }
    bool covered = !rest->inside.given;
    for (size_t i = 0; i < rest->step_count; i++) {
        covered = covered && is_signed_at(canonical, &rest->steps[i].at);
    }
    for (size_t i = 0; i < rest->check_count; i++) {
        covered = covered && is_signed_at(canonical, &rest->checks[i].at);
    }
    const struct rest_place *places[] = {&rest->check_id, &rest->folded,   &rest->as_of,
                                         &rest->status,   &rest->org_name, &rest->org_type};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        covered = covered && (!places[i]->given || is_signed_at(canonical, &places[i]->at));
    }
    return covered || rest_wrong(reading, node,
                                 "does not cover what is read: it needs {{body}}, a hash of it, or "
                                 "{{json:…}} of each place");
}

/* An answer to somebody else's question, or to one of before, is signed too. */
static bool check_bound(struct rest_reading *reading, struct rest_node node) {
    const struct rest *rest = reading->rest;
    template_set uses = rest->answer_canonical.uses;
    for (size_t i = 0; i < rest->check_count; i++) {
        uses |= rest->checks[i].value.uses;
    }
    return (uses & (BIT(NONCE) | BIT(TRANSACTION))) ||
           rest_wrong(reading, node,
                      "would fit an answer to another request: sign {{nonce}} or {{transaction}}, or "
                      "have it among answer.equals");
}

/* What is said about it and the rest of the answer together, where both are fine. */
static void check_together(struct rest_reading *reading, struct rest_node canonical, size_t before) {
    if (reading->asks && (template_asks(reading->rest->answer_canonical.uses) & ~reading->rest->traits.asks)) {
        rest_wrong(reading, canonical, "uses what asks does not ask for");
    } else if (reading->problems->count == before && check_covered(reading, canonical)) {
        check_bound(reading, canonical);
    }
}

/* `before`: how many problems there were when the answer began. */
static void read_signature(struct rest_reading *reading, struct rest_node node, size_t before) {
    struct rest *rest = reading->rest;
    struct rest_node canonical = rest_member(reading, node, "canonical"), header = rest_member(reading, node, "header");
    struct rest_node at_node = rest_member(reading, node, "at");
    struct rest_place at = {0};
    if (!node.yaml || !rest_is_group(reading, node, "header at canonical")) {
        return;
    }
    bool hmac = rest->proof == REST_HMAC_SHA256 || rest->proof == REST_HMAC_SM3;
    if (reading->authentication && !hmac) {
        rest_wrong(reading, node, "is for authentication.kind hmac-sha256 and hmac-sm3");
        return;
    }
    template_set may_use =
        (rest_question_values(rest) & ~template_personal()) | BODY_BITS | BIT(STATUS) | BIT(METHOD) | BIT(PATH);
    rest_text(reading, header, &rest->signature_header);
    rest_pointer(reading, at_node, &at);
    if (!at_node.yaml == !header.yaml) {
        rest_wrong(reading, node, "is either in a header, or at a place of the answer");
    }
    rest->is_signed = true;
    rest->signature_at = at.at;
    if (rest_template(reading, canonical, TEMPLATE_IN_TEXT, may_use, true, &rest->answer_canonical)) {
        check_together(reading, canonical, before);
    }
}

void rest_read_answer(struct rest_reading *reading, struct rest_node node) {
    size_t before = reading->problems->count;
    if (!rest_is_group(reading, node,
                       "status rate_limited content_type bytes inside signature equals result evidence "
                       "organisation")) {
        return;
    }
    read_shape(reading, node);
    read_checks(reading, rest_member(reading, node, "equals"));
    read_result(reading, rest_member(reading, node, "result"));
    read_evidence(reading, rest_member(reading, node, "evidence"));
    read_organisation(reading, rest_member(reading, node, "organisation"));
    read_signature(reading, rest_member(reading, node, "signature"), before);
}
