/*
 * test: cmocka with what it needs before it, and comparisons of our strings.
 */
#ifndef SUPPORT_TEST_H
#define SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define assert_str(actual, expected)                                                                                   \
    do {                                                                                                               \
        struct str actual_ = (actual), expected_ = str_from(expected);                                                 \
        if (!str_equal(actual_, expected_)) {                                                                          \
            print_error("got \"%.*s\", want \"%.*s\"\n", STR_ARG(actual_), STR_ARG(expected_));                        \
            fail();                                                                                                    \
        }                                                                                                              \
    } while (0)

/* For rows of a table: names the row that fails. */
#define assert_row(condition, row)                                                                                     \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            print_error("row \"%s\"\n", (row));                                                                        \
            fail();                                                                                                    \
        }                                                                                                              \
    } while (0)

#define RUN_TESTS(...)                                                                                                 \
    int main(void) {                                                                                                   \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                                               \
        return cmocka_run_group_tests(tests, NULL, NULL);                                                              \
    }

#endif
