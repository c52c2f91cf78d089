/*
 * check: assertions that stay on in production, for what cannot happen. Never for what the network can do.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stddef.h>

_Noreturn void check_failed(const char *expression, const char *file, int line);

#define CHECK(expression) ((expression) ? (void)0 : check_failed(#expression, __FILE__, __LINE__))

/* Objects that travel through void * open with a magic number; OBJECT_CHECK catches a wrong or freed one. */
#define OBJECT_CHECK(object, number) CHECK((object) != NULL && (object)->magic == (number))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Allocation that cannot fail: ends the process when memory is out. Release with free(). */
void *check_malloc(size_t size) __attribute__((malloc, returns_nonnull));
void *check_calloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *check_realloc(void *ptr, size_t size) __attribute__((returns_nonnull));

#endif
