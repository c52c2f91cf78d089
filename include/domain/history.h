/*
 * history: what all nodes together did, minute by minute, for the console's dashboard. A day of it is kept.
 *
 * Each node puts its own minutes into the kv store; whoever reads adds them up, so no node waits for another and one
 * that dies takes nothing along but its present minute. Percentiles come from the added-up classes
 * (histogram_quantile_us on latency and took), and are therefore right over nodes and minutes.
 */
#ifndef DOMAIN_HISTORY_H
#define DOMAIN_HISTORY_H

#include "domain/domain.h"
#include "model/activity.h"

#define HISTORY_MINUTES_MOST (24 * 60)
#define HISTORY_POINTS_MOST  360
#define HISTORY_FLUSH_MOST   60 /* minutes that may be put at once */
#define HISTORY_NODE_MOST    64 /* bytes of a node's id */
#define HISTORY_NODES_MOST   64 /* nodes of one hour; more are left out */

struct history_minute {
    int64_t minute; /* since 1970 */
    struct activity activity;
};

/* Puts some minutes of a node. The same minute of the same node again replaces the former, so a node's id must be new
 * with each start of the process. One round trip. Waits. */
enum domain_status history_flush(struct domain *domain, struct arena *arena, struct str node,
                                 const struct history_minute *minutes, size_t count);

struct history_point {
    int64_t at;   /* when it begins, seconds since 1970; a multiple of the step */
    size_t nodes; /* most nodes that told of one of its minutes; 0 where nothing is known */
    struct activity activity;
};

/*
 * The last `minutes` (at most HISTORY_MINUTES_MOST) in points of `step` minutes, which divides them into at most
 * HISTORY_POINTS_MOST: oldest first, the last one with the last whole minute in it (so it may not be over). With three
 * nodes an hour is two round trips and a day six; never more than 1 + minutes * HISTORY_NODES_MOST / 1000 rounded up.
 * DOMAIN_UNAVAILABLE when the store does not answer. Waits.
 */
struct history {
    const struct history_point *points;
    size_t count;
};
enum domain_status history_read(struct domain *domain, struct arena *arena, int64_t minutes, int64_t step,
                                struct history *ret_history);

#endif
