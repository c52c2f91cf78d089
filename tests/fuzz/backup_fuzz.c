/* The reader of backups over any bytes: as a whole file, behind a right first line, and between a right first and last
 * line. What it takes as whole is whole, by a sum that is made here. */
#include "base/encode.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "jose/digest.h"

#include "../src/command/backup_file.h"
#include "../src/command/backup_lines.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t lines_of(struct str text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '\n';
    }
    return count;
}

static void check_cells(size_t table, const struct sql_value *cells) {
    CHECK(table < sql_table_count);
    for (size_t i = 0; i < sql_table_columns(&sql_tables[table]); i++) {
        const struct sql_value *cell = &cells[i];
        CHECK(cell->type != SQL_TEXT || (utf8_valid(cell->bytes) && !str_contains(cell->bytes, '\0')));
        CHECK(cell->type != SQL_BLOB || cell->bytes.len == 0 || cell->bytes.ptr);
    }
}

/* The last line says how many there are before it, and their sum. */
static void check_whole(struct arena *arena, struct str file, int64_t rows) {
    CHECK(str_ends(file, STR("\n")));
    size_t start = file.len - 1;
    while (start > 0 && file.ptr[start - 1] != '\n') {
        start--;
    }
    struct str before = str_sub(file, 0, start);
    struct sha256 digest = sha256_of(before);
    struct str sum = hex_encode(arena, sha256_str(&digest)), last = str_sub(file, start, file.len - start);
    bool there = false;
    for (size_t i = 0; i + sum.len <= last.len; i++) {
        there = there || str_starts(str_sub(last, i, last.len - i), sum);
    }
    CHECK(there);
    CHECK((size_t)rows + 1 == lines_of(before));
}

static enum sql_copy_next read_rows(struct backup_reader *reader, struct fault *fault) {
    struct sql_value cells[SQL_COLUMNS_MOST];
    enum sql_copy_next next;
    size_t table;
    while ((next = backup_reader_row(reader, &table, cells, fault)) == SQL_COPY_ROW) {
        check_cells(table, cells);
    }
    return next;
}

static void read_file(struct arena *arena, struct str file) {
    char path[32];
    struct backup_reader *reader;
    struct fault fault;
    int fd = memfd_create("backup", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, file.ptr, file.len) == (ssize_t)file.len);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (backup_reader_open(path, &reader, &fault)) {
        if (read_rows(reader, &fault) == SQL_COPY_END) {
            check_whole(arena, file, backup_reader_rows(reader));
        }
        backup_reader_free(reader);
    }
    close(fd);
}

static struct str header_line(struct arena *arena) {
    struct buf header;
    buf_init(&header, arena, 4096, BACKUP_LINE_MOST);
    backup_put_header(&header);
    buf_putc(&header, '\n');
    CHECK(!header.failed);
    return buf_str(&header);
}

static struct str trailer_of(struct arena *arena, struct str before) {
    struct sha256 digest = sha256_of(before);
    return str_format(arena, "{\"rows\":%zu,\"sha256\":\"%.*s\"}\n", lines_of(before) - 1,
                      STR_ARG(hex_encode(arena, sha256_str(&digest))));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str bytes = str_of(data, size), begun = str_concat(arena, header_line(arena), bytes);
    read_file(arena, bytes);
    read_file(arena, begun);
    read_file(arena, str_concat(arena, begun, trailer_of(arena, begun)));
    return 0;
}
