/*
 * Ends the process where going on would be worse.
 */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *expression, const char *file, int line) {
    fprintf(stderr, "tongxing: %s:%d: this cannot be: %s\n", file, line, expression);
    abort();
}

void *check_malloc(size_t size) {
    void *ptr = malloc(size ? size : 1);
    CHECK(ptr);
    return ptr;
}

void *check_calloc(size_t count, size_t size) {
    void *ptr = calloc(count ? count : 1, size ? size : 1);
    CHECK(ptr);
    return ptr;
}

void *check_realloc(void *ptr, size_t size) {
    void *bigger = realloc(ptr, size ? size : 1);
    CHECK(bigger);
    return bigger;
}
