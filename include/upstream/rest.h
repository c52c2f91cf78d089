/*
 * rest: a register that is described in the configuration (docs/upstreams/rest.md): how it is asked, and what its
 * answers mean. The description is compiled once; writing a request and reading an answer are pure functions of it.
 */
#ifndef UPSTREAM_REST_H
#define UPSTREAM_REST_H

#include "upstream/adapter.h"
#include "upstream/template.h"

struct rest; /* one description; never changes */

#define REST_ANSWER_MOST (256 * 1024)

/* False after adding every mistake. What is in the description borrows from the settings. */
bool rest_compile(struct arena *arena, const struct upstream_settings *settings, struct rest **ret_rest,
                  struct config_problems *problems);
const struct upstream_traits *rest_traits(const struct rest *rest);
bool rest_repeats(const struct rest *rest); /* asked again once after a connection failure */

/* One question, and what makes it this one. */
struct rest_question {
    const struct upstream_asked *asked;
    struct str nonce; /* 32 letters and digits, never used twice */
    int64_t now_ms;   /* wall clock */
};
#define REST_FIELDS_MOST 16
struct rest_sent {
    struct template_values values; /* that the answer is held against */
    struct fetch_field fields[REST_FIELDS_MOST];
    struct fetch_request request; /* but for its time; its fields are those above */
};
/* False, with the result, when it cannot be asked: something is missing or cannot stand where it should
 * (VERIFY_INVALID_INPUT), or the register has no word for this kind of document (VERIFY_UNSUPPORTED). */
bool rest_write(const struct rest *rest, struct arena *arena, const struct rest_question *question,
                struct rest_sent *ret_sent, enum verify_result *ret_result);

/* Everything of ret_found but source and times. VERIFY_UPSTREAM_ERROR unless it is an answer as it is described, to
 * what was sent. */
enum verify_result rest_read(const struct rest *rest, struct arena *arena, const struct rest_sent *sent,
                             const struct fetch_answer *answer, struct upstream_found *ret_found);

#endif
