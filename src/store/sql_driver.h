/*
 * sql_driver: what the driver and the migrations share.
 */
#ifndef STORE_SQL_DRIVER_H
#define STORE_SQL_DRIVER_H

#include "store/sql.h"

/* Statements of one version step, NULL ended. Version n is reached after migrations[n - 1]. */
extern const char *const *const sql_migrations[];
extern const int64_t sql_schema_version;

#endif
