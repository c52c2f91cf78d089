/*
 * A register that is described in the configuration. What it serves, and the parts of its description in their order;
 * one question is one request and one answer.
 */
#include "rest_inside.h"

#include "base/check.h"
#include "base/clock.h"
#include "loop/fetch.h"

#include <stdlib.h>

static const char *const asks[] = {
    "name", "id_number", "phone", "bank_card", "social_card", "region", "organisation", "representative",
};
#define PERSON_NEEDS   (ASK_NAME | ASK_ID_NUMBER)
#define AUTHORITY_MOST 64
/* Proofs by looking something up in a register: no description can look at a face. */
#define PROOFS                                                                                                         \
    "register_match|two_element_match|bank_four_element_match|social_insurance_match|enterprise_three_element_match|"  \
    "enterprise_four_element_match"

/* --- what it serves --- */

static struct rest_node option(struct rest_reading *reading, const char *name) {
    return rest_member(reading, (struct rest_node){.yaml = reading->settings->entry}, name);
}

static bool read_services(struct rest_reading *reading, struct rest_node node) {
    const struct yaml *only =
        node.yaml && node.yaml->kind == YAML_LIST && node.yaml->count == 1 ? node.yaml->items[0] : NULL;
    int place = 0;
    if (!only) {
        return rest_wrong(reading, node, "must be [person] or [organisation]: one request asks one thing");
    }
    if (!rest_word(reading, rest_item(reading, node, 0), "person|organisation", &place)) {
        return false;
    }
    reading->rest->traits.services = place == 0 ? UPSTREAM_PERSON : UPSTREAM_ORGANISATION;
    return true;
}

static bool read_ask(struct rest_reading *reading, struct rest_node item) {
    struct str name = STR_NONE;
    if (!rest_text(reading, item, &name)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
        if (str_equal(str_from(asks[i]), name)) {
            reading->rest->traits.asks |= 1U << i;
            return true;
        }
    }
    return rest_wrong(reading, item,
                      "is not name, id_number, phone, bank_card, social_card, region, organisation or "
                      "representative");
}

static bool read_asks(struct rest_reading *reading, struct rest_node node) {
    bool fine = true;
    if (!node.yaml || node.yaml->kind != YAML_LIST) {
        return rest_wrong(reading, node, "must be a list: [name, id_number]");
    }
    for (size_t i = 0; i < node.yaml->count; i++) {
        fine = read_ask(reading, rest_item(reading, node, i)) && fine;
    }
    return fine;
}

static bool check_needs(struct rest_reading *reading, struct rest_node node) {
    const struct upstream_traits *traits = &reading->rest->traits;
    if ((traits->services & UPSTREAM_PERSON) && (traits->asks & PERSON_NEEDS) != PERSON_NEEDS) {
        return rest_wrong(reading, node, "needs name and id_number: services has person");
    }
    return !(traits->services & UPSTREAM_ORGANISATION) || (traits->asks & ASK_ORGANISATION) ||
           rest_wrong(reading, node, "needs organisation: services has it");
}

static void read_level(struct rest_reading *reading, enum proof_method method) {
    int64_t most = proof_of(method)->level, level = most;
    rest_int(reading, option(reading, "level"), 0, most, &level);
    reading->rest->traits.level = (int)level;
}

static void read_proof(struct rest_reading *reading) {
    static const enum proof_method methods[] = {METHOD_REGISTER,         METHOD_TWO_ELEMENT,
                                                METHOD_BANK_CARD,        METHOD_SOCIAL_INSURANCE,
                                                METHOD_ENTERPRISE_THREE, METHOD_ENTERPRISE_FOUR};
    struct upstream_traits *traits = &reading->rest->traits;
    bool organisation = traits->services & UPSTREAM_ORGANISATION;
    int place = organisation ? 4 : 0;
    struct rest_node node = option(reading, "proof");
    if (!rest_word(reading, node, PROOFS, &place)) {
        return;
    }
    traits->method = methods[place];
    if (traits->services && organisation != (place >= 4)) {
        rest_wrong(reading, node, organisation ? "is of a person" : "is of an organisation");
        return;
    }
    read_level(reading, traits->method);
}

static void read_id_types(struct rest_reading *reading, struct rest_node node) {
    static const char *const names[REST_ID_TYPES] = {
        [ID_TYPE_RESIDENT] = "resident",
        [ID_TYPE_RESIDENCE_PERMIT] = "residence_permit",
        [ID_TYPE_PERMANENT_RESIDENCE] = "permanent_residence",
    };
    if (!node.yaml || !rest_is_group(reading, node, "resident residence_permit permanent_residence")) {
        return;
    }
    for (size_t i = ID_TYPE_RESIDENT; i < REST_ID_TYPES; i++) {
        rest_text(reading, rest_member(reading, node, names[i]), &reading->rest->id_types[i]);
    }
}

static void read_authority(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    if (rest_text(reading, node, &rest->authority) &&
        (str_is_absent(rest->authority) || rest->authority.len > AUTHORITY_MOST)) {
        rest_wrong(reading, node, "is who answers, at most %d bytes: it is kept with the evidence", AUTHORITY_MOST);
    }
}

