/*
 * settings: the table of settings that were changed from their default. They belong to the register's revision.
 */
#ifndef STORE_SETTINGS_H
#define STORE_SETTINGS_H

#include "store/sql.h"

struct setting_row {
    struct str name, updated_by;
    int64_t value, version, updated_at;
};

/* The statement for sql_write: where the version is still row->version - 1, 0 for one that was never changed. */
struct sql_statement settings_write(const struct setting_row *row);
/* All of them. SQL_DONE also with none. Waits. */
enum sql_status settings_read(struct sql *sql, struct arena *arena, struct setting_row **ret_rows, size_t *ret_count);

#endif
