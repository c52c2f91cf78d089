/*
 * Sums of activity, and their packed form: small numbers take a byte each, so that a quiet minute of a node is some
 * sixty bytes.
 */
#include "model/activity.h"

#include "base/check.h"
#include "model/pack.h"

#define ACTIVITY_VERSION 1

/* The plain counters, in the order of the packed form. */
static const size_t counters[] = {
    offsetof(struct activity, sign_ins),        offsetof(struct activity, sign_ins_refused),
    offsetof(struct activity, sign_ins_failed), offsetof(struct activity, registrations),
    offsetof(struct activity, tokens),          offsetof(struct activity, requests),
    offsetof(struct activity, errors),
};

static uint64_t *counter(struct activity *activity, size_t index) {
    return (uint64_t *)(void *)((char *)activity + counters[index]);
}

static uint64_t counter_value(const struct activity *activity, size_t index) {
    return *(const uint64_t *)(const void *)((const char *)activity + counters[index]);
}

/* NULL when there are too many. */
static struct activity_upstream *upstream_of(struct activity *activity, struct str name) {
    for (size_t i = 0; i < activity->upstream_count; i++) {
        if (str_equal(activity->upstreams[i].name, name)) {
            return &activity->upstreams[i];
        }
    }
    if (activity->upstream_count == ACTIVITY_UPSTREAMS_MOST) {
        return NULL;
    }
    struct activity_upstream *added = &activity->upstreams[activity->upstream_count++];
    *added = (struct activity_upstream){.name = name};
    return added;
}

void activity_merge(struct activity *to, const struct activity *from) {
    for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
        *counter(to, i) += counter_value(from, i);
    }
    histogram_merge(&to->latency, &from->latency);
    for (size_t i = 0; i < from->upstream_count; i++) {
        const struct activity_upstream *part = &from->upstreams[i];
        struct activity_upstream *sum = upstream_of(to, part->name);
        if (sum) {
            sum->calls += part->calls;
            sum->failures += part->failures;
            histogram_merge(&sum->took, &part->took);
        }
    }
}

struct activity activity_since(const struct activity *now, const struct activity *before) {
    CHECK(now->upstream_count == before->upstream_count);
    struct activity since = *now;
    for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
        *counter(&since, i) -= counter_value(before, i);
    }
    since.latency = histogram_since(&now->latency, &before->latency);
    for (size_t i = 0; i < since.upstream_count; i++) {
        since.upstreams[i].calls -= before->upstreams[i].calls;
        since.upstreams[i].failures -= before->upstreams[i].failures;
        since.upstreams[i].took = histogram_since(&now->upstreams[i].took, &before->upstreams[i].took);
    }
    return since;
}

/* --- packed --- */

static void histogram_pack(const struct histogram *histogram, struct buf *buf) {
    for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        pack_number(buf, histogram->counts[i]);
    }
    pack_number(buf, histogram->sum_us);
}

static void histogram_unpack(struct unpack *unpack, struct histogram *histogram) {
    for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        histogram->counts[i] = unpack_number(unpack);
    }
    histogram->sum_us = unpack_number(unpack);
}

void activity_pack(const struct activity *activity, struct buf *buf) {
    pack_number(buf, ACTIVITY_VERSION);
    for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
        pack_number(buf, counter_value(activity, i));
    }
    histogram_pack(&activity->latency, buf);
    pack_number(buf, activity->upstream_count);
    for (size_t i = 0; i < activity->upstream_count; i++) {
        const struct activity_upstream *upstream = &activity->upstreams[i];
        pack_str(buf, upstream->name);
        pack_number(buf, upstream->calls);
        pack_number(buf, upstream->failures);
        histogram_pack(&upstream->took, buf);
    }
}

bool activity_unpack(struct str packed, struct activity *ret_activity) {
    struct unpack unpack = {.left = packed};
    struct activity activity = {0};
    if (unpack_number(&unpack) != ACTIVITY_VERSION) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
        *counter(&activity, i) = unpack_number(&unpack);
    }
    histogram_unpack(&unpack, &activity.latency);
    uint64_t count = unpack_number(&unpack);
    if (count > ACTIVITY_UPSTREAMS_MOST) {
        return false;
    }
    for (; activity.upstream_count < count; activity.upstream_count++) {
        struct activity_upstream *upstream = &activity.upstreams[activity.upstream_count];
        upstream->name = unpack_str(&unpack);
        upstream->calls = unpack_number(&unpack);
        upstream->failures = unpack_number(&unpack);
        histogram_unpack(&unpack, &upstream->took);
    }
    if (!unpack_done(&unpack)) {
        return false;
    }
    *ret_activity = activity;
    return true;
}