static void read_service(struct rest_reading *reading) {
    struct rest_node asks_node = option(reading, "asks");
    read_authority(reading, option(reading, "authority"));
    rest_flag(reading, option(reading, "repeat"), &reading->rest->repeat);
    bool services = read_services(reading, option(reading, "services"));
    bool known = read_asks(reading, asks_node);
    reading->asks = services && known && check_needs(reading, asks_node);
    read_proof(reading);
    read_id_types(reading, option(reading, "id_types"));
}

static void check_app_id(struct rest_reading *reading, struct str app_id) {
    for (size_t i = 0; i < app_id.len; i++) {
        if (app_id.ptr[i] <= 0x20 || app_id.ptr[i] > 0x7e) {
            rest_wrong(reading, option(reading, "app_id"), "holds more than visible ASCII");
            return;
        }
    }
}

static void check_url(struct rest_reading *reading) {
    struct str url = reading->settings->url;
    if (!upstream_address_problem(url) && str_ends(url, STR("/"))) {
        rest_wrong(reading, option(reading, "url"), "ends with a slash, which request.path begins with");
    }
}

bool rest_compile(struct arena *arena, const struct upstream_settings *settings, struct rest **ret_rest,
                  struct config_problems *problems) {
    size_t before = problems->count;
    struct rest *rest = arena_new_of(arena, struct rest);
    struct rest_reading reading = {.arena = arena, .settings = settings, .rest = rest, .problems = problems};
    rest->url = settings->url;
    rest->app_id = settings->app_id;
    rest->secret = settings->secret;
    if (!settings->entry) {
        return upstream_wrong(settings, problems, 0, "request", "is missing: the adapter rest needs a description");
    }
    check_app_id(&reading, rest->app_id);
    check_url(&reading);
    read_service(&reading);
    rest_read_request(&reading, option(&reading, "request"));
    rest_read_authentication(&reading, option(&reading, "authentication"));
    rest_read_answer(&reading, option(&reading, "answer"));
    if (problems->count > before) {
        return false;
    }
    *ret_rest = rest;
    return true;
}

const struct upstream_traits *rest_traits(const struct rest *rest) {
    return &rest->traits;
}

bool rest_repeats(const struct rest *rest) {
    return rest->repeat;
}

/* --- the adapter --- */

struct state {
    struct arena *arena;
    struct rest *rest;
};

static bool open_description(const struct upstream_settings *settings, void **ret_state, struct fault *fault) {
    struct arena *arena = arena_new();
    struct state *state = arena_new_of(arena, struct state);
    struct config_problems problems = {.arena = arena};
    state->arena = arena;
    if (!rest_compile(arena, settings, &state->rest, &problems)) {
        const struct config_problem *first = &problems.items[0];
        fault_set(fault, "line %d: %.*s: %.*s", first->line, STR_ARG(first->option), STR_ARG(first->text));
        arena_free(arena);
        return false;
    }
    *ret_state = state;
    return true;
}

static void check_description(const struct upstream_settings *settings, struct config_problems *problems) {
    struct rest *rest;
    rest_compile(problems->arena, settings, &rest, problems);
}

static void close_description(void *state) {
    arena_free(((struct state *)state)->arena);
}

static struct upstream_traits traits_of(const void *state) {
    return *rest_traits(((const struct state *)state)->rest);
}

static enum verify_result verify(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct upstream_found *ret_found) {
    const struct rest *rest = ((const struct state *)call->state)->rest;
    const struct rest_question question = {asked, upstream_transaction(call->arena), clock_wall_ms()};
    struct rest_sent sent;
    struct fetch_answer answer = {0};
    enum verify_result refused;
    ret_found->evidence.authority = rest->authority; /* whatever comes of it */
    if (!rest_write(rest, call->arena, &question, &sent, &refused)) {
        return refused;
    }
    sent.request.timeout_ms = call->timeout_ms;
    if (upstream_fetch(call, &sent.request, &answer) != FETCH_DONE) {
        call->unreachable = call->unreachable && rest_repeats(rest);
        return VERIFY_UPSTREAM_ERROR;
    }
    return rest_read(rest, call->arena, &sent, &answer, ret_found);
}

/* What must be there is said by the reading, which knows what for. */
static const struct upstream_option options[] = {
    {"authority", OPTION_TEXT, false, "who answers, as evidence names it"},
    {"services", OPTION_TREE, false, "[person] or [organisation]"},
    {"asks", OPTION_TREE, false, "what a check needs to be told"},
    {"proof", OPTION_TEXT, false, "the method of a match; register_match unless said"},
    {"level", OPTION_TEXT, false, "the level that a match proves; the method's unless said"},
    {"repeat", OPTION_TEXT, false, "true: may be asked again once when the connection fails"},
    {"id_types", OPTION_TREE, false, "the register's words for resident, residence_permit, permanent_residence"},
    {"request", OPTION_TREE, false, "method, path, query, headers, json or form"},
    {"authentication", OPTION_TREE, false, "who we are to it; none unless said"},
    {"answer", OPTION_TREE, false, "which answers count, and what they mean"},
};

/* What it serves is told by traits_of. Whether it is asked again is the description's to say: verify says
 * "unreachable" only then. */
const struct upstream_adapter rest_adapter = {
    .name = "rest",
    .authority = "",
    .idempotent = true,
    .options = options,
    .option_count = ARRAY_LEN(options),
    .check_all = check_description,
    .open = open_description,
    .close = close_description,
    .traits_of = traits_of,
    .verify = verify,
};
