/*
 * Reading an answer as the description has it. Whatever is not as described is an error of the service, never a no
 * about the person, and never a yes.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "jose/digest.h"
#include "jose/sm3.h"
#include "rest_inside.h"

#define CHECK_ID_MOST 128
#define TEXT_MOST     512          /* bytes of an organisation's name */
#define SIGNED_MOST   (512 * 1024) /* the body, and what stands around it */
#define AS_OF_LEAST   946684800    /* 2000-01-01 */
#define AS_OF_AHEAD_S (24 * 3600)  /* of other clocks and time zones */
#define EIGHT_HOURS_S (8 * 3600)

struct answer {
    const struct rest *rest;
    struct arena *arena;
    const struct rest_sent *sent;
    const struct fetch_answer *fetched;
    const struct json *root;     /* of the body */
    const struct json *document; /* that results are in: the root, or what is inside of it */
};

static bool has_status(const int64_t *statuses, size_t count, int status) {
    for (size_t i = 0; i < count; i++) {
        if (statuses[i] == status) {
            return true;
        }
    }
    return false;
}

static bool is_of_type(const struct answer *answer) {
    struct str parameters;
    struct str type = str_trim(str_cut(str_or(answer->fetched->content_type, STR("")), ';', &parameters));
    return str_is_absent(answer->rest->content_type) || str_equal_fold(type, answer->rest->content_type);
}

/* --- the signature --- */

static struct str signature_given(const struct answer *answer) {
    const struct rest *rest = answer->rest;
    struct str signature = STR_NONE;
    if (!str_is_absent(rest->signature_header)) {
        return fetch_answer_field(answer->fetched, rest->signature_header);
    }
    json_str(json_pointer_find(&rest->signature_at, answer->root), &signature);
    return signature;
}

static bool is_authentic(const struct answer *answer) {
    const struct rest *rest = answer->rest;
    struct arena *arena = answer->arena;
    if (!rest->is_signed) {
        return true;
    }
    struct template_values values = answer->sent->values;
    struct sha256 sha256 = sha256_of(answer->fetched->body);
    struct sm3 sm3 = sm3_of(answer->fetched->body);
    values.items[TEMPLATE_BODY] = answer->fetched->body;
    values.items[TEMPLATE_BODY_SHA256] = hex_encode(arena, sha256_str(&sha256));
    values.items[TEMPLATE_BODY_SM3] = hex_encode(arena, sm3_str(&sm3));
    values.items[TEMPLATE_STATUS] = str_format(arena, "%d", answer->fetched->status);
    values.answer = answer->fetched;
    values.root = answer->root;
    struct str signature = signature_given(answer);
    struct buf buf;
    buf_init(&buf, arena, 1024, SIGNED_MOST);
    return !str_is_absent(signature) && template_render(&rest->answer_canonical, &values, &buf) &&
           str_equal_secret(signature, rest_signature(rest, arena, buf_str(&buf)));
}

/* --- what it says --- */

static bool open_inside(struct answer *answer) {
    const struct rest *rest = answer->rest;
    struct str text;
    answer->document = answer->root;
    return !rest->inside.given || (json_str(json_pointer_find(&rest->inside.at, answer->root), &text) &&
                                   json_parse(answer->arena, text, JSON_LIMITS_DOCUMENT, &answer->document));
}

static bool is_ours(const struct answer *answer) {
    const struct rest *rest = answer->rest;
    for (size_t i = 0; i < rest->check_count; i++) {
        struct buf buf;
        struct str text;
        buf_init(&buf, answer->arena, 128, SIGNED_MOST);
        if (!template_render(&rest->checks[i].value, &answer->sent->values, &buf) ||
            !template_json_text(answer->arena, json_pointer_find(&rest->checks[i].at, answer->document), &text) ||
            !str_equal(text, buf_str(&buf))) {
            return false;
        }
    }
    return true;
}

static bool is_type(enum rest_type type, enum json_kind kind) {
    switch (type) {
    case REST_ANY:
        return true;
    case REST_TEXT:
        return kind == JSON_KIND_STRING;
    case REST_NUMBER:
        return kind == JSON_KIND_INT;
    case REST_FLAG:
        return kind == JSON_KIND_BOOL;
    }
    return false;
}

/* The row of a value; `otherwise` when it has none. */
static int look_up(const struct rest_table *table, struct str text, int otherwise) {
    for (size_t i = 0; i < table->count; i++) {
        if (str_equal(table->rows[i].text, text)) {
            return table->rows[i].number;
        }
    }
    return otherwise;
}

static enum verify_result result_of(const struct answer *answer) {
    const struct rest *rest = answer->rest;
    for (size_t i = 0; i < rest->step_count; i++) {
        const struct rest_step *step = &rest->steps[i];
        const struct json *value = json_pointer_find(&step->at, answer->document);
        struct str text;
        if (!is_type(step->type, json_kind(value)) || !template_json_text(answer->arena, value, &text)) {
            return VERIFY_UPSTREAM_ERROR;
        }
        int number = look_up(&step->table, text, VERIFY_UPSTREAM_ERROR);
        if (number != REST_NEXT) {
            return (enum verify_result)number;
        }
    }
    return VERIFY_UPSTREAM_ERROR;
}

