/*
 * redis: one connection to Redis per loop, asynchronous, with every command of one loop turn in one pipeline.
 *
 * It connects by itself and again after a loss (after 50 ms, doubling to 2 s). While there is no connection, and when
 * an answer takes longer than the timeout, calls return REDIS_DOWN at once: nothing is queued for later and nothing is
 * sent twice. Arguments are binary-safe (RESP), never a format string.
 */
#ifndef LOOP_REDIS_H
#define LOOP_REDIS_H

#include "base/histogram.h"
#include "base/str.h"

#include <stdatomic.h>

struct loop;
struct arena;
struct redis;

struct redis_options {
    struct str host; /* or the path of a Unix socket, which starts with / */
    uint16_t port;
    struct str username, password; /* absent for none */
    unsigned database;
    int64_t timeout_ms; /* of connecting and of an answer */
    /* Absent for a connection that carries commands. With a channel it carries none: it hears what is published there,
     * and calls heard(ctx), also once after each connecting, since something may have been said before. */
    struct str channel;
    void (*heard)(void *ctx);
    void *ctx;
    atomic_bool *up; /* kept true while there is a connection, for other threads to look at; NULL for nobody */
};

enum redis_status { REDIS_DONE, REDIS_DOWN };

struct redis_command {
    const struct str *arguments;
    size_t count;
};

struct redis_reply {
    enum { REDIS_NIL, REDIS_INT, REDIS_TEXT, REDIS_ARRAY, REDIS_ERROR } type;
    struct str text; /* of a string, a status or an error */
    int64_t number;
    struct redis_reply *elements;
    size_t count;
};

/* Copies the options. Never fails: a Redis that cannot be reached shows as REDIS_DOWN. */
struct redis *redis_new(struct loop *loop, const struct redis_options *options);
void redis_free(struct redis *redis);
bool redis_is_up(const struct redis *redis);

/* Since redis_new; for the loop's own thread. */
struct redis_stats {
    uint64_t connections; /* made */
    uint64_t commands;
    uint64_t failed;              /* calls of redis_run that were REDIS_DOWN */
    struct histogram round_trips; /* of the others */
};
const struct redis_stats *redis_stats(const struct redis *redis);

/*
 * Sends the commands in one pipeline and waits for all the answers, which are copied into the arena. REDIS_DOWN when
 * any was not answered: the others may have been carried out. Waits.
 */
enum redis_status redis_run(struct redis *redis, struct arena *arena, const struct redis_command *commands,
                            size_t count, struct redis_reply *ret_replies);

#endif
