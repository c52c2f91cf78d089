/*
 * sql_driver: what a driver of the sql contract implements, and what the drivers share.
 */
#ifndef STORE_SQL_DRIVER_H
#define STORE_SQL_DRIVER_H

#include "store/sql.h"

#define STATEMENTS_CACHED 256 /* of one connection: the statements of this layer, all of them */

/* Both structs are the first member of the driver's own. */
struct sql_database {
    const struct sql_driver *driver;
    struct sql_migration migration;
};

struct sql {
    const struct sql_driver *driver;
};

/* The functions of the contract by their names; values have been checked when they get here. */
struct sql_driver {
    bool (*open)(const struct sql_options *options, struct sql_database **ret_database, struct fault *fault);
    void (*close)(struct sql_database *database);
    bool (*connect)(struct sql_database *database, struct sql **ret_sql, struct fault *fault);
    void (*disconnect)(struct sql *sql);
    enum sql_status (*read)(struct sql *sql, struct arena *arena, const struct sql_statement *statement, size_t most,
                            struct sql_rows *ret_rows);
    enum sql_status (*write)(struct sql *sql, const struct sql_statement *statements, size_t count);
};

extern const struct sql_driver sql_sqlite, sql_postgres;

/* Statements of one version step, NULL ended. Version n is reached after migrations[n - 1]. */
extern const char *const *const sql_migrations[];
extern const int64_t sql_schema_version;

/* A connection to be migrated, blocking. */
struct sql_schema {
    void *connection;
    const char *name; /* of the database, for people */
    bool (*run)(void *connection, const char *text);
    bool (*number)(void *connection, const char *text, int64_t *ret_number); /* the one cell of the one row */
    void (*reason)(void *connection, struct fault *fault, const char *name); /* says why the last one failed */
    const char *begin;  /* a transaction that one migration at a time can be in */
    const char *exists; /* answers how many tables of the name schema_version there are */
};

/* Brings the schema to sql_schema_version in one transaction, or finds that it has that version already. */
bool sql_schema_migrate(const struct sql_schema *schema, bool refuse_old, struct sql_migration *ret_migration,
                        struct fault *fault);

#endif
