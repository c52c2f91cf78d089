/*
 * adapter: what one kind of upstream service implements. For files in src/upstream/ only; others call upstream.h.
 */
#ifndef UPSTREAM_ADAPTER_H
#define UPSTREAM_ADAPTER_H

#include "upstream/upstream.h"

struct upstream_call {
    struct arena *arena;
    struct fetcher *fetcher;
    const struct upstream_settings *settings;
    int64_t timeout_ms; /* what is left of the call's time */
    bool unreachable;   /* set by the adapter: the connection failed, before or within the answer */
};

struct upstream_adapter {
    const char *name;
    const char *authority; /* who answers, for evidence: "mps-population" */
    bool idempotent;       /* may be asked again once after a connection failure */
    /* Refuses settings it cannot work with. */
    bool (*check)(const struct upstream_settings *settings, struct fault *fault);
    /* Fills the evidence's own fields (check_id, match mode); result, source and times are put by the guard. Waits. */
    enum verify_result (*verify)(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct evidence *ret_evidence);
};

const struct upstream_adapter *upstream_adapter_find(struct str name);

extern const struct upstream_adapter population_adapter;

#endif
