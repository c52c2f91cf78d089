/* The spool's reader over any bytes: it always moves on, accounts for every byte, and finds a good record behind them.
 * The columns of a record likewise. */
#include "audit/chain.h"
#include "audit/spool.h"
#include "fuzz.h"

/* Reads all; gives back the last record. */
static struct str walk(struct str bytes, bool whole) {
    struct str record, last = STR_NONE;
    size_t at = 0;
    for (;;) {
        size_t before = at;
        switch (spool_parse(bytes, whole, &at, &record)) {
        case SPOOL_RECORD:
            CHECK(at == before + SPOOL_HEADER + record.len && record.len > 0 && at <= bytes.len);
            last = record;
            break;
        case SPOOL_NOISE:
            CHECK(at > before && at <= bytes.len);
            break;
        case SPOOL_CUT:
            CHECK(!whole && at == before && bytes.len - at < SPOOL_HEADER + SPOOL_RECORD_MOST);
            return last;
        case SPOOL_END:
            CHECK(at == bytes.len);
            return last;
        }
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str bytes = str_of(data, size);
    struct audit_row row = {.record = bytes};
    walk(bytes, false);
    walk(bytes, true);
    if (chain_columns(arena, bytes, &row)) {
        row.record = bytes;
        CHECK(chain_columns_fit(arena, &row));
    }
    if (size > 0 && size <= SPOOL_RECORD_MOST) {
        unsigned char header[SPOOL_HEADER];
        spool_write_header(bytes, header);
        struct str found = walk(str_concat(arena, bytes, str_of(header, SPOOL_HEADER), bytes, STR("TXS1")), true);
        CHECK(str_equal(found, bytes) || found.len < size); /* a record in it may hold a whole one */
    }
    return 0;
}
