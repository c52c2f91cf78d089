/*
 * An adapter's own options, out of its entry in the configuration.
 */
#include "base/arena.h"
#include "base/check.h"
#include "config/yaml.h"
#include "upstream/adapter.h"

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

static bool check_member(const struct upstream_adapter *adapter, const struct upstream_settings *settings,
                         struct str name, const struct yaml *node, struct fault *fault) {
    const struct upstream_option *option = own(adapter, name);
    if (!option) {
        return is_common(name) || fault_set(fault, "line %d: upstreams.%.*s.%.*s: is not an option of the adapter %s",
                                            node->line, STR_ARG(settings->name), STR_ARG(name), adapter->name);
    }
    if ((option->kind == OPTION_TREE) == (node->kind == YAML_SCALAR)) {
        return fault_set(fault, "line %d: upstreams.%.*s.%.*s: must be %s", node->line, STR_ARG(settings->name),
                         STR_ARG(name), option->kind == OPTION_TREE ? "a group or a list" : "one value");
    }
    return node->kind != YAML_SCALAR || node->text.len > 0 ||
           fault_set(fault, "line %d: upstreams.%.*s.%.*s: is empty", node->line, STR_ARG(settings->name),
                     STR_ARG(name));
}

bool upstream_options_check(const struct upstream_adapter *adapter, const struct upstream_settings *settings,
                            struct fault *fault) {
    const struct yaml *entry = settings->entry;
    for (size_t i = 0; entry && i < entry->count; i++) {
        if (!check_member(adapter, settings, entry->names[i], entry->items[i], fault)) {
            return false;
        }
    }
    for (size_t i = 0; i < adapter->option_count; i++) {
        if (adapter->options[i].required && (!entry || !yaml_member(entry, adapter->options[i].name))) {
            return fault_set(fault, "upstreams.%.*s.%s: is missing: the adapter %s needs it", STR_ARG(settings->name),
                             adapter->options[i].name, adapter->name);
        }
    }
    return true;
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

bool upstream_url_check(const struct upstream_settings *settings, struct fault *fault) {
    struct str url = settings->url;
    if (!str_starts(url, STR("https://")) && !str_starts(url, STR("http://"))) {
        return fault_set(fault, "upstreams.%.*s.url: must start with https:// or http://", STR_ARG(settings->name));
    }
    if (str_contains(url, '?') || str_contains(url, '#') || str_ends(url, STR("/"))) {
        return fault_set(fault, "upstreams.%.*s.url: must have no query, no fragment and no slash at its end",
                         STR_ARG(settings->name));
    }
    return true;
}

void upstream_found_by(struct upstream_found *found, enum proof_method method, enum verify_result result) {
    found->evidence.method = proof_of(method)->name;
    found->evidence.level = result == VERIFY_MATCH ? proof_of(method)->level : 0;
}
