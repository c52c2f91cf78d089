/*
 * activity: what a node did in some time, as sums that can be added up over nodes and minutes. What the console's
 * dashboard plots (domain/history.h) is made of these.
 */
#ifndef MODEL_ACTIVITY_H
#define MODEL_ACTIVITY_H

#include "base/buf.h"
#include "base/histogram.h"

/* More upstreams than this are left out: a dashboard would not show them either. */
#define ACTIVITY_UPSTREAMS_MOST 16

struct activity_upstream {
    struct str name;
    uint64_t calls;
    uint64_t failures; /* of the calls: could not be answered, whatever was asked */
    struct histogram took;
};

struct activity {
    uint64_t sign_ins;         /* done */
    uint64_t sign_ins_refused; /* wrong or locked */
    uint64_t sign_ins_failed;  /* something was down */
    uint64_t registrations;    /* done */
    uint64_t tokens;           /* answers with tokens */
    uint64_t requests;         /* answered on the public listener */
    uint64_t errors;           /* of those, with a 5xx */
    struct histogram latency;  /* of all requests: see histogram_quantile_us */
    struct activity_upstream upstreams[ACTIVITY_UPSTREAMS_MOST];
    size_t upstream_count;
};

/* Adds one to another, upstreams by name. A name that is new is borrowed from `from`. */
void activity_merge(struct activity *to, const struct activity *from);
/* What was done between two looks at sums that only grow, whose upstreams are the same. */
struct activity activity_since(const struct activity *now, const struct activity *before);

#define ACTIVITY_PACKED_MOST (16 * 1024)
void activity_pack(const struct activity *activity, struct buf *buf);
/* Names point into the packed bytes. */
bool activity_unpack(struct str packed, struct activity *ret_activity);

#endif
