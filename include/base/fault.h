/*
 * fault: one sentence for a person, saying what could not be done and why, for start-up and command-line work.
 *
 * A function that takes a fault returns false after setting it. It never holds personal data or secrets. Functions on
 * the request path return enums instead.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>

struct fault {
    char text[512];
};

/* Always returns false, so that `return fault_set(…)` reads well. */
bool fault_set(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
