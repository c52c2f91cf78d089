/*
 * The form of a record in the spool: "TXS1", length (32 bits, big endian), the first 8 bytes of SHA-256 over length and
 * record, the record. Whatever does not fit is noise, and reading goes on at the next magic.
 */
#include "audit/spool.h"

#include "base/check.h"
#include "jose/digest.h"

#define CHECKSUM   8
#define MAGIC_SIZE 4

static const unsigned char magic[MAGIC_SIZE] = {'T', 'X', 'S', '1'};

static uint32_t length_read(const unsigned char *from) {
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static struct sha256 checksum(struct str record) {
    return sha256_of_parts(&record, 1);
}

void spool_write_header(struct str record, unsigned char to[SPOOL_HEADER]) {
    CHECK(record.len > 0 && record.len <= SPOOL_RECORD_MOST);
    struct sha256 sum = checksum(record);
    memcpy(to, magic, MAGIC_SIZE);
    for (int i = 0; i < 4; i++) {
        to[4 + i] = (unsigned char)(record.len >> (8 * (3 - i)));
    }
    memcpy(to + 8, sum.bytes, CHECKSUM);
}

/* Where the next record may begin: at a magic, or at the last bytes, which may be the beginning of one. */
static size_t next_start(struct str bytes, size_t from) {
    while (from + 4 <= bytes.len) {
        const char *found = memchr(bytes.ptr + from, magic[0], bytes.len - from - 3);
        if (!found) {
            return bytes.len - 3;
        }
        from = (size_t)(found - bytes.ptr);
        if (memcmp(found, magic, MAGIC_SIZE) == 0) {
            return from;
        }
        from++;
    }
    return from;
}

static enum spool_found noise(struct str bytes, bool whole, size_t *at) {
    size_t next = next_start(bytes, *at + 1);
    *at = whole && next + SPOOL_HEADER >= bytes.len ? bytes.len : next;
    return SPOOL_NOISE;
}

enum spool_found spool_parse(struct str bytes, bool whole, size_t *at, struct str *ret_record) {
    size_t left = bytes.len - *at;
    const unsigned char *from = (const unsigned char *)bytes.ptr + *at;
    if (left == 0) {
        return SPOOL_END;
    }
    if (memcmp(from, magic, left < MAGIC_SIZE ? left : MAGIC_SIZE) != 0) {
        return noise(bytes, whole, at);
    }
    if (left < SPOOL_HEADER) {
        return whole ? noise(bytes, whole, at) : SPOOL_CUT;
    }
    size_t len = length_read(from + 4);
    if (len == 0 || len > SPOOL_RECORD_MOST) {
        return noise(bytes, whole, at);
    }
    if (left - SPOOL_HEADER < len) {
        return whole ? noise(bytes, whole, at) : SPOOL_CUT;
    }
    struct str record = str_of(from + SPOOL_HEADER, len);
    struct sha256 sum = checksum(record);
    if (memcmp(sum.bytes, from + 8, CHECKSUM) != 0) {
        return noise(bytes, whole, at);
    }
    *ret_record = record;
    *at += SPOOL_HEADER + len;
    return SPOOL_RECORD;
}
