/*
 * Writing a backup file, line by line.
 */
#include "backup_file.h"

#include "backup_lines.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/json.h"
#include "jose/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct backup_writer {
    struct arena *arena;
    char *path, *unfinished; /* NULL once it has its name */
    FILE *file;
    struct sha256_stream *digest;
    int64_t rows;
};

static bool failed(const struct backup_writer *writer, struct fault *fault) {
    return fault_set(fault, "the backup %s cannot be written: %s", writer->path, strerror(errno));
}

static bool put_line(struct backup_writer *writer, struct buf *line, struct fault *fault) {
    buf_putc(line, '\n');
    if (line->failed) {
        return fault_set(fault, "a row is larger than a line of the backup may be");
    }
    if (writer->digest) {
        sha256_add(writer->digest, buf_str(line));
    }
    return fwrite(line->ptr, 1, line->len, writer->file) == line->len || failed(writer, fault);
}

bool backup_writer_open(const char *path, struct backup_writer **ret_writer, struct fault *fault) {
    struct backup_writer *writer = check_calloc(1, sizeof(*writer));
    writer->arena = arena_new();
    writer->path = str_c(writer->arena, str_from(path));
    char *name = str_c(writer->arena, str_concat(writer->arena, str_from(path), STR(".XXXXXX")));
    int fd = mkostemp(name, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        failed(writer, fault);
        backup_writer_free(writer);
        return false;
    }
    writer->unfinished = name;
    writer->file = fdopen(fd, "w");
    CHECK(writer->file);
    writer->digest = sha256_begin();
    struct buf line;
    buf_init(&line, writer->arena, 4096, BACKUP_LINE_MOST);
    backup_put_header(&line);
    if (!put_line(writer, &line, fault)) {
        backup_writer_free(writer);
        return false;
    }
    *ret_writer = writer;
    return true;
}

static void put_cell(struct buf *line, struct json_out *out, const struct sql_value *cell) {
    switch (cell->type) {
    case SQL_NULL:
        json_put_raw(out, NULL, STR("null"));
        break;
    case SQL_INT:
        json_put_int(out, NULL, cell->number);
        break;
    case SQL_TEXT:
        json_put_str(out, NULL, cell->bytes);
        break;
    case SQL_BLOB:
        json_put_raw(out, NULL, STR("{\"base64url\":\""));
        buf_put_base64url(line, cell->bytes);
        buf_puts(line, "\"}");
        break;
    }
}

bool backup_writer_row(struct backup_writer *writer, size_t table, const struct sql_value *cells, struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf line;
    buf_init(&line, arena, 1024, BACKUP_LINE_MOST);
    struct json_out out = json_out(&line);
    json_open_array(&out, NULL);
    json_put_str(&out, NULL, str_from(sql_tables[table].name));
    for (size_t i = 0; i < sql_table_columns(&sql_tables[table]); i++) {
        put_cell(&line, &out, &cells[i]);
    }
    json_close_array(&out);
    writer->rows++;
    return put_line(writer, &line, fault);
}

/* The name is only sure when the folder is on the disk too. */
static bool sync_folder(const struct backup_writer *writer) {
    char *folder = str_c(writer->arena, str_from(writer->path));
    char *slash = strrchr(folder, '/');
    if (slash) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool fine = fsync(fd) == 0;
    close(fd);
    return fine;
}

bool backup_writer_finish(struct backup_writer *writer, int64_t *ret_rows, struct fault *fault) {
    struct buf line;
    struct sha256 digest = sha256_end(writer->digest);
    writer->digest = NULL;
    buf_init(&line, writer->arena, 256, 256);
    struct json_out out = json_out(&line);
    json_open_object(&out, NULL);
    json_put_int(&out, "rows", writer->rows);
    json_put_str(&out, "sha256", hex_encode(writer->arena, sha256_str(&digest)));
    json_close_object(&out);
    if (!put_line(writer, &line, fault)) {
        return false;
    }
    if (fflush(writer->file) != 0 || fsync(fileno(writer->file)) != 0 ||
        rename(writer->unfinished, writer->path) != 0) {
        return failed(writer, fault);
    }
    writer->unfinished = NULL;
    *ret_rows = writer->rows;
    return sync_folder(writer) || failed(writer, fault);
}

void backup_writer_free(struct backup_writer *writer) {
    if (!writer) {
        return;
    }
    if (writer->digest) {
        sha256_end(writer->digest);
    }
    if (writer->file) {
        fclose(writer->file);
    }
    if (writer->unfinished) {
        unlink(writer->unfinished);
    }
    arena_free(writer->arena);
    free(writer);
}
