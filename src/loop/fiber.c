/*
 * Fibers. A fiber's stack comes from mmap with a guard page below it. When what it ran has ended, the fiber waits on
 * its stack in the loop's idle list for the next thing to run.
 *
 * makecontext enters a fresh stack; from then on _setjmp and _longjmp switch, which unlike swapcontext ask the kernel
 * for nothing (docs/decisions/fibers.md).
 *
 * Resuming is a nested call: whoever resumes a fiber gets control back at its next park or its end. A wake from a
 * callback resumes at once; a wake from inside another fiber goes through the loop's ready list, so that stacks never
 * nest without bound.
 */
#undef _FORTIFY_SOURCE /* its longjmp refuses to go to another stack */

#include "loop/fiber.h"

#include "base/asan.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "internal.h"

#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef ASAN_HERE
#include <sanitizer/common_interface_defs.h>
#endif

#define FIBER_MAGIC     0x66696272
#define IDLE_MOST       1024 /* stacks kept for reuse per loop */
#define SWEEP_EVERY_MS  20   /* precision of deadlines */
#define END_PATIENCE_MS 30000

struct fiber {
    unsigned magic;
    struct loop *loop;
    jmp_buf here, resumer;
    void *stack; /* the usable part; the guard page is below */
    void (*run)(void *arg);
    void *arg;
    struct str log_id, resumer_log_id;
    const struct trace *trace, *resumer_trace;
    int64_t deadline;      /* of the fiber */
    int64_t park_deadline; /* of the present park */
    enum wait_result result;
    bool parked, interruptible, woken, cancelled, queued, finished;
    struct fiber *alive_next, *alive_prev;
    struct fiber *queue_next; /* ready or idle list */
    struct fiber *resumed_in; /* the fiber that resumed this one, if any */
#ifdef ASAN_HERE
    const void *resumer_stack;
    size_t resumer_stack_size;
    void *fake_stack, *resumer_fake_stack;
#endif
};

/* --- switching --- */

/* A jump to a place whose function has not returned: it sleeps on another stack. */
static void jump(jmp_buf from, jmp_buf to) {
    if (_setjmp(from) == 0) {
        _longjmp(to, 1);
    }
}

static void switch_to_fiber(struct fiber *fiber) {
#ifdef ASAN_HERE
    __sanitizer_start_switch_fiber(&fiber->resumer_fake_stack, fiber->stack, FIBER_STACK_SIZE);
#endif
    jump(fiber->resumer, fiber->here);
#ifdef ASAN_HERE
    __sanitizer_finish_switch_fiber(fiber->resumer_fake_stack, NULL, NULL);
#endif
}

static void switch_to_resumer(struct fiber *fiber) {
#ifdef ASAN_HERE
    __sanitizer_start_switch_fiber(&fiber->fake_stack, fiber->resumer_stack, fiber->resumer_stack_size);
#endif
    jump(fiber->here, fiber->resumer);
#ifdef ASAN_HERE
    __sanitizer_finish_switch_fiber(fiber->fake_stack, &fiber->resumer_stack, &fiber->resumer_stack_size);
#endif
}

/* The life of a stack: one thing to run after the other. It is left for good when fiber_unmake takes it away. */
static void fiber_main(unsigned high, unsigned low) {
    struct fiber *fiber = (struct fiber *)(((uintptr_t)high << 32) | low);
#ifdef ASAN_HERE
    __sanitizer_finish_switch_fiber(NULL, &fiber->resumer_stack, &fiber->resumer_stack_size);
#endif
    for (;;) {
        switch_to_resumer(fiber);
        OBJECT_CHECK(fiber, FIBER_MAGIC);
        fiber->run(fiber->arg);
        fiber->finished = true;
    }
}

/* Enters the stack for the first time, up to the switch in fiber_main. */
static void stack_enter(struct fiber *fiber) {
    ucontext_t context;
    uintptr_t address = (uintptr_t)fiber;
    CHECK(getcontext(&context) == 0);
    context.uc_stack.ss_sp = fiber->stack;
    context.uc_stack.ss_size = FIBER_STACK_SIZE;
    context.uc_link = NULL;
    makecontext(&context, (void (*)(void))fiber_main, 2, (unsigned)(address >> 32), (unsigned)address);
#ifdef ASAN_HERE
    __sanitizer_start_switch_fiber(&fiber->resumer_fake_stack, fiber->stack, FIBER_STACK_SIZE);
#endif
    if (_setjmp(fiber->resumer) == 0) {
        setcontext(&context);
        check_failed("a fiber's stack could not be entered", __FILE__, __LINE__);
    }
#ifdef ASAN_HERE
    __sanitizer_finish_switch_fiber(fiber->resumer_fake_stack, NULL, NULL);
#endif
}

/* --- stacks --- */

