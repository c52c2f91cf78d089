/*
 * The way of client systems through the register: one table of actions.
 */
#include "base/check.h"
#include "base/clock.h"
#include "client_register_inside.h"

#define IN(state) (1u << (state))

static const struct action {
    struct str name;
    enum permission permission;
    unsigned from; /* states it is possible in */
    enum client_state to;
    enum event_kind event;
} actions[CLIENT_ACTIONS] = {
    [CLIENT_SUBMIT] = {STR_INIT("submit"), MAY_CLIENT_WRITE, IN(CLIENT_DRAFT), CLIENT_SUBMITTED, EVENT_CLIENT_SUBMIT},
    [CLIENT_APPROVE] = {STR_INIT("approve"), MAY_CLIENT_APPROVE,
                        IN(CLIENT_SUBMITTED) | IN(CLIENT_APPROVED) | IN(CLIENT_SUSPENDED), CLIENT_APPROVED,
                        EVENT_CLIENT_APPROVE},
    [CLIENT_REJECT] = {STR_INIT("reject"), MAY_CLIENT_APPROVE,
                       IN(CLIENT_SUBMITTED) | IN(CLIENT_APPROVED) | IN(CLIENT_SUSPENDED), CLIENT_DRAFT,
                       EVENT_CLIENT_REJECT},
    [CLIENT_SUSPEND] = {STR_INIT("suspend"), MAY_CLIENT_SUSPEND, IN(CLIENT_APPROVED), CLIENT_SUSPENDED,
                        EVENT_CLIENT_SUSPEND},
    [CLIENT_RESUME] = {STR_INIT("resume"), MAY_CLIENT_APPROVE, IN(CLIENT_SUSPENDED), CLIENT_APPROVED,
                       EVENT_CLIENT_RESUME},
    [CLIENT_RETIRE] = {STR_INIT("retire"), MAY_CLIENT_RETIRE,
                       IN(CLIENT_DRAFT) | IN(CLIENT_SUBMITTED) | IN(CLIENT_APPROVED) | IN(CLIENT_SUSPENDED),
                       CLIENT_RETIRED, EVENT_CLIENT_RETIRE},
    [CLIENT_END_SESSIONS] = {STR_INIT("end_sessions"), MAY_CLIENT_SUSPEND, IN(CLIENT_APPROVED) | IN(CLIENT_SUSPENDED),
                             0, EVENT_CLIENT_END_SESSIONS},
};

struct str client_action_name(enum client_action action) {
    return actions[action].name;
}

bool client_action_of_name(struct str name, enum client_action *ret_action) {
    for (size_t i = 0; i < CLIENT_ACTIONS; i++) {
        if (str_equal(actions[i].name, name)) {
            *ret_action = (enum client_action)i;
            return true;
        }
    }
    return false;
}

/* Approving and rejecting are about what waits: a new client system, or a change of one that works. */
static bool is_about_change(const struct client_row *row, enum client_action action) {
    return (action == CLIENT_APPROVE || action == CLIENT_REJECT) && row->state != CLIENT_SUBMITTED;
}

const char *client_action_obstacle(const struct client_row *row, const struct actor *actor, enum client_action action,
                                   const struct settings *settings) {
    if (!(actions[action].from & IN(row->state))) {
        return "it is not in a state for that";
    }
    if (is_about_change(row, action) && str_is_absent(row->pending)) {
        return "no change of it waits for approval";
    }
    if (action == CLIENT_APPROVE && settings->four_eyes && str_equal(str_or(row->submitted_by, STR("")), actor->id)) {
        return "whoever submitted it cannot approve it (four_eyes)";
    }
    return NULL;
}

unsigned client_actions_now(const struct client_row *row, const struct actor *actor, const struct settings *settings) {
    unsigned possible = 0;
    for (int action = 0; action < CLIENT_ACTIONS; action++) {
        if (actor_may(actor, actions[action].permission) &&
            !client_action_obstacle(row, actor, (enum client_action)action, settings)) {
            possible |= 1u << action;
        }
    }
    return possible;
}

static struct str search_with(struct arena *arena, const struct client_row *row, struct str metadata_text) {
    const struct json *metadata;
    struct str name = STR(""), name_en = STR("");
    CHECK(json_parse(arena, metadata_text, JSON_LIMITS_DOCUMENT, &metadata));
    json_get_str(metadata, "client_name", &name);
    json_get_str(metadata, "client_name#en", &name_en);
    return str_lower(arena, str_concat(arena, row->client_id, STR(" "), name, STR(" "), name_en));
}

static void settle_change(struct arena *arena, enum client_action action, struct client_row *row) {
    if (action == CLIENT_APPROVE) {
        row->search = search_with(arena, row, row->pending);
        row->metadata = row->pending;
    }
    row->pending = STR_NONE;
}

/* The row as it is after the action. */
static struct client_row act(struct arena *arena, const struct client_row *old, const struct actor *actor,
                             enum client_action action, const struct settings *settings) {
    struct client_row row = *old;
    row.version++;
    row.updated_at = clock_wall();
    if (action == CLIENT_APPROVE) {
        row.approved_by = actor->id;
    }
    if (is_about_change(old, action)) {
        settle_change(arena, action, &row);
    } else if (action == CLIENT_END_SESSIONS) {
        row.not_before = clock_wall() + 1; /* what is issued in this very second too */
    } else {
        row.state = actions[action].to;
    }
    if (action == CLIENT_SUBMIT) {
        row.submitted_by = actor->id;
        row.state = settings->four_eyes ? CLIENT_SUBMITTED : CLIENT_APPROVED;
        row.approved_by = settings->four_eyes ? row.approved_by : actor->id;
    }
    return row;
}

static struct str state_text(struct arena *arena, const struct client_row *row) {
    struct str name = client_state_name(row->state);
    return str_format(arena, "{\"state\":\"%.*s\",\"pending\":%s}", STR_ARG(name),
                      str_is_absent(row->pending) ? "false" : "true");
}

struct admin_answer register_act(struct domain *domain, struct arena *arena, const struct actor *actor,
                                 struct str client_id, int64_t version, enum client_action action,
                                 struct registered *ret_client) {
    struct registered old;
    struct settings settings;
    const struct client_seen seen = {client_id, version};
    struct admin_answer answer =
        register_open(domain, arena, actor, actions[action].permission, &seen, &old, &settings);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    const char *obstacle = client_action_obstacle(&old.row, actor, action, &settings);
    if (obstacle) {
        return admin_conflict(obstacle);
    }
    const struct client_row row = act(arena, &old.row, actor, action, &settings);
    struct change change = {.of_register = true};
    change_add(&change, register_next());
    change_add(&change, clients_update(&row));
    struct event event = event_of_actor(actor, actions[action].event, client_id);
    event.client_id = client_id;
    event.detail = change_detail(arena, state_text(arena, &old.row), state_text(arena, &row));
    answer = change_write(domain, arena, &change, &event);
    return answer.result == ADMIN_DONE ? register_load(domain, arena, actor, client_id, ret_client) : answer;
}
