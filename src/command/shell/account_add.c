/*
 * tongxing account add: an account from one JSON object on standard input, for the first administrators and for trials.
 * Its members are the standard claims, and username, password, id_number and level: the level is recorded as the
 * operator's own word.
 */
#include "account.h"

#include "base/clock.h"
#include "domain/account.h"

static bool read_wanted(struct call *call, struct account_wanted *wanted) {
    struct str text;
    const struct json *object;
    if (!call_read_file(call, STR("-"), &text)) {
        return false;
    }
    if (!json_parse(call->arena, text, JSON_LIMITS_DOCUMENT, &object) ||
        !profile_read(call->arena, text, &wanted->profile)) {
        call_failed(call, EXIT_COULD_NOT, "standard input is not a JSON object of claims");
        return false;
    }
    json_get_str(object, "username", &wanted->username);
    int64_t level = 1;
    json_get_int(object, "level", &level);
    if (!json_get_str(object, "password", &wanted->password) || level < 1 || level > 4) {
        call_failed(call, EXIT_COULD_NOT, "password is missing, or level is not 1 to 4");
        return false;
    }
    struct evidence *evidence = arena_new_of(call->arena, struct evidence);
    *evidence = (struct evidence){.source = STR("operator"),
                                  .authority = STR("operator"),
                                  .method = STR("manual_record"),
                                  .check_id = STR(""),
                                  .result = VERIFY_MATCH,
                                  .checked_at = clock_wall(),
                                  .level = (int)level};
    wanted->evidence = evidence;
    wanted->evidence_count = 1;
    return true;
}

static int add(struct call *call) {
    struct account_wanted wanted = {0};
    struct str account_id;
    if (!read_wanted(call, &wanted)) {
        return call->status;
    }
    switch (account_create(&call->domain, call->arena, &wanted, &account_id)) {
    case DOMAIN_DONE:
        break;
    case DOMAIN_NO:
        return call_failed(call, EXIT_CONFLICT, "the user name, phone or identity number belongs to another account");
    case DOMAIN_UNAVAILABLE:
        return call_failed(call, EXIT_UNAVAILABLE, "the database did not take it");
    }
    if (call->json) {
        json_open_object(&call->document, NULL);
        json_put_str(&call->document, "account_id", account_id);
        json_close_object(&call->document);
    } else {
        buf_put(&call->out, account_id);
        buf_putc(&call->out, '\n');
    }
    return call_print(call);
}

int account_add(struct call *call) {
    return call_load_config(call, call->typed.arguments[0]) ? call_administer(call, add) : call->status;
}
