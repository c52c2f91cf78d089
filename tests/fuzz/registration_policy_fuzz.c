/* The policy of an initial access token and metadata under it, one after the other with a NUL between them. What passes
 * once passes again as its own update, unchanged. */
#include "fuzz.h"
#include "model/registration_policy.h"

static struct str text_of(struct arena *arena, const struct json *value) {
    struct buf text;
    buf_init(&text, arena, 1024, 1024 * 1024);
    json_write_value(&text, value);
    return buf_str(&text);
}

static const struct json *parsed(struct arena *arena, struct str text) {
    const struct json *value;
    return json_parse(arena, text, JSON_LIMITS_DOCUMENT, &value) ? value : NULL;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    struct registration_policy policy;
    struct client client;
    struct str rest;
    const struct json *object = parsed(arena, str_cut(str_of(data, size), '\0', &rest)), *kept, *again;
    if (!object || !registration_policy_read(arena, object, &policy, problems)) {
        return 0;
    }
    const struct json *metadata = parsed(arena, rest);
    if (metadata && registration_policy_apply(arena, &policy, metadata, NULL, &kept, problems)) {
        CHECK(registration_policy_apply(arena, &policy, kept, kept, &again, problems));
        CHECK(str_equal(text_of(arena, kept), text_of(arena, again)));
        if (client_read_registered(arena, STR("c"), kept, &client, problems)) {
            CHECK(client.sandbox == policy.sandbox && (client.consent == CONSENT_STATUTORY) == policy.statutory);
            CHECK(client.level >= policy.level_least);
        }
    }
    return 0;
}
