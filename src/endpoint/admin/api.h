/*
 * api: one call of the admin API (/admin/api/v1) on its way: token → rate → actor → role → query → entity tag → body →
 * the resource's handler → answer. walk.c is the walker; admin_routes.def says of each route what it needs, so that
 * none can be forgotten; the rules of the domain check the role again.
 *
 * Errors are application/problem+json (RFC 9457). Handlers write their answer into `out` and end with one api_send.
 */
#ifndef ENDPOINT_ADMIN_API_H
#define ENDPOINT_ADMIN_API_H

#include "../call.h"
#include "base/json.h"
#include "domain/administration.h"

#define API_ANSWER_MOST (4 * 1024 * 1024)

/* What the bodies of requests may hold (members.def), read into real types. Absent: not given. */
typedef struct str api_text;
typedef int64_t api_number;            /* 0 when not given: look at `given` */
typedef int64_t api_value;             /* a number; or a flag, 0 or 1, see value_is_flag */
typedef bool api_flag;                 /* false when not given */
typedef const struct json *api_object; /* NULL when not given */

enum api_member {
#define MEMBER(name, type, least, most, help) API_MEMBER_##name,
#include "members.def"
#undef MEMBER
    API_MEMBERS
};

struct api_input {
#define MEMBER(name, type, least, most, help) api_##type name;
#include "members.def"
#undef MEMBER
    unsigned given;           /* bits of enum api_member */
    bool value_is_flag;       /* `value` was true or false */
    const struct json *whole; /* the body itself, where the domain reads its members ("@" in the table) */
};

struct api_call;

/* Who may come through: a permission of model/permissions.def, or any administrator. */
#define API_ANYBODY PERMISSIONS

struct api_route {
    enum http_method method;
    struct str pattern; /* beneath the prefix: "/clients/{id}" */
    void (*handle)(struct api_call *api);
    enum permission permission;
    bool needs_tag;   /* If-Match must name the version it changes */
    struct str query; /* names of parameters, space separated */
    struct str
        body;   /* names of members, "?" behind those that may be left out; "@Schema": the domain reads it; "": none */
    int status; /* of success */
    struct str answer; /* the schema of its body in schemas.json, "*" before that of one line of many; "" without one */
    struct str summary;
    struct str handler; /* its name: the operation's id */
};
extern const struct api_route api_routes[];
extern const size_t api_route_count;

#define API_IDS_MOST 2

struct api_call {
    struct call *call;
    struct domain *domain;
    struct arena *arena;
    const struct api_route *route;
    struct str ids[API_IDS_MOST]; /* what stands for {id} and so on, in order */
    struct str account_id;        /* of the person behind the token */
    struct actor actor;
    int64_t version; /* of If-Match, where the route needs one */
    struct api_input input;
    struct buf body;
    struct json_out out; /* writes into the body */
};

/* Any path beneath ADMIN_API_PATH. Waits. */
void api_handle(struct call *call);
/* The method and path alone: false with the status, 404 or 405 (then ret_methods has the bits of those there are). */
bool api_route_match(struct arena *arena, enum http_method method, struct str target,
                     const struct api_route **ret_route, struct str ret_ids[API_IDS_MOST], int *ret_status,
                     unsigned *ret_methods);

/* --- problem.c: each answers the request --- */

/* `detail` is a constant sentence, or NULL. Always returns false. */
bool api_problem(struct api_call *api, int status, const char *detail);
/* 400 with what is wrong with each member or parameter. Always returns false. */
bool api_invalid(struct api_call *api, const struct client_problems *problems);
/* The same with one problem; `field` is cut to what is fit to be shown. */
bool api_invalid_field(struct api_call *api, struct str field, const char *detail);
/* Adds one to a list; `field` may come from the request. */
void api_problem_add(struct client_problems *problems, struct arena *arena, struct str field, const char *detail);
/* The member "errors". */
void api_put_problems(struct json_out *out, const struct client_problems *problems);
/* True for ADMIN_DONE; else answers as the result wants it. */
bool api_done(struct api_call *api, const struct admin_answer *answer);

/* --- answer.c --- */

void api_tag(struct api_call *api, int64_t version);      /* ETag: "<version>" */
void api_location(struct api_call *api, struct str path); /* beneath the prefix; already percent-encoded */
void api_send(struct api_call *api);                      /* the route's status and what was written into `out` */
/* Members of an answer that are left out when there is nothing to say. */
void api_put_text(struct api_call *api, const char *name, struct str text);
void api_put_time(struct api_call *api, const char *name, int64_t seconds); /* RFC 3339; left out when 0 */
/* The items of an array around whatever the handler puts. */
void api_open_items(struct api_call *api);
void api_close_items(struct api_call *api);

/* --- paging.c --- */

struct api_page {
    size_t limit; /* rows in this page */
    size_t
        most; /* rows to ask the domain for: one more, to know whether there is another page, where it gives so many */
    struct str after; /* the last id of the page before; absent on the first */
};
/* ?limit= and ?page=. False: answered. */
bool api_page_read(struct api_call *api, struct api_page *ret_page);
/* How many of the rows that came belong to this page. */
size_t api_page_rows(const struct api_page *page, size_t came);
/* Closes the items and puts next_page where there is more; `last_id` is that of the last row of this page. */
void api_page_close(struct api_call *api, const struct api_page *page, size_t came, struct str last_id);

/* --- input.c --- */

/* A query parameter's value; absent when it was not sent. */
struct str api_query(const struct api_call *api, const char *name);
/* A parameter as a time; `ret_seconds` is untouched when it was not sent. False: answered. */
bool api_query_time(struct api_call *api, const char *name, int64_t *ret_seconds);
static inline bool api_given(const struct api_call *api, enum api_member member) {
    return api->input.given >> member & 1;
}
/* Steps of the walker. False: answered. */
bool api_check_query(struct api_call *api);
bool api_read_body(struct api_call *api);
/* RFC 9110 §13.1.1, of which one strong tag is taken. */
bool api_read_tag(struct api_call *api);

struct api_parameter {
    struct str name, schema, help; /* schema: JSON text */
};
extern const struct api_parameter api_parameters[];
extern const size_t api_parameter_count;

enum api_member_type { API_TEXT, API_NUMBER, API_VALUE, API_FLAG, API_OBJECT };
struct api_member_rule {
    struct str name, help;
    enum api_member_type type;
    int64_t least, most; /* of a number; of a text: characters */
    size_t offset;       /* in struct api_input */
};
extern const struct api_member_rule api_members[API_MEMBERS];
/* The rule of a word of a route's body ("agency_id?"), and whether it may be left out. */
const struct api_member_rule *api_member_of_word(struct str word, bool *ret_optional);

/* --- openapi.c --- */

/* The description; `url` is where the API is. */
void api_openapi_write(struct arena *arena, struct str url, struct json_out *out);

/* --- handlers, as the table names them --- */

#define ROUTE(method, pattern, handler, permission, tag, query, body, status, answer, summary)                         \
    void api_##handler(struct api_call *api);
#include "admin_routes.def"
#undef ROUTE

#endif
