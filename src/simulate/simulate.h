/*
 * simulate: upstream registers as real HTTP services for trials and tests, on a fictional register, with faults on
 * request.
 *
 *   GET  /_control                     counters and mode, as JSON
 *   POST /_control  mode=… delay_ms=…  what the service does from now on
 */
#ifndef SIMULATE_SIMULATE_H
#define SIMULATE_SIMULATE_H

#include "base/arena.h"
#include "http/reply.h"
#include "http/request.h"
#include "model/evidence.h"

/* What a service does with the next calls. */
enum fault_mode {
#define MODE(identifier, name) MODE_##identifier,
#include "modes.def"
#undef MODE
};

struct person {
    struct str key; /* comparison key of the name */
    struct str name;
    struct str id_number;
    struct str state; /* "normal", or why it is not: "deceased", "cancelled" */
};

struct simulator {
    struct arena *arena;
    struct person *people;
    size_t people_count;
    struct str app_id, secret;
    enum fault_mode mode;
    int64_t delay_ms;
    int64_t calls;
    struct seen_nonce *nonces; /* uthash */
    char last_answer[2048];    /* the good answer to give again in mode replay */
    size_t last_answer_len;
};

/* The population service. Waits. */
void simulate_population(struct simulator *simulator, const struct http_request *request, struct http_reply *reply);

/* Forgets the nonces it has seen. */
void simulate_population_done(struct simulator *simulator);

#endif
