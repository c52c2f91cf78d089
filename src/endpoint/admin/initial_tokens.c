/*
 * Initial access tokens: with which client systems register themselves (RFC 7591 §3).
 */
#include "domain/initial_tokens.h"

#include "api.h"

static void put_members(struct api_call *api, const struct initial_token_row *row) {
    json_put_str(&api->out, "token_id", row->token_id);
    json_put_raw(&api->out, "policy", row->policy);
    json_put_int(&api->out, "uses_left", row->uses_left);
    api_put_time(api, "expires_at", row->expires_at);
    json_put_str(&api->out, "created_by", row->created_by);
    api_put_time(api, "created_at", row->created_at);
}

void api_initial_token_list(struct api_call *api) {
    struct api_page page;
    struct initial_token_row *rows;
    size_t came;
    if (!api_page_read(api, &page)) {
        return;
    }
    struct admin_answer answer =
        initial_token_list(api->domain, api->arena, &api->actor, page.after, page.most, &rows, &came);
    if (!api_done(api, &answer)) {
        return;
    }
    size_t count = api_page_rows(&page, came);
    api_open_items(api);
    for (size_t i = 0; i < count; i++) {
        json_open_object(&api->out, NULL);
        put_members(api, &rows[i]);
        json_close_object(&api->out);
    }
    api_page_close(api, &page, came, count > 0 ? rows[count - 1].token_id : STR_NONE);
    api_send(api);
}

void api_initial_token_create(struct api_call *api) {
    struct initial_token_row row;
    struct str token;
    const struct initial_token_wanted wanted = {
        .policy = api->input.policy, .uses = api->input.uses, .expires_in = api->input.expires_in};
    struct admin_answer answer = initial_token_create(api->domain, api->arena, &api->actor, &wanted, &row, &token);
    if (!api_done(api, &answer)) {
        return;
    }
    json_open_object(&api->out, NULL);
    put_members(api, &row);
    json_put_str(&api->out, "token", token); /* this once */
    json_close_object(&api->out);
    api_send(api);
}

void api_initial_token_revoke(struct api_call *api) {
    struct admin_answer answer = initial_token_revoke(api->domain, api->arena, &api->actor, api->ids[0]);
    if (api_done(api, &answer)) {
        api_send(api);
    }
}
