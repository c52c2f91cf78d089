/*
 * The description of what answers mean: which count, what must hold, and which value is which result.
 */
#include "rest_inside.h"

#include "base/check.h"

#define BIT(identifier) TEMPLATE_BIT(TEMPLATE_##identifier)
#define BODY_BITS       (BIT(BODY) | BIT(BODY_SHA256) | BIT(BODY_SM3))
#define RESULTS         "match|mismatch|not_found|unsupported|state_bad|invalid_input|rate_limited|pending|upstream_error|next"
#define STATUSES        "unknown|operating|cancelled|revoked|withdrawn|moved|founding|liquidating|closed"

static bool read_table(struct rest_reading *reading, struct rest_node node, const char *words,
                       struct rest_table *ret_table) {
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
        if (!rest_word(reading, rest_item(reading, node, i), words, &row->number)) {
            return false;
        }
    }
    return true;
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

static bool read_step(struct rest_reading *reading, struct rest_node node, bool last) {
    struct rest *rest = reading->rest;
    if (rest->step_count == REST_STEPS_MOST) {
        return rest_wrong(reading, node, "there are at most %d steps", REST_STEPS_MOST);
    }
    struct rest_step *step = &rest->steps[rest->step_count++];
    struct rest_place at = {0};
    struct rest_node table = rest_member(reading, node, "table");
    int type = REST_ANY;
    if (!rest_is_group(reading, node, "at type table") ||
        !rest_pointer(reading, rest_member(reading, node, "at"), &at) ||
        !rest_word(reading, rest_member(reading, node, "type"), "any|text|number|flag", &type) ||
        !read_table(reading, table, RESULTS, &step->table)) {
        return false;
    }
    if (!at.given) {
        return rest_wrong(reading, rest_member(reading, node, "at"), "is missing");
    }
    step->at = at.at;
    step->type = (enum rest_type)type;
    if (last == has_row(&step->table, REST_NEXT)) {
        return rest_wrong(reading, table,
                          last ? "next leads nowhere: this is the last step" : "no value leads to the next step");
    }
    return true;
}

