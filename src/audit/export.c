/*
 * Writing an exported file. It is written under another name and gets its own when it is whole and on the disk; only
 * then the database remembers that its rows were exported.
 */
#include "audit/export.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "export_lines.h"
#include "model/event.h"
#include "store/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define ROWS_MOST 256

struct exporting {
    const struct audit_export_wanted *wanted;
    struct sql *sql;
    struct arena *arena;
    struct export_header header;
    struct str header_line;
    FILE *file;
    int64_t rows;
    struct fault *fault;
};

static bool down(struct fault *fault) {
    return fault_set(fault, "the database does not answer");
}

static bool out_of_order(struct fault *fault, struct str node, int64_t seq) {
    return fault_set(fault, "row %lld of the chain %.*s is not in order: run tongxing audit verify", (long long)seq,
                     STR_ARG(node));
}

/* --- which rows --- */

/* The mac before the first row; the row itself is one that is there, so that before it is a row, an anchor or nothing.
 */
static bool find_before(struct exporting *exporting, struct export_run *run) {
    struct audit_row *rows;
    struct audit_mark anchor;
    size_t count;
    if (run->from_seq == 1) {
        run->before_mac = STR("");
        return true;
    }
    if (audit_rows_chain(exporting->sql, exporting->arena, run->node, run->from_seq - 2, 1, &rows, &count) !=
        SQL_DONE) {
        return down(exporting->fault);
    }
    if (count == 1 && rows[0].seq == run->from_seq - 1) {
        run->before_mac = rows[0].mac;
        return true;
    }
    enum sql_status status = audit_marks_get(exporting->sql, exporting->arena, AUDIT_ANCHOR, run->node, &anchor);
    if (status == SQL_DONE && anchor.seq == run->from_seq - 1 &&
        chain_mark_fits(exporting->wanted->sealer, AUDIT_ANCHOR, &anchor)) {
        run->before_mac = anchor.mac;
        return true;
    }
    return status == SQL_DOWN ? down(exporting->fault) : out_of_order(exporting->fault, run->node, run->from_seq - 1);
}

static bool find_run(struct exporting *exporting, struct str node, bool *ret_found) {
    struct export_run run = {.node = node};
    const struct audit_export_wanted *wanted = exporting->wanted;
    enum sql_status first = audit_rows_since(exporting->sql, exporting->arena, node, wanted->from_ms, &run.from_seq);
    enum sql_status last = audit_rows_until(exporting->sql, exporting->arena, node, wanted->before_ms, &run.to_seq);
    if (first == SQL_DOWN || last == SQL_DOWN) {
        return down(exporting->fault);
    }
    *ret_found = first == SQL_DONE && last == SQL_DONE && run.from_seq <= run.to_seq;
    if (*ret_found && !find_before(exporting, &run)) {
        return false;
    }
    exporting->header.runs[exporting->header.run_count] = run;
    return true;
}

static bool find_runs(struct exporting *exporting) {
    struct audit_mark *heads;
    size_t count;
    if (audit_marks_list(exporting->sql, exporting->arena, AUDIT_HEAD, STR(""), EXPORT_RUNS_MOST, &heads, &count) !=
        SQL_DONE) {
        return down(exporting->fault);
    }
    exporting->header.runs = arena_array_of(exporting->arena, count + 1, struct export_run);
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        if (!chain_node_is_fine(heads[i].node)) {
            return fault_set(exporting->fault, "there is a chain that is none of ours: run tongxing audit verify");
        }
        if (!find_run(exporting, heads[i].node, &found)) {
            return false;
        }
        exporting->header.run_count += found;
    }
    return exporting->header.run_count > 0 || fault_set(exporting->fault, "there are no rows of that time");
}

/* --- the file --- */

static bool write_line(struct exporting *exporting, struct str line) {
    if (fwrite(line.ptr, 1, line.len, exporting->file) == line.len && fputc('\n', exporting->file) != EOF) {
        return true;
    }
    return fault_set(exporting->fault, "%.*s cannot be written: %s", STR_ARG(exporting->wanted->path), strerror(errno));
}

