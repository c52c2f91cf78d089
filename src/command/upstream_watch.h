/*
 * upstream_watch: what a trial sees of the calls that the adapter makes: kept until the trial is over, since only then
 * it is known whose data the answers hold, and shown masked.
 */
#ifndef COMMAND_UPSTREAM_WATCH_H
#define COMMAND_UPSTREAM_WATCH_H

#include "loop/fetch.h"
#include "shell/mask.h"
#include "upstream/upstream.h"

#define WATCHED_MOST 32

/* One call, copied. */
struct watched {
    struct str method, url, body;
    struct fetch_field *fields;
    size_t field_count;
    enum fetch_result result;
    struct fetch_answer answer; /* of FETCH_DONE */
    struct str problem;
};

struct watch {
    struct arena *arena;
    struct watched calls[WATCHED_MOST];
    size_t count, shown;
};

/* To be given to fetcher_observe, with the watch. */
void watch_heard(void *ctx, const struct fetch_observed *observed);

/* What may not be seen: all that is asked, the entry's secrets and what came from the environment. */
struct mask *watch_mask(struct arena *arena, const struct upstream_settings *settings,
                        const struct upstream_asked *asked);
/* And what the other side told. */
void watch_mask_found(struct mask *mask, const struct upstream_found *found);

/* The calls that were not shown yet, on standard error, as a terminal may have them. */
void watch_show(struct watch *watch, const struct mask *mask);
/* Why the last call has led to no answer that counts: "POST https://…: cannot be reached: Connection refused". */
struct str watch_reason(const struct watch *watch, struct arena *arena, const struct mask *mask);

#endif
