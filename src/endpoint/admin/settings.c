/*
 * What administrators change while everything runs.
 */
#include "domain/settings.h"

#include "api.h"

static void put_value(struct api_call *api, const char *name, const struct setting_view *view, int64_t value) {
    if (view->is_flag) {
        json_put_bool(&api->out, name, value != 0);
    } else {
        json_put_int(&api->out, name, value);
    }
}

static void put_setting(struct api_call *api, const struct setting_view *view) {
    json_open_object(&api->out, NULL);
    json_put_str(&api->out, "name", view->name);
    json_put_str(&api->out, "type", view->is_flag ? STR("flag") : STR("number"));
    put_value(api, "value", view, view->value);
    put_value(api, "default", view, view->default_value);
    if (!view->is_flag) {
        json_put_int(&api->out, "least", view->least);
        json_put_int(&api->out, "most", view->most);
        json_put_str(&api->out, "unit", view->unit);
    }
    json_put_str(&api->out, "help", view->help);
    json_put_int(&api->out, "version", view->version);
    api_put_text(api, "updated_by", view->updated_by);
    api_put_time(api, "updated_at", view->updated_at);
    json_close_object(&api->out);
}

void api_setting_list(struct api_call *api) {
    struct setting_view *views;
    size_t count;
    struct admin_answer answer = settings_list(api->domain, api->arena, &api->actor, &views, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    api_open_items(api);
    for (size_t i = 0; i < count; i++) {
        put_setting(api, &views[i]);
    }
    api_close_items(api);
    api_send(api);
}

/* A flag takes true or false and a number an integer: 1 for true would be taken for somebody's mistake. One that there
 * is not is the domain's to refuse. */
static bool value_fits(struct api_call *api) {
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting_rule *rule = &setting_rules[i];
        if (str_equal(rule->name, api->ids[0]) && rule->is_flag != api->input.value_is_flag) {
            return api_invalid_field(api, STR("value"),
                                     rule->is_flag ? "must be true or false" : "must be a whole number");
        }
    }
    return true;
}

void api_setting_put(struct api_call *api) {
    struct setting_view view;
    if (!value_fits(api)) {
        return;
    }
    struct admin_answer answer =
        settings_set(api->domain, api->arena, &api->actor, api->ids[0], api->version, api->input.value, &view);
    if (!api_done(api, &answer)) {
        return;
    }
    put_setting(api, &view);
    api_tag(api, view.version);
    api_send(api);
}
