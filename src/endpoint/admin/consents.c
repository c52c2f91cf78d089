/*
 * What people have allowed client systems to receive.
 */
#include "api.h"
#include "domain/people.h"

void api_consent_list(struct api_call *api) {
    struct consent_row *rows;
    size_t count;
    struct admin_answer answer = person_consents(api->domain, api->arena, &api->actor, api->ids[0], &rows, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    api_open_items(api);
    for (size_t i = 0; i < count; i++) {
        json_open_object(&api->out, NULL);
        json_put_str(&api->out, "client_id", rows[i].client_id);
        json_put_str(&api->out, "scope", rows[i].scope);
        api_put_time(api, "granted_at", rows[i].granted_at);
        json_close_object(&api->out);
    }
    api_close_items(api);
    api_send(api);
}

void api_consent_withdraw(struct api_call *api) {
    struct admin_answer answer =
        person_withdraw_consent(api->domain, api->arena, &api->actor, api->ids[0], api->ids[1]);
    if (api_done(api, &answer)) {
        api_send(api);
    }
}
