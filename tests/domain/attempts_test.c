/* What is counted together. */
#include "domain/attempts.h"

#include "register_fixture.h"

static int64_t tries_after(struct domain *domain, struct arena *arena, const char *address) {
    const struct attempt_limit limit = {"register-address", str_from(address), 100, 60};
    int64_t tries;
    assert_int_equal(attempts_count(domain, arena, &limit, 1, &tries), ATTEMPTS_ALLOWED);
    return tries;
}

static void addresses(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const struct {
        const char *address;
        int64_t tries;
    } rows[] = {
        {"192.0.2.1", 1},
        {"192.0.2.2", 1},
        {"192.0.2.1", 2},
        {"2001:db8:1:2::1", 1},
        {"2001:db8:1:2:ffff:ffff:ffff:ffff", 2},
        {"2001:0db8:0001:0002::3", 3},
        {"2001:db8:1:3::1", 1},
        {"::ffff:192.0.2.9", 1},
        {"::ffff:192.0.2.10", 1},
        {"not an address", 1},
        {"", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(tries_after(domain, arena, rows[i].address) == rows[i].tries, rows[i].address);
    }
}

static void an_ipv6_network_counts_as_one_address(void **state) {
    with_register(addresses);
}

RUN_TESTS(cmocka_unit_test(an_ipv6_network_counts_as_one_address))
