/*
 * attempts: limits on guessing, counted in the store before the guess is looked at, so that parallel guesses cannot
 * slip through.
 */
#ifndef DOMAIN_ATTEMPTS_H
#define DOMAIN_ATTEMPTS_H

#include "domain/domain.h"

struct attempt_limit {
    const char *what;   /* a constant: part of the counter's key */
    struct str subject; /* who or where; hashed under the lookup key */
    int64_t most;
    int64_t window_s;
};

enum attempts_result { ATTEMPTS_ALLOWED, ATTEMPTS_EXCEEDED, ATTEMPTS_UNAVAILABLE };

/* Counts one attempt against every limit. ret_first: the count of the first limit, this one included. Waits. */
enum attempts_result attempts_count(struct domain *domain, struct arena *arena, const struct attempt_limit *limits,
                                    size_t count, int64_t *ret_first);
/* Takes one attempt back: it was not a guess. Waits. */
void attempts_give_back(struct domain *domain, struct arena *arena, const struct attempt_limit *limits, size_t count);
/* Forgets: a success. Waits. */
void attempts_clear(struct domain *domain, struct arena *arena, const struct attempt_limit *limit);

/*
 * Forgiving all attempts on somebody, wherever they came from: their counters go by another name from then on. The
 * name's part for a subject, empty when nothing was forgiven; and a new one, to be kept for as long as the old counters
 * live. False when the store does not answer. Wait.
 */
struct str attempts_era(struct domain *domain, struct arena *arena, struct str subject);
bool attempts_forgive(struct domain *domain, struct arena *arena, struct str subject, int64_t window_s);

/* Whom an address is counted as: for subjects that are more than an address alone. */
struct str attempts_whose(struct arena *arena, struct str address);

#define ATTEMPT_LIMITS_MOST 4

#endif
