/*
 * throttle: keeps a flood of strangers from filling the audit trail. Of what is refused to whoever has not proven
 * anything yet, a minute has room for so many records of one address; the next record says how many were left out. All
 * of them are counted in the metrics.
 */
#ifndef COMMAND_THROTTLE_H
#define COMMAND_THROTTLE_H

#include "model/event.h"

#define THROTTLE_A_MINUTE 60
#define THROTTLE_SLOTS    1024 /* addresses share a slot when there are more; a power of two */

struct throttle_slot {
    int64_t minute;
    uint32_t told, left_out;
};
/* One per worker; zeroed at the start. */
struct throttle {
    struct throttle_slot slots[THROTTLE_SLOTS];
};

/* Is there room for it? Then ret_left_out says how many were left out before it. */
bool throttle_admits(struct throttle *throttle, const struct event *event, uint32_t *ret_left_out);

#endif
