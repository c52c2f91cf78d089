/*
 * A loop's connections to PostgreSQL, and the jobs on their way on them.
 *
 * All statements up to a Sync are one transaction: PostgreSQL commits at the Sync, or has undone everything at the
 * first error and skips the rest. So a write is one round trip, no connection is ever left inside a transaction, and
 * the next job can be sent before the last is answered. Statements are prepared when they are first used, each in a
 * Sync of its own in front of the job, so that an error of the job says nothing about what is prepared.
 *
 * Connections are made by a thread of their own (sql_postgres_connect.c) and handed over through an eventfd, which
 * unlike a post to the loop can be taken back. While none is up, one is tried again and again, after 50 ms, doubling to
 * 2 s; the others follow when it is there.
 */
#include "sql_postgres.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "loop/watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RETRY_FIRST_MS 50
#define RETRY_MOST_MS  2000
#define JOBS_MOST      256 /* on their way on one connection; more find the database too busy */

struct postgres_link {
    struct postgres_links *links;
    PGconn *connection; /* NULL while there is none */
    struct loop_watch *watch;
    struct postgres_job *first, *last;
    size_t jobs;
    int64_t progress; /* when the last answer came, or the first job was sent */
    bool stale;       /* takes no more jobs, ends when the last is answered */
    bool unprepared;  /* a statement could not be prepared: jobs that find it missing say nothing of the connection */
    struct postgres_statements statements;
    /* Between the loop and the connecting thread, under links->lock. */
    enum { LINK_AT_REST, LINK_ASKED, LINK_WORKING, LINK_ANSWERED } asking;
    PGconn *fresh; /* the answer; NULL when it failed for the reason */
    struct fault fault;
};

struct waiter {
    struct waiter *next;
    struct fiber *fiber;
};

struct postgres_links {
    const struct postgres_settings *settings;
    struct loop *loop; /* NULL before the first use */
    struct postgres_link *items;
    size_t up;
    bool tried;   /* to connect, once or more: from now on nobody waits for a connection */
    bool told;    /* that it cannot be reached */
    bool freeing; /* nothing is tried again */
    struct waiter *waiting;
    int64_t retry_ms;
    struct loop_timer *retry, *watch_answers;
    int64_t watched;
    int answered_fd;
    struct loop_watch *answered;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t asked_or_ending;
    bool ending; /* under lock */
};

/* --- the connecting thread --- */

static struct postgres_link *find_asked(struct postgres_links *links) {
    for (size_t i = 0; i < links->settings->connections; i++) {
        if (links->items[i].asking == LINK_ASKED) {
            return &links->items[i];
        }
    }
    return NULL;
}

/* Waits for what is asked; NULL at the end. With the lock held. */
static struct postgres_link *next_asked(struct postgres_links *links) {
    struct postgres_link *link = NULL;
    while (!links->ending && !(link = find_asked(links))) {
        pthread_cond_wait(&links->asked_or_ending, &links->lock);
    }
    return links->ending ? NULL : link;
}

/* A statement ends by the server's hand before this side gives up: then it is known that it did nothing. */
static PGconn *connect_for_links(const struct postgres_settings *settings, struct fault *fault) {
    PGconn *connection = postgres_connect(settings, settings->timeout_ms * 3 / 4 + 1, fault);
    if (connection && (PQsetnonblocking(connection, 1) != 0 || !PQenterPipelineMode(connection))) {
        PQfinish(connection);
        fault_set(fault, "the connection could not be used");
        return NULL;
    }
    return connection;
}

static void *connector_main(void *arg) {
    struct postgres_links *links = arg;
    struct postgres_link *link;
    pthread_mutex_lock(&links->lock);
    while ((link = next_asked(links))) {
        link->asking = LINK_WORKING;
        pthread_mutex_unlock(&links->lock);
        struct fault fault = {0};
        PGconn *connection = connect_for_links(links->settings, &fault);
        pthread_mutex_lock(&links->lock);
        link->fresh = connection;
        link->fault = fault;
        link->asking = LINK_ANSWERED;
        uint64_t one = 1;
        CHECK(write(links->answered_fd, &one, sizeof(one)) == sizeof(one));
    }
    pthread_mutex_unlock(&links->lock);
    return NULL;
}

