/*
 * Widths first, then what must be cut, then the lines.
 */
#include "table.h"

#include "base/arena.h"
#include "base/check.h"
#include "text.h"

#define GAP          2
#define SHRINKS_UPTO 8 /* narrower than that nothing is readable */
#define CELLS_FIRST  64

void table_init(struct table *table, struct arena *arena, const struct column *columns, size_t count) {
    CHECK(count > 0 && count <= TABLE_COLUMNS_MOST);
    *table = (struct table){.arena = arena, .columns = columns, .column_count = count};
}

void table_put(struct table *table, struct str text) {
    if (table->cell_count == table->cell_size) {
        table->cell_size = table->cell_size ? table->cell_size * 2 : CELLS_FIRST;
        struct str *cells = arena_array_of(table->arena, table->cell_size, struct str);
        if (table->cell_count > 0) {
            memcpy(cells, table->cells, table->cell_count * sizeof(*cells));
        }
        table->cells = cells;
    }
    table->cells[table->cell_count++] = str_is_empty(text) ? STR("-") : text_shown(table->arena, text);
}

void table_put_int(struct table *table, int64_t number) {
    table_put(table, str_format(table->arena, "%lld", (long long)number));
}

static void measure(const struct table *table, size_t *widths) {
    for (size_t i = 0; i < table->column_count; i++) {
        widths[i] = text_width(str_from(table->columns[i].title));
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t width = text_width(table->cells[i]), *column = &widths[i % table->column_count];
        *column = width > *column ? width : *column;
    }
}

/* The widest of those that may gives way, column by column, so that they end up alike. */
static void shrink(const struct table *table, size_t *widths, size_t most) {
    size_t total = GAP * (table->column_count - 1);
    for (size_t i = 0; i < table->column_count; i++) {
        total += widths[i];
    }
    while (total > most) {
        size_t widest = SIZE_MAX;
        for (size_t i = 0; i < table->column_count; i++) {
            if (table->columns[i].shrinks && widths[i] > SHRINKS_UPTO &&
                (widest == SIZE_MAX || widths[i] > widths[widest])) {
                widest = i;
            }
        }
        if (widest == SIZE_MAX) {
            return;
        }
        widths[widest]--;
        total--;
    }
}

static void put_spaces(struct buf *buf, size_t count) {
    while (count-- > 0) {
        buf_putc(buf, ' ');
    }
}

static void put_line(const struct table *table, const size_t *widths, const struct str *cells, struct buf *buf) {
    for (size_t i = 0; i < table->column_count; i++) {
        struct str cell = text_cut(table->arena, cells[i], widths[i]);
        size_t rest = widths[i] - text_width(cell);
        bool last = i + 1 == table->column_count;
        put_spaces(buf, table->columns[i].right ? rest : 0);
        buf_put(buf, cell);
        put_spaces(buf, last ? 0 : (table->columns[i].right ? 0 : rest) + GAP);
    }
    buf_putc(buf, '\n');
}

void table_write(const struct table *table, size_t width, struct buf *buf) {
    size_t widths[TABLE_COLUMNS_MOST];
    struct str titles[TABLE_COLUMNS_MOST];
    CHECK(table->cell_count % table->column_count == 0);
    measure(table, widths);
    shrink(table, widths, width);
    for (size_t i = 0; i < table->column_count; i++) {
        titles[i] = str_from(table->columns[i].title);
    }
    put_line(table, widths, titles, buf);
    for (size_t i = 0; i < table->cell_count; i += table->column_count) {
        put_line(table, widths, table->cells + i, buf);
    }
}
