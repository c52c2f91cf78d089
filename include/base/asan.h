/*
 * asan: telling AddressSanitizer about memory and stacks that we manage ourselves. Without it, nothing.
 */
#ifndef BASE_ASAN_H
#define BASE_ASAN_H

#if defined(__SANITIZE_ADDRESS__)
#define ASAN_HERE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN_HERE 1
#endif
#endif

#ifdef ASAN_HERE
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address))
#endif

#endif
