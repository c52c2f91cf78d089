/* The spool: what was appended is read again, once, and whatever happened to the files is seen and passed over. */
#include "audit/spool.h"
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct spool_options options;

static int make_folder(void **state) {
    snprintf(folder, sizeof(folder), "/tmp/spool-test-XXXXXX");
    options = (struct spool_options){.folder = str_from(folder), .ceiling = 1 << 20, .segment_bytes = 1024};
    return mkdtemp(folder) ? 0 : -1;
}

static void empty_folder(void) {
    DIR *open = opendir(folder);
    struct dirent *entry;
    while (open && (entry = readdir(open))) {
        unlinkat(dirfd(open), entry->d_name, 0);
    }
    closedir(open);
}

static int drop_folder(void **state) {
    empty_folder();
    return rmdir(folder);
}

static struct spool *open_spool(void) {
    struct spool *spool;
    struct fault fault;
    if (!spool_open(&options, &spool, &fault)) {
        print_error("said: %s\n", fault.text);
        fail();
    }
    return spool;
}

static void refuses(const char *about) {
    struct spool *spool;
    struct fault fault;
    assert_false(spool_open(&options, &spool, &fault));
    if (!strstr(fault.text, about)) {
        print_error("said: %s\n", fault.text);
        fail();
    }
}

static void append(struct spool *spool, int first, int count) {
    struct arena *arena ARENA_AUTO = arena_new();
    for (int i = first; i < first + count; i++) {
        assert_int_equal(spool_append(spool, str_format(arena, "record %d", i)), SPOOL_DONE);
    }
}

/* All from a place on, in order; gives back the damage. */
static int64_t read_all(struct spool *spool, struct spool_place *place, int first, int count) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct spool_batch batch;
    int64_t damaged = 0;
    int seen = 0;
    assert_true(spool_sync(spool));
    do {
        assert_true(spool_read(spool, arena, *place, 7, &batch));
        for (size_t i = 0; i < batch.count; i++, seen++) {
            assert_str(batch.records[i], str_c(arena, str_format(arena, "record %d", first + seen)));
        }
        damaged += batch.damaged;
        *place = batch.end;
    } while (batch.more);
    assert_int_equal(seen, count);
    return damaged;
}

