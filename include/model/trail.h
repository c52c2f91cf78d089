/*
 * trail: how the audit trail fares, kept by whoever writes it and looked at by the rules. One for the process; read
 * from any thread.
 */
#ifndef MODEL_TRAIL_H
#define MODEL_TRAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum trail_state {
    TRAIL_FINE,
    TRAIL_BEHIND, /* the database does not take it; it is kept in the spool */
    TRAIL_BROKEN, /* the chain in the database was tampered with and is not continued; kept in the spool */
};

struct trail {
    atomic_int state;      /* enum trail_state */
    atomic_bool full;      /* there is no room left, or hardly any: events are lost, or soon will be */
    bool refuses_sign_ins; /* option audit.full: while it is full nobody signs in */
};

/* May something be done that must leave a trace? NULL is no trail: yes. */
static inline bool trail_takes_administration(const struct trail *trail) {
    return !trail || !atomic_load(&trail->full);
}
static inline bool trail_takes_sign_ins(const struct trail *trail) {
    return !trail || !trail->refuses_sign_ins || !atomic_load(&trail->full);
}

#endif
