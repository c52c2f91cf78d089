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
    const struct fetch_field *fields; /* of the header, in their order; the first 64 */
    size_t field_count;
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
/* The value of a field that came exactly once; absent otherwise. */
struct str fetch_answer_field(const struct fetch_answer *answer, struct str name);

/* One call, for whoever watches: what went out, what came back. The bytes are valid until the observer returns. */
struct fetch_observed {
    const struct fetch_request *request;
    enum fetch_result result;
    const struct fetch_answer *answer; /* of FETCH_DONE; else NULL */
    const char *problem;               /* what libcurl says of a call without an answer; NULL for nothing */
};
/*
 * For an operator's trial of one service, whose answers are shown masked. Never set in a server: what goes over the
 * wire is personal, and the observer's to keep to itself.
 */
struct fetch_observer {
    void (*heard)(void *ctx, const struct fetch_observed *observed);
    void *ctx;
};
void fetcher_observe(struct fetcher *fetcher, struct fetch_observer observer);

#endif
