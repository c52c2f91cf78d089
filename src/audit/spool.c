/*
 * The segments of a spool: writing, syncing, letting go.
 *
 * One lock guards the list of segments and the file that is written. It is held for one write(2) into the page cache,
 * never over a sync: a file that is left is handed to the syncing thread, which alone closes files.
 */
#include "audit/spool.h"

#include "base/check.h"
#include "base/clock.h"
#include "spool_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

struct segment {
    int64_t number, size;
};

struct spool {
    struct spool_options options;
    struct spool_folder *folder;
    pthread_mutex_t lock; /* guards all that follows */
    struct segment *segments;
    size_t count, room;
    int64_t bytes;
    int fd;         /* of the last segment; -1 when the next record begins a new one */
    bool dirty;     /* fd has what was not synced */
    int64_t listed; /* segments up to this number have a durable entry in the folder */
    int *left;      /* files to sync and close */
    size_t left_count, left_room;

    int reading_fd; /* of the reading thread alone */
    int64_t reading;
};

static struct segment *segment_add(struct spool *spool, int64_t number, int64_t size) {
    if (spool->count == spool->room) {
        spool->room = spool->room ? 2 * spool->room : 16;
        spool->segments = check_realloc(spool->segments, spool->room * sizeof(*spool->segments));
    }
    spool->segments[spool->count] = (struct segment){number, size};
    spool->bytes += size;
    return &spool->segments[spool->count++];
}

bool spool_open(const struct spool_options *options, struct spool **ret_spool, struct fault *fault) {
    struct spool_folder *folder;
    int64_t *numbers;
    size_t count;
    struct arena *arena ARENA_AUTO = arena_new();
    if (!spool_folder_open(options->folder, &folder, fault)) {
        return false;
    }
    if (!spool_folder_list(folder, arena, &numbers, &count, fault)) {
        spool_folder_close(folder);
        return false;
    }
    struct spool *spool = check_calloc(1, sizeof(*spool));
    spool->options = *options;
    spool->folder = folder;
    spool->fd = spool->reading_fd = -1;
    pthread_mutex_init(&spool->lock, NULL);
    for (size_t i = 0; i < count; i++) {
        segment_add(spool, numbers[i], spool_folder_size(folder, numbers[i]));
    }
    spool_sync(spool); /* what a process that died has left may not be in the folder durably */
    *ret_spool = spool;
    return true;
}

struct str spool_id(const struct spool *spool) {
    return spool_folder_id(spool->folder);
}

int64_t spool_bytes(struct spool *spool) {
    pthread_mutex_lock(&spool->lock);
    int64_t bytes = spool->bytes;
    pthread_mutex_unlock(&spool->lock);
    return bytes;
}

/* --- writing; all under the lock --- */

static void leave_segment(struct spool *spool) {
    if (spool->fd < 0) {
        return;
    }
    if (spool->left_count == spool->left_room) {
        spool->left_room = spool->left_room ? 2 * spool->left_room : 8;
        spool->left = check_realloc(spool->left, spool->left_room * sizeof(*spool->left));
    }
    spool->left[spool->left_count++] = spool->fd;
    spool->fd = -1;
}

/* The number is above the last one's, whose file always stays; the wall clock makes it so too where somebody has
 * emptied the folder. */
static bool begin_segment(struct spool *spool) {
    int64_t last = spool->count > 0 ? spool->segments[spool->count - 1].number : 0;
    int64_t now = clock_wall_ms(), number = now > last ? now : last + 1;
    int fd = spool_folder_make(spool->folder, number);
    if (fd < 0) {
        return false;
    }
    segment_add(spool, number, 0);
    spool->fd = fd;
    return true;
}

/* Nothing of a record that did not go in whole may stay, or it would be noise before the next. */
static bool write_whole(struct spool *spool, struct str record, struct segment *segment) {
    unsigned char header[SPOOL_HEADER];
    spool_write_header(record, header);
    const struct iovec parts[] = {{header, SPOOL_HEADER}, {(void *)record.ptr, record.len}};
    ssize_t whole = (ssize_t)(SPOOL_HEADER + record.len), written;
    do {
        written = writev(spool->fd, parts, 2);
    } while (written < 0 && errno == EINTR);
    if (written == whole) {
        segment->size += whole;
        spool->bytes += whole;
        return true;
    }
    if (written > 0 && ftruncate(spool->fd, segment->size) != 0) {
        segment->size += written;
        spool->bytes += written;
        leave_segment(spool);
    }
    return false;
}

