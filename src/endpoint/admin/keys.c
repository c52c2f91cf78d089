/*
 * The signing keys: which there are, and moving on to the next.
 */
#include "api.h"
#include "domain/signing_keys.h"

static const struct str states[] = {
    [KEY_NEXT] = STR_INIT("next"), [KEY_ACTIVE] = STR_INIT("active"), [KEY_RETIRED] = STR_INIT("retired")};

static void send_keys(struct api_call *api, const struct admin_answer *answer, const struct keyring_entry *entries,
                      size_t count) {
    if (!api_done(api, answer)) {
        return;
    }
    api_open_items(api);
    for (size_t i = 0; i < count; i++) {
        json_open_object(&api->out, NULL);
        json_put_str(&api->out, "kid", entries[i].kid);
        json_put_str(&api->out, "alg", jose_alg_name(entries[i].alg));
        json_put_str(&api->out, "state", states[entries[i].state]);
        api_put_time(api, "created_at", entries[i].created);
        json_close_object(&api->out);
    }
    api_close_items(api);
    api_send(api);
}

void api_key_list(struct api_call *api) {
    struct keyring_entry *entries = NULL;
    size_t count = 0;
    struct admin_answer answer = signing_keys_list(api->domain, api->arena, &api->actor, &entries, &count);
    send_keys(api, &answer, entries, count);
}

void api_key_rotate(struct api_call *api) {
    struct keyring_entry *entries = NULL;
    size_t count = 0;
    struct admin_answer answer = signing_keys_rotate(api->domain, api->arena, &api->actor,
                                                     str_or(api->input.alg, STR("ES256")), &entries, &count);
    send_keys(api, &answer, entries, count);
}
