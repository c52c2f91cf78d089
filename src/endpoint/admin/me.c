/*
 * Who is asking.
 */
#include "api.h"
#include "domain/admins.h"

void api_me(struct api_call *api) {
    struct admin_row row;
    struct admin_answer answer = admin_self(api->domain, api->arena, &api->actor, &row);
    if (!api_done(api, &answer)) {
        return;
    }
    json_open_object(&api->out, NULL);
    json_put_str(&api->out, "role", role_name(api->actor.role));
    json_put_str(&api->out, "name", row.name);
    json_put_str(&api->out, "account_id", api->actor.id);
    api_put_text(api, "agency_id", api->actor.agency_id);
    json_open_array(&api->out, "permissions");
    for (int permission = 0; permission < PERMISSIONS; permission++) {
        if (actor_may(&api->actor, (enum permission)permission)) {
            json_put_str(&api->out, NULL, permission_name((enum permission)permission));
        }
    }
    json_close_array(&api->out);
    json_close_object(&api->out);
    api_send(api);
}
