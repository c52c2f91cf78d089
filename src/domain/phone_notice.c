/*
 * Notices are sent by fibers of their own: nobody waits for the gateway, and one that is down now may be up in a
 * minute. They count against no limit of the phone: whoever wants a change to pass unnoticed must not be able to use it
 * up.
 */
#include "domain/phone_notice.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "loop/fiber.h"
#include "model/event.h"

#define SENDING_MOST 256 /* at once, of a worker */

static const int64_t pauses_ms[] = {0, 5000, 60000}; /* before each try */

struct sending {
    struct domain *domain;
    struct arena *arena;
    struct phone_notice notice;
};

static _Thread_local size_t running;

static struct upstream *gateway(const struct domain *domain) {
    return upstreams_first(&domain->upstreams, UPSTREAM_MESSAGE);
}

bool phone_notice_available(const struct domain *domain) {
    const struct upstream *service = gateway(domain);
    return service && (upstream_traits(service)->services & UPSTREAM_NOTICE);
}

static void tell(const struct domain *domain, const struct phone_notice *notice, const char *reason) {
    domain_tell(domain, &(struct event){.kind = EVENT_PHONE_NOTICE,
                                        .result = reason ? EVENT_FAILED : EVENT_DONE,
                                        .reason = reason,
                                        .subject = notice->account_id});
}

static enum verify_result try_to_send(struct sending *sending) {
    const struct upstream_message message = {.kind = MESSAGE_PHONE_CHANGED,
                                             .phone = sending->notice.phone,
                                             .transaction = upstream_transaction(sending->arena),
                                             .request_id = log_request_id};
    return upstream_send(gateway(sending->domain), sending->arena, &message);
}

/* Said twice does no harm, so it is tried again where nobody knows whether it was sent. */
static bool may_try_again(enum verify_result result) {
    return result == VERIFY_RATE_LIMITED || result == VERIFY_PENDING || result == VERIFY_UPSTREAM_ERROR;
}

static void send(void *arg) {
    struct sending *sending = arg;
    enum verify_result result = VERIFY_UPSTREAM_ERROR;
    for (size_t i = 0; i < ARRAY_LEN(pauses_ms) && may_try_again(result); i++) {
        if (pauses_ms[i] > 0 && fiber_sleep(pauses_ms[i]) != WAIT_DONE) {
            break; /* the server ends */
        }
        result = try_to_send(sending);
    }
    tell(sending->domain, &sending->notice, result == VERIFY_MATCH ? NULL : verify_result_name(result));
    running--;
    arena_free(sending->arena);
}

void phone_notice_send(struct domain *domain, const struct phone_notice *notice) {
    if (running >= SENDING_MOST) {
        tell(domain, notice, "too_many_at_once");
        return;
    }
    running++;
    struct arena *arena = arena_new();
    struct sending *sending = arena_new_of(arena, struct sending);
    *sending = (struct sending){
        .domain = domain,
        .arena = arena,
        .notice = {.phone = str_dup(arena, notice->phone), .account_id = str_dup(arena, notice->account_id)}};
    fiber_spawn(domain->loop, send, sending);
}
