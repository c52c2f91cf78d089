/*
 * People's sessions, and ending them.
 */
#include "api.h"
#include "domain/people.h"
#include "domain/token.h"

static void put_session(struct api_call *api, const struct person_session *item) {
    const struct session *session = &item->session;
    json_open_object(&api->out, NULL);
    json_put_str(&api->out, "session_id", session->session_id);
    api_put_time(api, "created_at", session->created_at);
    api_put_time(api, "auth_time", session->auth_time);
    json_put_int(&api->out, "level", session->level);
    amr_write(&api->out, session->amr);
    json_open_array(&api->out, "client_ids");
    for (size_t i = 0; i < item->client_count; i++) {
        json_put_str(&api->out, NULL, item->client_ids[i]);
    }
    json_close_array(&api->out);
    json_close_object(&api->out);
}

void api_session_list(struct api_call *api) {
    struct person_session *sessions;
    size_t count;
    struct admin_answer answer = person_sessions(api->domain, api->arena, &api->actor, api->ids[0], &sessions, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    api_open_items(api);
    for (size_t i = 0; i < count; i++) {
        put_session(api, &sessions[i]);
    }
    api_close_items(api);
    api_send(api);
}

static void end(struct api_call *api, struct str session_id) {
    struct admin_answer answer = person_end_sessions(api->domain, api->arena, &api->actor, api->ids[0], session_id);
    if (api_done(api, &answer)) {
        api_send(api);
    }
}

void api_session_end(struct api_call *api) {
    end(api, api->ids[1]);
}

void api_session_end_all(struct api_call *api) {
    end(api, STR_NONE);
}
