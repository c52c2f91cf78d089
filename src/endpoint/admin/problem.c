/*
 * Problem details (RFC 9457): what went wrong, for people and programs. Of what was sent nothing comes back but the
 * names of members and parameters, cut short.
 */
#include "api.h"
#include "base/check.h"

#include <stdio.h>

#define PROBLEM_MOST (32 * 1024)
#define FIELD_MOST   64

static const struct {
    int status;
    struct str title;
} titles[] = {
    {400, STR_INIT("Bad Request")},
    {401, STR_INIT("Unauthorized")},
    {403, STR_INIT("Forbidden")},
    {404, STR_INIT("Not Found")},
    {405, STR_INIT("Method Not Allowed")},
    {409, STR_INIT("Conflict")},
    {412, STR_INIT("Precondition Failed")},
    {415, STR_INIT("Unsupported Media Type")},
    {428, STR_INIT("Precondition Required")},
    {429, STR_INIT("Too Many Requests")},
    {500, STR_INIT("Internal Server Error")},
    {503, STR_INIT("Service Unavailable")},
};

static struct str title_of(int status) {
    for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
        if (titles[i].status == status) {
            return titles[i].title;
        }
    }
    check_failed("a problem without a title", __FILE__, __LINE__);
}

void api_put_problems(struct json_out *out, const struct client_problems *problems) {
    json_open_array(out, "errors");
    for (size_t i = 0; i < problems->count; i++) {
        json_open_object(out, NULL);
        json_put_str(out, "field", problems->items[i].member);
        json_put_str(out, "detail", str_from(problems->items[i].text));
        json_close_object(out);
    }
    json_close_array(out);
}

static bool reply_problem(struct api_call *api, int status, const char *detail,
                          const struct client_problems *problems) {
    struct buf body;
    buf_init(&body, api->arena, 512, PROBLEM_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "type", STR("about:blank"));
    json_put_str(&out, "title", title_of(status));
    json_put_int(&out, "status", status);
    if (detail) {
        json_put_str(&out, "detail", str_from(detail));
    }
    json_put_str(&out, "request_id", api->call->request->request_id);
    if (problems) {
        api_put_problems(&out, problems);
    }
    json_close_object(&out);
    CHECK(!body.failed);
    reply_json(api->call, status, buf_str(&body));
    api->call->reply->content_type = STR("application/problem+json");
    return false;
}

bool api_problem(struct api_call *api, int status, const char *detail) {
    return reply_problem(api, status, detail, NULL);
}

bool api_invalid(struct api_call *api, const struct client_problems *problems) {
    return reply_problem(api, 400, "see errors", problems);
}

void api_problem_add(struct client_problems *problems, struct arena *arena, struct str field, const char *detail) {
    if (problems->count == CLIENT_PROBLEMS_MOST) {
        return;
    }
    struct client_problem *problem = &problems->items[problems->count++];
    problem->member = str_dup(arena, str_sub(field, 0, field.len < FIELD_MOST ? field.len : FIELD_MOST));
    snprintf(problem->text, sizeof(problem->text), "%s", detail);
}

bool api_invalid_field(struct api_call *api, struct str field, const char *detail) {
    struct client_problems problems = {0};
    api_problem_add(&problems, api->arena, field, detail);
    return api_invalid(api, &problems);
}

bool api_done(struct api_call *api, const struct admin_answer *answer) {
    switch (answer->result) {
    case ADMIN_DONE:
        return true;
    case ADMIN_FORBIDDEN:
        return api_problem(api, 403, answer->reason ? answer->reason : "your role does not allow it");
    case ADMIN_MISSING:
        return api_problem(api, 404, "there is none of that name, or none you may see");
    case ADMIN_STALE:
        return api_problem(api, 412, "it has been changed in the meantime: read it again");
    case ADMIN_INVALID:
        return answer->problems ? api_invalid(api, answer->problems) : api_problem(api, 400, answer->reason);
    case ADMIN_CONFLICT:
        return api_problem(api, 409, answer->reason);
    case ADMIN_UNAVAILABLE:
        break;
    }
    api_problem(api, 503, "a store does not answer; nothing was changed");
    http_reply_field(api->call->reply, STR("Retry-After"), STR("1"));
    return false;
}
