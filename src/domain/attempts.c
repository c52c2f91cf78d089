/*
 * Counters "at:{keyed hash of what and whom}" in the kv store. A store that does not answer allows nothing.
 */
#include "domain/attempts.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/random.h"
#include "store/kv.h"

#include <arpa/inet.h>

/* Whoever has one IPv6 address has its whole /64 (RFC 6177): that is counted as one. Nothing else that is counted reads
 * as an address. */
struct str attempts_whose(struct arena *arena, struct str subject) {
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];
    if (subject.len >= sizeof(text) || inet_pton(AF_INET6, str_c(arena, subject), &address) != 1 ||
        IN6_IS_ADDR_V4MAPPED(&address)) {
        return subject;
    }
    memset(&address.s6_addr[8], 0, 8);
    CHECK(inet_ntop(AF_INET6, &address, text, sizeof(text)));
    return str_dup(arena, str_from(text));
}

static struct str counter_id(struct domain *domain, struct arena *arena, const struct attempt_limit *limit) {
    const struct str parts[] = {STR("attempts"), str_from(limit->what), attempts_whose(arena, limit->subject)};
    unsigned char mac[32];
    seal_mac(domain->sealers->lookup, parts, ARRAY_LEN(parts), mac);
    return base64url_encode(arena, str_of(mac, sizeof(mac)));
}

static enum kv_status add_to_all(struct domain *domain, struct arena *arena, const struct attempt_limit *limits,
                                 size_t count, int64_t amount, struct kv_op ops[ATTEMPT_LIMITS_MOST]) {
    CHECK(count <= ATTEMPT_LIMITS_MOST);
    for (size_t i = 0; i < count; i++) {
        ops[i] = (struct kv_op){.verb = KV_INCREMENT,
                                .ns = STR("at"),
                                .id = counter_id(domain, arena, &limits[i]),
                                .amount = amount,
                                .ttl = limits[i].window_s};
    }
    return kv_run(domain->kv, arena, ops, count);
}

enum attempts_result attempts_count(struct domain *domain, struct arena *arena, const struct attempt_limit *limits,
                                    size_t count, int64_t *ret_first) {
    struct kv_op ops[ATTEMPT_LIMITS_MOST];
    if (add_to_all(domain, arena, limits, count, 1, ops) != KV_DONE) {
        return ATTEMPTS_UNAVAILABLE;
    }
    *ret_first = ops[0].number;
    for (size_t i = 0; i < count; i++) {
        if (ops[i].number > limits[i].most) {
            return ATTEMPTS_EXCEEDED;
        }
    }
    return ATTEMPTS_ALLOWED;
}

void attempts_give_back(struct domain *domain, struct arena *arena, const struct attempt_limit *limits, size_t count) {
    struct kv_op ops[ATTEMPT_LIMITS_MOST];
    add_to_all(domain, arena, limits, count, -1, ops);
}

void attempts_clear(struct domain *domain, struct arena *arena, const struct attempt_limit *limit) {
    kv_delete(domain->kv, arena, STR("at"), counter_id(domain, arena, limit));
}

static struct str era_id(struct domain *domain, struct arena *arena, struct str subject) {
    return counter_id(domain, arena, &(struct attempt_limit){.what = "era", .subject = subject});
}

struct str attempts_era(struct domain *domain, struct arena *arena, struct str subject) {
    struct str era = STR("");
    kv_get(domain->kv, arena, STR("ae"), era_id(domain, arena, subject), &era);
    return era;
}

bool attempts_forgive(struct domain *domain, struct arena *arena, struct str subject, int64_t window_s) {
    return kv_put(domain->kv, arena, STR("ae"), era_id(domain, arena, subject), random_text(arena, 6), window_s) ==
           KV_DONE;
}
