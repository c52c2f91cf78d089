/*
 * fuzz: a fuzzer is one function over bytes. Built by clang it is run by libFuzzer; else replay.c runs it over the
 * files it is given.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/arena.h"
#include "base/check.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#endif
