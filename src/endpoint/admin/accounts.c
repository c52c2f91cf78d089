/*
 * People's accounts. What a person is found by comes in the body, so that it is in no log and no address.
 */
#include "api.h"
#include "domain/people.h"

static const struct str states[] = {[ACCOUNT_ACTIVE] = STR_INIT("active"),
                                    [ACCOUNT_SUSPENDED] = STR_INIT("suspended"),
                                    [ACCOUNT_CLOSED] = STR_INIT("closed")};

static bool state_of_name(struct str name, int *ret_state) {
    for (int state = ACCOUNT_ACTIVE; state <= ACCOUNT_CLOSED; state++) {
        if (str_equal(states[state], name)) {
            *ret_state = state;
            return true;
        }
    }
    return false;
}

static void put_row(struct api_call *api, const struct account_row *row) {
    json_put_str(&api->out, "account_id", row->account_id);
    json_put_str(&api->out, "state", states[row->state]);
    json_put_int(&api->out, "level", row->level);
    api_put_time(api, "created_at", row->created_at);
}

void api_account_list(struct api_call *api) {
    struct api_page page;
    struct account_row *rows;
    size_t count;
    int state = 0;
    struct str name = api_query(api, "state");
    if (!api_page_read(api, &page)) {
        return;
    }
    if (!str_is_absent(name) && !state_of_name(name, &state)) {
        api_invalid_field(api, STR("state"), "must be active, suspended or closed");
        return;
    }
    struct admin_answer answer =
        person_list(api->domain, api->arena, &api->actor, state, page.after, page.most, &rows, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    api_open_items(api);
    size_t shown = api_page_rows(&page, count);
    for (size_t i = 0; i < shown; i++) {
        json_open_object(&api->out, NULL);
        put_row(api, &rows[i]);
        json_close_object(&api->out);
    }
    api_page_close(api, &page, count, shown ? rows[shown - 1].account_id : STR_NONE);
    api_send(api);
}

static void put_verifications(struct api_call *api, const struct person *person) {
    json_open_array(&api->out, "verifications");
    for (size_t i = 0; i < person->verification_count; i++) {
        const struct evidence *evidence = &person->verifications[i].evidence;
        json_open_object(&api->out, NULL);
        json_put_str(&api->out, "source", evidence->source);
        json_put_str(&api->out, "authority", evidence->authority);
        json_put_str(&api->out, "method", evidence->method);
        json_put_str(&api->out, "result", str_from(verify_result_name(evidence->result)));
        json_put_int(&api->out, "level", evidence->level);
        api_put_time(api, "checked_at", evidence->checked_at);
        api_put_time(api, "expires_at", evidence->expires_at);
        json_close_object(&api->out);
    }
    json_close_array(&api->out);
}

static void send_person(struct api_call *api, const struct admin_answer *answer, const struct person *person) {
    if (!api_done(api, answer)) {
        return;
    }
    json_open_object(&api->out, NULL);
    put_row(api, &person->row);
    api_put_time(api, "level_until", person->row.level_until);
    api_put_text(api, "name_masked", person->name_masked);
    api_put_time(api, "updated_at", person->row.updated_at);
    put_verifications(api, person);
    json_put_int(&api->out, "version", person->row.updated_at);
    json_close_object(&api->out);
    api_tag(api, person->row.updated_at);
    api_send(api);
}

void api_account_get(struct api_call *api) {
    struct person person;
    struct admin_answer answer = person_get(api->domain, api->arena, &api->actor, api->ids[0], &person);
    send_person(api, &answer, &person);
}

void api_account_find(struct api_call *api) {
    struct person person;
    struct admin_answer answer = person_find(api->domain, api->arena, &api->actor, api->input.identifier, &person);
    send_person(api, &answer, &person);
}

static void set_state(struct api_call *api, enum account_state state) {
    struct admin_answer answer =
        person_set_state(api->domain, api->arena, &api->actor, api->ids[0], api->version, state);
    if (api_done(api, &answer)) {
        api_account_get(api);
    }
}

void api_account_suspend(struct api_call *api) {
    set_state(api, ACCOUNT_SUSPENDED);
}

void api_account_resume(struct api_call *api) {
    set_state(api, ACCOUNT_ACTIVE);
}

void api_account_unlock(struct api_call *api) {
    struct admin_answer answer = person_unlock(api->domain, api->arena, &api->actor, api->input.identifier);
    if (api_done(api, &answer)) {
        api_send(api);
    }
}
