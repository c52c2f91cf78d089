/*
 * floor CASE PORT REDIS_PORT DATABASE ANSWER [ANSWER_OF_EXCHANGE]
 *
 * Answers every request with the bytes of the file ANSWER, after the case's work. A GET is the case's own request; with
 * a second answer, a POST is the exchange of full_loop. "code=ac_" in an answer is followed by a running number, and
 * the exchange reads it back from its request, so that each code is made once and taken once.
 */
#include "floor.h"

#include <errno.h>
#include <event2/event.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE_MARK "code=ac_"

struct kind {
    struct work work;
    struct answer answer;
};

static redisAsyncContext *redis;
static struct kind kinds[2];
static unsigned long long running;

void fail(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void finish(struct call *call) {
    const struct kind *kind = call->kind;
    for (int i = 0; i < kind->work.verifications; i++) {
        crypto_verify();
    }
    for (int i = 0; i < kind->work.signatures; i++) {
        crypto_sign();
    }
    for (int i = 0; i < kind->work.rows; i++) {
        row_read();
    }
    if (kind->answer.digits) {
        memcpy(kind->answer.digits, call->number, CODE_DIGITS);
    }
    front_answer(call, &kind->answer);
}

static void next_round(struct call *call);

static void answered(redisAsyncContext *context, void *reply, void *arg) {
    struct call *call = arg;
    const redisReply *r = reply;
    if (!r || r->type == REDIS_REPLY_ERROR) {
        fail(r ? r->str : "Redis is gone");
    }
    if (--call->left == 0) {
        call->round++;
        next_round(call);
    }
}

static void next_round(struct call *call) {
    const struct work *work = &call->kind->work;
    if (call->round == work->round_count) {
        finish(call);
        return;
    }
    const struct round *round = &work->rounds[call->round];
    call->left = round->count;
    for (size_t i = 0; i < round->count; i++) {
        const struct command *command = &round->commands[i];
        if (command->digits) {
            memcpy(command->digits, call->number, CODE_DIGITS);
        }
        if (redisAsyncFormattedCommand(redis, answered, call, command->text, command->len) != REDIS_OK) {
            fail("Redis takes no command");
        }
    }
}

static void make_number(char to[CODE_DIGITS]) {
    unsigned long long number = ++running;
    memset(to, '0', CODE_DIGITS);
    for (int at = CODE_DIGITS - 1; number > 0; number /= 10) {
        to[at--] = (char)('0' + number % 10);
    }
}

void serve(struct call *call, bool post, const char *body) {
    bool exchange = post && kinds[1].answer.len > 0;
    const char *code = exchange ? strstr(body, CODE_MARK) : NULL;
    call->kind = &kinds[exchange];
    call->round = 0;
    if (code) {
        memcpy(call->number, code + strlen(CODE_MARK), CODE_DIGITS);
    } else {
        make_number(call->number);
    }
    next_round(call);
}

static void read_answer(const char *path, struct answer *answer) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        fail(path);
    }
    answer->len = fread(answer->text, 1, ANSWER_MOST - 1, file);
    fclose(file);
    char *code = strstr(answer->text, CODE_MARK);
    answer->digits = code ? code + strlen(CODE_MARK) : NULL;
    front_prepare(answer);
}

static void connect_redis(struct event_base *base, int port) {
    static const char nothing[105];
    redis = redisAsyncConnect("127.0.0.1", port);
    if (!redis || redis->err) {
        fail("Redis");
    }
    redisLibeventAttach(redis, base);
    redisAsyncCommand(redis, NULL, NULL, "SET ss:{session00000000000000000} %b", nothing, (size_t)36);
    redisAsyncCommand(redis, NULL, NULL, "SET gr:{grant0000000000000000000} %b", nothing, sizeof(nothing));
}

int main(int argc, char **argv) {
    if (argc < 6 || argc > 7 || !work_of(argv[1], &kinds[0].work, &kinds[1].work)) {
        fprintf(stderr, "usage: floor CASE PORT REDIS_PORT DATABASE ANSWER [ANSWER_OF_EXCHANGE]\n");
        return 2;
    }
    read_answer(argv[5], &kinds[0].answer);
    if (argc == 7) {
        read_answer(argv[6], &kinds[1].answer);
    }
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    crypto_init(argv[1]);
    if (kinds[0].work.rows > 0) {
        row_init(argv[4]);
    }
    connect_redis(base, atoi(argv[3]));
    front_listen(base, (unsigned short)atoi(argv[2]));
    return event_base_dispatch(base);
}
