/*
 * A counter for each address, by the minute.
 */
#include "throttle.h"

#define MINUTE_MS 60000

/* What anybody can bring about, as often as they like, without having proven who they are. */
static bool is_a_strangers(const struct event *event) {
    bool anybodys = event->kind == EVENT_LOGIN || event->kind == EVENT_REGISTRATION || event->kind == EVENT_RECOVERY ||
                    event->kind == EVENT_CLIENT_AUTHENTICATION;
    return anybodys && event->result != EVENT_DONE;
}

static struct throttle_slot *slot_of(struct throttle *throttle, struct str address) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < address.len; i++) {
        hash = (hash ^ (unsigned char)address.ptr[i]) * 16777619u;
    }
    return &throttle->slots[(hash ^ hash >> 16) & (THROTTLE_SLOTS - 1)];
}

bool throttle_admits(struct throttle *throttle, const struct event *event, uint32_t *ret_left_out) {
    *ret_left_out = 0;
    if (!is_a_strangers(event)) {
        return true;
    }
    struct throttle_slot *slot = slot_of(throttle, event->address);
    int64_t minute = event->at_ms / MINUTE_MS;
    if (slot->minute != minute) {
        *ret_left_out = slot->left_out;
        *slot = (struct throttle_slot){.minute = minute};
    }
    if (slot->told == THROTTLE_A_MINUTE) {
        slot->left_out++;
        return false;
    }
    slot->told++;
    return true;
}
