/*
 * Reading key files, guarded.
 */
#include "pem_file.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int pem_no_passphrase(char *buf, int size, int writing, void *ctx) {
    return -1;
}

BIO *pem_bio(struct str text) {
    CHECK(text.len <= PEM_FILE_MOST);
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    CHECK(bio);
    return bio;
}

static bool read_whole(int fd, char *text, size_t *ret_len) {
    size_t len = 0;
    ssize_t more;
    while (len < PEM_FILE_MOST && (more = read(fd, text + len, PEM_FILE_MOST - len)) > 0) {
        len += (size_t)more;
    }
    *ret_len = len;
    return len < PEM_FILE_MOST && more == 0;
}

bool pem_file_read(struct arena *arena, struct str path, bool secret, struct str *ret_text, struct fault *fault) {
    char *name = str_c(arena, path);
    struct stat status;
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return fault_set(fault, "%s cannot be read: %s", name, strerror(errno));
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return fault_set(fault, "%s cannot be read: it is not a file", name);
    }
    if (secret && (status.st_mode & 077)) {
        close(fd);
        return fault_set(fault, "%s can be read by others (mode %04o): make it 0600", name,
                         (unsigned)(status.st_mode & 07777));
    }
    struct secret room = secret_copy(arena, str_of(arena_alloc(arena, PEM_FILE_MOST), PEM_FILE_MOST));
    size_t len;
    bool fine = read_whole(fd, (char *)room.ptr, &len);
    close(fd);
    *ret_text = str_of(room.ptr, len);
    return fine || fault_set(fault, "%s cannot be read, or is longer than %d bytes", name, PEM_FILE_MOST);
}
