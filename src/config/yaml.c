/*
 * The only home of libyaml: its events to a tree.
 */
#include "config/yaml.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#define NODES_MOST   100000
#define VALUE_MOST   (64 * 1024)
#define SECRETS_MOST 64 /* variables in one value */
#define OPTION_MOST  512

/* Where reading is: the option that a mistake is in. */
struct step {
    const struct step *outer;
    struct str name; /* absent for a part of a list, which is numbered */
    size_t number;
};

struct reading {
    struct arena *arena;
    const struct step *step; /* NULL for the file as a whole */
    bool wrong;              /* something was found that reading goes on after */
    struct str file;
    struct config_problems *problems;
    yaml_parser_t parser;
    size_t nodes;
};

static void put_step(struct buf *buf, const struct step *step) {
    if (step->outer) {
        put_step(buf, step->outer);
        buf_putc(buf, '.');
    }
    if (str_is_absent(step->name)) {
        buf_printf(buf, "%zu", step->number);
    } else {
        buf_put(buf, step->name);
    }
}

/* "upstreams.it.asks.2"; absent for the file as a whole, and for a name that nobody would want to read. */
static struct str option_of(const struct reading *reading) {
    struct buf buf;
    buf_init(&buf, reading->arena, 64, OPTION_MOST);
    if (reading->step) {
        put_step(&buf, reading->step);
    }
    return reading->step && !buf.failed && utf8_valid(buf_str(&buf)) ? buf_str(&buf) : STR_NONE;
}

static bool problem(struct reading *reading, int line, const char *text) {
    config_problem_add(reading->problems, reading->file, line, option_of(reading), "%s", text);
    return false;
}

/* What keeps the file from being used, but not from being read to its end, where there may be more. */
static void remark(struct reading *reading, int line, const char *text) {
    problem(reading, line, text);
    reading->wrong = true;
}

static int line_of(const yaml_event_t *event) {
    return (int)event->start_mark.line + 1;
}

static bool next_event(struct reading *reading, yaml_event_t *event) {
    if (yaml_parser_parse(&reading->parser, event)) {
        return true;
    }
    const char *what = reading->parser.problem ? reading->parser.problem : "cannot be read";
    return problem(reading, (int)reading->parser.problem_mark.line + 1, what);
}

/* --- scalars --- */

static void keep_secret(struct reading *reading, struct yaml *node, const char *found) {
    struct str *longer = arena_array_of(reading->arena, node->secret_count + 1, struct str);
    if (node->secret_count > 0) {
        memcpy(longer, node->secrets, node->secret_count * sizeof(*longer));
    }
    longer[node->secret_count++] = str_dup(reading->arena, str_from(found));
    node->secrets = longer;
}

static void put_variable(struct reading *reading, struct yaml *node, struct str name, struct buf *value) {
    const char *found = getenv(str_c(reading->arena, name));
    if (!found) {
        config_problem_add(reading->problems, reading->file, node->line, option_of(reading),
                           "the environment has no variable %.*s", STR_ARG(name));
        reading->wrong = true;
        return;
    }
    if (node->secret_count < SECRETS_MOST) {
        keep_secret(reading, node, found);
    }
    buf_put(value, str_from(found));
}

/* ${NAME} from the environment. */
static bool expand(struct reading *reading, struct yaml *node) {
    struct buf value;
    buf_init(&value, reading->arena, node->text.len + 64, VALUE_MOST);
    struct str left = node->text;
    while (left.len > 0) {
        bool variable = str_starts(left, STR("${"));
        struct str rest;
        struct str name = variable ? str_cut(str_sub(left, 2, left.len - 2), '}', &rest) : STR_NONE;
        if (variable && str_is_absent(rest)) {
            return problem(reading, node->line, "has ${ without }");
        }
        if (variable) {
            put_variable(reading, node, name, &value);
            node->plain = false;
            left = rest;
        } else {
            buf_putc(&value, left.ptr[0]);
            left = str_sub(left, 1, left.len - 1);
        }
    }
    node->text = buf_str(&value);
    if (value.failed || !utf8_valid(node->text)) {
        return problem(reading, node->line, "is too long or not UTF-8");
    }
    return true;
}

static bool read_scalar(struct reading *reading, const yaml_event_t *event, struct yaml *node) {
    node->kind = YAML_SCALAR;
    node->text = str_dup(reading->arena, str_of(event->data.scalar.value, event->data.scalar.length));
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (event->data.scalar.anchor || event->data.scalar.tag) {
        return problem(reading, node->line, "anchors and tags are not used here");
    }
    if (memchr(node->text.ptr, '\0', node->text.len)) {
        remark(reading, node->line, "holds a NUL");
        return true;
    }
    return expand(reading, node);
}

/* --- lists and maps --- */

static bool read_node(struct reading *reading, const yaml_event_t *event, unsigned depth, struct yaml **ret_node);

static void append(struct reading *reading, struct yaml *parent, struct str name, struct yaml *child) {
    bool power_of_two = (parent->count & (parent->count - 1)) == 0;
    if (power_of_two) {
        size_t size = parent->count ? parent->count * 2 : 1;
        struct yaml **items = arena_array_of(reading->arena, size, struct yaml *);
        struct str *names = arena_array_of(reading->arena, size, struct str);
        if (parent->count > 0) {
            memcpy(items, parent->items, parent->count * sizeof(*items));
            memcpy(names, parent->names, parent->count * sizeof(*names));
        }
        parent->items = items;
        parent->names = names;
    }
    parent->items[parent->count] = child;
    parent->names[parent->count++] = name;
}

