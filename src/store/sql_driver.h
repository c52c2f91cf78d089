/*
 * sql_driver: what a driver of the sql contract implements, and what the drivers share.
 */
#ifndef STORE_SQL_DRIVER_H
#define STORE_SQL_DRIVER_H

#include "store/copy.h"
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

/* A connection of its own outside any loop, blocking: for migrating and copying. */
struct sql_plain {
    const struct sql_driver *driver;
    void *connection;
    const char *name;           /* of the database, for people; valid until it is closed */
    const char *begin;          /* a transaction that one migration, or one restore, at a time can be in */
    const char *begin_snapshot; /* one that sees nothing of what others write from then on */
    const char *exists;         /* answers how many tables of the name schema_version there are */
    bool locks_tables;          /* LOCK TABLE is there, and needed */
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

    /* Of struct sql_plain; `connection` is its member. What returns false leaves a reason behind. */
    bool (*plain_open)(struct sql_database *database, struct sql_plain *ret_plain, struct fault *fault);
    void (*plain_close)(struct sql_plain *plain);
    bool (*plain_run)(void *connection, const char *text);
    bool (*plain_number)(void *connection, const char *text, int64_t *ret_number); /* the one cell of the one row */
    /* Sets the fault to why the last call failed. */
    void (*plain_reason)(void *connection, struct fault *fault, const char *name);
    /* The rows of a query, one at a time; false also when the visit returned false. */
    bool (*plain_rows)(void *connection, const char *text, bool (*visit)(void *ctx, const struct sql_value *cells),
                       void *ctx);
    /* Rows into one table: begin, row after row, end. */
    bool (*plain_insert_begin)(void *connection, const struct sql_table *table);
    bool (*plain_insert)(void *connection, const struct sql_value *cells, size_t count);
    bool (*plain_insert_end)(void *connection);
};

extern const struct sql_driver sql_sqlite, sql_postgres;

/* Statements of one version step, NULL ended. Version n is reached after migrations[n - 1]. */
extern const char *const *const sql_migrations[];

/* Brings the schema to sql_schema_version in one transaction, or finds that it has that version already. */
bool sql_schema_migrate(const struct sql_plain *plain, bool refuse_old, struct sql_migration *ret_migration,
                        struct fault *fault);

#endif
