/*
 * Reading a backup file: every line is checked as what it must be, and the last says whether they are all there and as
 * they were written.
 */
#include "backup_file.h"

#include "backup_lines.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/json.h"
#include "jose/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE (64 * 1024)

struct backup_reader {
    char *path;
    FILE *file;
    char *line; /* the present one, with its end */
    size_t len, size;
    int64_t number;      /* of that line */
    struct arena *arena; /* of the present row */
    struct sha256_stream *digest;
    int64_t rows;
};

static enum sql_copy_next bad(const struct backup_reader *reader, struct fault *fault, const char *what) {
    fault_set(fault, "%s:%lld: %s", reader->path, (long long)reader->number, what);
    return SQL_COPY_FAILED;
}

/* False at the end of the file, and when a line is too long or has no end. */
static bool read_line(struct backup_reader *reader) {
    int c = EOF;
    reader->len = 0;
    reader->number++;
    while (c != '\n' && reader->len < BACKUP_LINE_MOST && (c = getc_unlocked(reader->file)) != EOF) {
        if (reader->len == reader->size) {
            reader->size = reader->size * 2 + PIECE;
            reader->line = check_realloc(reader->line, reader->size);
        }
        reader->line[reader->len++] = (char)c;
    }
    return c == '\n';
}

static struct str text_of_line(const struct backup_reader *reader) {
    return str_of(reader->line, reader->len - 1);
}

void backup_put_header(struct buf *line) {
    struct json_out out = json_out(line);
    json_open_object(&out, NULL);
    json_put_str(&out, "tongxing", STR("backup"));
    json_put_int(&out, "format", BACKUP_FORMAT);
    json_put_int(&out, "schema", sql_schema_version);
    json_open_array(&out, "tables");
    for (size_t i = 0; i < sql_table_count; i++) {
        json_open_array(&out, NULL);
        json_put_str(&out, NULL, str_from(sql_tables[i].name));
        json_put_str(&out, NULL, str_from(sql_tables[i].columns));
        json_close_array(&out);
    }
    json_close_array(&out);
    json_close_object(&out);
}

static bool check_header(struct backup_reader *reader, struct fault *fault) {
    const struct json_limits limits = {.bytes = BACKUP_LINE_MOST, .depth = 4};
    const struct json *header;
    struct str kind;
    int64_t format = 0, schema = 0;
    if (!read_line(reader) || !json_parse(reader->arena, text_of_line(reader), limits, &header) ||
        !json_get_str(header, "tongxing", &kind) || !str_equal(kind, STR("backup")) ||
        !json_get_int(header, "format", &format) || !json_get_int(header, "schema", &schema)) {
        return fault_set(fault, "%s:1: this is no backup", reader->path);
    }
    if (format != BACKUP_FORMAT || schema != sql_schema_version) {
        return fault_set(fault,
                         "%s:1: the backup has format %lld and schema version %lld, this program has %d and %lld: "
                         "restore it with the program that wrote it, and migrate afterwards",
                         reader->path, (long long)format, (long long)schema, BACKUP_FORMAT,
                         (long long)sql_schema_version);
    }
    struct buf expected;
    buf_init(&expected, reader->arena, 4096, BACKUP_LINE_MOST);
    backup_put_header(&expected);
    if (!str_equal(buf_str(&expected), text_of_line(reader))) {
        return fault_set(fault, "%s:1: its tables are others than this program's", reader->path);
    }
    sha256_add(reader->digest, str_of(reader->line, reader->len));
    return true;
}

bool backup_reader_open(const char *path, struct backup_reader **ret_reader, struct fault *fault) {
    struct backup_reader *reader = check_calloc(1, sizeof(*reader));
    reader->arena = arena_new();
    reader->path = strdup(path);
    CHECK(reader->path);
    reader->digest = sha256_begin();
    reader->file = fopen(path, "re");
    bool fine = reader->file || fault_set(fault, "the backup %s cannot be read: %s", path, strerror(errno));
    if (!fine || !check_header(reader, fault)) {
        backup_reader_free(reader);
        return false;
    }
    *ret_reader = reader;
    return true;
}