static void ask(struct postgres_link *link) {
    struct postgres_links *links = link->links;
    pthread_mutex_lock(&links->lock);
    if (link->asking == LINK_AT_REST) {
        link->asking = LINK_ASKED;
        pthread_cond_signal(&links->asked_or_ending);
    }
    pthread_mutex_unlock(&links->lock);
}

/* --- up and down --- */

static void drain(void *arg);

static void retry_now(void *arg) {
    struct postgres_links *links = arg;
    loop_timer_free(links->retry);
    links->retry = NULL;
    for (size_t i = 0; i < links->settings->connections; i++) {
        if (!links->items[i].connection) {
            ask(&links->items[i]);
            if (links->up == 0) {
                return; /* one is enough to find out */
            }
        }
    }
}

static void retry_later(struct postgres_links *links) {
    if (!links->retry && !links->freeing) {
        links->retry = loop_timer_new(links->loop, links->retry_ms, false, retry_now, links);
        links->retry_ms = links->retry_ms * 2 > RETRY_MOST_MS ? RETRY_MOST_MS : links->retry_ms * 2;
    }
}

static void link_up(struct postgres_link *link, PGconn *connection) {
    struct postgres_links *links = link->links;
    link->connection = connection;
    link->watch = loop_watch_new(links->loop, PQsocket(connection), drain, link);
    links->retry_ms = RETRY_FIRST_MS;
    if (links->up++ == 0) {
        links->told = false;
        log_info("sql.connected", log_text("host", PQhost(connection)), log_text("database", PQdb(connection)));
    }
    retry_now(links); /* the others */
}

static void job_answered(struct postgres_job *job) {
    job->answered = true;
    if (job->fiber) {
        fiber_wake(job->fiber); /* frees the job */
    } else {
        free(job);
    }
}

/* Ends the connection and answers all that was on its way. */
static void link_down(struct postgres_link *link, const char *reason) {
    struct postgres_links *links = link->links;
    struct postgres_job *job = link->first;
    loop_watch_free(link->watch);
    PQfinish(link->connection);
    link->watch = NULL;
    link->connection = NULL;
    link->first = link->last = NULL;
    link->jobs = 0;
    link->stale = link->unprepared = false;
    memset(&link->statements, 0, sizeof(link->statements));
    if (--links->up == 0 && !links->freeing) {
        log_warn("sql.lost", log_text("reason", reason));
    }
    if (!links->freeing) {
        retry_later(links);
    }
    while (job) {
        struct postgres_job *next = job->next;
        job->status = SQL_DOWN;
        job->again = false;
        job_answered(job);
        job = next;
    }
}

static void link_lost(struct postgres_link *link) {
    char reason[256];
    postgres_reason(link->connection, reason, sizeof(reason));
    link_down(link, *reason ? reason : "the connection was closed");
}

static void wake_waiting(struct postgres_links *links) {
    while (links->waiting) {
        struct waiter *waiter = links->waiting;
        links->waiting = waiter->next;
        fiber_wake(waiter->fiber);
    }
}

static void take_fresh(struct postgres_link *link) {
    struct postgres_links *links = link->links;
    pthread_mutex_lock(&links->lock);
    bool answered = link->asking == LINK_ANSWERED;
    PGconn *connection = link->fresh;
    struct fault fault = link->fault;
    if (answered) {
        link->asking = LINK_AT_REST;
        link->fresh = NULL;
    }
    pthread_mutex_unlock(&links->lock);
    if (!answered) {
        return;
    }
    if (connection) {
        link_up(link, connection);
    } else {
        if (!links->told) {
            log_warn("sql.unreachable", log_text("reason", fault.text));
            links->told = true;
        }
        retry_later(links);
    }
    links->tried = true;
}

static void connector_answered(void *arg) {
    struct postgres_links *links = arg;
    uint64_t count;
    ssize_t got = read(links->answered_fd, &count, sizeof(count)); /* none when somebody was faster: nothing is lost */
    (void)got;
    for (size_t i = 0; i < links->settings->connections; i++) {
        take_fresh(&links->items[i]);
    }
    if (links->tried) {
        wake_waiting(links);
    }
}

/* --- answers --- */

static void flush(struct postgres_link *link) {
    int left = PQflush(link->connection);
    if (left < 0) {
        link_lost(link);
    } else {
        loop_watch_write(link->watch, left > 0);
    }
}

