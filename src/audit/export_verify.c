/*
 * Holding an exported file against its macs and its seal, line by line.
 */
#include "audit/export.h"

#include "base/check.h"
#include "export_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct checking {
    const struct sealer *sealer;
    FILE *file;
    char *line; /* of getline(3) */
    size_t size;
    int64_t number; /* of the line */
    int64_t rows;
    struct fault *fault;
};

static bool refused(struct checking *checking, const char *what) {
    return fault_set(checking->fault, "line %lld %s", (long long)checking->number, what);
}

static bool next_line(struct checking *checking, struct str *ret_line) {
    ssize_t len = getline(&checking->line, &checking->size, checking->file);
    checking->number++;
    if (len <= 0 || checking->line[len - 1] != '\n') {
        return refused(checking, "is missing: the file is cut short");
    }
    if (len > EXPORT_LINE_MOST) {
        return refused(checking, "is too long");
    }
    *ret_line = str_of(checking->line, (size_t)len - 1);
    return true;
}

static bool check_row(struct checking *checking, struct export_run *run, int64_t seq) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str line;
    struct audit_row row;
    if (!next_line(checking, &line)) {
        return false;
    }
    if (!export_row_read(arena, line, &row)) {
        return refused(checking, "is no row");
    }
    if (!str_equal(row.node, run->node) || row.seq != seq) {
        return refused(checking, "is not the row that belongs there: rows were removed, inserted or moved");
    }
    struct chain_mac mac =
        chain_row(checking->sealer, seq == run->from_seq ? run->before_mac : chain_mac_str(&run->last_mac), &row);
    if (!str_equal_secret(chain_mac_str(&mac), row.mac)) {
        return refused(checking, "was changed");
    }
    run->last_mac = mac;
    checking->rows++;
    return true;
}

static bool check_lines(struct checking *checking, struct arena *arena) {
    struct export_header header;
    struct str line, header_line;
    if (!next_line(checking, &line)) {
        return false;
    }
    header_line = str_dup(arena, line);
    if (!export_header_read(arena, header_line, &header)) {
        return refused(checking, "is no header of an exported audit trail");
    }
    for (size_t i = 0; i < header.run_count; i++) {
        for (int64_t seq = header.runs[i].from_seq; seq <= header.runs[i].to_seq; seq++) {
            if (!check_row(checking, &header.runs[i], seq)) {
                return false;
            }
        }
    }
    if (!next_line(checking, &line)) {
        return false;
    }
    if (!export_trailer_fits(checking->sealer, arena, line, header_line, &header, checking->rows)) {
        return refused(checking, "is not the seal of this file");
    }
    return fgetc(checking->file) == EOF ? true : refused(checking, "should be the last");
}

bool audit_export_verify(const struct sealer *sealer, struct str path, int64_t *ret_rows, struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct checking checking = {.sealer = sealer, .fault = fault};
    checking.file = fopen(str_c(arena, path), "re");
    if (!checking.file) {
        return fault_set(fault, "%.*s cannot be read: %s", STR_ARG(path), strerror(errno));
    }
    bool fine = check_lines(&checking, arena);
    fclose(checking.file);
    free(checking.line);
    *ret_rows = checking.rows;
    return fine;
}