static size_t segments(char names[][32], size_t most) {
    struct dirent **entries;
    int found = scandir(folder, &entries, NULL, alphasort);
    size_t count = 0;
    for (int i = 0; i < found; i++) {
        if (str_ends(str_from(entries[i]->d_name), STR(".spool")) && count < most) {
            snprintf(names[count++], 32, "%s", entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
    return count;
}

static void records_come_back_in_order_over_segments_and_starts(void **state) {
    char names[64][32];
    struct spool_place place = {0};
    struct spool *spool = open_spool();
    append(spool, 0, 200);
    assert_true(spool_sync(spool));
    assert_in_range(segments(names, 64), 4, 10);
    assert_int_equal(read_all(spool, &place, 0, 100 + 100), 0);
    append(spool, 200, 50);
    assert_int_equal(read_all(spool, &place, 200, 50), 0);
    struct str id = spool_id(spool);
    char kept[32];
    snprintf(kept, sizeof(kept), "%.*s", STR_ARG(id));
    append(spool, 250, 3);
    spool_close(spool);
    spool = open_spool();
    assert_str(spool_id(spool), kept);
    append(spool, 253, 3);
    assert_int_equal(spool_backlog(spool, place), 6 * (SPOOL_HEADER + 10));
    assert_int_equal(read_all(spool, &place, 250, 6), 0);
    assert_int_equal(spool_backlog(spool, place), 0);
    struct stat status;
    assert_int_equal(stat(folder, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
    spool_close(spool);
}

static void what_was_taken_over_is_let_go_and_numbers_go_on(void **state) {
    char names[64][32], last[32];
    struct spool_place place = {0};
    struct spool *spool = open_spool();
    append(spool, 0, 200);
    read_all(spool, &place, 0, 200);
    spool_release(spool, place);
    assert_int_equal(segments(names, 64), 1); /* the one that is written */
    snprintf(last, sizeof(last), "%s", names[0]);
    spool_close(spool);
    spool = open_spool();
    spool_release(spool, place);
    assert_int_equal(segments(names, 64), 1);
    assert_int_equal(spool_backlog(spool, place), 0);
    append(spool, 200, 1);
    assert_int_equal(segments(names, 64), 2);
    assert_string_equal(names[0], last);
    spool_release(spool, place);
    assert_int_equal(segments(names, 64), 1);
    assert_true(strcmp(names[0], last) > 0);
    assert_int_equal(read_all(spool, &place, 200, 1), 0);
    spool_close(spool);
}

static void change_segment(const char *name, off_t at, const char *bytes, size_t len, off_t cut_to) {
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_true(len == 0 || pwrite(fd, bytes, len, at) == (ssize_t)len);
    assert_true(cut_to < 0 || ftruncate(fd, cut_to) == 0);
    close(fd);
}

/* Every possible end of a write that the power cut short. */
static void a_torn_end_is_passed_over(void **state) {
    char names[64][32];
    for (int torn = 1; torn < SPOOL_HEADER + 8; torn++) {
        struct spool_place place = {0};
        struct spool *spool = open_spool();
        append(spool, 0, 3);
        spool_close(spool);
        assert_int_equal(segments(names, 64), 1);
        change_segment(names[0], 0, NULL, 0, 2 * (SPOOL_HEADER + 8) + torn);
        spool = open_spool();
        append(spool, 2, 1);
        assert_int_equal(read_all(spool, &place, 0, 3), torn);
        spool_close(spool);
        empty_folder();
    }
}

static void damage_in_the_middle_costs_what_it_hits(void **state) {
    static const struct {
        off_t at;
        const char *bytes;
        size_t len;
    } rows[] = {
        {SPOOL_HEADER + 8, "X", 1},                                                 /* a magic */
        {SPOOL_HEADER + 8 + 4, "\xff\xff\xff\xff", 4},                              /* a length past the ceiling */
        {SPOOL_HEADER + 8 + 4, "\0\0\x40\0", 4},                                    /* a length past the end */
        {SPOOL_HEADER + 8 + 4, "\0\0\0\0", 4},                                      /* no length */
        {SPOOL_HEADER + 8 + 9, "X", 1},                                             /* a checksum */
        {SPOOL_HEADER + 8 + SPOOL_HEADER, "TXS1", 4},                               /* a record, with a magic in it */
        {SPOOL_HEADER + 8, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24}, /* a hole */
    };
    char names[64][32];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct spool_batch batch;
        struct spool *spool = open_spool();
        append(spool, 0, 3);
        spool_close(spool);
        assert_int_equal(segments(names, 64), 1);
        change_segment(names[0], rows[i].at, rows[i].bytes, rows[i].len, -1);
        spool = open_spool();
        assert_true(spool_read(spool, arena, (struct spool_place){0}, 10, &batch));
        assert_int_equal(batch.damaged, SPOOL_HEADER + 8);
        assert_int_equal(batch.count, 2);
        assert_str(batch.records[0], "record 0");
        assert_str(batch.records[1], "record 2");
        spool_close(spool);
        empty_folder();
    }
}

static void a_segment_that_went_away_or_shrank_while_it_was_open_is_damage(void **state) {
    char names[64][32];
    struct arena *arena ARENA_AUTO = arena_new();
    struct spool_batch batch;
    struct spool_place place = {0};
    struct spool *spool = open_spool();
    append(spool, 0, 100);
    assert_true(spool_read(spool, arena, place, 50, &batch) && batch.count == 0); /* not before it is in the folder */
    assert_true(spool_sync(spool));
    size_t count = segments(names, 64);
    assert_in_range(count, 3, 10);
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, names[0]);
    assert_int_equal(unlink(path), 0);
    change_segment(names[1], 0, NULL, 0, 0);
    int64_t damaged = 0;
    int seen = 0;
    do {
        assert_true(spool_read(spool, arena, place, 50, &batch));
        damaged += batch.damaged;
        seen += (int)batch.count;
        place = batch.end;
    } while (batch.more);
    assert_in_range(damaged, 2048, 2200);
    assert_in_range(seen, 10, 30);
    assert_str(batch.records[batch.count - 1], "record 99");
    spool_close(spool);
}

static void at_the_ceiling_nothing_is_taken_until_there_is_room(void **state) {
    struct spool_place place = {0};
    options.ceiling = 4096;
    struct spool *spool = open_spool();
    struct arena *arena ARENA_AUTO = arena_new();
    int kept = 0;
    while (spool_append(spool, str_format(arena, "record %d", kept)) == SPOOL_DONE) {
        kept++;
        assert_in_range(kept, 0, 200);
    }
    assert_int_equal(spool_append(spool, STR("one more")), SPOOL_FULL);
    assert_in_range(spool_bytes(spool), 4000, 4096);
    assert_int_equal(read_all(spool, &place, 0, kept), 0);
    spool_release(spool, place);
    append(spool, kept, 5);
    assert_int_equal(read_all(spool, &place, kept, 5), 0);
    spool_close(spool);
}

static void a_full_disk_keeps_nothing_of_a_record_and_heals(void **state) {
    struct spool_place place = {0};
    struct rlimit before, little = {.rlim_cur = 300};
    struct spool *spool = open_spool();
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    little.rlim_max = before.rlim_max;
    append(spool, 0, 10); /* 10 × 24 bytes: the next ones go in by half */
    setrlimit(RLIMIT_FSIZE, &little);
    append(spool, 10, 2);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(spool_append(spool, STR("record 11, and a little longer than there is room")), SPOOL_FAILED);
    }
    setrlimit(RLIMIT_FSIZE, &before);
    append(spool, 12, 10);
    assert_int_equal(read_all(spool, &place, 0, 22), 0);
    spool_close(spool);
}

static void records_of_any_bytes_up_to_the_longest(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct spool_batch batch;
    struct spool_place place = {0};
    char *bytes = arena_alloc(arena, SPOOL_RECORD_MOST);
    struct spool *spool = open_spool();
    memcpy(bytes, "TXS1\0\0\0\1", 8);
    for (int i = 0; i < 12; i++) {
        bytes[100] = (char)i;
        assert_int_equal(spool_append(spool, str_of(bytes, SPOOL_RECORD_MOST)), SPOOL_DONE);
    }
    assert_true(spool_sync(spool));
    for (int seen = 0; seen < 12;) {
        assert_true(spool_read(spool, arena, place, 256, &batch));
        assert_true(batch.count > 0 && batch.damaged == 0);
        for (size_t i = 0; i < batch.count; i++, seen++) {
            assert_int_equal(batch.records[i].len, SPOOL_RECORD_MOST);
            assert_int_equal(batch.records[i].ptr[100], seen);
        }
        place = batch.end;
    }
    spool_close(spool);
}

static void one_process_one_spool_and_nobody_else_may_read_it(void **state) {
    struct spool *spool = open_spool();
    refuses("is in use by another process");
    spool_close(spool);
    assert_int_equal(chmod(folder, 0750), 0);
    refuses("can be read by others (mode 0750)");
    assert_int_equal(chmod(folder, 0700), 0);
    options.folder = STR("/nonexistent/spool");
    refuses("cannot be made");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
RUN_TESTS(IN_FOLDER(records_come_back_in_order_over_segments_and_starts),
          IN_FOLDER(what_was_taken_over_is_let_go_and_numbers_go_on), IN_FOLDER(a_torn_end_is_passed_over),
          IN_FOLDER(damage_in_the_middle_costs_what_it_hits),
          IN_FOLDER(a_segment_that_went_away_or_shrank_while_it_was_open_is_damage),
          IN_FOLDER(at_the_ceiling_nothing_is_taken_until_there_is_room),
          IN_FOLDER(a_full_disk_keeps_nothing_of_a_record_and_heals), IN_FOLDER(records_of_any_bytes_up_to_the_longest),
          IN_FOLDER(one_process_one_spool_and_nobody_else_may_read_it))
