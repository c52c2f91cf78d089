/*
 * A descriptor of somebody else's on the loop: one event for reading, always there, and one for writing, when wanted.
 */
#include "loop/watch.h"

#include "base/check.h"
#include "internal.h"

#include <stdlib.h>

struct loop_watch {
    struct event *read, *write;
    bool writing;
    void (*ready)(void *arg);
    void *arg;
};

static void fired(evutil_socket_t fd, short what, void *arg) {
    struct loop_watch *watch = arg;
    watch->ready(watch->arg); /* may free the watch */
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, void (*ready)(void *arg), void *arg) {
    struct loop_watch *watch = check_calloc(1, sizeof(*watch));
    watch->ready = ready;
    watch->arg = arg;
    watch->read = event_new(loop->base, fd, EV_READ | EV_PERSIST, fired, watch);
    watch->write = event_new(loop->base, fd, EV_WRITE | EV_PERSIST, fired, watch);
    CHECK(watch->read && watch->write && event_add(watch->read, NULL) == 0);
    return watch;
}

void loop_watch_write(struct loop_watch *watch, bool wanted) {
    if (watch->writing != wanted) {
        watch->writing = wanted;
        CHECK((wanted ? event_add(watch->write, NULL) : event_del(watch->write)) == 0);
    }
}

void loop_watch_free(struct loop_watch *watch) {
    if (watch) {
        event_free(watch->read);
        event_free(watch->write);
        free(watch);
    }
}