static bool read_result(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    bool match = false;
    if (!node.yaml || node.yaml->kind == YAML_SCALAR || node.yaml->count == 0) {
        return rest_wrong(reading, node, node.yaml ? "must be a group, or a list of groups" : "is missing");
    }
    if (node.yaml->kind == YAML_MAP) {
        if (!read_step(reading, node, true)) {
            return false;
        }
    } else {
        for (size_t i = 0; i < node.yaml->count; i++) {
            if (!read_step(reading, rest_item(reading, node, i), i + 1 == node.yaml->count)) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < rest->step_count; i++) {
        match = match || has_row(&rest->steps[i].table, VERIFY_MATCH);
    }
    return match || rest_wrong(reading, node, "no value is a match");
}

/* --- what an answer looks like --- */

static bool read_statuses(struct rest_reading *reading, struct rest_node node, int64_t statuses[REST_STATUSES_MOST],
                          size_t *ret_count) {
    if (!node.yaml) {
        return true;
    }
    if (node.yaml->kind != YAML_LIST || node.yaml->count == 0 || node.yaml->count > REST_STATUSES_MOST) {
        return rest_wrong(reading, node, "must be a list of 1 to %d status codes", REST_STATUSES_MOST);
    }
    for (size_t i = 0; i < node.yaml->count; i++) {
        struct rest_node item = rest_item(reading, node, i);
        if (!rest_int(reading, item, 200, 599, &statuses[i])) {
            return false;
        }
        if (statuses[i] >= 300 && statuses[i] < 400) {
            return rest_wrong(reading, item, "a redirect is never an answer");
        }
    }
    *ret_count = node.yaml->count;
    return true;
}

static bool read_shape(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    rest->statuses[0] = 200;
    rest->status_count = 1;
    rest->content_type = STR("application/json");
    rest->bytes_most = 64 * 1024;
    if (!read_statuses(reading, rest_member(reading, node, "status"), rest->statuses, &rest->status_count) ||
        !read_statuses(reading, rest_member(reading, node, "rate_limited"), rest->limited, &rest->limited_count) ||
        !rest_text(reading, rest_member(reading, node, "content_type"), &rest->content_type) ||
        !rest_int(reading, rest_member(reading, node, "bytes"), 64, REST_ANSWER_MOST, &rest->bytes_most) ||
        !rest_pointer(reading, rest_member(reading, node, "inside"), &rest->inside)) {
        return false;
    }
    for (size_t i = 0; i < rest->limited_count; i++) {
        if (rest->limited[i] < 400) {
            return rest_wrong(reading, rest_member(reading, node, "rate_limited"), "must be codes of 400 and more");
        }
    }
    if (str_equal(rest->content_type, STR("any"))) {
        rest->content_type = STR_NONE;
    }
    return true;
}

static bool read_checks(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    if (!node.yaml) {
        return true;
    }
    if (node.yaml->kind != YAML_MAP || node.yaml->count > REST_CHECKS_MOST) {
        return rest_wrong(reading, node, "must be a group of at most %d: pointer: value", REST_CHECKS_MOST);
    }
    for (size_t i = 0; i < node.yaml->count; i++) {
        struct rest_check *check = &rest->checks[rest->check_count++];
        struct rest_node item = rest_item(reading, node, i);
        if (!json_pointer_read(reading->arena, node.yaml->names[i], &check->at)) {
            return rest_wrong(reading, item, "must be named by a JSON pointer (RFC 6901): /data/serial");
        }
        template_set may_use = rest_question_values(rest) & ~template_hidden();
        if (!rest_template(reading, item, TEMPLATE_IN_TEXT, may_use, false, &check->value)) {
            return false;
        }
        if (template_asks(check->value.uses) & ~rest->traits.asks) {
            return rest_wrong(reading, item, "uses what asks does not ask for");
        }
    }
    return true;
}

static bool read_evidence(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    int form = REST_SECONDS;
    if (!node.yaml) {
        return true;
    }
    if (!rest_is_group(reading, node, "check_id folded as_of as_of_form") ||
        !rest_pointer(reading, rest_member(reading, node, "check_id"), &rest->check_id) ||
        !rest_pointer(reading, rest_member(reading, node, "folded"), &rest->folded) ||
        !rest_pointer(reading, rest_member(reading, node, "as_of"), &rest->as_of) ||
        !rest_word(reading, rest_member(reading, node, "as_of_form"), "seconds|milliseconds|date|rfc3339", &form)) {
        return false;
    }
    rest->as_of_form = (enum rest_as_of)form;
    return true;
}

static bool read_organisation(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    struct rest_node table = rest_member(reading, node, "statuses");
    if (!node.yaml) {
        return !(rest->traits.services & UPSTREAM_ORGANISATION) ||
               rest_wrong(reading, node, "is missing: nobody may act for an organisation whose status is not known");
    }
    if (!(rest->traits.services & UPSTREAM_ORGANISATION)) {
        return rest_wrong(reading, node, "is for services: [organisation]");
    }
    if (!rest_is_group(reading, node, "status statuses name type") ||
        !rest_pointer(reading, rest_member(reading, node, "status"), &rest->status) ||
        !rest_pointer(reading, rest_member(reading, node, "name"), &rest->org_name) ||
        !rest_pointer(reading, rest_member(reading, node, "type"), &rest->org_type)) {
        return false;
    }
    return rest->status.given ? read_table(reading, table, STATUSES, &rest->status_table)
                              : rest_wrong(reading, rest_member(reading, node, "status"), "is missing");
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

static bool read_signature(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    struct rest_node canonical = rest_member(reading, node, "canonical"), header = rest_member(reading, node, "header");
    struct rest_place at = {0};
    if (!node.yaml) {
        return true;
    }
    if (rest->proof != REST_HMAC_SHA256 && rest->proof != REST_HMAC_SM3) {
        return rest_wrong(reading, node, "is for authentication.kind hmac-sha256 and hmac-sm3");
    }
    template_set may_use =
        (rest_question_values(rest) & ~template_personal()) | BODY_BITS | BIT(STATUS) | BIT(METHOD) | BIT(PATH);
    if (!rest_is_group(reading, node, "header at canonical") || !rest_text(reading, header, &rest->signature_header) ||
        !rest_pointer(reading, rest_member(reading, node, "at"), &at) ||
        !rest_template(reading, canonical, TEMPLATE_IN_TEXT, may_use, true, &rest->answer_canonical)) {
        return false;
    }
    if (at.given == !str_is_absent(rest->signature_header)) {
        return rest_wrong(reading, node, "is either in a header, or at a place of the answer");
    }
    if (template_asks(rest->answer_canonical.uses) & ~rest->traits.asks) {
        return rest_wrong(reading, canonical, "uses what asks does not ask for");
    }
    rest->is_signed = true;
    rest->signature_at = at.at;
    return check_covered(reading, canonical) && check_bound(reading, canonical);
}

bool rest_read_answer(struct rest_reading *reading, struct rest_node node) {
    return rest_is_group(reading, node,
                         "status rate_limited content_type bytes inside signature equals result evidence "
                         "organisation") &&
           read_shape(reading, node) && read_checks(reading, rest_member(reading, node, "equals")) &&
           read_result(reading, rest_member(reading, node, "result")) &&
           read_evidence(reading, rest_member(reading, node, "evidence")) &&
           read_organisation(reading, rest_member(reading, node, "organisation")) &&
           read_signature(reading, rest_member(reading, node, "signature"));
}
