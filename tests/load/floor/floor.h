/*
 * floor: the least a server built from the same libraries can cost. Each floor reads the same request bytes, sends
 * Redis the same commands in the same rounds, makes the same signatures, reads the same row, and writes the same answer
 * bytes. It checks nothing, logs nothing and builds nothing: no product code is in it.
 *
 * There are two of them. `floor` leaves HTTP to libevent's own server; `floor_bare` reads and writes the sockets itself
 * and looks at nothing but where a request ends.
 */
#ifndef FLOOR_H
#define FLOOR_H

#include <stdbool.h>
#include <stddef.h>

#define ROUNDS_MOST   3
#define COMMANDS_MOST 3

/* One command as Redis reads it. Where `digits` is not NULL, the running number is written there before it is sent. */
struct command {
    char *text;
    size_t len;
    char *digits;
};

struct round {
    struct command commands[COMMANDS_MOST];
    size_t count;
};

/* What one kind of request costs. */
struct work {
    struct round rounds[ROUNDS_MOST];
    size_t round_count;
    int signatures, verifications, rows;
};

#define ANSWER_MOST 16384
#define CODE_DIGITS 43

/* A captured HTTP answer. */
struct answer {
    char text[ANSWER_MOST];
    size_t len;
    char *digits; /* of the code in it, or NULL */
    void *front;  /* what front_prepare made of it */
};

/* One request on its way; the front keeps it in a struct of its own. */
struct kind;
struct call {
    const struct kind *kind;
    size_t round, left; /* commands of it without an answer */
    char number[CODE_DIGITS];
};

/* serve.c */
void serve(struct call *call, bool post, const char *body);
_Noreturn void fail(const char *what);

/* front_*.c: one of them is linked. */
struct event_base;
void front_listen(struct event_base *base, unsigned short port);
void front_prepare(struct answer *answer);
void front_answer(struct call *call, const struct answer *answer);

/* work.c: the case of that name; false when there is none. `exchange` is a second kind of request, for full_loop. */
bool work_of(const char *name, struct work *work, struct work *exchange);

/* crypto.c: with the algorithm of the case. Once before the others. */
void crypto_init(const char *case_name);
void crypto_sign(void);
void crypto_verify(void);

/* row.c: reads one row by its key from SQLite. */
void row_init(const char *path);
void row_read(void);

#endif
