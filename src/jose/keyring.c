/*
 * The keyring: what is signed with, what is published, and how keys move on.
 *
 * A rotation that is cut short leaves a working keyring: next becomes active before the old active retires, and of two
 * active keys of one algorithm the later one signs.
 */
#include "jose/keyring.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "internal.h"
#include "key_file.h"
#include "sealer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_PURPOSE "key-file"

/* The purposes there are; a keyring makes all their sealers when it is opened, so that looking one up needs no lock. */
static const char *const purposes[] = {"flow",   "personal", "lookup", "subject",  "session", "refresh",
                                       "secret", "page",     "audit",  "identity", "check"};

struct keyring {
    struct arena *arena;
    struct key_file *files;
    size_t count;
    struct jose_key_set *published;
    struct sealer *sealers[ARRAY_LEN(purposes)];
};

static bool is_published(const struct key_file *file, const struct keyring_options *options, int64_t now) {
    return file->entry.state != KEY_RETIRED || file->retired + options->retired_seconds > now;
}

static struct sealer *files_sealer(const struct keyring_options *options, struct arena *arena, struct fault *fault) {
    struct secret kek;
    return kek_read(options, arena, &kek, fault) ? sealer_new(kek, FILES_PURPOSE) : NULL;
}

bool keyring_open(const struct keyring_options *options, struct keyring **ret_keyring, struct fault *fault) {
    struct arena *arena = arena_new();
    struct keyring *keyring = check_calloc(1, sizeof(*keyring));
    keyring->arena = arena;
    struct secret kek;
    bool fine = kek_read(options, arena, &kek, fault);
    if (fine) {
        struct sealer *sealer = sealer_new(kek, FILES_PURPOSE);
        fine = key_files_read(options, arena, sealer, &keyring->files, &keyring->count, fault);
        sealer_free(sealer);
        for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
            keyring->sealers[i] = sealer_new(kek, purposes[i]);
        }
    }
    keyring->count = fine ? keyring->count : 0;
    keyring->published = jose_key_set_new();
    for (size_t i = 0; i < keyring->count; i++) {
        if (is_published(&keyring->files[i], options, clock_wall())) {
            jose_key_set_add(keyring->published, jose_key_hold(keyring->files[i].key));
        }
    }
    if (fine && !keyring_active(keyring, JOSE_ES256)) {
        fine = fault_set(fault, "the folder of keys %.*s has no active ES256 key: run tongxing keys create",
                         STR_ARG(options->folder));
    }
    if (!fine) {
        keyring_free(keyring);
        return false;
    }
    *ret_keyring = keyring;
    return true;
}

void keyring_free(struct keyring *keyring) {
    if (!keyring) {
        return;
    }
    for (size_t i = 0; i < keyring->count; i++) {
        jose_key_free(keyring->files[i].key);
    }
    for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
        sealer_free(keyring->sealers[i]);
    }
    jose_key_set_free(keyring->published);
    arena_free(keyring->arena);
    free(keyring);
}

/* --- reading --- */

static struct key_file *find(struct key_file *files, size_t count, enum jose_alg alg, enum key_state state) {
    struct key_file *found = NULL;
    for (size_t i = 0; i < count; i++) {
        struct key_file *file = &files[i];
        if (file->entry.alg == alg && file->entry.state == state && (!found || file->activated > found->activated)) {
            found = file;
        }
    }
    return found;
}

struct jose_key *keyring_active(const struct keyring *keyring, enum jose_alg alg) {
    struct key_file *file = find(keyring->files, keyring->count, alg, KEY_ACTIVE);
    return file ? file->key : NULL;
}

const struct jose_key_set *keyring_published(const struct keyring *keyring) {
    return keyring->published;
}

void keyring_write_jwks(const struct keyring *keyring, struct buf *buf) {
    struct json_out out = json_out(buf);
    json_open_object(&out, NULL);
    json_open_array(&out, "keys");
    for (size_t i = 0; i < keyring->published->count; i++) {
        jose_key_write_public(keyring->published->keys[i], &out);
    }
    json_close_array(&out);
    json_close_object(&out);
}

size_t keyring_count(const struct keyring *keyring) {
    return keyring->count;
}

struct keyring_entry keyring_entry(const struct keyring *keyring, size_t index) {
    CHECK(index < keyring->count);
    struct keyring_entry entry = keyring->files[index].entry;
    entry.activated = keyring->files[index].activated;
    return entry;
}

const struct sealer *keyring_sealer(const struct keyring *keyring, const char *purpose) {
    for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
        if (strcmp(purposes[i], purpose) == 0) {
            return keyring->sealers[i];
        }
    }
    CHECK(!"a purpose that is not in the table");
    return NULL;
}