static void job_done(struct postgres_link *link) {
    struct postgres_job *job = link->first;
    link->first = job->next;
    link->last = link->first ? link->last : NULL;
    link->jobs--;
    if (job->preparing && job->status != SQL_DONE) {
        job->preparing->prepared = false; /* tried again at its next use */
        link->unprepared = true;
    }
    job_answered(job);
}

/* May run fibers, which may send on this link, or lose it. */
static void take_result(struct postgres_link *link, PGresult *result) {
    bool sync = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    if (!sync) {
        bool spoilt = !link->first || postgres_job_take(link->first, result, link->unprepared);
        link->stale = link->stale || spoilt;
    }
    PQclear(result);
    if (sync && link->first) {
        job_done(link);
    }
}

/* libpq marks the end of each statement's results with a NULL; a second one in a row says that there are no more. */
static void take_results(struct postgres_link *link) {
    PGconn *connection = link->connection;
    unsigned ends = 0;
    while (link->connection == connection && ends < 2 && PQstatus(connection) == CONNECTION_OK &&
           !PQisBusy(connection)) {
        PGresult *result = PQgetResult(connection);
        ends = result ? 0 : ends + 1;
        if (result) {
            take_result(link, result);
        }
    }
}

static void drain(void *arg) {
    struct postgres_link *link = arg;
    PGconn *connection = link->connection;
    if (!PQconsumeInput(connection)) {
        link_lost(link);
        return;
    }
    link->progress = clock_monotonic_ms(); /* also a piece of a large answer */
    take_results(link);
    if (link->connection != connection) {
        return;
    }
    if (PQstatus(connection) != CONNECTION_OK) {
        link_lost(link);
    } else if (link->stale && link->jobs == 0) {
        link_down(link, "the server ends, or has changed");
    } else {
        flush(link);
    }
}

/* A connection on which no answer comes is ended, which answers what waits. */
static void look_at_answers(void *arg) {
    struct postgres_links *links = arg;
    int64_t now = clock_monotonic_ms(), timeout_ms = links->settings->timeout_ms;
    bool starved = now - links->watched >= timeout_ms / 2; /* this process had no processor: nothing can be said */
    size_t jobs = 0;
    links->watched = now;
    for (size_t i = 0; i < links->settings->connections; i++) {
        struct postgres_link *link = &links->items[i];
        if (link->jobs > 0 && starved) {
            link->progress = now;
        } else if (link->jobs > 0 && now - link->progress >= timeout_ms) {
            link_down(link, "no answer in time");
        }
    }
    for (size_t i = 0; i < links->settings->connections; i++) {
        jobs += links->items[i].jobs; /* also those of fibers that ran meanwhile */
    }
    if (jobs == 0) {
        loop_timer_free(links->watch_answers);
        links->watch_answers = NULL;
    }
}

/* --- sending --- */

static void job_push(struct postgres_link *link, struct postgres_job *job) {
    struct postgres_links *links = link->links;
    if (link->jobs++ == 0) {
        link->progress = clock_monotonic_ms();
    }
    job->next = NULL;
    *(link->last ? &link->last->next : &link->first) = job;
    link->last = job;
    if (!links->watch_answers) {
        links->watched = clock_monotonic_ms();
        links->watch_answers =
            loop_timer_new(links->loop, links->settings->timeout_ms / 4 + 1, true, look_at_answers, links);
    }
}

static bool send_prepare(struct postgres_link *link, struct postgres_statement *slot,
                         const struct sql_statement *statement) {
    if (!postgres_send_prepare(link->connection, slot, statement)) {
        return false;
    }
    struct postgres_job *job = check_calloc(1, sizeof(*job));
    job->preparing = slot;
    slot->prepared = true;
    job_push(link, job);
    return true;
}

static bool send_all(struct postgres_link *link, bool read, const struct sql_statement *statements, size_t count,
                     size_t most) {
    for (size_t pass = 0; pass < 2; pass++) { /* what is not prepared yet first */
        for (size_t i = 0; i < count; i++) {
            enum postgres_mode mode = read                        ? POSTGRES_READ
                                      : statements[i].must_change ? POSTGRES_MUST_CHANGE
                                                                  : POSTGRES_WRITE;
            struct postgres_statement *slot = postgres_statement_of(&link->statements, statements[i].text, mode);
            if (pass == 0 ? !slot->prepared && !send_prepare(link, slot, &statements[i])
                          : !postgres_send(link->connection, slot, &statements[i], most)) {
                return false;
            }
        }
    }
    return PQpipelineSync(link->connection);
}

