/* Dates and times as text. */
#include "base/clock.h"
#include "test.h"

static void times_are_read_strictly(void **state) {
    static const struct {
        const char *text;
        bool fine;
        int64_t seconds;
    } rows[] = {
        {"1970-01-01T00:00:00Z", true, 0},
        {"2026-01-05T02:03:04Z", true, 1767578584},
        {"2026-01-05T10:03:04+08:00", true, 1767578584},
        {"2026-01-04T21:33:04-04:30", true, 1767578584},
        {"2026-01-05T02:03:04.999Z", true, 1767578584},
        {"2024-02-29T00:00:00Z", true, 1709164800},
        {"2016-12-31T23:59:60Z", true, 1483228799},
        {"9999-12-31T23:59:59Z", true, 253402300799},
        {"2025-02-29T00:00:00Z", false, 0},
        {"2100-02-29T00:00:00Z", false, 0},
        {"2026-04-31T00:00:00Z", false, 0},
        {"2026-13-01T00:00:00Z", false, 0},
        {"2026-00-01T00:00:00Z", false, 0},
        {"2026-01-05T24:00:00Z", false, 0},
        {"2026-01-05T02:60:00Z", false, 0},
        {"2026-01-05T02:03:61Z", false, 0},
        {"2026-01-05T02:03:04.Z", false, 0},
        {"2026-01-05T02:03:04", false, 0},
        {"2026-01-05T02:03Z", false, 0},
        {"2026-01-05", false, 0},
        {"2026-01-05 02:03:04Z", false, 0},
        {"2026-01-05t02:03:04Z", false, 0},
        {"2026-01-05T02:03:04z", false, 0},
        {"2026-01-05T02:03:04+0800", false, 0},
        {"2026-01-05T02:03:04+24:00", false, 0},
        {"2026-01-05T02:03:04Z ", false, 0},
        {"+026-01-05T02:03:04Z", false, 0},
        {"1969-12-31T23:59:59Z", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t seconds = 0;
        assert_row(clock_read_rfc3339(str_from(rows[i].text), &seconds) == rows[i].fine, rows[i].text);
        assert_row(seconds == rows[i].seconds, rows[i].text);
    }
}

static void what_is_written_can_be_read(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    for (int64_t at = 0; at < 4102444800; at += 86399 * 37) {
        int64_t read = -1;
        assert_true(clock_read_rfc3339(clock_rfc3339(arena, at), &read));
        assert_int_equal(read, at);
    }
}

RUN_TESTS(cmocka_unit_test(times_are_read_strictly), cmocka_unit_test(what_is_written_can_be_read))
