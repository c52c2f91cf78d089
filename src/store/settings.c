/*
 * Settings that were changed.
 */
#include "store/settings.h"

#define SETTINGS_ROWS_MOST 1000

struct sql_statement settings_write(const struct setting_row *row) {
    return (struct sql_statement){
        .text = "INSERT INTO settings (name, value, version, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5) ON "
                "CONFLICT (name) DO UPDATE SET value = excluded.value, version = excluded.version, updated_by = "
                "excluded.updated_by, updated_at = excluded.updated_at WHERE settings.version = excluded.version - 1",
        .values = {sql_text(row->name), sql_int(row->value), sql_int(row->version), sql_text(row->updated_by),
                   sql_int(row->updated_at)},
        .value_count = 5,
        .must_change = true};
}

enum sql_status settings_read(struct sql *sql, struct arena *arena, struct setting_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = "SELECT name, value, version, updated_by, updated_at FROM settings ORDER BY name"};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, SETTINGS_ROWS_MOST, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct setting_row);
    for (size_t i = 0; i < rows.count; i++) {
        const struct sql_value *cells = rows.cells + i * rows.columns;
        (*ret_rows)[i] = (struct setting_row){.name = cells[0].bytes,
                                              .value = cells[1].number,
                                              .version = cells[2].number,
                                              .updated_by = cells[3].bytes,
                                              .updated_at = cells[4].number};
    }
    *ret_count = rows.count;
    return SQL_DONE;
}
