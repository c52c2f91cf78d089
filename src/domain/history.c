/*
 * The history in the kv store:
 *
 *   mh:{minute:node}   what a node did in a minute (model/activity.h)
 *   mn:{hour}          the nodes that put a minute of that hour
 *
 * Minutes and hours are counted since 1970. A set of nodes per hour, because one set for all time would fill up with
 * nodes long gone: their ids are new with each start.
 */
#include "domain/history.h"

#include "base/check.h"
#include "base/clock.h"
#include "store/kv.h"

#define MINUTE_S   60
#define HOUR       60 /* minutes */
#define KEPT_S     (25 * 3600)
#define BATCH      1000
#define HOURS_MOST (HISTORY_MINUTES_MOST / HOUR + 1)

static struct str minute_id(struct arena *arena, int64_t minute, struct str node) {
    return str_format(arena, "%lld:%.*s", (long long)minute, STR_ARG(node));
}

static struct str hour_id(struct arena *arena, int64_t hour) {
    return str_format(arena, "%lld", (long long)hour);
}

static struct str packed(struct arena *arena, const struct activity *activity) {
    struct buf buf;
    buf_init(&buf, arena, 256, ACTIVITY_PACKED_MOST);
    activity_pack(activity, &buf);
    CHECK(!buf.failed);
    return buf_str(&buf);
}

enum domain_status history_flush(struct domain *domain, struct arena *arena, struct str node,
                                 const struct history_minute *minutes, size_t count) {
    CHECK(count <= HISTORY_FLUSH_MOST && node.len > 0 && node.len <= HISTORY_NODE_MOST);
    struct kv_op ops[2 * HISTORY_FLUSH_MOST];
    for (size_t i = 0; i < count; i++) {
        ops[2 * i] = (struct kv_op){.verb = KV_PUT,
                                    .ns = STR("mh"),
                                    .id = minute_id(arena, minutes[i].minute, node),
                                    .value = packed(arena, &minutes[i].activity),
                                    .ttl = KEPT_S};
        /* A thousand nodes in one hour are no installation: what does not fit into the set is not read. */
        ops[2 * i + 1] = (struct kv_op){.verb = KV_SET_ADD,
                                        .ns = STR("mn"),
                                        .id = hour_id(arena, minutes[i].minute / HOUR),
                                        .value = node,
                                        .ttl = KEPT_S + HOUR * MINUTE_S};
    }
    return kv_run(domain->kv, arena, ops, 2 * count) == KV_DONE ? DOMAIN_DONE : DOMAIN_UNAVAILABLE;
}

/* --- reading --- */

struct reading {
    struct domain *domain;
    struct arena *arena; /* of what is returned */
    int64_t first, end;  /* minutes; the end is not part of it */
    int64_t step;
    struct history_point *points;
    size_t *nodes; /* of each minute */
};

/* One GET that is to be asked, and the minute it is of. */
struct batch {
    struct arena *arena;
    struct kv_op ops[BATCH];
    int64_t minutes[BATCH];
    size_t count;
};

static void take(struct reading *reading, const struct kv_op *op, int64_t minute) {
    struct activity activity;
    if (op->status != KV_DONE || !activity_unpack(op->result, &activity)) {
        return; /* a node that was down, or of a version to come */
    }
    for (size_t i = 0; i < activity.upstream_count; i++) {
        activity.upstreams[i].name = str_dup(reading->arena, activity.upstreams[i].name);
    }
    size_t offset = (size_t)(minute - reading->first);
    struct history_point *point = &reading->points[offset / (size_t)reading->step];
    activity_merge(&point->activity, &activity);
    size_t nodes = ++reading->nodes[offset];
    point->nodes = nodes > point->nodes ? nodes : point->nodes;
}

/* What a batch needed is let go with it: a day of many nodes is much. */
static bool ask(struct reading *reading, struct batch *batch) {
    if (batch->count > 0 && kv_run(reading->domain->kv, batch->arena, batch->ops, batch->count) != KV_DONE) {
        return false;
    }
    for (size_t i = 0; i < batch->count; i++) {
        take(reading, &batch->ops[i], batch->minutes[i]);
    }
    batch->count = 0;
    arena_free(batch->arena);
    batch->arena = arena_new();
    return true;
}

static bool ask_minute(struct reading *reading, struct batch *batch, int64_t minute, struct str node) {
    if (batch->count == BATCH && !ask(reading, batch)) {
        return false;
    }
    batch->minutes[batch->count] = minute;
    batch->ops[batch->count++] =
        (struct kv_op){.verb = KV_GET, .ns = STR("mh"), .id = minute_id(batch->arena, minute, node)};
    return true;
}

static bool ask_hour(struct reading *reading, struct batch *batch, int64_t hour, const struct kv_op *nodes) {
    int64_t from = hour * HOUR > reading->first ? hour * HOUR : reading->first;
    int64_t end = (hour + 1) * HOUR < reading->end ? (hour + 1) * HOUR : reading->end;
    for (size_t i = 0; i < nodes->member_count && i < HISTORY_NODES_MOST; i++) {
        struct str node = nodes->members[i];
        for (int64_t minute = from; node.len > 0 && node.len <= HISTORY_NODE_MOST && minute < end; minute++) {
            if (!ask_minute(reading, batch, minute, node)) {
                return false;
            }
        }
    }
    return true;
}

static bool read_hours(struct reading *reading, struct batch *batch) {
    struct kv_op hours[HOURS_MOST + 1];
    int64_t first = reading->first / HOUR;
    size_t count = (size_t)((reading->end - 1) / HOUR - first) + 1;
    CHECK(count <= ARRAY_LEN(hours));
    for (size_t i = 0; i < count; i++) {
        hours[i] =
            (struct kv_op){.verb = KV_SET_MEMBERS, .ns = STR("mn"), .id = hour_id(reading->arena, first + (int64_t)i)};
    }
    bool fine = kv_run(reading->domain->kv, reading->arena, hours, count) == KV_DONE;
    for (size_t i = 0; i < count && fine; i++) {
        fine = ask_hour(reading, batch, first + (int64_t)i, &hours[i]);
    }
    return fine && ask(reading, batch);
}

enum domain_status history_read(struct domain *domain, struct arena *arena, int64_t minutes, int64_t step,
                                struct history *ret_history) {
    CHECK(step >= 1 && minutes >= step && minutes <= HISTORY_MINUTES_MOST && minutes % step == 0 &&
          minutes / step <= HISTORY_POINTS_MOST);
    size_t count = (size_t)(minutes / step);
    int64_t end = clock_wall() / MINUTE_S; /* the present minute is not put yet */
    int64_t last = (end - 1) / step * step;
    struct reading reading = {.domain = domain,
                              .arena = arena,
                              .first = last - (int64_t)(count - 1) * step,
                              .end = end,
                              .step = step,
                              .points = arena_array_of(arena, count, struct history_point),
                              .nodes = arena_array_of(arena, (size_t)minutes, size_t)};
    for (size_t i = 0; i < count; i++) {
        reading.points[i].at = (reading.first + (int64_t)i * step) * MINUTE_S;
    }
    struct batch *batch = arena_new_of(arena, struct batch); /* more than a fiber's stack should carry */
    batch->arena = arena_new();
    bool fine = read_hours(&reading, batch);
    arena_free(batch->arena);
    if (!fine) {
        return DOMAIN_UNAVAILABLE;
    }
    *ret_history = (struct history){.points = reading.points, .count = count};
    return DOMAIN_DONE;
}