static enum spool_status append(struct spool *spool, struct str record) {
    int64_t size = (int64_t)(SPOOL_HEADER + record.len);
    if (spool->bytes + size > spool->options.ceiling) {
        return SPOOL_FULL;
    }
    if (spool->fd >= 0 && spool->segments[spool->count - 1].size >= spool->options.segment_bytes) {
        leave_segment(spool);
    }
    if (spool->fd < 0 && !begin_segment(spool)) {
        return SPOOL_FAILED;
    }
    bool written = write_whole(spool, record, &spool->segments[spool->count - 1]);
    spool->dirty = spool->dirty || written;
    return written ? SPOOL_DONE : SPOOL_FAILED;
}

enum spool_status spool_append(struct spool *spool, struct str record) {
    pthread_mutex_lock(&spool->lock);
    enum spool_status status = append(spool, record);
    pthread_mutex_unlock(&spool->lock);
    return status;
}

/* --- syncing --- */

/* The folder's entries of new segments first: only then are they read (find_segment). */
static bool sync_folder(struct spool *spool, int64_t newest) {
    if (!spool_folder_sync(spool->folder)) {
        return false;
    }
    pthread_mutex_lock(&spool->lock);
    spool->listed = newest;
    pthread_mutex_unlock(&spool->lock);
    return true;
}

bool spool_sync(struct spool *spool) {
    pthread_mutex_lock(&spool->lock);
    int *left = spool->left, fd = spool->dirty ? spool->fd : -1;
    size_t count = spool->left_count;
    int64_t newest = spool->count > 0 ? spool->segments[spool->count - 1].number : 0;
    bool listed = spool->listed == newest;
    spool->left = NULL;
    spool->left_count = spool->left_room = 0;
    spool->dirty = false;
    pthread_mutex_unlock(&spool->lock);
    bool fine = listed || sync_folder(spool, newest);
    for (size_t i = 0; i < count; i++) {
        fine = fdatasync(left[i]) == 0 && fine;
        close(left[i]);
    }
    free(left);
    return (fd < 0 || fdatasync(fd) == 0) && fine;
}

void spool_close(struct spool *spool) {
    if (!spool) {
        return;
    }
    pthread_mutex_lock(&spool->lock);
    leave_segment(spool);
    pthread_mutex_unlock(&spool->lock);
    spool_sync(spool);
    if (spool->reading_fd >= 0) {
        close(spool->reading_fd);
    }
    spool_folder_close(spool->folder);
    pthread_mutex_destroy(&spool->lock);
    free(spool->segments);
    free(spool);
}

/* --- reading --- */

/*
 * The first segment that has bytes behind a place. One that a power loss may still take out of the folder is not read
 * yet: the database would remember a place in it, and its number could come again.
 */
static bool find_segment(struct spool *spool, struct spool_place from, struct segment *ret_segment, bool *ret_written) {
    bool found = false;
    pthread_mutex_lock(&spool->lock);
    for (size_t i = 0; i < spool->count && !found; i++) {
        const struct segment *segment = &spool->segments[i];
        if (segment->number > spool->listed) {
            break;
        }
        found = segment->number > from.segment || (segment->number == from.segment && segment->size > from.at_byte);
        *ret_segment = found ? *segment : (struct segment){0};
        *ret_written = i + 1 == spool->count && spool->fd >= 0;
        found = found && segment->size > 0;
    }
    pthread_mutex_unlock(&spool->lock);
    return found;
}

