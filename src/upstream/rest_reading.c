/*
 * Reading a description: members, words, numbers, pointers and templates, each mistake with its line and option.
 */
#include "rest_inside.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>

#define SHOWN_MOST 60 /* bytes of what was written, in a message */

bool rest_wrong(struct rest_reading *reading, struct rest_node node, const char *format, ...) {
    char text[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return upstream_wrong(reading->settings, reading->problems, node.line, node.option, "%s", text);
}

static const char *option_of(struct rest_reading *reading, struct rest_node container, struct str name) {
    if (!container.option) {
        return str_c(reading->arena, name);
    }
    return str_c(reading->arena, str_concat(reading->arena, str_from(container.option), STR("."), name));
}

struct rest_node rest_member(struct rest_reading *reading, struct rest_node map, const char *name) {
    const struct yaml *yaml = map.yaml ? yaml_member(map.yaml, name) : NULL;
    return (struct rest_node){yaml, option_of(reading, map, str_from(name)), yaml ? yaml->line : map.line};
}

struct rest_node rest_item(struct rest_reading *reading, struct rest_node container, size_t index) {
    struct str name =
        container.yaml->kind == YAML_MAP ? container.yaml->names[index] : str_format(reading->arena, "%zu", index + 1);
    const struct yaml *yaml = container.yaml->items[index];
    return (struct rest_node){yaml, option_of(reading, container, name), yaml->line};
}

bool rest_is_group(struct rest_reading *reading, struct rest_node node, const char *names) {
    if (!node.yaml || node.yaml->kind != YAML_MAP) {
        return rest_wrong(reading, node, node.yaml ? "must be a group of options" : "is missing");
    }
    for (size_t i = 0; i < node.yaml->count; i++) {
        if (!str_has_word(str_from(names), node.yaml->names[i])) {
            rest_wrong(reading, rest_item(reading, node, i), "is not an option; there are: %s", names);
        }
    }
    return true;
}

bool rest_text(struct rest_reading *reading, struct rest_node node, struct str *ret_text) {
    if (!node.yaml) {
        return true;
    }
    if (node.yaml->kind != YAML_SCALAR || node.yaml->text.len == 0) {
        return rest_wrong(reading, node, "must be one value");
    }
    *ret_text = node.yaml->text;
    return true;
}

bool rest_flag(struct rest_reading *reading, struct rest_node node, bool *ret_flag) {
    struct str text = STR_NONE;
    if (!rest_text(reading, node, &text) || str_is_absent(text)) {
        return str_is_absent(text) && !node.yaml;
    }
    *ret_flag = str_equal(text, STR("true"));
    return *ret_flag || str_equal(text, STR("false")) || rest_wrong(reading, node, "must be true or false");
}

bool rest_int(struct rest_reading *reading, struct rest_node node, int64_t least, int64_t most, int64_t *ret_number) {
    struct str text = STR_NONE;
    if (!rest_text(reading, node, &text) || str_is_absent(text)) {
        return str_is_absent(text) && !node.yaml;
    }
    int64_t number;
    if (!str_to_i64(text, &number) || number < least || number > most) {
        return rest_wrong(reading, node, "must be between %lld and %lld", (long long)least, (long long)most);
    }
    *ret_number = number;
    return true;
}

bool rest_word(struct rest_reading *reading, struct rest_node node, const char *names, int *ret_place) {
    struct str text = STR_NONE, rest = str_from(names);
    if (!rest_text(reading, node, &text) || str_is_absent(text)) {
        return str_is_absent(text) && !node.yaml;
    }
    for (int place = 0; !str_is_absent(rest); place++) {
        if (str_equal(str_cut(rest, '|', &rest), text)) {
            *ret_place = place;
            return true;
        }
    }
    int shown = text.len > SHOWN_MOST ? SHOWN_MOST : (int)text.len;
    return rest_wrong(reading, node, "is %.*s, must be one of %s", shown, text.ptr, names);
}

bool rest_pointer(struct rest_reading *reading, struct rest_node node, struct rest_place *ret_place) {
    if (!node.yaml) {
        return true;
    }
    ret_place->given = true;
    return (node.yaml->kind == YAML_SCALAR && json_pointer_read(reading->arena, node.yaml->text, &ret_place->at)) ||
           rest_wrong(reading, node, "must be a JSON pointer (RFC 6901): /data/code");
}

bool rest_template(struct rest_reading *reading, struct rest_node node, enum template_place place, template_set may_use,
                   bool may_use_answer, struct template *ret_template) {
    struct template_maker maker;
    struct fault fault;
    if (!node.yaml || node.yaml->kind != YAML_SCALAR) {
        return rest_wrong(reading, node, node.yaml ? "must be one value" : "is missing");
    }
    template_begin(&maker, reading->arena, may_use);
    maker.may_use_answer = may_use_answer;
    if (!template_put_text(&maker, node.yaml->text, place, &fault) || !template_end(&maker, ret_template, &fault)) {
        return rest_wrong(reading, node, "%s", fault.text);
    }
    return true;
}
