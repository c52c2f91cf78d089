/*
 * clients.yaml: each entry of the list, as JSON. Plain true, false and numbers keep their type; everything else is a
 * string.
 */
#include "config/clients_file.h"

#include "base/buf.h"
#include "base/json.h"
#include "config/yaml.h"

#define CLIENT_MOST (128 * 1024)

static void put_node(struct json_out *out, const struct yaml *node);

static void put_scalar(struct json_out *out, const struct yaml *node) {
    int64_t number;
    if (node->plain && (str_equal(node->text, STR("true")) || str_equal(node->text, STR("false")))) {
        json_put_bool(out, NULL, node->text.len == 4);
    } else if (node->plain && str_to_i64(node->text, &number)) {
        json_put_int(out, NULL, number);
    } else {
        json_put_str(out, NULL, node->text);
    }
}

/* A member's name comes from the file: it is written as a string, and the value behind it. */
static void put_map(struct json_out *out, const struct yaml *node) {
    json_open_object(out, NULL);
    for (size_t i = 0; i < node->count; i++) {
        json_put_str(out, NULL, node->names[i]);
        buf_putc(out->buf, ':');
        out->comma = false;
        put_node(out, node->items[i]);
    }
    json_close_object(out);
}

static void put_node(struct json_out *out, const struct yaml *node) {
    switch (node->kind) {
    case YAML_SCALAR:
        put_scalar(out, node);
        break;
    case YAML_LIST:
        json_open_array(out, NULL);
        for (size_t i = 0; i < node->count; i++) {
            put_node(out, node->items[i]);
        }
        json_close_array(out);
        break;
    case YAML_MAP:
        put_map(out, node);
        break;
    }
}

static bool read_entry(struct arena *arena, const struct yaml *node, struct client_entry *entry) {
    struct buf text;
    buf_init(&text, arena, 2048, CLIENT_MOST);
    struct json_out out = json_out(&text);
    put_node(&out, node);
    entry->line = node->line;
    return !text.failed && json_parse(arena, buf_str(&text), JSON_LIMITS_DOCUMENT, &entry->metadata);
}

bool clients_file_load(struct arena *arena, struct str path, struct client_entries *ret_entries,
                       struct config_problems *problems) {
    const struct yaml *root;
    if (!yaml_load(arena, path, &root, problems)) {
        return false;
    }
    const struct yaml *list = yaml_member(root, "clients");
    if (!list || list->kind != YAML_LIST || root->count != 1) {
        config_problem_add(problems, path, root->line, STR_NONE, "must hold one list, clients:");
        return false;
    }
    struct client_entries entries = {.items = arena_array_of(arena, list->count + 1, struct client_entry),
                                     .count = list->count};
    bool fine = true;
    for (size_t i = 0; i < list->count; i++) {
        if (!read_entry(arena, list->items[i], &entries.items[i])) {
            config_problem_add(problems, path, list->items[i]->line, STR_NONE, "is not client metadata");
            fine = false;
        }
    }
    *ret_entries = entries;
    return fine;
}
