/*
 * tongxing keys create|list|rotate FILE [ALG]: the keys of the installation that FILE configures.
 */
#include "command.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define ALGS_MOST 8

static const char *state_name(enum key_state state) {
    switch (state) {
    case KEY_NEXT:
        return "next";
    case KEY_ACTIVE:
        return "active";
    case KEY_RETIRED:
        break;
    }
    return "retired";
}

static size_t algorithms(const struct config *config, enum jose_alg algs[ALGS_MOST]) {
    size_t count = 0;
    for (size_t i = 0; i < config->keys_algorithms.count && count < ALGS_MOST; i++) {
        algs[count++] = jose_alg_from_name(config->keys_algorithms.items[i]);
    }
    return count;
}

static int list(const struct keyring_options *options, struct arena *arena) {
    struct keyring *keyring;
    struct fault fault;
    if (!keyring_open(options, &keyring, &fault)) {
        return command_failed(&fault);
    }
    for (size_t i = 0; i < keyring_count(keyring); i++) {
        struct keyring_entry entry = keyring_entry(keyring, i);
        printf("%.*s  %-6.*s %-8s %.*s\n", STR_ARG(entry.kid), STR_ARG(jose_alg_name(entry.alg)),
               state_name(entry.state), STR_ARG(clock_rfc3339(arena, entry.created)));
    }
    keyring_free(keyring);
    return 0;
}

static int create(const struct config *config, const struct keyring_options *options) {
    enum jose_alg algs[ALGS_MOST];
    struct fault fault;
    size_t count = algorithms(config, algs);
    return keyring_create(options, algs, count, &fault) ? 0 : command_failed(&fault);
}

/* One algorithm, or all of them. */
static int rotate(const struct config *config, const struct keyring_options *options, const char *name) {
    enum jose_alg algs[ALGS_MOST];
    struct fault fault;
    size_t count = algorithms(config, algs), rotated = 0;
    for (size_t i = 0; i < count; i++) {
        if (name && !str_equal(jose_alg_name(algs[i]), str_from(name))) {
            continue;
        }
        if (!keyring_rotate(options, algs[i], &fault)) {
            return command_failed(&fault);
        }
        rotated++;
    }
    if (rotated == 0) {
        fprintf(stderr, "tongxing: %s is not one of keys.algorithms\n", name);
        return 2;
    }
    return 0;
}

int command_keys(int argc, char **argv) {
    bool rotating = argc == 4 && strcmp(argv[1], "rotate") == 0;
    if (argc != 3 && !rotating) {
        fprintf(stderr, "usage: tongxing keys create|list|rotate FILE [ALG]\n");
        return 2;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    struct config *config = arena_new_of(arena, struct config);
    if (!command_load_config(argv[2], arena, config)) {
        return 1;
    }
    struct keyring_options options = command_keyring_options(config);
    if (strcmp(argv[1], "create") == 0) {
        return create(config, &options);
    }
    if (strcmp(argv[1], "list") == 0) {
        return list(&options, arena);
    }
    if (strcmp(argv[1], "rotate") == 0) {
        return rotate(config, &options, argc == 4 ? argv[3] : NULL);
    }
    fprintf(stderr, "tongxing: keys %s is not known; it is create, list or rotate\n", argv[1]);
    return 2;
}
