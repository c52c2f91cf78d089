/*
 * A code to the account's own phone. It is sent by a fiber of its own, so that the answer does not say, by how long it
 * takes, whether there is anybody to send one to.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/phone_code.h"
#include "domain/recovery.h"
#include "loop/fiber.h"
#include "recovery_inside.h"

#define SENDING_MOST 256 /* at once, of a worker */

struct sending {
    struct domain *domain;
    struct arena *arena;
    struct recovery recovery;
    struct str client_address;
    bool english;
};

static _Thread_local size_t running;

static struct phone_code code_of(const struct recovery *recovery, struct str phone, struct str client_address) {
    return (struct phone_code){.purpose = PHONE_CODE_RECOVER,
                               .phone = phone,
                               .bound = recovery->recovery_id,
                               .account_id = recovery->account_id,
                               .client_address = client_address};
}

/* Only where the phone can be enough, and not to people whose name and number was not given: nobody is sent codes by
 * whoever knows their user name alone. */
static bool wants_code(const struct account *account, const struct recovery *recovery) {
    return !str_is_empty(account->profile.phone_number) &&
           recovery_shows_level(account, recovery->shown | RECOVERY_PHONE, true);
}

static void send(void *arg) {
    struct sending *sending = arg;
    struct account account;
    if (recovery_load(sending->domain, sending->arena, &sending->recovery, &account) == DOMAIN_DONE &&
        wants_code(&account, &sending->recovery)) {
        struct phone_code code = code_of(&sending->recovery, account.profile.phone_number, sending->client_address);
        code.english = sending->english;
        phone_code_send(sending->domain, sending->arena, &code); /* tells of it by itself */
    }
    running--;
    arena_free(sending->arena);
}

void recovery_send_code(struct domain *domain, const struct recovery *recovery, struct str client_address,
                        bool english) {
    if (running >= SENDING_MOST) {
        log_warn("recovery.code_dropped", log_int("running", SENDING_MOST));
        return;
    }
    running++;
    struct arena *arena = arena_new();
    struct sending *sending = arena_new_of(arena, struct sending);
    *sending = (struct sending){.domain = domain,
                                .arena = arena,
                                .recovery = recovery_copy(arena, recovery),
                                .client_address = str_dup(arena, client_address),
                                .english = english};
    fiber_spawn(domain->loop, send, sending);
}

enum recovery_result recovery_check_code(struct domain *domain, struct arena *arena, struct recovery *recovery,
                                         struct str typed, struct str client_address) {
    int64_t begun = clock_monotonic_ms();
    struct account account;
    enum domain_status loaded = recovery_load(domain, arena, recovery, &account);
    if (loaded == DOMAIN_UNAVAILABLE) {
        return RECOVERY_UNAVAILABLE;
    }
    if (loaded == DOMAIN_DONE && wants_code(&account, recovery)) {
        const struct phone_code code = code_of(recovery, account.profile.phone_number, client_address);
        enum phone_code_result verified = phone_code_verify(domain, arena, &code, typed, NULL);
        if (verified == PHONE_CODE_UNAVAILABLE) {
            return RECOVERY_UNAVAILABLE;
        }
        if (verified == PHONE_CODE_DONE) {
            recovery_phone_shown(domain, arena, recovery, &account);
        }
    }
    return recovery_answer_at(begun) ? RECOVERY_GOES_ON : RECOVERY_UNAVAILABLE;
}