int64_t spool_backlog(struct spool *spool, struct spool_place from) {
    int64_t bytes = 0;
    pthread_mutex_lock(&spool->lock);
    for (size_t i = 0; i < spool->count; i++) {
        const struct segment *segment = &spool->segments[i];
        bytes += segment->number > from.segment                                    ? segment->size
                 : segment->number == from.segment && segment->size > from.at_byte ? segment->size - from.at_byte
                                                                                   : 0;
    }
    pthread_mutex_unlock(&spool->lock);
    return bytes;
}

static bool open_for_reading(struct spool *spool, int64_t number) {
    if (spool->reading_fd >= 0 && spool->reading == number) {
        return true;
    }
    if (spool->reading_fd >= 0) {
        close(spool->reading_fd);
    }
    spool->reading_fd = spool_folder_read(spool->folder, number);
    spool->reading = number;
    return spool->reading_fd >= 0;
}

/* Holds the longest record, whatever comes before it. */
#define WINDOW ((size_t)4 * (SPOOL_HEADER + SPOOL_RECORD_MOST))

static bool read_window(struct spool *spool, struct arena *arena, const struct segment *segment, int64_t from,
                        struct str *ret_bytes) {
    size_t wanted = segment->size - from < (int64_t)WINDOW ? (size_t)(segment->size - from) : WINDOW, got = 0;
    char *bytes = arena_alloc(arena, wanted);
    while (got < wanted) {
        ssize_t read = pread(spool->reading_fd, bytes + got, wanted - got, from + (int64_t)got);
        if (read < 0 && errno == EINTR) {
            continue;
        }
        if (read < 0) {
            return false;
        }
        if (read == 0) {
            break; /* somebody has made the file shorter */
        }
        got += (size_t)read;
    }
    *ret_bytes = str_of(bytes, got);
    return true;
}

/* Takes what the bytes have; what is no record is counted. */
static size_t take_records(struct spool_batch *batch, struct str bytes, bool whole, size_t most) {
    size_t at = 0;
    while (batch->count < most) {
        size_t before = at;
        enum spool_found found = spool_parse(bytes, whole, &at, &batch->records[batch->count]);
        if (found == SPOOL_CUT || found == SPOOL_END) {
            return at;
        }
        batch->count += found == SPOOL_RECORD;
        batch->damaged += found == SPOOL_NOISE ? (int64_t)(at - before) : 0;
    }
    batch->more = true;
    return at;
}

bool spool_read(struct spool *spool, struct arena *arena, struct spool_place from, size_t most,
                struct spool_batch *ret_batch) {
    struct spool_batch batch = {.records = arena_array_of(arena, most + 1, struct str), .end = from};
    struct segment segment;
    bool written;
    if (!find_segment(spool, from, &segment, &written)) {
        *ret_batch = batch;
        return true;
    }
    int64_t at = segment.number == from.segment ? from.at_byte : 0;
    struct str bytes = STR(""); /* of a file that somebody has taken away, too */
    if (open_for_reading(spool, segment.number) ? !read_window(spool, arena, &segment, at, &bytes) : errno != ENOENT) {
        return false;
    }
    bool whole = at + (int64_t)bytes.len >= segment.size || bytes.len < WINDOW;
    size_t taken = take_records(&batch, bytes, whole, most);
    batch.end = (struct spool_place){segment.number, at + (int64_t)taken};
    if (bytes.len == 0) {
        batch.damaged += segment.size - at;
        batch.end.at_byte = segment.size;
    }
    batch.more = batch.more || !written || batch.end.at_byte < segment.size;
    *ret_batch = batch;
    return true;
}

void spool_release(struct spool *spool, struct spool_place through) {
    pthread_mutex_lock(&spool->lock);
    size_t kept = 0;
    for (size_t i = 0; i < spool->count; i++) {
        struct segment segment = spool->segments[i];
        bool last =
            i + 1 == spool->count; /* stays, also when it is no longer written: its number must not come again */
        bool over =
            segment.number < through.segment || (segment.number == through.segment && segment.size <= through.at_byte);
        if (over && !last && spool_folder_remove(spool->folder, segment.number)) {
            spool->bytes -= segment.size;
        } else {
            spool->segments[kept++] = segment;
        }
    }
    spool->count = kept;
    pthread_mutex_unlock(&spool->lock);
}
