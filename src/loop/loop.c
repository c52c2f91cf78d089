/*
 * The event loop of one thread, its timers, and the letter box through which other threads hand it work.
 */
#include "loop/loop.h"

#include "base/check.h"
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct loop_post {
    struct loop_post *next;
    void (*run)(void *arg);
    void *arg;
};

struct loop_timer {
    struct event *event;
    struct timeval interval;
    bool repeated;
    void (*run)(void *arg);
    void *arg;
};

static _Thread_local struct loop *current_loop;

/* Takes the whole list at once, so that a post made meanwhile waits for the next turn and nobody starves. */
static void posts_run(evutil_socket_t fd, short what, void *arg) {
    struct loop *loop = arg;
    uint64_t posted;
    CHECK(read(fd, &posted, sizeof(posted)) == sizeof(posted) || errno == EAGAIN);
    pthread_mutex_lock(&loop->post_lock);
    struct loop_post *post = loop->post_first;
    loop->post_first = loop->post_last = NULL;
    pthread_mutex_unlock(&loop->post_lock);
    while (post) {
        struct loop_post *next = post->next;
        post->run(post->arg);
        free(post);
        post = next;
    }
}

struct loop *loop_new(void) {
    struct loop *loop = check_calloc(1, sizeof(*loop));
    struct event_config *config = event_config_new();
    CHECK(config);
    /* One thread per base: no locks, and the clock is read once a turn. */
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    CHECK(loop->base);
    pthread_mutex_init(&loop->post_lock, NULL);
    loop->post_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    CHECK(loop->post_fd >= 0);
    loop->post_event = event_new(loop->base, loop->post_fd, EV_READ | EV_PERSIST, posts_run, loop);
    CHECK(loop->post_event && event_add(loop->post_event, NULL) == 0);
    fibers_init(loop);
    return loop;
}

void loop_end_fibers(struct loop *loop) {
    struct loop *before = current_loop;
    current_loop = loop;
    fibers_end(loop);
    current_loop = before == loop ? NULL : before;
}

void loop_free(struct loop *loop) {
    if (!loop) {
        return;
    }
    loop_end_fibers(loop);
    fibers_done(loop);
    event_free(loop->post_event);
    close(loop->post_fd);
    while (loop->post_first) {
        struct loop_post *post = loop->post_first;
        loop->post_first = post->next;
        free(post);
    }
    pthread_mutex_destroy(&loop->post_lock);
    event_base_free(loop->base);
    free(loop);
}

void loop_run(struct loop *loop) {
    current_loop = loop;
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    current_loop = NULL;
}

static void break_loop(void *arg) {
    struct loop *loop = arg;
    event_base_loopbreak(loop->base);
}

void loop_stop(struct loop *loop) {
    loop_post(loop, break_loop, loop);
}

struct loop *loop_current(void) {
    return current_loop;
}

struct event_base *loop_event_base(struct loop *loop) {
    return loop->base;
}

void loop_post(struct loop *loop, void (*run)(void *arg), void *arg) {
    struct loop_post *post = check_malloc(sizeof(*post));
    *post = (struct loop_post){.run = run, .arg = arg};
    pthread_mutex_lock(&loop->post_lock);
    bool was_empty = !loop->post_first;
    if (was_empty) {
        loop->post_first = post;
    } else {
        loop->post_last->next = post;
    }
    loop->post_last = post;
    if (was_empty) {
        /* Under the lock: the loop may be freed as soon as it has seen this post. */
        uint64_t one = 1;
        CHECK(write(loop->post_fd, &one, sizeof(one)) == sizeof(one));
    }
    pthread_mutex_unlock(&loop->post_lock);
}

static void timer_fired(evutil_socket_t fd, short what, void *arg) {
    struct loop_timer *timer = arg;
    if (timer->repeated) {
        event_add(timer->event, &timer->interval);
    }
    timer->run(timer->arg); /* may free the timer */
}

struct loop_timer *loop_timer_new(struct loop *loop, int64_t ms, bool repeated, void (*run)(void *arg), void *arg) {
    struct loop_timer *timer = check_calloc(1, sizeof(*timer));
    timer->interval = (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    timer->repeated = repeated;
    timer->run = run;
    timer->arg = arg;
    timer->event = evtimer_new(loop->base, timer_fired, timer);
    CHECK(timer->event && event_add(timer->event, &timer->interval) == 0);
    return timer;
}

void loop_timer_free(struct loop_timer *timer) {
    if (timer) {
        event_free(timer->event);
        free(timer);
    }
}
