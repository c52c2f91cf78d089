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

static void find_problems(const char *path, struct config *config, size_t *ret_client_count,
                          struct config_problems *problems) {
    struct client *clients;
    struct fault fault;
    if (config_load(problems->arena, str_from(path), config, problems)) {
        const struct sql_options options = command_sql_options(config);
        if (!sql_options_check(&options, &fault)) {
            config_problem_add(problems, str_from(path), 0, STR("sql.conninfo"), "%s", fault.text);
        }
        command_read_clients(config, problems->arena, &clients, ret_client_count, problems);
    }
    command_upstreams_check(config, str_from(path), problems);
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
    struct config_problems problems = {.arena = arena};
    size_t client_count = 0;
    struct fault fault;
    find_problems(argv[1], config, &client_count, &problems);
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
