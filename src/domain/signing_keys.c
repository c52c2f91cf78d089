/*
 * Looking at the signing keys, and rotating them off the loop: making a key and syncing files takes its time.
 */
#include "domain/signing_keys.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "change.h"
#include "loop/pool.h"

static void copy_entries(struct arena *arena, const struct keyring *keyring, struct keyring_entry **ret_entries,
                         size_t *ret_count) {
    size_t count = keyring_count(keyring);
    struct keyring_entry *entries = arena_array_of(arena, count + 1, struct keyring_entry);
    for (size_t i = 0; i < count; i++) {
        entries[i] = keyring_entry(keyring, i);
        entries[i].kid = str_dup(arena, entries[i].kid);
    }
    *ret_entries = entries;
    *ret_count = count;
}

struct admin_answer signing_keys_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                      struct keyring_entry **ret_entries, size_t *ret_count) {
    struct admin_answer answer = {.result = ADMIN_DONE};
    if (admin_allowed(domain, actor, MAY_KEYS_READ, &answer)) {
        copy_entries(arena, domain->keys->keyring, ret_entries, ret_count);
    }
    return answer;
}

/* --- rotating --- */

struct rotation {
    const struct keyring_options *options;
    enum jose_alg alg;
    bool done;
    struct keyring *keyring; /* afterwards */
    struct fault fault;
};

static void rotate(void *arg) {
    struct rotation *rotation = arg;
    rotation->done = keyring_rotate(rotation->options, rotation->alg, &rotation->fault) &&
                     keyring_open(rotation->options, &rotation->keyring, &rotation->fault);
}

static struct admin_answer invalid_alg(struct arena *arena) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    admin_problem(problems, "alg", "is no algorithm that is signed with here");
    return (struct admin_answer){.result = ADMIN_INVALID, .problems = problems};
}

/* Whoever has read the key set before the next key was in it would not know what it signs. */
static const char *why_not_now(const struct keyring *keyring, enum jose_alg alg) {
    for (size_t i = 0; i < keyring_count(keyring); i++) {
        struct keyring_entry entry = keyring_entry(keyring, i);
        if (entry.alg == alg && entry.state == KEY_NEXT) {
            bool known = clock_wall() - entry.created >= SIGNING_KEY_PUBLISHED_S;
            return known ? NULL
                         : "the next key was published less than ten minutes ago: client systems may not know it";
        }
    }
    return "there is no next key of this algorithm";
}

static void tell(struct domain *domain, struct arena *arena, const struct actor *actor, enum jose_alg alg,
                 enum event_result result) {
    struct buf detail;
    buf_init(&detail, arena, 64, 256);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "alg", jose_alg_name(alg));
    json_close_object(&out);
    struct event event = event_of_actor(actor, EVENT_KEYS_ROTATE, STR_NONE);
    event.result = result;
    event.detail = buf_str(&detail);
    event_tell(domain->events, &event);
}

static struct admin_answer run(struct domain *domain, struct arena *arena, const struct actor *actor, enum jose_alg alg,
                               struct keyring_entry **ret_entries, size_t *ret_count) {
    struct rotation rotation = {.options = domain->keyring_options, .alg = alg};
    if (!domain->keyring_options || pool_run(domain->passwords, rotate, &rotation) != POOL_DONE) {
        return admin_answer(ADMIN_UNAVAILABLE);
    }
    tell(domain, arena, actor, alg, rotation.done ? EVENT_DONE : EVENT_FAILED);
    if (!rotation.done) {
        log_error("keys.not_rotated", log_text("reason", rotation.fault.text));
        return admin_answer(ADMIN_UNAVAILABLE);
    }
    copy_entries(arena, rotation.keyring, ret_entries, ret_count);
    keyring_free(rotation.keyring);
    return admin_answer(ADMIN_DONE);
}

struct admin_answer signing_keys_rotate(struct domain *domain, struct arena *arena, const struct actor *actor,
                                        struct str name, struct keyring_entry **ret_entries, size_t *ret_count) {
    struct admin_answer answer = {.result = ADMIN_DONE};
    if (!admin_allowed(domain, actor, MAY_KEYS_WRITE, &answer)) {
        return answer;
    }
    enum jose_alg alg = jose_alg_from_name(name);
    if (alg == JOSE_NONE || !domain->keys->signers[alg]) {
        return invalid_alg(arena);
    }
    const char *reason = why_not_now(domain->keys->keyring, alg);
    if (reason) {
        return admin_conflict(reason);
    }
    return run(domain, arena, actor, alg, ret_entries, ret_count);
}
