/*
 * plan: what `load` is asked to play, read from a JSON file. A member that is not listed here refuses the plan.
 *
 *   {"host": "127.0.0.1", "port": 1234,
 *    "connections": 64,           each plays the flow by itself and is kept alive; 1 without it
 *    "warmup": 0.5, "seconds": 4, the flows that begin in the window of `seconds` behind the warm-up are counted
 *    "flows": 0,                  above 0: no warm-up, and the window is so many flows in all instead of a time
 *    "rate": 0,                   above 0: open loop. So many flows a second in all begin on schedule, and latency
 *                                 counts from the intended begin, also when no connection is free then. The window is
 *                                 exactly the flows due in it: it lasts until the last of them has begun.
 *    "idle_connections": 0,       so many further connections send `idle_request` once, read the answer, stay open
 *    "idle_request": step,        only with constants, lists and built-in variables; no captures
 *    "pids": [123],               whose CPU time and memory are read at the begin and at the end of the window
 *    "variables": {"name": "constant"},
 *    "lists": {"name": ["…"]},    each flow (and each connection's prologue) takes the next, over all connections
 *    "assertion": {"jwk": {private EC P-256 key with kid}, "client_id": "…", "audience": "…", "count": 1000,
 *                  "lifetime": 300},   private_key_jwt (RFC 7523), ES256, signed before anything is sent; a request
 * that has {assertion} in it takes one. When they are used up the run ends there. "prologue": [steps],         by every
 * connection before the warm-up; its captures stay "flow": [steps], "sample": {"variables": ["access_token"], "file":
 * "path", "most": 1000}}   a random sample of what the counted flows captured, written to the file as lines "variable
 * value"
 *
 *   step: {"request": "POST /token HTTP/1.1\r\nHost: localhost",   the head without Content-Length and final empty line
 *          "body": "code={code}",          brings its Content-Length
 *          "status": 200,
 *          "contains": "\"active\":true",  text in the body
 *          "location_starts": "https://rp.example/cb?",
 *          "capture": [capture],
 *          "think_ms": 0}                  pause before the step
 *
 *   capture: {"variable": "code", "from": "location", "name": "code"}   parameter of the Location's query, still
 * encoded
 *            {"variable": "path", "from": "location"}                   path and query of the Location
 *            {"variable": "token", "from": "json", "name": "id_token"}  first string member of that name, at any depth
 *            {"variable": "session", "from": "cookie", "name": "sid"}   the last Set-Cookie of that name
 *            {"variable": "flow", "from": "html", "name": "flow"}       value of the first input element of that name
 *
 * `{name}` in request and body inserts a variable as it is: a constant, a list's, one captured by an earlier step, or
 * one of these, new for each flow: {state} and {nonce} (22 random base64url characters), {verifier} and {challenge}
 * (RFC 7636, S256), {count} (a running number over all connections); {assertion}, see above.
 *
 * A wrong answer (other status, text, location, a capture that finds nothing, a connection that ends inside a flow
 * without "Connection: close", more than 256 KiB, none within 30 s) ends its flow and makes the run fail; one in the
 * prologue or at idle_request ends the run.
 */
#ifndef LOAD_PLAN_H
#define LOAD_PLAN_H

#include "template.h"

struct capture {
    enum capture_from { CAPTURE_LOCATION, CAPTURE_JSON, CAPTURE_COOKIE, CAPTURE_HTML } from;
    struct str name;   /* absent: the Location as a whole */
    struct str quoted; /* the name in double quotes, as it stands in JSON */
    size_t variable;
    size_t sample; /* index into plan.sampled; SAMPLE_NONE: not wanted */
};

#define SAMPLE_NONE SIZE_MAX

struct step {
    struct str label; /* "flow[1] POST /token", for error lines */
    struct template request;
    bool head_only; /* HEAD: its answer has no body */
    bool takes_assertion;
    int64_t status;
    struct str contains, location_starts; /* absent: anything will do */
    struct capture *captures;
    size_t capture_count;
    int64_t think_ns;
};

struct steps {
    const struct step *items;
    size_t count;
    size_t assertions; /* that playing them takes */
};

struct assertion_plan {
    struct str x, y, d, kid; /* of the key, still base64url */
    struct str client_id, audience;
    size_t count; /* 0: there is none to be signed */
    size_t lifetime;
};

struct plan {
    struct str host;
    size_t port, connections;
    int64_t warmup_ns, window_ns;
    size_t flows, rate;
    size_t idle_connections;
    struct steps idle_request; /* one step, or none */
    const int64_t *pids;
    size_t pid_count;
    struct variables variables;
    struct assertion_plan assertion;
    struct steps prologue, flow;
    const size_t *sampled; /* variables */
    size_t sampled_count, sample_most;
    struct str sample_file;
};

/* False with one line that says what is wrong, and where. Everything belongs to the arena. */
bool plan_read(struct arena *arena, struct str json, struct plan *ret_plan, struct str *ret_problem);

#endif
