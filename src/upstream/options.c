/*
 * An adapter's own options, out of its entry in the configuration.
 */
#include "base/arena.h"
#include "base/check.h"
#include "config/yaml.h"
#include "upstream/adapter.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const common[] = {
#define COMMON(name) #name,
#include "upstream/common.def"
#undef COMMON
};

static bool is_common(struct str name) {
    for (size_t i = 0; i < ARRAY_LEN(common); i++) {
        if (str_equal(str_from(common[i]), name)) {
            return true;
        }
    }
    return false;
}

static const struct upstream_option *own(const struct upstream_adapter *adapter, struct str name) {
    for (size_t i = 0; i < adapter->option_count; i++) {
        if (str_equal(str_from(adapter->options[i].name), name)) {
            return &adapter->options[i];
        }
    }
    return NULL;
}

bool upstream_wrong(const struct upstream_settings *settings, struct config_problems *problems, int line,
                    const char *option, const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    int of_entry = settings->entry ? settings->entry->line : 0;
    config_problem_add(problems, settings->file, line > 0 ? line : of_entry,
                       str_format(problems->arena, "upstreams.%.*s.%s", STR_ARG(settings->name), option), "%s", text);
    return false;
}

static void check_member(const struct upstream_adapter *adapter, const struct upstream_settings *settings,
                         struct str name, const struct yaml *node, struct config_problems *problems) {
    const struct upstream_option *option = own(adapter, name);
    const char *said = str_c(problems->arena, name);
    if (!option) {
        if (!is_common(name)) {
            upstream_wrong(settings, problems, node->line, said, "is not an option of the adapter %s", adapter->name);
        }
        return;
    }
    if (adapter->check_all) {
        return; /* it says more about it */
    }
    if ((option->kind == OPTION_TREE) == (node->kind == YAML_SCALAR)) {
        upstream_wrong(settings, problems, node->line, said, "must be %s",
                       option->kind == OPTION_TREE ? "a group or a list" : "one value");
        return;
    }
    if (node->kind == YAML_SCALAR && node->text.len == 0) {
        upstream_wrong(settings, problems, node->line, said, "is empty");
        return;
    }
    const char *problem = option->kind == OPTION_ADDRESS ? upstream_address_problem(node->text) : NULL;
    if (problem) {
        upstream_wrong(settings, problems, node->line, said, "%s", problem);
    }
}

void upstream_options_check(const struct upstream_adapter *adapter, const struct upstream_settings *settings,
                            struct config_problems *problems) {
    const struct yaml *entry = settings->entry;
    for (size_t i = 0; entry && i < entry->count; i++) {
        check_member(adapter, settings, entry->names[i], entry->items[i], problems);
    }
    for (size_t i = 0; i < adapter->option_count; i++) {
        const struct upstream_option *option = &adapter->options[i];
        if (option->required && (!entry || !yaml_member(entry, option->name))) {
            upstream_wrong(settings, problems, 0, option->name, "is missing: the adapter %s needs it", adapter->name);
        }
    }
}

struct str upstream_option_text(const struct upstream_settings *settings, const char *name) {
    const struct yaml *node = settings->entry ? yaml_member(settings->entry, name) : NULL;
    return node && node->kind == YAML_SCALAR ? node->text : STR_NONE;
}

struct str upstream_option_path(const struct upstream_settings *settings, struct arena *arena, const char *name) {
    struct str path = upstream_option_text(settings, name);
    if (str_is_empty(path) || path.ptr[0] == '/' || str_is_absent(settings->folder)) {
        return path;
    }
    return str_format(arena, "%.*s/%.*s", STR_ARG(settings->folder), STR_ARG(path));
}

bool upstream_option_int(const struct upstream_settings *settings, const char *name, int64_t otherwise, int64_t least,
                         int64_t most, int64_t *ret_number, struct fault *fault) {
    struct str text = upstream_option_text(settings, name);
    int64_t number = otherwise;
    if (!str_is_absent(text) && (!str_to_i64(text, &number) || number < least || number > most)) {
        return fault_set(fault, "upstreams.%.*s.%s: must be between %lld and %lld", STR_ARG(settings->name), name,
                         (long long)least, (long long)most);
    }
    *ret_number = number;
    return true;
}

void upstream_found_by(struct upstream_found *found, enum proof_method method, enum verify_result result) {
    found->evidence.method = proof_of(method)->name;
    found->evidence.level = result == VERIFY_MATCH ? proof_of(method)->level : 0;
}