int64_t keyring_stamp(const struct keyring_options *options) {
    struct arena *arena ARENA_AUTO = arena_new();
    DIR *folder = opendir(str_c(arena, options->folder));
    int64_t stamp = 0;
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        struct stat status;
        if (entry->d_name[0] != '.' && fstatat(dirfd(folder), entry->d_name, &status, 0) == 0) {
            /* A sum, so that neither the order of the folder nor one unchanged newest file hides a change. */
            stamp += (int64_t)status.st_mtim.tv_sec * 1000003 + status.st_mtim.tv_nsec + (int64_t)status.st_ino;
        }
    }
    if (folder) {
        closedir(folder);
    }
    return stamp;
}

/* --- making and rotating --- */

static int lock(const struct keyring_options *options, struct arena *arena, struct fault *fault) {
    char *path = str_c(arena, str_format(arena, "%.*s/.lock", STR_ARG(options->folder)));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        fault_set(fault, "%s cannot be locked: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

static bool make(const struct keyring_options *options, const struct sealer *sealer, enum jose_alg alg,
                 enum key_state state, struct fault *fault) {
    struct jose_key *key = jose_key_generate(alg);
    if (!key) {
        return fault_set(fault, "a key for %.*s cannot be made", STR_ARG(jose_alg_name(alg)));
    }
    int64_t now = clock_wall();
    struct key_file file = {
        .entry = {.kid = jose_key_kid(key), .alg = alg, .state = state, .created = now},
        .activated = state == KEY_ACTIVE ? now : 0,
        .key = key,
    };
    bool written = key_file_write(options, sealer, &file, fault);
    jose_key_free(key);
    return written;
}

/* Runs work on the locked folder with its files read. */
struct ring_work {
    const struct keyring_options *options;
    const struct sealer *sealer;
    struct key_file *files;
    size_t count;
};

static bool with_files(const struct keyring_options *options,
                       bool (*work)(struct ring_work *work, const void *arg, struct fault *fault), const void *arg,
                       struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sealer *sealer = files_sealer(options, arena, fault);
    int fd = sealer ? lock(options, arena, fault) : -1;
    struct ring_work ring = {.options = options, .sealer = sealer};
    bool fine = fd >= 0 && key_files_read(options, arena, sealer, &ring.files, &ring.count, fault);
    if (fine) {
        fine = work(&ring, arg, fault);
        for (size_t i = 0; i < ring.count; i++) {
            jose_key_free(ring.files[i].key);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    sealer_free(sealer);
    return fine;
}

struct wanted_algs {
    const enum jose_alg *algs;
    size_t count;
};

static bool create_missing(struct ring_work *ring, const void *arg, struct fault *fault) {
    const struct wanted_algs *wanted = arg;
    for (size_t i = 0; i < wanted->count; i++) {
        enum jose_alg alg = wanted->algs[i];
        if ((!find(ring->files, ring->count, alg, KEY_ACTIVE) &&
             !make(ring->options, ring->sealer, alg, KEY_ACTIVE, fault)) ||
            (!find(ring->files, ring->count, alg, KEY_NEXT) &&
             !make(ring->options, ring->sealer, alg, KEY_NEXT, fault))) {
            return false;
        }
    }
    return true;
}

bool keyring_create(const struct keyring_options *options, const enum jose_alg *algs, size_t count,
                    struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct wanted_algs wanted = {algs, count};
    return kek_create(options, arena, fault) && with_files(options, create_missing, &wanted, fault);
}

static bool move(struct ring_work *ring, struct key_file *file, enum key_state state, struct fault *fault) {
    int64_t now = clock_wall();
    file->entry.state = state;
    file->activated = state == KEY_ACTIVE ? now : file->activated;
    file->retired = state == KEY_RETIRED ? now : file->retired;
    return key_file_write(ring->options, ring->sealer, file, fault);
}

static bool delete_expired(struct ring_work *ring, struct fault *fault) {
    for (size_t i = 0; i < ring->count; i++) {
        if (!is_published(&ring->files[i], ring->options, clock_wall()) &&
            !key_file_delete(ring->options, ring->files[i].entry.kid, fault)) {
            return false;
        }
    }
    return true;
}

static bool rotate(struct ring_work *ring, const void *arg, struct fault *fault) {
    enum jose_alg alg = *(const enum jose_alg *)arg;
    struct key_file *next = find(ring->files, ring->count, alg, KEY_NEXT);
    struct key_file *active = find(ring->files, ring->count, alg, KEY_ACTIVE);
    if (!next) {
        return fault_set(
            fault, "there is no next key for %.*s: run tongxing keys create, and rotate when it has been published",
            STR_ARG(jose_alg_name(alg)));
    }
    return move(ring, next, KEY_ACTIVE, fault) && (!active || move(ring, active, KEY_RETIRED, fault)) &&
           make(ring->options, ring->sealer, alg, KEY_NEXT, fault) && delete_expired(ring, fault);
}

bool keyring_rotate(const struct keyring_options *options, enum jose_alg alg, struct fault *fault) {
    return with_files(options, rotate, &alg, fault);
}
