/*
 * Reading a plan as a whole. The order of plan_members is the order in which names become known.
 */
#include "plan_reader.h"

#include "base/arena.h"
#include "base/check.h"

#define PLAN_BYTES    (256 * 1024 * 1024)
#define PLAN_DEPTH    8
#define SAMPLES_FIRST 1000
#define LIFETIME      300

/* --- names --- */

static bool add_name(struct reader *reader, struct str name, struct variable **ret_variable) {
    size_t index;
    if (!variables_add(&reader->plan->variables, name, &index) || index < VARIABLES_BUILT_IN) {
        return reader_fail(reader, "\"%.*s\" is no name, taken, or one too many", STR_ARG(name));
    }
    *ret_variable = &reader->plan->variables.items[index];
    (*ret_variable)->known = true;
    return true;
}

static bool read_constant(void *ctx, struct str name, const struct json *value) {
    struct reader *reader = ctx;
    struct variable *variable = NULL;
    if (!add_name(reader, name, &variable)) {
        return false;
    }
    return json_str(value, &variable->constant) || reader_fail(reader, "%.*s is not a text", STR_ARG(name));
}

static bool read_constants(struct reader *reader, const struct json *value, void *field) {
    if (json_kind(value) != JSON_KIND_OBJECT) {
        return reader_fail(reader, "is not an object");
    }
    return json_each(value, read_constant, reader);
}

static bool read_list(void *ctx, struct str name, const struct json *value) {
    struct reader *reader = ctx;
    struct variable *variable = NULL;
    if (!add_name(reader, name, &variable)) {
        return false;
    }
    size_t place = reader_enter(reader, ".%.*s", STR_ARG(name));
    if (json_kind(value) != JSON_KIND_ARRAY || json_length(value) == 0) {
        return reader_fail(reader, "is not an array of at least one text");
    }
    struct str *elements = arena_array_of(reader->arena, json_length(value), struct str);
    variable->elements = elements;
    variable->element_count = json_length(value);
    if (!reader_array(reader, value, read_text, sizeof(*elements), elements)) {
        return false;
    }
    reader_leave(reader, place);
    return true;
}

static bool read_lists(struct reader *reader, const struct json *value, void *field) {
    if (json_kind(value) != JSON_KIND_OBJECT) {
        return reader_fail(reader, "is not an object");
    }
    return json_each(value, read_list, reader);
}

/* --- parts --- */

static bool read_pid(struct reader *reader, const struct json *value, void *field) {
    int64_t *pid = field;
    return (json_int(value, pid) && *pid > 0) || reader_fail(reader, "is no process id");
}

static bool read_pids(struct reader *reader, const struct json *value, void *field) {
    if (json_kind(value) != JSON_KIND_ARRAY) {
        return reader_fail(reader, "is not an array");
    }
    int64_t *pids = arena_array_of(reader->arena, json_length(value) + 1, int64_t);
    reader->plan->pids = pids;
    reader->plan->pid_count = json_length(value);
    return reader_array(reader, value, read_pid, sizeof(*pids), pids);
}

/* The key of a JWK (RFC 7518 §6.2); what else stands in it does not matter here. */
static bool read_jwk(struct reader *reader, const struct json *value, void *field) {
    struct assertion_plan *assertion = field;
    struct str curve;
    bool fine = json_get_str(value, "crv", &curve) && str_equal(curve, STR("P-256")) &&
                json_get_str(value, "x", &assertion->x) && json_get_str(value, "y", &assertion->y) &&
                json_get_str(value, "d", &assertion->d) && json_get_str(value, "kid", &assertion->kid);
    return fine || reader_fail(reader, "is no private EC key on P-256 with a kid");
}

static const struct reader_member assertion_members[] = {
    {"jwk", read_jwk, 0, true},
    {"client_id", read_text, offsetof(struct assertion_plan, client_id), true},
    {"audience", read_text, offsetof(struct assertion_plan, audience), true},
    {"count", read_count, offsetof(struct assertion_plan, count), true},
    {"lifetime", read_count, offsetof(struct assertion_plan, lifetime), false},
};

static bool read_assertion(struct reader *reader, const struct json *value, void *field) {
    struct assertion_plan *assertion = field;
    assertion->lifetime = LIFETIME;
    reader->plan->variables.items[VARIABLE_ASSERTION].known = true;
    return reader_object(reader, value, assertion_members, ARRAY_LEN(assertion_members), field);
}

/* --- the sample --- */

