/*
 * From options to the metadata of RFC 7591. Nothing is judged here: the register has the rules, and says what is wrong
 * in the same words to every door.
 */
#include "base/check.h"
#include "client.h"

/* One table: which option is which member, and how it is written. */
enum shape { SHAPE_TEXT, SHAPE_LIST, SHAPE_NUMBER, SHAPE_TRUE, SHAPE_CONSTANT };

static const struct {
    enum option_id option;
    const char *member;
    enum shape shape;
    const char *constant;
} members[] = {
    {OPT_NAME, "client_name", SHAPE_TEXT, NULL},
    {OPT_NAME_EN, "client_name#en", SHAPE_TEXT, NULL},
    {OPT_REDIRECT_URI, "redirect_uris", SHAPE_LIST, NULL},
    {OPT_POST_LOGOUT_URI, "post_logout_redirect_uris", SHAPE_LIST, NULL},
    {OPT_LOGOUT_URI, "backchannel_logout_uri", SHAPE_TEXT, NULL},
    {OPT_SCOPE, "scope", SHAPE_TEXT, NULL},
    {OPT_GRANT, "grant_types", SHAPE_LIST, NULL},
    {OPT_AUTH_METHOD, "token_endpoint_auth_method", SHAPE_TEXT, NULL},
    {OPT_PUBLIC, "token_endpoint_auth_method", SHAPE_CONSTANT, "none"},
    {OPT_NATIVE, "application_type", SHAPE_CONSTANT, "native"},
    {OPT_JWKS_URI, "jwks_uri", SHAPE_TEXT, NULL},
    {OPT_LEVEL, "tongxing_level", SHAPE_NUMBER, NULL},
    {OPT_CONSENT, "tongxing_consent", SHAPE_TEXT, NULL},
    {OPT_PAIRWISE, "subject_type", SHAPE_CONSTANT, "pairwise"},
    {OPT_SANDBOX, "tongxing_sandbox", SHAPE_TRUE, NULL},
};

static void put_option(struct call *call, struct json_out *out, size_t place) {
    const char *member = members[place].member;
    const struct given *given = &call->typed.options[members[place].option];
    switch (members[place].shape) {
    case SHAPE_TEXT:
        json_put_str(out, member, given->values[0]);
        return;
    case SHAPE_LIST:
        json_open_array(out, member);
        for (size_t i = 0; i < given->count; i++) {
            json_put_str(out, NULL, given->values[i]);
        }
        json_close_array(out);
        return;
    case SHAPE_NUMBER:
        json_put_int(out, member, call_number(call, members[place].option, 0));
        return;
    case SHAPE_TRUE:
        json_put_bool(out, member, true);
        return;
    case SHAPE_CONSTANT:
        json_put_str(out, member, str_from(members[place].constant));
        return;
    }
}

struct base {
    struct call *call;
    struct json_out *out;
};

/* What no option replaces stays. */
static bool put_base(void *ctx, struct str name, const struct json *value) {
    struct base *base = ctx;
    struct arena *arena = base->call->arena;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (call_has(base->call, members[i].option) && str_equal(name, str_from(members[i].member))) {
            return true;
        }
    }
    struct buf escaped, text;
    buf_init(&escaped, arena, name.len + 16, name.len * 6 + 16);
    buf_init(&text, arena, 256, JSON_LIMITS_DOCUMENT.bytes * 6);
    buf_put_json(&escaped, name);
    json_write_value(&text, value);
    json_put_raw(base->out, str_c(arena, buf_str(&escaped)), buf_str(&text));
    return true;
}

static bool conflicting(struct call *call) {
    if (call_has(call, OPT_PUBLIC) && call_has(call, OPT_AUTH_METHOD)) {
        call_failed(call, EXIT_USAGE, "--public is --auth-method none: give one of them");
        return true;
    }
    return false;
}

bool client_metadata(struct call *call, struct str base, const struct json **ret_metadata) {
    const struct json *from = NULL;
    struct buf buf;
    if (conflicting(call) ||
        (call_has(call, OPT_METADATA) && !call_read_json(call, call_text(call, OPT_METADATA), &from))) {
        return false;
    }
    if (!str_is_absent(base)) {
        json_parse(call->arena, base, JSON_LIMITS_DOCUMENT, &from);
    }
    buf_init(&buf, call->arena, 4096, JSON_LIMITS_DOCUMENT.bytes);
    struct json_out out = json_out(&buf);
    struct base rest = {call, &out};
    json_open_object(&out, NULL);
    json_each(from, put_base, &rest);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (call_has(call, members[i].option)) {
            put_option(call, &out, i);
        }
    }
    json_close_object(&out);
    if (buf.failed || !json_parse(call->arena, buf_str(&buf), JSON_LIMITS_DOCUMENT, ret_metadata)) {
        call_failed(call, EXIT_COULD_NOT, "the metadata is longer than %zu bytes", JSON_LIMITS_DOCUMENT.bytes);
        return false;
    }
    return true;
}
