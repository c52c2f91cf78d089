/*
 * Reading the steps of a plan and what they capture.
 */
#include "plan_reader.h"

#include "base/arena.h"
#include "base/check.h"

/* A step as it stands in the plan. */
struct written_step {
    struct str request, body;
    size_t status;
    struct step step;
};

/* --- captures --- */

static const struct {
    struct str word;
    enum capture_from from;
} sources[] = {
    {STR_INIT("location"), CAPTURE_LOCATION},
    {STR_INIT("json"), CAPTURE_JSON},
    {STR_INIT("cookie"), CAPTURE_COOKIE},
    {STR_INIT("html"), CAPTURE_HTML},
};

static bool read_source(struct reader *reader, const struct json *value, void *field) {
    struct str word = STR("");
    json_str(value, &word);
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        if (str_equal(sources[i].word, word)) {
            *(enum capture_from *)field = sources[i].from;
            return true;
        }
    }
    return reader_fail(reader, "is none of location, json, cookie, html");
}

/* The name may be used from the next step on; the built-in ones cannot be overwritten. */
static bool read_captured_variable(struct reader *reader, const struct json *value, void *field) {
    size_t *variable = field;
    struct str name;
    if (!read_text(reader, value, &name)) {
        return false;
    }
    if (!variables_add(&reader->plan->variables, name, variable)) {
        return reader_fail(reader, "\"%.*s\" is no name, or one too many", STR_ARG(name));
    }
    if (*variable < VARIABLES_BUILT_IN) {
        return reader_fail(reader, "\"%.*s\" is taken", STR_ARG(name));
    }
    return true;
}

static const struct reader_member capture_members[] = {
    {"variable", read_captured_variable, offsetof(struct capture, variable), true},
    {"from", read_source, offsetof(struct capture, from), true},
    {"name", read_text, offsetof(struct capture, name), false},
};

static bool read_capture(struct reader *reader, const struct json *value, void *field) {
    struct capture *capture = field;
    capture->sample = SAMPLE_NONE;
    if (!reader_object(reader, value, capture_members, ARRAY_LEN(capture_members), capture)) {
        return false;
    }
    if (str_is_absent(capture->name) && capture->from != CAPTURE_LOCATION) {
        return reader_fail(reader, "has no name");
    }
    capture->quoted = str_format(reader->arena, "\"%.*s\"", STR_ARG(capture->name));
    return true;
}

static bool read_captures(struct reader *reader, const struct json *value, void *field) {
    struct step *step = field;
    if (json_kind(value) != JSON_KIND_ARRAY) {
        return reader_fail(reader, "is not an array");
    }
    step->captures = arena_array_of(reader->arena, json_length(value) + 1, struct capture);
    step->capture_count = json_length(value);
    return reader_array(reader, value, read_capture, sizeof(*step->captures), step->captures);
}

/* --- steps --- */

static bool read_body(struct reader *reader, const struct json *value, void *field) {
    return json_str(value, field) || reader_fail(reader, "is not a text");
}

static const struct reader_member step_members[] = {
    {"request", read_text, offsetof(struct written_step, request), true},
    {"body", read_body, offsetof(struct written_step, body), false},
    {"status", read_count, offsetof(struct written_step, status), true},
    {"contains", read_text, offsetof(struct written_step, step.contains), false},
    {"location_starts", read_text, offsetof(struct written_step, step.location_starts), false},
    {"capture", read_captures, offsetof(struct written_step, step), false},
    {"think_ms", read_milliseconds, offsetof(struct written_step, step.think_ns), false},
};

/* "flow[1] POST /token": method and path without the query, and without what varies. */
static struct str label_of(struct reader *reader, struct str request) {
    struct str rest;
    struct str method = str_cut(request, ' ', &rest);
    struct str path = str_cut(str_cut(rest, ' ', &rest), '?', &rest);
    return str_format(reader->arena, "%.*s %.*s %.*s", (int)reader->place_len, reader->place, STR_ARG(method),
                      STR_ARG(path));
}

static bool is_request_head(struct str request) {
    struct str rest;
    struct str line = str_cut(request, '\n', &rest);
    bool ends_early = memmem(request.ptr, request.len, "\r\n\r\n", 4) != NULL;
    return !ends_early && (str_ends(line, STR(" HTTP/1.1\r")) || str_ends(line, STR(" HTTP/1.1")));
}

static bool read_step(struct reader *reader, const struct json *value, void *field) {
    struct written_step written = {0};
    struct str unknown;
    if (!reader_object(reader, value, step_members, ARRAY_LEN(step_members), &written)) {
        return false;
    }
    if (!is_request_head(written.request)) {
        return reader_fail(reader, "request is no HTTP/1.1 head without its final empty line");
    }
    if (!template_split(reader->arena, &reader->plan->variables, written.request, written.body, &written.step.request,
                        &unknown)) {
        return reader_fail(reader, "variable {%.*s} has no value here", STR_ARG(unknown));
    }
    written.step.status = (int64_t)written.status;
    written.step.label = label_of(reader, written.request);
    written.step.head_only = str_starts(written.request, STR("HEAD "));
    written.step.takes_assertion = template_uses(&written.step.request, VARIABLE_ASSERTION);
    for (size_t i = 0; i < written.step.capture_count; i++) {
        reader->plan->variables.items[written.step.captures[i].variable].known = true;
    }
    *(struct step *)field = written.step;
    return true;
}

static bool read_steps(struct reader *reader, const struct json *array, struct steps *ret_steps) {
    struct step *steps = arena_array_of(reader->arena, json_length(array) + 1, struct step);
    if (!reader_array(reader, array, read_step, sizeof(*steps), steps)) {
        return false;
    }
    ret_steps->items = steps;
    ret_steps->count = json_length(array);
    for (size_t i = 0; i < ret_steps->count; i++) {
        ret_steps->assertions += steps[i].takes_assertion;
    }
    return true;
}

bool read_prologue(struct reader *reader, const struct json *value, void *field) {
    if (json_kind(value) != JSON_KIND_ARRAY) {
        return reader_fail(reader, "is not an array of steps");
    }
    return read_steps(reader, value, field);
}

bool read_flow(struct reader *reader, const struct json *value, void *field) {
    if (json_kind(value) != JSON_KIND_ARRAY || json_length(value) == 0) {
        return reader_fail(reader, "is not an array of at least one step");
    }
    return read_steps(reader, value, field);
}

bool read_idle_request(struct reader *reader, const struct json *value, void *field) {
    struct steps *steps = field;
    struct step *step = arena_new_of(reader->arena, struct step);
    if (!read_step(reader, value, step)) {
        return false;
    }
    if (step->capture_count > 0 || step->think_ns > 0 || step->takes_assertion) {
        return reader_fail(reader, "takes no captures, pause or assertion");
    }
    *steps = (struct steps){.items = step, .count = 1};
    return true;
}
