/*
 * Settings as administrators see and change them.
 */
#include "domain/settings.h"

#include "base/check.h"
#include "base/clock.h"
#include "change.h"
#include "store/clients.h"
#include "store/settings.h"

static struct setting_view view_of(const struct setting_rule *rule, const struct setting_row *row) {
    return (struct setting_view){
        .name = rule->name,
        .help = rule->help,
        .unit = rule->unit,
        .is_flag = rule->is_flag,
        .value = row ? row->value : rule->default_value,
        .default_value = rule->default_value,
        .least = rule->least,
        .most = rule->most,
        .version = row ? row->version : 0,
        .updated_by = row ? row->updated_by : STR_NONE,
        .updated_at = row ? row->updated_at : 0,
    };
}

static enum sql_status load(struct domain *domain, struct arena *arena, struct setting_view *views) {
    struct setting_row *rows;
    size_t count;
    enum sql_status status = settings_read(domain->sql, arena, &rows, &count);
    for (size_t i = 0; status == SQL_DONE && i < setting_count; i++) {
        const struct setting_row *found = NULL;
        for (size_t j = 0; j < count; j++) {
            found = str_equal(rows[j].name, setting_rules[i].name) ? &rows[j] : found;
        }
        views[i] = view_of(&setting_rules[i], found);
    }
    return status;
}

struct admin_answer settings_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct setting_view **ret_views, size_t *ret_count) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_SETTINGS_READ, &answer)) {
        return answer;
    }
    *ret_views = arena_array_of(arena, SETTINGS_MOST, struct setting_view);
    *ret_count = setting_count;
    return admin_of_sql(load(domain, arena, *ret_views));
}

static struct admin_answer out_of_range(struct arena *arena, const struct setting_rule *rule) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    if (rule->is_flag) {
        admin_problem(problems, "value", "must be true or false");
    } else {
        admin_problem(problems, "value", "must be a whole number from %lld to %lld", (long long)rule->least,
                      (long long)rule->most);
    }
    return (struct admin_answer){.result = ADMIN_INVALID, .problems = problems};
}

static struct admin_answer set(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct setting_view *view, int64_t value) {
    const struct setting_row row = {.name = view->name,
                                    .updated_by = actor->id,
                                    .value = value,
                                    .version = view->version + 1,
                                    .updated_at = clock_wall()};
    struct change change = {.of_register = true};
    change_add(&change, register_next());
    change_add(&change, settings_write(&row));
    struct event event = event_of_actor(actor, EVENT_SETTING_UPDATE, view->name);
    event.detail = str_format(arena, "{\"before\":%lld,\"after\":%lld}", (long long)view->value, (long long)value);
    struct admin_answer answer = change_write(domain, arena, &change, &event);
    view->value = value;
    view->version = row.version;
    view->updated_by = row.updated_by;
    view->updated_at = row.updated_at;
    return answer;
}

struct admin_answer settings_set(struct domain *domain, struct arena *arena, const struct actor *actor, struct str name,
                                 int64_t version, int64_t value, struct setting_view *ret_view) {
    struct admin_answer answer;
    struct setting_view views[SETTINGS_MOST];
    if (!admin_allowed(domain, actor, MAY_SETTINGS_WRITE, &answer)) {
        return answer;
    }
    if (load(domain, arena, views) != SQL_DONE) {
        return admin_answer(ADMIN_UNAVAILABLE);
    }
    for (size_t i = 0; i < setting_count; i++) {
        if (!str_equal(views[i].name, name)) {
            continue;
        }
        if (value < views[i].least || value > views[i].most) {
            return out_of_range(arena, &setting_rules[i]);
        }
        if (version != views[i].version) {
            return admin_answer(ADMIN_STALE);
        }
        *ret_view = views[i];
        return set(domain, arena, actor, ret_view, value);
    }
    return admin_answer(ADMIN_MISSING);
}