/* The name of a member into the step: a mistake in it is a mistake there. */
static bool read_name(struct reading *reading, const yaml_event_t *event, struct step *step) {
    if (event->type != YAML_SCALAR_EVENT) {
        return problem(reading, line_of(event), "a name must be a word");
    }
    step->name = str_dup(reading->arena, str_of(event->data.scalar.value, event->data.scalar.length));
    if (memchr(step->name.ptr, '\0', step->name.len)) {
        step->name = STR("");
        remark(reading, line_of(event), "holds a NUL in a name");
    }
    return true;
}

static bool has_name(const struct yaml *map, struct str name) {
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++) {
        if (str_equal(map->names[i], name)) {
            return true;
        }
    }
    return false;
}

/* Of a name that is given twice the first counts, and the second is read for the mistakes in it. */
static bool read_child(struct reading *reading, struct yaml *node, yaml_event_t *event, unsigned depth) {
    struct yaml *child;
    bool again = node->kind == YAML_MAP && has_name(node, reading->step->name);
    if (again) {
        remark(reading, line_of(event), "is given twice");
    }
    bool fine = read_node(reading, event, depth + 1, &child);
    if (fine && !again) {
        append(reading, node, reading->step->name, child);
    }
    return fine;
}

/* The children up to the end event; the step of the whole is there again afterwards. */
static bool read_children(struct reading *reading, struct yaml *node, unsigned depth) {
    yaml_event_type_t end = node->kind == YAML_LIST ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;
    struct step step = {.outer = reading->step};
    for (;;) {
        yaml_event_t event;
        reading->step = step.outer;
        if (!next_event(reading, &event)) {
            return false;
        }
        if (event.type == end) {
            yaml_event_delete(&event);
            return true;
        }
        step.number++;
        step.name = STR_NONE;
        bool fine = node->kind == YAML_LIST || read_name(reading, &event, &step);
        reading->step = &step;
        if (node->kind == YAML_MAP) {
            yaml_event_delete(&event);
            fine = fine && next_event(reading, &event);
            if (!fine) {
                return false;
            }
        }
        fine = read_child(reading, node, &event, depth);
        yaml_event_delete(&event);
        if (!fine) {
            return false;
        }
    }
}

static bool read_node(struct reading *reading, const yaml_event_t *event, unsigned depth, struct yaml **ret_node) {
    struct yaml *node = arena_new_of(reading->arena, struct yaml);
    node->line = line_of(event);
    if (depth > YAML_DEPTH_MOST || ++reading->nodes > NODES_MOST) {
        return problem(reading, node->line, "is nested too deeply, or the file is too large");
    }
    *ret_node = node;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(reading, event, node);
    case YAML_SEQUENCE_START_EVENT:
        node->kind = YAML_LIST;
        if (event->data.sequence_start.anchor || event->data.sequence_start.tag) {
            return problem(reading, node->line, "anchors and tags are not used here");
        }
        return read_children(reading, node, depth);
    case YAML_MAPPING_START_EVENT:
        node->kind = YAML_MAP;
        if (event->data.mapping_start.anchor || event->data.mapping_start.tag) {
            return problem(reading, node->line, "anchors and tags are not used here");
        }
        return read_children(reading, node, depth);
    default:
        return problem(reading, node->line, "aliases are not used here");
    }
}

/* One event of the frame around the content. */
static bool expect(struct reading *reading, yaml_event_type_t type, const char *otherwise) {
    yaml_event_t event;
    if (!next_event(reading, &event)) {
        return false;
    }
    bool fine = event.type == type || problem(reading, line_of(&event), otherwise);
    yaml_event_delete(&event);
    return fine;
}

static bool read_document(struct reading *reading, struct yaml **root) {
    yaml_event_t event;
    if (!expect(reading, YAML_STREAM_START_EVENT, "is not YAML") ||
        !expect(reading, YAML_DOCUMENT_START_EVENT, "is empty") || !next_event(reading, &event)) {
        return false;
    }
    bool fine = read_node(reading, &event, 1, root);
    yaml_event_delete(&event);
    return fine && expect(reading, YAML_DOCUMENT_END_EVENT, "is not YAML") &&
           expect(reading, YAML_STREAM_END_EVENT, "a second document begins here");
}

bool yaml_parse(struct arena *arena, struct str text, struct str file, const struct yaml **ret_root,
                struct config_problems *problems) {
    struct reading reading = {.arena = arena, .file = file, .problems = problems};
    struct yaml *root;
    CHECK(yaml_parser_initialize(&reading.parser));
    yaml_parser_set_encoding(&reading.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reading.parser, (const unsigned char *)text.ptr, text.len);
    bool fine = read_document(&reading, &root);
    yaml_parser_delete(&reading.parser);
    fine = fine && !reading.wrong;
    if (fine) {
        *ret_root = root;
    }
    return fine;
}

bool yaml_load(struct arena *arena, struct str path, const struct yaml **ret_root, struct config_problems *problems) {
    FILE *file = fopen(str_c(arena, path), "re");
    if (!file) {
        config_problem_add(problems, path, 0, STR_NONE, "cannot be read: %s", strerror(errno));
        return false;
    }
    char *text = arena_alloc(arena, YAML_BYTES_MOST + 1);
    size_t len = fread(text, 1, YAML_BYTES_MOST + 1, file);
    bool failed = ferror(file);
    fclose(file);
    if (failed || len > YAML_BYTES_MOST) {
        config_problem_add(problems, path, 0, STR_NONE, failed ? "cannot be read" : "is larger than 1 MiB");
        return false;
    }
    return yaml_parse(arena, str_of(text, len), path, ret_root, problems);
}

const struct yaml *yaml_member(const struct yaml *map, const char *name) {
    for (size_t i = 0; map && map->kind == YAML_MAP && i < map->count; i++) {
        if (str_equal(map->names[i], str_from(name))) {
            return map->items[i];
        }
    }
    return NULL;
}
