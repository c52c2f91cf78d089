/*
 * The expectations of a step, in the order of the plan's members.
 */
#include "expect.h"

#include "capture.h"

#include <inttypes.h>
#include <stdio.h>

#define SHOWN 120 /* of an unexpected Location */

static const char *const places[] = {
    [CAPTURE_LOCATION] = "the query of the Location",
    [CAPTURE_JSON] = "the strings of the JSON body",
    [CAPTURE_COOKIE] = "Set-Cookie",
    [CAPTURE_HTML] = "the input elements of the page",
};

static bool take_captures(const struct plan *plan, const struct step *step, const struct answer *answer,
                          struct values *values, char *problem, size_t size) {
    for (size_t i = 0; i < step->capture_count; i++) {
        const struct capture *capture = &step->captures[i];
        if (capture_take(capture, answer, values)) {
            continue;
        }
        struct str variable = plan->variables.items[capture->variable].name;
        if (str_is_absent(capture->name)) {
            snprintf(problem, size, "there is no Location for {%.*s}", STR_ARG(variable));
        } else {
            snprintf(problem, size, "there is no \"%.*s\" for {%.*s} in %s", STR_ARG(capture->name), STR_ARG(variable),
                     places[capture->from]);
        }
        return false;
    }
    return true;
}

static bool contains(struct str text, struct str part) {
    return memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

bool expect_answer(const struct plan *plan, const struct step *step, const struct answer *answer, struct values *values,
                   char *problem, size_t size) {
    struct str location = answer->location;
    if (answer->status != step->status) {
        snprintf(problem, size, "expected status %" PRId64, step->status);
        return false;
    }
    if (!str_is_absent(step->contains) && !contains(answer_body(answer), step->contains)) {
        snprintf(problem, size, "expected a body with '%.*s' in it", STR_ARG(step->contains));
        return false;
    }
    if (!str_is_absent(step->location_starts) && !str_starts(location, step->location_starts)) {
        struct str shown = str_is_absent(location) ? STR("(none)") : location;
        shown.len = shown.len < SHOWN ? shown.len : SHOWN;
        snprintf(problem, size, "expected a Location that starts with '%.*s', it is '%.*s'",
                 STR_ARG(step->location_starts), STR_ARG(shown));
        return false;
    }
    return take_captures(plan, step, answer, values, problem, size);
}
