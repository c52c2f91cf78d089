/*
 * What reads and writes cost, per thread: a loop belongs to one thread for life, and so do the fibers that wait.
 */
#include "sql_stats.h"

#include "base/clock.h"

static _Thread_local struct sql_stats stats;

const struct sql_stats *sql_stats(void) {
    return &stats;
}

enum sql_status sql_read_took(int64_t started_us, enum sql_status status) {
    if (status == SQL_DOWN) {
        stats.reads_failed++;
    } else {
        histogram_add(&stats.reads, clock_monotonic_us() - started_us);
    }
    return status;
}

enum sql_status sql_write_took(int64_t started_us, enum sql_status status) {
    if (status == SQL_DOWN) {
        stats.writes_failed++;
    } else {
        histogram_add(&stats.writes, clock_monotonic_us() - started_us);
    }
    return status;
}