static bool write_rows(struct exporting *exporting, const struct export_run *run, int64_t after, struct chain_mac *mac,
                       int64_t *ret_last) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct audit_row *rows;
    size_t count;
    if (audit_rows_chain(exporting->sql, arena, run->node, after, ROWS_MOST, &rows, &count) != SQL_DONE) {
        return down(exporting->fault);
    }
    if (count == 0) {
        return out_of_order(exporting->fault, run->node, after + 1);
    }
    for (size_t i = 0; i < count && after < run->to_seq; i++) {
        struct str before = after < run->from_seq ? run->before_mac : chain_mac_str(mac);
        struct chain_mac fitting = chain_row(exporting->wanted->sealer, before, &rows[i]);
        if (rows[i].seq != after + 1 || !str_equal_secret(chain_mac_str(&fitting), rows[i].mac)) {
            return out_of_order(exporting->fault, run->node, after + 1);
        }
        if (!write_line(exporting, export_row_write(arena, &rows[i]))) {
            return false;
        }
        *mac = fitting;
        after = rows[i].seq;
        exporting->rows++;
    }
    *ret_last = after;
    return true;
}

static bool write_run(struct exporting *exporting, struct export_run *run) {
    int64_t last = run->from_seq - 1;
    while (last < run->to_seq) {
        if (!write_rows(exporting, run, last, &run->last_mac, &last)) {
            return false;
        }
    }
    return true;
}

static bool write_all(struct exporting *exporting) {
    exporting->header_line = export_header_write(exporting->arena, &exporting->header);
    if (!write_line(exporting, exporting->header_line)) {
        return false;
    }
    for (size_t i = 0; i < exporting->header.run_count; i++) {
        if (!write_run(exporting, &exporting->header.runs[i])) {
            return false;
        }
    }
    return write_line(exporting, export_trailer_write(exporting->wanted->sealer, exporting->arena,
                                                      exporting->header_line, &exporting->header, exporting->rows));
}

/* link(2) refuses a name that is taken, where rename(2) would replace what stands there. */
static bool write_file(struct exporting *exporting) {
    const char *path = str_c(exporting->arena, exporting->wanted->path);
    char *part = str_c(exporting->arena, str_format(exporting->arena, "%s.part", path));
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    exporting->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!exporting->file) {
        return fault_set(exporting->fault, "%s cannot be written: %s", part, strerror(errno));
    }
    bool fine = write_all(exporting);
    if (fine && (fflush(exporting->file) != 0 || fsync(fd) != 0)) {
        fine = fault_set(exporting->fault, "%s cannot be written: %s", part, strerror(errno));
    }
    fclose(exporting->file);
    if (fine && link(part, path) != 0) {
        fine = fault_set(exporting->fault, "%s cannot be made: %s", path, strerror(errno));
    }
    unlink(part);
    return fine;
}

/* --- remembering it --- */

static struct sql_statement event_of(struct exporting *exporting) {
    const struct audit_export_wanted *wanted = exporting->wanted;
    const struct event event = {
        .kind = EVENT_AUDIT_EXPORT,
        .actor = wanted->actor,
        .role = STR("host"),
        .subject = exporting->header.export_id,
        .detail = str_format(exporting->arena, "{\"from_ms\":%lld,\"before_ms\":%lld,\"rows\":%lld}",
                             (long long)wanted->from_ms, (long long)wanted->before_ms, (long long)exporting->rows)};
    return outbox_put(exporting->arena, &event);
}

static bool remember(struct exporting *exporting) {
    const struct export_header *header = &exporting->header;
    struct sql_statement *statements = arena_array_of(exporting->arena, header->run_count + 1, struct sql_statement);
    for (size_t i = 0; i < header->run_count; i++) {
        const struct export_run *run = &header->runs[i];
        struct audit_export export = {.export_id = header->export_id,
                                      .node = run->node,
                                      .from_seq = run->from_seq,
                                      .to_seq = run->to_seq,
                                      .at_ms = header->made_ms};
        struct chain_mac seal = chain_export(exporting->wanted->sealer, &export);
        export.seal = str_dup(exporting->arena, chain_mac_str(&seal));
        statements[i] = audit_exports_insert(&export);
    }
    statements[header->run_count] = event_of(exporting);
    return sql_write(exporting->sql, statements, header->run_count + 1) == SQL_DONE ||
           fault_set(exporting->fault, "%.*s is written, but the database did not take the note of it: export again",
                     STR_ARG(exporting->wanted->path));
}

bool audit_export(struct sql *sql, const struct audit_export_wanted *wanted, int64_t *ret_rows, struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct exporting exporting = {.wanted = wanted, .sql = sql, .arena = arena, .fault = fault};
    exporting.header.export_id = str_concat(arena, STR("ax_"), random_text(arena, 12));
    exporting.header.made_ms = clock_wall_ms();
    exporting.header.from_ms = wanted->from_ms;
    exporting.header.before_ms = wanted->before_ms;
    if (!find_runs(&exporting) || !write_file(&exporting) || !remember(&exporting)) {
        return false;
    }
    *ret_rows = exporting.rows;
    return true;
}