static struct fiber *fiber_make(struct loop *loop) {
    size_t guard = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, guard + FIBER_STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    CHECK(pages != MAP_FAILED && mprotect(pages, guard, PROT_NONE) == 0);
    struct fiber *fiber = check_calloc(1, sizeof(*fiber));
    fiber->magic = FIBER_MAGIC;
    fiber->loop = loop;
    fiber->stack = pages + guard;
    stack_enter(fiber);
    return fiber;
}

static void fiber_unmake(struct fiber *fiber) {
    size_t guard = (size_t)sysconf(_SC_PAGESIZE);
    munmap((char *)fiber->stack - guard, guard + FIBER_STACK_SIZE);
    fiber->magic = 0;
    free(fiber);
}

static struct fiber *fiber_take(struct loop *loop) {
    struct fiber *fiber = loop->idle;
    if (!fiber) {
        return fiber_make(loop);
    }
    loop->idle = fiber->queue_next;
    loop->idle_count--;
    fiber->queue_next = NULL;
    return fiber;
}

static void fiber_give_back(struct fiber *fiber) {
    struct loop *loop = fiber->loop;
    if (loop->idle_count >= IDLE_MOST || loop->ending) {
        fiber_unmake(fiber);
        return;
    }
    fiber->queue_next = loop->idle;
    loop->idle = fiber;
    loop->idle_count++;
}

static void alive_add(struct fiber *fiber) {
    struct fiber_list *list = &fiber->loop->alive;
    fiber->alive_prev = list->last;
    fiber->alive_next = NULL;
    *(list->last ? &list->last->alive_next : &list->first) = fiber;
    list->last = fiber;
    fiber->loop->alive_count++;
}

static void alive_remove(struct fiber *fiber) {
    struct fiber_list *list = &fiber->loop->alive;
    *(fiber->alive_prev ? &fiber->alive_prev->alive_next : &list->first) = fiber->alive_next;
    *(fiber->alive_next ? &fiber->alive_next->alive_prev : &list->last) = fiber->alive_prev;
    fiber->loop->alive_count--;
}

/* --- running --- */

static void fiber_resume(struct fiber *fiber) {
    struct loop *loop = fiber->loop;
    fiber->resumed_in = loop->current;
    fiber->resumer_log_id = log_request_id;
    fiber->resumer_trace = trace_current;
    loop->current = fiber;
    log_request_id = fiber->log_id;
    trace_current = fiber->trace;
    switch_to_fiber(fiber);
    loop->current = fiber->resumed_in;
    log_request_id = fiber->resumer_log_id;
    trace_current = fiber->resumer_trace;
    if (fiber->finished) {
        alive_remove(fiber);
        fiber_give_back(fiber);
    }
}

struct fiber *fiber_spawn(struct loop *loop, void (*run)(void *arg), void *arg) {
    struct fiber *fiber = fiber_take(loop);
    fiber->run = run;
    fiber->arg = arg;
    fiber->log_id = STR_NONE;
    fiber->trace = NULL;
    fiber->deadline = INT64_MAX;
    fiber->parked = fiber->woken = fiber->cancelled = fiber->queued = fiber->finished = false;
    alive_add(fiber);
    fiber->cancelled = loop->ending;
    fiber_resume(fiber);
    return fiber;
}

struct fiber *fiber_current(void) {
    struct loop *loop = loop_current();
    return loop ? loop->current : NULL;
}

static struct fiber *fiber_self(void) {
    struct fiber *fiber = fiber_current();
    OBJECT_CHECK(fiber, FIBER_MAGIC); /* a function that waits was called outside a fiber */
    return fiber;
}

void fiber_set_deadline(int64_t monotonic_ms) {
    fiber_self()->deadline = monotonic_ms;
}

void fiber_set_log_id(struct str id) {
    fiber_self()->log_id = id;
    log_request_id = id;
}

void fiber_set_trace(const struct trace *trace) {
    fiber_self()->trace = trace;
    trace_current = trace;
}

size_t fiber_count(const struct loop *loop) {
    return loop->alive_count;
}

/* --- waiting --- */

static void sweep_arm(struct loop *loop) {
    if (!loop->sweep_armed) {
        struct timeval soon = {.tv_usec = SWEEP_EVERY_MS * 1000};
        event_add(loop->sweep_event, &soon);
        loop->sweep_armed = true;
    }
}

static void park(struct fiber *fiber, int64_t deadline, bool interruptible) {
    fiber->parked = true;
    fiber->interruptible = interruptible;
    fiber->park_deadline = deadline < fiber->deadline ? deadline : fiber->deadline;
    fiber->result = WAIT_DONE;
    if (interruptible && fiber->park_deadline != INT64_MAX) {
        sweep_arm(fiber->loop);
    }
    switch_to_resumer(fiber);
    fiber->woken = false;
}

