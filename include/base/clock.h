/*
 * clock: wall time for what is written down and shown to others, monotonic time for waits and deadlines.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

int64_t clock_wall(void);         /* seconds since 1970-01-01 UTC (a JWT NumericDate) */
int64_t clock_wall_ms(void);      /* milliseconds of the same */
int64_t clock_monotonic_ms(void); /* milliseconds since some start; survives changes of the wall clock */
int64_t clock_monotonic_us(void);

/* RFC 3339 in UTC, "2026-01-05T02:03:04Z". */
struct str clock_rfc3339(struct arena *arena, int64_t wall_seconds);
/*
 * Reads RFC 3339 §5.6 strictly: a real date of the years 1970 to 9999, "T" and "Z" in upper case, with an offset or
 * "Z"; a fraction of a second is dropped, a leap second is the second before it.
 */
bool clock_read_rfc3339(struct str text, int64_t *ret_wall_seconds);

#endif
