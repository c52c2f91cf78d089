/* The signature of the population register's wire format, and settings an adapter refuses. How it takes bad answers is
 * in tests/flow/outage.test.mjs. */
#include "test.h"
#include "upstream/adapter.h"
#include "upstream/population.h"

static void every_part_counts_in_the_signature(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct envelope_signed base = {STR("app"), STR("1700000000000"), STR("nonce"), STR("{}")};
    struct envelope_signed others[] = {
        base, base, base, base, {STR("app\n1"), STR("700000000000"), STR("nonce"), STR("{}")}};
    others[0].app_id = STR("app2");
    others[1].timestamp = STR("1700000000001");
    others[2].nonce = STR("nonce2");
    others[3].body = STR("{ }");
    struct str signature = envelope_signature(arena, STR("0123456789abcdef"), &base);
    /* printf 'app\n1700000000000\nnonce\n%s' $(printf '{}' | sha256sum | cut -d' ' -f1) | openssl dgst -sha256 -hmac
     * 0123456789abcdef */
    assert_str(signature, "d3dc959657a0a1ec37087b92eb039ce4b38c46af4ad85f1391ce202212e073f2");
    assert_true(str_equal(signature, envelope_signature(arena, STR("0123456789abcdef"), &base)));
    assert_false(str_equal(signature, envelope_signature(arena, STR("0123456789abcdeg"), &base)));
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_false(str_equal(signature, envelope_signature(arena, STR("0123456789abcdef"), &others[i])));
    }
}

static void settings_it_cannot_work_with(void **state) {
    const struct upstream_settings good = {.name = STR("p"),
                                           .adapter = STR("population"),
                                           .url = STR("https://x.example"),
                                           .app_id = STR("a"),
                                           .secret = STR("0123456789abcdef")};
    struct upstream_settings settings = good;
    struct fault fault;
    assert_true(population_adapter.check(&settings, &fault));
    settings.secret = STR("short");
    assert_false(population_adapter.check(&settings, &fault));
    settings = good;
    settings.url = STR("ftp://x");
    assert_false(population_adapter.check(&settings, &fault));
    struct upstream *upstream;
    settings = good;
    settings.adapter = STR("nobody");
    assert_false(upstream_open(&settings, NULL, &upstream, &fault));
    assert_non_null(strstr(fault.text, "no adapter nobody"));
}

RUN_TESTS(cmocka_unit_test(every_part_counts_in_the_signature), cmocka_unit_test(settings_it_cannot_work_with))
