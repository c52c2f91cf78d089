/*
 * sql_stats: timing reads and writes, for whatever driver carries them out:
 *
 *     int64_t started = clock_monotonic_us();
 *     return sql_read_took(started, read_rows(…));
 */
#ifndef STORE_SQL_STATS_H
#define STORE_SQL_STATS_H

#include "store/sql.h"

/* Counts a call that began then, and hands on its status. */
enum sql_status sql_read_took(int64_t started_us, enum sql_status status);
enum sql_status sql_write_took(int64_t started_us, enum sql_status status);

#endif
