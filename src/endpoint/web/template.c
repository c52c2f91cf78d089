/*
 * Reading templates.
 */
#include "template.h"

#include "messages.h"

struct reading {
    struct arena *arena;
    struct str whole, left, file;
    struct fault *fault;
};

static bool problem(struct reading *reading, const char *what, struct str name) {
    int line = 1;
    for (const char *at = reading->whole.ptr; at < reading->left.ptr; at++) {
        line += *at == '\n';
    }
    return fault_set(reading->fault, "%.*s:%d: %s %.*s", STR_ARG(reading->file), line, what, STR_ARG(name));
}

static bool is_name(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.')) {
            return false;
        }
    }
    return name.len > 0;
}

static size_t find_mark(struct str text, struct str mark) {
    for (size_t i = 0; i + mark.len <= text.len; i++) {
        if (memcmp(text.ptr + i, mark.ptr, mark.len) == 0) {
            return i;
        }
    }
    return text.len;
}

/* What stands between {{ and }}; the position moves behind it. */
static bool read_tag(struct reading *reading, struct str *ret_tag) {
    size_t end = find_mark(reading->left, STR("}}"));
    if (end == reading->left.len) {
        return problem(reading, "{{ without }}", STR(""));
    }
    *ret_tag = str_trim(str_sub(reading->left, 2, end - 2));
    reading->left = str_sub(reading->left, end + 2, reading->left.len - end - 2);
    return true;
}

static bool read_nodes(struct reading *reading, struct str section, unsigned depth, struct template_node **ret_first);

static bool read_section(struct reading *reading, struct str tag, unsigned depth, struct template_node *node) {
    node->kind = tag.ptr[0] == '#' ? TEMPLATE_SECTION : TEMPLATE_INVERTED;
    node->text = str_trim(str_sub(tag, 1, tag.len - 1));
    if (!is_name(node->text) || depth == TEMPLATE_DEPTH_MOST) {
        return problem(reading, "not a section, or nested too deeply:", tag);
    }
    return read_nodes(reading, node->text, depth + 1, &node->first);
}

static bool read_node(struct reading *reading, struct str tag, unsigned depth, struct template_node *node) {
    struct str name = tag;
    if (str_starts(tag, STR("#")) || str_starts(tag, STR("^"))) {
        return read_section(reading, tag, depth, node);
    }
    if (str_equal(tag, STR("> content")) || str_equal(tag, STR("> title"))) {
        node->kind = str_equal(tag, STR("> title")) ? TEMPLATE_TITLE : TEMPLATE_CONTENT;
        return true;
    }
    if (str_drop_prefix(&name, STR("t "))) {
        node->kind = TEMPLATE_MESSAGE;
        return message_find(name, &node->message) || problem(reading, "there is no message", name);
    }
    node->kind = TEMPLATE_VALUE;
    node->text = tag;
    return is_name(tag) || problem(reading, "not a value:", tag);
}

static struct template_node *append(struct reading *reading, struct template_node ***end) {
    struct template_node *node = arena_new_of(reading->arena, struct template_node);
    **end = node;
    *end = &node->next;
    return node;
}

/* Up to the end of `section`; absent: to the end of the text. */
static bool read_nodes(struct reading *reading, struct str section, unsigned depth, struct template_node **ret_first) {
    struct template_node **end = ret_first;
    for (;;) {
        size_t mark = find_mark(reading->left, STR("{{"));
        if (mark > 0) {
            struct template_node *node = append(reading, &end);
            node->text = str_sub(reading->left, 0, mark);
        }
        reading->left = str_sub(reading->left, mark, reading->left.len - mark);
        if (reading->left.len == 0) {
            return str_is_absent(section) || problem(reading, "has no end:", section);
        }
        struct str tag;
        if (!read_tag(reading, &tag)) {
            return false;
        }
        if (str_starts(tag, STR("/"))) {
            bool ours = !str_is_absent(section) && str_equal(str_sub(tag, 1, tag.len - 1), section);
            return ours || problem(reading, "ends what was not begun:", tag);
        }
        if (!read_node(reading, tag, depth, append(reading, &end))) {
            return false;
        }
    }
}

bool template_read(struct arena *arena, struct str text, struct str file, struct template_node **ret_first,
                   struct fault *fault) {
    struct reading reading = {.arena = arena, .whole = text, .left = text, .file = file, .fault = fault};
    struct template_node *first = NULL;
    if (!read_nodes(&reading, STR_NONE, 0, &first)) {
        return false;
    }
    *ret_first = first;
    return true;
}