/* --- rows --- */

static bool read_cell(struct arena *arena, const struct json *from, struct sql_value *ret_cell) {
    struct str text;
    int64_t number;
    switch (json_kind(from)) {
    case JSON_KIND_NULL:
        *ret_cell = (struct sql_value){.type = SQL_NULL};
        return true;
    case JSON_KIND_INT:
        CHECK(json_int(from, &number));
        *ret_cell = sql_int(number);
        return true;
    case JSON_KIND_STRING:
        CHECK(json_str(from, &text));
        *ret_cell = sql_text(text);
        return true;
    case JSON_KIND_OBJECT:
        if (json_length(from) == 1 && json_get_str(from, "base64url", &text) && base64url_decode(arena, text, &text)) {
            *ret_cell = sql_blob(text);
            return true;
        }
        return false;
    default:
        return false;
    }
}

static bool find_table(struct str name, size_t *ret_table) {
    for (size_t i = 0; i < sql_table_count; i++) {
        if (str_equal(str_from(sql_tables[i].name), name)) {
            *ret_table = i;
            return true;
        }
    }
    return false;
}

static bool read_cells(struct backup_reader *reader, const struct json *row, size_t *ret_table,
                       struct sql_value *cells) {
    struct str name;
    size_t table;
    if (!json_str(json_element(row, 0), &name) || !find_table(name, &table) ||
        json_length(row) != sql_table_columns(&sql_tables[table]) + 1) {
        return false;
    }
    for (size_t i = 0; i + 1 < json_length(row); i++) {
        if (!read_cell(reader->arena, json_element(row, i + 1), &cells[i])) {
            return false;
        }
    }
    *ret_table = table;
    return true;
}

static enum sql_copy_next check_trailer(struct backup_reader *reader, const struct json *trailer, struct fault *fault) {
    struct str said;
    int64_t rows = -1;
    struct sha256 digest = sha256_end(reader->digest);
    reader->digest = NULL;
    if (!json_get_int(trailer, "rows", &rows) || !json_get_str(trailer, "sha256", &said)) {
        return bad(reader, fault, "is damaged");
    }
    if (rows != reader->rows || !str_equal(said, hex_encode(reader->arena, sha256_str(&digest)))) {
        return bad(reader, fault, "the lines before are not those that were written");
    }
    reader->number++;
    return fgetc(reader->file) == EOF ? SQL_COPY_END : bad(reader, fault, "something follows the last line");
}

enum sql_copy_next backup_reader_row(struct backup_reader *reader, size_t *ret_table, struct sql_value *cells,
                                     struct fault *fault) {
    const struct json_limits limits = {.bytes = BACKUP_LINE_MOST, .depth = 4};
    const struct json *row;
    arena_free(reader->arena);
    reader->arena = arena_new();
    if (!read_line(reader)) {
        return bad(reader, fault, "is not whole: the file has been cut off, or cannot be read to its end");
    }
    if (!json_parse(reader->arena, text_of_line(reader), limits, &row)) {
        return bad(reader, fault, "is damaged");
    }
    if (json_kind(row) == JSON_KIND_OBJECT) {
        return check_trailer(reader, row, fault);
    }
    if (!read_cells(reader, row, ret_table, cells)) {
        return bad(reader, fault, "is no row of this schema");
    }
    sha256_add(reader->digest, str_of(reader->line, reader->len));
    reader->rows++;
    return SQL_COPY_ROW;
}

int64_t backup_reader_rows(const struct backup_reader *reader) {
    return reader->rows;
}

void backup_reader_free(struct backup_reader *reader) {
    if (!reader) {
        return;
    }
    if (reader->digest) {
        sha256_end(reader->digest);
    }
    if (reader->file) {
        fclose(reader->file);
    }
    arena_free(reader->arena);
    free(reader->line);
    free(reader->path);
    free(reader);
}
