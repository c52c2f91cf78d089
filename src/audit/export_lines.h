/*
 * export_lines: the lines of an exported file, written and read.
 */
#ifndef AUDIT_EXPORT_LINES_H
#define AUDIT_EXPORT_LINES_H

#include "audit/chain.h"

/* The run of one chain that a file has. */
struct export_run {
    struct str node;
    int64_t from_seq, to_seq;
    struct str before_mac;     /* of the row before the first; empty for none */
    struct chain_mac last_mac; /* of the row to_seq, once it is known */
};

struct export_header {
    struct str export_id;
    int64_t made_ms, from_ms, before_ms;
    struct export_run *runs;
    size_t run_count;
};

#define EXPORT_RUNS_MOST 10000
#define EXPORT_LINE_MOST (8 * 1024 * 1024)

/* Without the newline. */
struct str export_header_write(struct arena *arena, const struct export_header *header);
bool export_header_read(struct arena *arena, struct str line, struct export_header *ret_header);
struct str export_row_write(struct arena *arena, const struct audit_row *row);
/* node, seq, mac and record. */
bool export_row_read(struct arena *arena, struct str line, struct audit_row *ret_row);
struct str export_trailer_write(const struct sealer *sealer, struct arena *arena, struct str header_line,
                                const struct export_header *header, int64_t rows);
/* Is it the trailer that belongs to a file of this header and these rows? */
bool export_trailer_fits(const struct sealer *sealer, struct arena *arena, struct str line, struct str header_line,
                         const struct export_header *header, int64_t rows);

#endif
