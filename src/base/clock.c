/*
 * The two clocks.
 */
#include "base/clock.h"

#include "base/arena.h"

#include <time.h>

static int64_t read_us(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall(void) {
    return read_us(CLOCK_REALTIME) / 1000000;
}

int64_t clock_wall_ms(void) {
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic_ms(void) {
    return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void) {
    return read_us(CLOCK_MONOTONIC);
}

struct str clock_rfc3339(struct arena *arena, int64_t wall_seconds) {
    time_t seconds = (time_t)wall_seconds;
    struct tm utc;
    gmtime_r(&seconds, &utc);
    return str_format(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                      utc.tm_hour, utc.tm_min, utc.tm_sec);
}