enum wait_result fiber_park(int64_t deadline_monotonic_ms) {
    struct fiber *fiber = fiber_self();
    if (fiber->woken) {
        fiber->woken = false;
        return WAIT_DONE;
    }
    if (fiber->cancelled) {
        return WAIT_CANCELLED;
    }
    park(fiber, deadline_monotonic_ms, true);
    return fiber->result;
}

void fiber_park_until_woken(void) {
    struct fiber *fiber = fiber_self();
    if (!fiber->woken) {
        park(fiber, INT64_MAX, false);
    }
    fiber->woken = false;
}

/* Ends a park with the result given: at once from the loop, through the ready list from another fiber. */
static void unpark(struct fiber *fiber, enum wait_result result) {
    struct loop *loop = fiber->loop;
    fiber->parked = false;
    fiber->result = result;
    if (!loop->current) {
        fiber_resume(fiber);
        return;
    }
    fiber->queued = true;
    fiber->queue_next = NULL;
    *(loop->ready_last ? &loop->ready_last->queue_next : &loop->ready_first) = fiber;
    loop->ready_last = fiber;
    event_active(loop->ready_event, EV_TIMEOUT, 0);
}

void fiber_wake(struct fiber *fiber) {
    OBJECT_CHECK(fiber, FIBER_MAGIC);
    if (fiber->parked) {
        unpark(fiber, WAIT_DONE);
    } else if (!fiber->queued) {
        fiber->woken = true;
    }
}

void fiber_cancel(struct fiber *fiber) {
    OBJECT_CHECK(fiber, FIBER_MAGIC);
    fiber->cancelled = true;
    if (fiber->parked && fiber->interruptible) {
        unpark(fiber, WAIT_CANCELLED);
    }
}

static void ready_run(evutil_socket_t fd, short what, void *arg) {
    struct loop *loop = arg;
    while (loop->ready_first) {
        struct fiber *fiber = loop->ready_first;
        loop->ready_first = fiber->queue_next;
        if (!loop->ready_first) {
            loop->ready_last = NULL;
        }
        fiber->queue_next = NULL;
        fiber->queued = false;
        fiber_resume(fiber);
    }
}

/* One pass over the fibers alive instead of a timer per wait: a park costs nothing, a deadline is up to SWEEP_EVERY_MS
 * late. */
static void sweep_run(evutil_socket_t fd, short what, void *arg) {
    struct loop *loop = arg;
    loop->sweep_armed = false;
    int64_t now = clock_monotonic_ms();
    bool more = false;
    bool again = true;
    while (again) {
        again = false;
        for (struct fiber *fiber = loop->alive.first; fiber; fiber = fiber->alive_next) {
            if (!fiber->parked || !fiber->interruptible || fiber->park_deadline == INT64_MAX) {
                continue;
            }
            if (fiber->park_deadline > now) {
                more = true;
                continue;
            }
            unpark(fiber, WAIT_DEADLINE); /* may end any number of fibers: the walk starts anew */
            again = true;
            break;
        }
    }
    if (more) {
        sweep_arm(loop);
    }
}

static void sleep_over(void *arg) {
    fiber_wake(arg);
}

enum wait_result fiber_sleep(int64_t ms) {
    struct fiber *fiber = fiber_self();
    struct loop_timer *timer = loop_timer_new(fiber->loop, ms, false, sleep_over, fiber);
    enum wait_result result = fiber_park(INT64_MAX);
    loop_timer_free(timer);
    return result;
}

/* --- begin and end of a loop --- */

void fibers_init(struct loop *loop) {
    loop->ready_event = event_new(loop->base, -1, 0, ready_run, loop);
    loop->sweep_event = evtimer_new(loop->base, sweep_run, loop);
    CHECK(loop->ready_event && loop->sweep_event);
}

void fibers_end(struct loop *loop) {
    loop->ending = true;
    int64_t patience = clock_monotonic_ms() + END_PATIENCE_MS;
    while (loop->alive_count > 0) {
        bool again = true;
        while (again) {
            again = false;
            for (struct fiber *fiber = loop->alive.first; fiber; fiber = fiber->alive_next) {
                fiber->cancelled = true;
                if (fiber->parked && fiber->interruptible) {
                    unpark(fiber, WAIT_CANCELLED);
                    again = true;
                    break;
                }
            }
        }
        if (loop->alive_count == 0) {
            break;
        }
        CHECK(clock_monotonic_ms() < patience); /* a fiber that waits again after WAIT_CANCELLED, for ever */
        struct timeval turn = {.tv_usec = 10000};
        event_base_loopexit(loop->base, &turn);
        event_base_loop(loop->base, EVLOOP_ONCE);
    }
}

void fibers_done(struct loop *loop) {
    while (loop->idle) {
        struct fiber *fiber = loop->idle;
        loop->idle = fiber->queue_next;
        fiber_unmake(fiber);
    }
    event_free(loop->ready_event);
    event_free(loop->sweep_event);
}
