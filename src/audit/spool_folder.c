/*
 * The files of a spool. The lock is flock(2): it is gone with the process that held it, however that ended.
 */
#include "spool_folder.h"

#include "base/buf.h"
#include "base/byte.h"
#include "base/check.h"
#include "base/random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_BYTES  12
#define ID_LENGTH 16
#define SUFFIX    STR(".spool")
#define NAME_SIZE 40

struct spool_folder {
    struct arena *arena;
    const char *path;
    int fd, lock_fd;
    struct str id;
};

static bool failed(struct fault *fault, const char *path, const char *what) {
    return fault_set(fault, "the spool of the audit trail %s %s: %s", path, what, strerror(errno));
}

/* Its records name people by their account ids: for its owner only. */
static bool open_folder(struct spool_folder *folder, struct fault *fault) {
    struct stat status;
    if (mkdir(folder->path, 0700) != 0 && errno != EEXIST) {
        return failed(fault, folder->path, "cannot be made");
    }
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0 || fstat(folder->fd, &status) != 0) {
        return failed(fault, folder->path, "cannot be opened");
    }
    if (status.st_mode & 077) {
        return fault_set(fault, "the spool of the audit trail %s can be read by others (mode %04o): make it 0700",
                         folder->path, (unsigned)status.st_mode & 07777);
    }
    return true;
}

static bool take_lock(struct spool_folder *folder, struct fault *fault) {
    folder->lock_fd = openat(folder->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (folder->lock_fd < 0) {
        return failed(fault, folder->path, "cannot be locked");
    }
    if (flock(folder->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? fault_set(fault,
                               "the spool of the audit trail %s is in use by another process: give each its own "
                               "audit.folder",
                               folder->path)
                   : failed(fault, folder->path, "cannot be locked");
    }
    return true;
}

static bool read_id(struct spool_folder *folder) {
    char text[ID_LENGTH + 2];
    int fd = openat(folder->fd, "id", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
    if (fd >= 0) {
        close(fd);
    }
    struct str id = str_of(text, ID_LENGTH);
    if (len != ID_LENGTH + 1 || text[ID_LENGTH] != '\n' || !bytes_all(id, BYTE_BASE64URL)) {
        return false;
    }
    folder->id = str_dup(folder->arena, id);
    return true;
}

/* Whole or not at all: half a name would be another one at the next start. */
static bool make_id(struct spool_folder *folder, struct fault *fault) {
    struct str line = str_concat(folder->arena, random_text(folder->arena, ID_BYTES), STR("\n"));
    int fd = openat(folder->fd, "id.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool fine = fd >= 0 && write(fd, line.ptr, line.len) == (ssize_t)line.len && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    fine = fine && renameat(folder->fd, "id.new", folder->fd, "id") == 0 && spool_folder_sync(folder);
    return fine && read_id(folder) ? true : failed(fault, folder->path, "cannot be given a name");
}

bool spool_folder_open(struct str path, struct spool_folder **ret_folder, struct fault *fault) {
    struct spool_folder *folder = check_calloc(1, sizeof(*folder));
    folder->arena = arena_new();
    folder->path = str_c(folder->arena, path);
    folder->fd = folder->lock_fd = -1;
    if (!open_folder(folder, fault) || !take_lock(folder, fault) || (!read_id(folder) && !make_id(folder, fault))) {
        spool_folder_close(folder);
        return false;
    }
    *ret_folder = folder;
    return true;
}

void spool_folder_close(struct spool_folder *folder) {
    if (folder->lock_fd >= 0) {
        close(folder->lock_fd);
    }
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    arena_free(folder->arena);
    free(folder);
}

struct str spool_folder_id(const struct spool_folder *folder) {
    return folder->id;
}

/* --- segments --- */

static const char *name_of(int64_t number, char to[NAME_SIZE]) {
    snprintf(to, NAME_SIZE, "%016lld.spool", (long long)number);
    return to;
}

static bool number_of(const char *name, int64_t *ret_number) {
    struct str text = str_from(name);
    char same[NAME_SIZE];
    return text.len < NAME_SIZE && str_ends(text, SUFFIX) &&
           str_to_i64(str_sub(text, 0, text.len - SUFFIX.len), ret_number) && *ret_number > 0 &&
           strcmp(name_of(*ret_number, same), name) == 0;
}

static int by_number(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

bool spool_folder_list(struct spool_folder *folder, struct arena *arena, int64_t **ret_numbers, size_t *ret_count,
                       struct fault *fault) {
    DIR *entries = opendir(folder->path);
    struct buf found;
    buf_init(&found, arena, 256, (size_t)1 << 24);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        int64_t number;
        if (number_of(entry->d_name, &number)) {
            buf_put(&found, str_of(&number, sizeof(number)));
        }
    }
    if (!entries || found.failed) {
        return failed(fault, folder->path, "cannot be read");
    }
    closedir(entries);
    *ret_count = found.len / sizeof(int64_t);
    *ret_numbers = arena_array_of(arena, *ret_count + 1, int64_t);
    memcpy(*ret_numbers, found.len ? found.ptr : "", found.len);
    qsort(*ret_numbers, *ret_count, sizeof(int64_t), by_number);
    return true;
}

int64_t spool_folder_size(struct spool_folder *folder, int64_t number) {
    struct stat status;
    char name[NAME_SIZE];
    return fstatat(folder->fd, name_of(number, name), &status, 0) == 0 ? status.st_size : 0;
}

int spool_folder_make(struct spool_folder *folder, int64_t number) {
    char name[NAME_SIZE];
    return openat(folder->fd, name_of(number, name), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

int spool_folder_read(struct spool_folder *folder, int64_t number) {
    char name[NAME_SIZE];
    return openat(folder->fd, name_of(number, name), O_RDONLY | O_CLOEXEC);
}

bool spool_folder_remove(struct spool_folder *folder, int64_t number) {
    char name[NAME_SIZE];
    return unlinkat(folder->fd, name_of(number, name), 0) == 0 || errno == ENOENT;
}

bool spool_folder_sync(struct spool_folder *folder) {
    return fsync(folder->fd) == 0;
}
