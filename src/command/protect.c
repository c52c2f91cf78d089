/*
 * The process and its secrets.
 */
#include "protect.h"

#include "base/asan.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static int descriptors = -1;

void process_protect(void) {
    const struct rlimit none = {0, 0};
    descriptors = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef ASAN_HERE
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* The two that look are not counted. */
uint64_t process_descriptors(void) {
    int copy = descriptors >= 0 ? fcntl(descriptors, F_DUPFD_CLOEXEC, 0) : -1;
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    uint64_t count = 0;
    struct dirent *entry;
    if (!folder) {
        return 0;
    }
    rewinddir(folder);
    while ((entry = readdir(folder))) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count > 2 ? count - 2 : 0;
}
