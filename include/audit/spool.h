/*
 * spool: records on their way to the database, in append-only files of one folder (0700, files 0600).
 *
 *   id            a random name, made once: the database remembers under it how far the spool was taken over
 *   lock          held while the spool is open: two processes never use one
 *   NUMBER.spool  segments; a start begins a new one, so that nothing is ever written behind a torn record
 *
 * A record is one write(2) of a header (magic, length, checksum) and its bytes. What was written survives the death of
 * the process at once, and a power loss after the next spool_sync. Any thread may append; one thread syncs, one reads
 * and releases.
 */
#ifndef AUDIT_SPOOL_H
#define AUDIT_SPOOL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/str.h"

#define SPOOL_RECORD_MOST (64 * 1024)

struct spool;

struct spool_options {
    struct str folder;     /* made where it is missing */
    int64_t ceiling;       /* bytes of all segments together */
    int64_t segment_bytes; /* a segment that has reached it is followed by the next */
};

bool spool_open(const struct spool_options *options, struct spool **ret_spool, struct fault *fault);
/* Syncs. NULL is fine. */
void spool_close(struct spool *spool);
struct str spool_id(const struct spool *spool);
int64_t spool_bytes(struct spool *spool);

enum spool_status {
    SPOOL_DONE,
    SPOOL_FULL,   /* the ceiling is reached */
    SPOOL_FAILED, /* the disk is full or fails; nothing of it was kept */
};
/* 1 to SPOOL_RECORD_MOST bytes. Never syncs. */
enum spool_status spool_append(struct spool *spool, struct str record);
/* What was appended before the call is on the disk after it. Blocks. False when the disk did not take it. */
bool spool_sync(struct spool *spool);

/* The place of a byte; {0, 0} is before everything. Numbers of segments grow and are not used again. */
struct spool_place {
    int64_t segment, at_byte;
};

struct spool_batch {
    struct str *records;
    size_t count;
    struct spool_place end; /* where to go on */
    int64_t damaged;        /* bytes that were no record: a torn end, or worse */
    bool more;              /* there was no room in the batch for all */
};
/* At most `most` records from a place on, in the arena; of a new segment none before the next spool_sync. False when a
 * file cannot be read. Blocks. */
bool spool_read(struct spool *spool, struct arena *arena, struct spool_place from, size_t most,
                struct spool_batch *ret_batch);
/* Bytes from a place on to the end. */
int64_t spool_backlog(struct spool *spool, struct spool_place from);
/* Removes the segments that end before a place, but for the last one, so that numbers are not used again. */
void spool_release(struct spool *spool, struct spool_place through);

/* --- the form of a record --- */

#define SPOOL_HEADER 16

void spool_write_header(struct str record, unsigned char to[SPOOL_HEADER]);

enum spool_found {
    SPOOL_RECORD, /* a record, and `at` is behind it */
    SPOOL_NOISE,  /* no record; `at` is where the next may begin */
    SPOOL_CUT,    /* the bytes end before the record does */
    SPOOL_END,    /* no more bytes */
};
/* Looks at the bytes from `at` on. `whole`: nothing follows these bytes, so that a cut record is noise. */
enum spool_found spool_parse(struct str bytes, bool whole, size_t *at, struct str *ret_record);

#endif
