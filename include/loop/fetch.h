/*
 * fetch: every outbound HTTP call, through libcurl's multi interface on the loop.
 *
 * Redirects are never followed, content is never decompressed, the answer is capped, HTTP and HTTPS only. A guarded
 * call (its URL came from a client system) is refused when the address actually connected to is not a public one, or
 * the port is not 443, unless host:port is on the allow list of the options (../abuse-cases SS-01..08). An unguarded
 * call goes where the operator said, and carries the trace of the running fiber (base/trace.h) with a span of its own.
 */
#ifndef LOOP_FETCH_H
#define LOOP_FETCH_H

#include "base/str.h"

struct loop;
struct arena;
struct fetcher;

struct fetch_options {
    const struct str *allowed_private; /* "host:port" */
    size_t allowed_private_count;
    struct str ca_file; /* additional trust anchors, PEM; absent for the system's only */
};

struct fetch_field {
    struct str name, value;
};

struct fetch_request {
    struct str method; /* "GET", "POST" */
    struct str url;
    const struct fetch_field *fields;
    size_t field_count;
    struct str body;       /* absent for none */
    int64_t timeout_ms;    /* of the whole call; connecting gets at most 2 s of it */
    size_t answer_ceiling; /* bytes of body */
    bool guarded;
    bool once; /* never sent twice: on a kept connection that turns out dead curl would send it again by itself */
    struct str client_cert, client_key; /* file paths for mTLS, absent for none */
};

struct fetch_answer {
    int status;
    struct str content_type; /* absent when there was none */
    struct str body;
};

enum fetch_result {
    FETCH_DONE,        /* an answer of any status */
    FETCH_REFUSED,     /* by the guard, or not a URL we call */
    FETCH_UNREACHABLE, /* no name, no connection, TLS failure, broken answer */
    FETCH_TIMEOUT,
    FETCH_TOO_LARGE,
    FETCH_CANCELLED, /* the waiting fiber was cancelled */
};

struct fetcher *fetcher_new(struct loop *loop, const struct fetch_options *options);
void fetcher_free(struct fetcher *fetcher);

/* Waits. The answer's bytes are in the arena. */
enum fetch_result fetch(struct fetcher *fetcher, struct arena *arena, const struct fetch_request *request,
                        struct fetch_answer *ret_answer);
const char *fetch_result_name(enum fetch_result result);

#endif