static bool read_sampled_name(struct reader *reader, const struct json *value, void *field) {
    struct str name = STR("");
    json_str(value, &name);
    return variables_find(&reader->plan->variables, name, field) ||
           reader_fail(reader, "names no variable of this plan");
}

static bool read_sampled(struct reader *reader, const struct json *value, void *field) {
    if (json_kind(value) != JSON_KIND_ARRAY) {
        return reader_fail(reader, "is not an array");
    }
    size_t *sampled = arena_array_of(reader->arena, json_length(value) + 1, size_t);
    reader->plan->sampled = sampled;
    reader->plan->sampled_count = json_length(value);
    return reader_array(reader, value, read_sampled_name, sizeof(*sampled), sampled);
}

/* Tells the captures of the flow which of them are wanted. */
static bool mark_captures(struct reader *reader, const struct plan *plan) {
    for (size_t sample = 0; sample < plan->sampled_count; sample++) {
        bool found = false;
        for (size_t i = 0; i < plan->flow.count; i++) {
            const struct step *step = &plan->flow.items[i];
            for (size_t at = 0; at < step->capture_count; at++) {
                if (step->captures[at].variable == plan->sampled[sample]) {
                    step->captures[at].sample = sample;
                    found = true;
                }
            }
        }
        if (!found) {
            return reader_fail(reader, "variables[%zu] is captured by no step of the flow", sample);
        }
    }
    return true;
}

static const struct reader_member sample_members[] = {
    {"variables", read_sampled, 0, true},
    {"file", read_text, offsetof(struct plan, sample_file), true},
    {"most", read_count, offsetof(struct plan, sample_most), false},
};

static bool read_sample(struct reader *reader, const struct json *value, void *field) {
    reader->plan->sample_most = SAMPLES_FIRST;
    return reader_object(reader, value, sample_members, ARRAY_LEN(sample_members), reader->plan) &&
           mark_captures(reader, reader->plan);
}

/* --- the whole --- */

static const struct reader_member plan_members[] = {
    {"host", read_text, offsetof(struct plan, host), true},
    {"port", read_count, offsetof(struct plan, port), true},
    {"connections", read_count, offsetof(struct plan, connections), false},
    {"warmup", read_seconds, offsetof(struct plan, warmup_ns), false},
    {"seconds", read_seconds, offsetof(struct plan, window_ns), false},
    {"flows", read_count, offsetof(struct plan, flows), false},
    {"rate", read_count, offsetof(struct plan, rate), false},
    {"idle_connections", read_count, offsetof(struct plan, idle_connections), false},
    {"pids", read_pids, 0, false},
    {"variables", read_constants, 0, false},
    {"lists", read_lists, 0, false},
    {"idle_request", read_idle_request, offsetof(struct plan, idle_request), false},
    {"assertion", read_assertion, offsetof(struct plan, assertion), false},
    {"prologue", read_prologue, offsetof(struct plan, prologue), false},
    {"flow", read_flow, offsetof(struct plan, flow), true},
    {"sample", read_sample, 0, false},
};

/* What the members say together. */
static bool check_plan(struct reader *reader, const struct plan *plan) {
    if (plan->port == 0 || plan->port > 65535) {
        return reader_fail(reader, "port is no port");
    }
    if (plan->connections == 0) {
        return reader_fail(reader, "connections is 0");
    }
    if (plan->flows == 0 && plan->window_ns == 0) {
        return reader_fail(reader, "has neither seconds nor flows");
    }
    if (plan->idle_connections > 0 && plan->idle_request.count == 0) {
        return reader_fail(reader, "has idle_connections and no idle_request");
    }
    if (plan->prologue.assertions * plan->connections > plan->assertion.count) {
        return reader_fail(reader, "the prologues of all connections need more assertions than there are");
    }
    return true;
}

bool plan_read(struct arena *arena, struct str json, struct plan *ret_plan, struct str *ret_problem) {
    const struct json *root = NULL;
    *ret_plan = (struct plan){.connections = 1};
    variables_init(&ret_plan->variables);
    struct reader reader = {.arena = arena, .plan = ret_plan};
    struct json_limits limits = {.bytes = PLAN_BYTES, .depth = PLAN_DEPTH};
    bool fine = json_parse(arena, json, limits, &root) || reader_fail(&reader, "the plan is not JSON");
    fine = fine && reader_object(&reader, root, plan_members, ARRAY_LEN(plan_members), ret_plan);
    fine = fine && check_plan(&reader, ret_plan);
    if (!fine) {
        *ret_problem = reader.problem;
    }
    return fine;
}
