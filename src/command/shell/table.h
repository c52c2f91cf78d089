/*
 * table: rows and columns for people, aligned by what the terminal shows, cut where it is narrower. Cells are made
 * harmless on the way in.
 */
#ifndef COMMAND_SHELL_TABLE_H
#define COMMAND_SHELL_TABLE_H

#include "base/buf.h"

#define TABLE_COLUMNS_MOST 10

struct column {
    const char *title;
    bool right;   /* numbers */
    bool shrinks; /* may be cut; ids may not: somebody will copy them */
};

struct table {
    struct arena *arena;
    const struct column *columns;
    size_t column_count;
    struct str *cells;
    size_t cell_count, cell_size;
};

/* `columns` outlives the table. */
void table_init(struct table *table, struct arena *arena, const struct column *columns, size_t count);
/* The next cell, row by row; an absent text is a dash. Copies what it must. */
void table_put(struct table *table, struct str text);
void table_put_int(struct table *table, int64_t number);

/* With titles. `width` in columns of the terminal, SIZE_MAX for any. */
void table_write(const struct table *table, size_t width, struct buf *buf);

#endif