bool postgres_link_send(struct postgres_link *link, struct postgres_job *job, const struct sql_statement *statements,
                        size_t count, size_t most) {
    if (!send_all(link, job->rows != NULL, statements, count, most)) {
        link_lost(link); /* without its Sync the server does nothing of it */
        return false;
    }
    job_push(link, job);
    flush(link);
    return true;
}

/* --- the whole --- */

static void begin_use(struct postgres_links *links) {
    links->loop = loop_current();
    links->answered = loop_watch_new(links->loop, links->answered_fd, connector_answered, links);
}

static void wait_for_first(struct postgres_links *links, int64_t deadline) {
    struct waiter waiter = {.next = links->waiting, .fiber = fiber_current()};
    links->waiting = &waiter;
    if (fiber_park(deadline) == WAIT_DONE) {
        return; /* taken off the list by whoever woke it */
    }
    struct waiter **at = &links->waiting;
    while (*at && *at != &waiter) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = waiter.next;
    }
}

static struct postgres_link *least_busy(const struct postgres_links *links, size_t among) {
    struct postgres_link *best = NULL;
    for (size_t i = 0; i < among; i++) {
        struct postgres_link *link = &links->items[i];
        if (link->connection && !link->stale && link->jobs < JOBS_MOST && (!best || link->jobs < best->jobs)) {
            best = link;
        }
    }
    return best;
}

struct postgres_link *postgres_links_pick(struct postgres_links *links, bool read, int64_t deadline) {
    CHECK(fiber_current());
    if (!links->loop) {
        begin_use(links);
    }
    CHECK(links->loop == loop_current());
    if (!links->tried) {
        wait_for_first(links, deadline);
    }
    /* A write takes as long as the disk, and what is sent behind it waits: one connection is left to reads. */
    size_t count = links->settings->connections;
    struct postgres_link *link = !read && count > 1 ? least_busy(links, count - 1) : NULL;
    return link ? link : least_busy(links, count);
}

struct postgres_links *postgres_links_new(const struct postgres_settings *settings, struct fault *fault) {
    struct postgres_links *links = check_calloc(1, sizeof(*links));
    links->settings = settings;
    links->retry_ms = RETRY_FIRST_MS;
    links->items = check_calloc(settings->connections, sizeof(*links->items));
    for (size_t i = 0; i < settings->connections; i++) {
        links->items[i].links = links;
    }
    pthread_mutex_init(&links->lock, NULL);
    pthread_cond_init(&links->asked_or_ending, NULL);
    links->answered_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (links->answered_fd < 0 || pthread_create(&links->thread, NULL, connector_main, links) != 0) {
        fault_set(fault, "the thread that connects to PostgreSQL could not be started");
        links->ending = true;
        postgres_links_free(links);
        return NULL;
    }
    ask(&links->items[0]);
    return links;
}

/* `ending` set before: the thread was never there. */
static void end_thread(struct postgres_links *links) {
    pthread_mutex_lock(&links->lock);
    bool running = !links->ending;
    links->ending = true;
    pthread_cond_signal(&links->asked_or_ending);
    pthread_mutex_unlock(&links->lock);
    if (running) {
        pthread_join(links->thread, NULL);
    }
}

void postgres_links_free(struct postgres_links *links) {
    CHECK(!links->waiting);
    links->freeing = true;
    end_thread(links);
    for (size_t i = 0; i < links->settings->connections; i++) {
        struct postgres_link *link = &links->items[i];
        for (struct postgres_job *job = link->first; job; job = job->next) {
            CHECK(!job->fiber); /* the contract: no fiber is in a call */
        }
        if (link->connection) {
            link_down(link, "");
        }
        PQfinish(link->fresh);
    }
    loop_timer_free(links->retry);
    loop_timer_free(links->watch_answers);
    loop_watch_free(links->answered);
    if (links->answered_fd >= 0) {
        close(links->answered_fd);
    }
    pthread_cond_destroy(&links->asked_or_ending);
    pthread_mutex_destroy(&links->lock);
    free(links->items);
    free(links);
}
