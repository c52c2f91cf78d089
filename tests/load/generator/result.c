/*
 * Writing the result.
 */
#include "result.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#define RESULT_MOST (1024 * 1024)

static void put_real(struct json_out *out, struct arena *arena, const char *name, double number) {
    json_put_raw(out, name, str_format(arena, "%.3f", number));
}

static void put_latency(struct json_out *out, struct arena *arena, const struct histogram *latency) {
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};
    json_open_object(out, "latency_us");
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
        put_real(out, arena, quantiles[i].name, (double)histogram_quantile(latency, quantiles[i].share) / 1e3);
    }
    put_real(out, arena, "max", (double)latency->longest / 1e3);
    json_close_object(out);
}

static void put_usages(struct json_out *out, const struct run *run) {
    json_open_array(out, "cpu");
    for (size_t i = 0; i < run->plan->pid_count; i++) {
        const struct usage *usage = &run->usages[i];
        json_open_object(out, NULL);
        json_put_int(out, "pid", run->plan->pids[i]);
        json_put_int(out, "user_us", usage->end.user_us - usage->begin.user_us);
        json_put_int(out, "system_us", usage->end.system_us - usage->begin.system_us);
        json_put_int(out, "rss_begin_kib", usage->begin.rss_kib);
        json_put_int(out, "rss_end_kib", usage->end.rss_kib);
        json_close_object(out);
    }
    json_close_array(out);
}

static void put_errors(struct json_out *out, const struct tally *tally) {
    json_open_array(out, "errors");
    for (size_t i = 0; i < tally->error_count; i++) {
        json_put_str(out, NULL, tally->errors[i]);
    }
    json_close_array(out);
}

static bool is_open(int fd) {
    char byte;
    return fd >= 0 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0 && (errno == EAGAIN || errno == EINTR);
}

static size_t connections_open(const struct run *run) {
    size_t open = 0;
    for (size_t i = 0; i < run->plan->connections; i++) {
        open += is_open(run->players[i].connection.fd);
    }
    for (size_t i = 0; i < run->idle_open; i++) {
        open += is_open(run->idle[i]);
    }
    return open;
}

static void put_result(struct json_out *out, struct arena *arena, const struct run *run) {
    const struct tally *tally = &run->tally;
    double seconds = (double)(run->end_ns - run->begin_ns) / 1e9;
    json_open_object(out, NULL);
    json_put_int(out, "flows", (int64_t)tally->flows);
    json_put_int(out, "requests", (int64_t)tally->requests);
    put_real(out, arena, "seconds", seconds);
    put_real(out, arena, "flows_per_second", seconds > 0 ? (double)tally->flows / seconds : 0);
    put_real(out, arena, "requests_per_second", seconds > 0 ? (double)tally->requests / seconds : 0);
    put_latency(out, arena, &tally->latency);
    put_usages(out, run);
    json_put_int(out, "generator_cpu_us", run->own_cpu_end_us - run->own_cpu_begin_us);
    json_put_int(out, "reconnects", (int64_t)tally->reconnects);
    json_put_int(out, "wrong", (int64_t)tally->wrong);
    put_errors(out, tally);
    json_put_int(out, "connections_open", (int64_t)connections_open(run));
    json_close_object(out);
}

void result_print(const struct run *run) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct buf text;
    buf_init(&text, scratch, 4096, RESULT_MOST);
    struct json_out out = json_out(&text);
    put_result(&out, scratch, run);
    CHECK(!text.failed);
    printf("%.*s\n", STR_ARG(buf_str(&text)));
}
