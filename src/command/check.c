/*
 * tongxing check FILE: every mistake in a configuration, without starting anything. tongxing check --reference: all
 * options.
 */
#include "command.h"

#include "base/buf.h"
#include "domain/registry.h"
#include "endpoint/page.h"
#include "upstreams.h"

#include <stdio.h>
#include <string.h>

#define REFERENCE_MOST (256 * 1024)

static int print_reference(void) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf buf;
    buf_init(&buf, arena, 16 * 1024, REFERENCE_MOST);
    config_write_reference(&buf);
    return fwrite(buf.ptr, 1, buf.len, stdout) == buf.len ? 0 : 1;
}

int command_check(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--reference") == 0) {
        return print_reference();
    }
    if (argc != 2) {
        fprintf(stderr, "usage: tongxing check FILE | tongxing check --reference\n");
        return 2;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    struct config *config = arena_new_of(arena, struct config);
    struct client *clients;
    size_t client_count;
    struct fault fault;
    if (!command_load_config(argv[1], arena, config) || !command_load_clients(config, arena, &clients, &client_count)) {
        return 1;
    }
    struct config_problems problems = {.arena = arena};
    command_upstreams_check(config, str_from(argv[1]), &problems);
    if (problems.count > 0) {
        config_problems_print(&problems, stderr);
        return 1;
    }
    struct pages *pages;
    if (!pages_open(config->server_pages_folder, &pages, &fault)) {
        return command_failed(&fault);
    }
    pages_free(pages);
    printf("%s: good, %zu clients\n", argv[1], client_count);
    return 0;
}