/* --- what is kept of it --- */

/* Of an answer that is no match it may be missing, but not be something else. */
static bool read_check_id(const struct answer *answer, bool match, struct str *ret_id) {
    const struct json *value = json_pointer_find(&answer->rest->check_id.at, answer->document);
    struct str id;
    if (!answer->rest->check_id.given || (!match && json_kind(value) == JSON_KIND_NULL)) {
        return true;
    }
    if (json_kind(value) == JSON_KIND_BOOL || !template_json_text(answer->arena, value, &id) || id.len == 0 ||
        id.len > CHECK_ID_MOST) {
        return false;
    }
    *ret_id = id;
    return true;
}

static bool read_folded(const struct answer *answer, bool *ret_folded) {
    const struct json *value = json_pointer_find(&answer->rest->folded.at, answer->document);
    return !answer->rest->folded.given || !value || json_bool(value, ret_folded);
}

static bool as_of(const struct answer *answer, const struct json *value, int64_t *ret_seconds) {
    struct str text;
    if (!template_json_text(answer->arena, value, &text)) {
        return false;
    }
    switch (answer->rest->as_of_form) {
    case REST_SECONDS:
        return str_to_i64(text, ret_seconds);
    case REST_MILLISECONDS:
        if (!str_to_i64(text, ret_seconds)) {
            return false;
        }
        *ret_seconds /= 1000;
        return true;
    case REST_DATE: /* midnight in China */
        if (!clock_read_rfc3339(str_concat(answer->arena, text, STR("T00:00:00Z")), ret_seconds)) {
            return false;
        }
        *ret_seconds -= EIGHT_HOURS_S;
        return true;
    case REST_RFC3339:
        return clock_read_rfc3339(text, ret_seconds);
    }
    return false;
}

static bool read_as_of(const struct answer *answer, int64_t *ret_seconds) {
    const struct json *value = json_pointer_find(&answer->rest->as_of.at, answer->document);
    int64_t seconds = 0;
    if (!answer->rest->as_of.given || !value) {
        return true;
    }
    if (!as_of(answer, value, &seconds) || seconds < AS_OF_LEAST || seconds > clock_wall() + AS_OF_AHEAD_S) {
        return false;
    }
    *ret_seconds = seconds;
    return true;
}

static bool read_text(const struct answer *answer, const struct rest_place *place, struct str *ret_text) {
    const struct json *value = json_pointer_find(&place->at, answer->document);
    struct str text;
    if (!place->given || json_kind(value) == JSON_KIND_NULL) {
        return true;
    }
    if (!json_str(value, &text) || text.len > TEXT_MOST) {
        return false;
    }
    *ret_text = text.len > 0 ? text : STR_NONE;
    return true;
}

/* A status that the table does not know is unknown, with which nobody can act; a match without one is no answer. */
static bool read_organisation(const struct answer *answer, bool match, struct upstream_found *found) {
    const struct rest *rest = answer->rest;
    const struct json *value = json_pointer_find(&rest->status.at, answer->document);
    struct str text;
    if (!rest->status.given) {
        return true;
    }
    if (match || json_kind(value) != JSON_KIND_NULL) {
        if (!template_json_text(answer->arena, value, &text)) {
            return false;
        }
        found->status = (enum organisation_status)look_up(&rest->status_table, text, ORGANISATION_UNKNOWN);
    }
    return read_text(answer, &rest->org_name, &found->org_name) && read_text(answer, &rest->org_type, &found->org_type);
}

static bool read_rest(const struct answer *answer, enum verify_result result, struct upstream_found *found) {
    bool match = result == VERIFY_MATCH;
    const struct upstream_traits *traits = &answer->rest->traits;
    upstream_found_by(found, traits->method, result);
    found->evidence.level = match ? traits->level : 0;
    found->evidence.authority = answer->rest->authority;
    return read_check_id(answer, match, &found->evidence.check_id) && read_folded(answer, &found->evidence.folded) &&
           read_as_of(answer, &found->as_of) && read_organisation(answer, match, found);
}

enum verify_result rest_read(const struct rest *rest, struct arena *arena, const struct rest_sent *sent,
                             const struct fetch_answer *fetched, struct upstream_found *ret_found) {
    struct answer answer = {.rest = rest, .arena = arena, .sent = sent, .fetched = fetched};
    struct upstream_found found = {0};
    if (has_status(rest->limited, rest->limited_count, fetched->status)) {
        return VERIFY_RATE_LIMITED;
    }
    if (!has_status(rest->statuses, rest->status_count, fetched->status) || !is_of_type(&answer) ||
        !json_parse(arena, fetched->body, JSON_LIMITS_DOCUMENT, &answer.root) || !is_authentic(&answer) ||
        !open_inside(&answer) || !is_ours(&answer)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    enum verify_result result = result_of(&answer);
    if (result == VERIFY_UPSTREAM_ERROR || !read_rest(&answer, result, &found)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    *ret_found = found;
    return result;
}
