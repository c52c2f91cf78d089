/*
 * tongxing settings: what administrators change while everything runs.
 */
#include "domain/settings.h"
#include "base/check.h"
#include "call.h"
#include "nouns.h"
#include "table.h"

static const struct column columns[] = {
    {.title = "NAME"},
    {.title = "VALUE", .right = true},
    {.title = "DEFAULT", .right = true},
    {.title = "RANGE"},
    {.title = "VERSION", .right = true},
    {.title = "CHANGED BY", .shrinks = true},
    {.title = "MEANING", .shrinks = true},
};

static struct str value_shown(struct call *call, const struct setting_view *view, int64_t value) {
    if (view->is_flag) {
        return value ? STR("true") : STR("false");
    }
    return str_format(call->arena, "%lld%s%.*s", (long long)value, view->unit.len > 0 ? " " : "", STR_ARG(view->unit));
}

static void put_value(struct json_out *out, const char *name, const struct setting_view *view, int64_t value) {
    if (view->is_flag) {
        json_put_bool(out, name, value != 0);
    } else {
        json_put_int(out, name, value);
    }
}

static void put_json(struct call *call, const struct setting_view *view) {
    struct json_out *out = &call->document;
    json_open_object(out, NULL);
    json_put_str(out, "name", view->name);
    put_value(out, "value", view, view->value);
    put_value(out, "default", view, view->default_value);
    json_put_str(out, "type", view->is_flag ? STR("flag") : STR("number"));
    if (!view->is_flag) {
        json_put_int(out, "least", view->least);
        json_put_int(out, "most", view->most);
        json_put_str(out, "unit", view->unit);
    }
    json_put_str(out, "help", view->help);
    json_put_int(out, "version", view->version);
    call_put_text(call, "updated_by", view->updated_by);
    call_put_time(call, "updated_at", view->updated_at);
    json_close_object(out);
}

static int print(struct call *call, const struct setting_view *views, size_t count) {
    struct table table;
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++) {
        const struct setting_view *view = &views[i];
        table_put(&table, view->name);
        table_put(&table, value_shown(call, view, view->value));
        table_put(&table, value_shown(call, view, view->default_value));
        table_put(&table, view->is_flag
                              ? STR("true|false")
                              : str_format(call->arena, "%lld to %lld", (long long)view->least, (long long)view->most));
        table_put_int(&table, view->version);
        table_put(&table, view->updated_by);
        table_put(&table, view->help);
    }
    return call_print_table(call, &table);
}

static int list(struct call *call) {
    struct setting_view *views;
    size_t count;
    struct admin_answer answer = settings_list(&call->domain, call->arena, &call->actor, &views, &count);
    if (answer.result != ADMIN_DONE) {
        return call_refused(call, &answer, STR("such setting"));
    }
    if (!call->json) {
        return print(call, views, count);
    }
    call_open_items(call);
    for (size_t i = 0; i < count; i++) {
        put_json(call, &views[i]);
    }
    return call_close_items(call, STR_NONE);
}

/* The setting as it is; NULL after saying that there is none. */
static const struct setting_view *present(struct call *call) {
    struct setting_view *views;
    size_t count;
    struct admin_answer answer = settings_list(&call->domain, call->arena, &call->actor, &views, &count);
    for (size_t i = 0; answer.result == ADMIN_DONE && i < count; i++) {
        if (str_equal(views[i].name, call->typed.arguments[0])) {
            return &views[i];
        }
    }
    answer.result = answer.result == ADMIN_DONE ? ADMIN_MISSING : answer.result;
    call_refused(call, &answer, str_concat(call->arena, STR("setting "), call->typed.arguments[0]));
    return NULL;
}

static bool read_value(struct call *call, const struct setting_view *view, int64_t *ret_value) {
    struct str text = call->typed.arguments[1];
    bool on = words_have("true|on|yes|1", text), off = words_have("false|off|no|0", text);
    if (view->is_flag && (on || off)) {
        *ret_value = on;
        return true;
    }
    if (!view->is_flag && str_to_i64(text, ret_value)) {
        return true;
    }
    call_failed(call, EXIT_USAGE, "%.*s is %s", STR_ARG(view->name),
                view->is_flag ? "true or false" : "a whole number");
    return false;
}

static int set(struct call *call) {
    const struct setting_view *view = present(call);
    struct setting_view changed;
    int64_t value;
    if (!view || !read_value(call, view, &value) || !call_in_range(call, OPT_VERSION, 0, INT64_MAX)) {
        return call->status;
    }
    struct admin_answer answer = settings_set(&call->domain, call->arena, &call->actor, view->name,
                                              call_number(call, OPT_VERSION, view->version), value, &changed);
    if (answer.result != ADMIN_DONE) {
        return call_refused(call, &answer, str_concat(call->arena, STR("setting "), view->name));
    }
    call_announce(call);
    if (!call->json) {
        return print(call, &changed, 1);
    }
    put_json(call, &changed);
    return call_print(call);
}

const struct command settings_commands[SETTINGS_COMMANDS] = {
    {
        .verb = "list",
        .help = "all settings, their values and ranges",
        .example = "settings list",
        .administer = list,
    },
    {
        .verb = "set",
        .help = "change a setting; every running server uses it within a second",
        .example = "settings set secret_overlap_s 86400",
        .arguments = {{.name = "NAME"}, {.name = "VALUE"}},
        .options = {OPT_VERSION},
        .administer = set,
    },
};
