/*
 * tongxing account: people, by the id of their account. What a person types to sign in is read from standard input and
 * never from the arguments, which everybody on the host can read; no identity number and no whole name is shown.
 */
#include "account.h"

#include "base/check.h"
#include "nouns.h"
#include "table.h"

#define TYPED "identity number, phone or user name"

static const struct {
    const char *name;
    enum account_state state;
} states[] = {
    {"active", ACCOUNT_ACTIVE},
    {"suspended", ACCOUNT_SUSPENDED},
    {"closed", ACCOUNT_CLOSED},
};

static struct str state_name(enum account_state state) {
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (states[i].state == state) {
            return str_from(states[i].name);
        }
    }
    return STR("-");
}

static int wanted_state(struct call *call) {
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (str_equal(call_text(call, OPT_ACCOUNT_STATE), str_from(states[i].name))) {
            return (int)states[i].state;
        }
    }
    return 0;
}

struct str account_what(struct call *call) {
    return str_concat(call->arena, STR("account "), call->typed.arguments[0]);
}

/* --- showing --- */

static void put_account(struct call *call, const struct account_row *row) {
    struct json_out *out = &call->document;
    json_put_str(out, "account_id", row->account_id);
    json_put_str(out, "state", state_name(row->state));
    json_put_int(out, "level", row->level);
    call_put_time(call, "level_until", row->level_until);
    call_put_time(call, "created_at", row->created_at);
    call_put_time(call, "updated_at", row->updated_at);
}

static int print_json(struct call *call, const struct person *person) {
    struct json_out *out = &call->document;
    json_open_object(out, NULL);
    put_account(call, &person->row);
    json_put_int(out, "version", person->row.updated_at);
    call_put_text(call, "name_masked", person->name_masked);
    json_open_array(out, "verifications");
    for (size_t i = 0; i < person->verification_count; i++) {
        const struct evidence *evidence = &person->verifications[i].evidence;
        json_open_object(out, NULL);
        json_put_str(out, "source", evidence->source);
        json_put_str(out, "authority", evidence->authority);
        json_put_str(out, "method", evidence->method);
        json_put_str(out, "result", str_from(verify_result_name(evidence->result)));
        json_put_int(out, "level", evidence->level);
        call_put_time(call, "checked_at", evidence->checked_at);
        call_put_time(call, "expires_at", evidence->expires_at);
        json_close_object(out);
    }
    json_close_array(out);
    json_close_object(out);
    return call_print(call);
}

static void put(struct table *table, const char *name, struct str text) {
    table_put(table, str_from(name));
    table_put(table, text);
}

static int print_person(struct call *call, const struct person *person) {
    static const struct column columns[] = {{.title = "MEMBER"}, {.title = "VALUE"}};
    struct table table;
    if (call->json) {
        return print_json(call, person);
    }
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    put(&table, "account_id", person->row.account_id);
    put(&table, "name", person->name_masked);
    put(&table, "state", state_name(person->row.state));
    put(&table, "level", str_format(call->arena, "%d", person->row.level));
    put(&table, "level_until", call_time(call, person->row.level_until));
    put(&table, "version", str_format(call->arena, "%lld", (long long)person->row.updated_at));
    put(&table, "created_at", call_time(call, person->row.created_at));
    for (size_t i = 0; i < person->verification_count; i++) {
        const struct evidence *evidence = &person->verifications[i].evidence;
        put(&table, "verified",
            str_concat(call->arena, call_time(call, evidence->checked_at), STR(" "), evidence->source, STR(" "),
                       evidence->method, STR(" "), str_from(verify_result_name(evidence->result))));
    }
    return call_print_table(call, &table);
}

/* --- the verbs --- */

static int list(struct call *call) {
    static const struct column columns[] = {
        {.title = "ID"},
        {.title = "STATE"},
        {.title = "LEVEL", .right = true},
        {.title = "CREATED"},
        {.title = "VERSION", .right = true},
    };
    struct account_row *rows;
    struct table table;
    size_t most, count;
    if (!call_limit(call, &most)) {
        return call->status;
    }
    struct admin_answer answer = person_list(&call->domain, call->arena, &call->actor, wanted_state(call),
                                             call_text(call, OPT_AFTER), most, &rows, &count);
    if (answer.result != ADMIN_DONE) {
        return call_refused(call, &answer, STR("such account"));
    }
    if (call->json) {
        call_open_items(call);
        for (size_t i = 0; i < count; i++) {
            json_open_object(&call->document, NULL);
            put_account(call, &rows[i]);
            json_close_object(&call->document);
        }
        return call_close_items(call, count == most ? rows[count - 1].account_id : STR_NONE);
    }
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++) {
        table_put(&table, rows[i].account_id);
        table_put(&table, state_name(rows[i].state));
        table_put_int(&table, rows[i].level);
        table_put(&table, call_time(call, rows[i].created_at));
        table_put_int(&table, rows[i].updated_at);
    }
    return call_print_table(call, &table);
}

static int find(struct call *call) {
    struct person person;
    struct str typed;
    if (!call_ask_secretly(call, TYPED, &typed)) {
        return call->status;
    }
    struct admin_answer answer = person_find(&call->domain, call->arena, &call->actor, typed, &person);
    return answer.result == ADMIN_DONE ? print_person(call, &person)
                                       : call_refused(call, &answer, STR("account of this person"));
}

static int show(struct call *call) {
    struct person person;
    struct admin_answer answer =
        person_get(&call->domain, call->arena, &call->actor, call->typed.arguments[0], &person);
    return answer.result == ADMIN_DONE ? print_person(call, &person) : call_refused(call, &answer, account_what(call));
}

static int set_state(struct call *call, enum account_state state) {
    struct person person;
    struct str id = call->typed.arguments[0];
    if (!call_in_range(call, OPT_VERSION, 1, INT64_MAX) || !call_open_sessions_if_any(call)) {
        return call->status;
    }
    struct admin_answer answer = person_get(&call->domain, call->arena, &call->actor, id, &person);
    if (answer.result == ADMIN_DONE) {
        answer = person_set_state(&call->domain, call->arena, &call->actor, id,
                                  call_number(call, OPT_VERSION, person.row.updated_at), state);
    }
    if (answer.result == ADMIN_UNAVAILABLE) {
        return call_failed(call, EXIT_UNAVAILABLE,
                           "a store does not answer: look at the account and its sessions again");
    }
    return answer.result == ADMIN_DONE ? show(call) : call_refused(call, &answer, account_what(call));
}

static int suspend(struct call *call) {
    return set_state(call, ACCOUNT_SUSPENDED);
}
static int resume(struct call *call) {
    return set_state(call, ACCOUNT_ACTIVE);
}

static int unlock(struct call *call) {
    struct str typed;
    if (!call_ask_secretly(call, TYPED, &typed) || !call_open_sessions(call)) {
        return call->status;
    }
    struct admin_answer answer = person_unlock(&call->domain, call->arena, &call->actor, typed);
    if (answer.result != ADMIN_DONE) {
        return call_refused(call, &answer, STR("account of this person"));
    }
    if (call->json) {
        json_open_object(&call->document, NULL);
        json_put_bool(&call->document, "unlocked", true);
        json_close_object(&call->document);
    } else {
        buf_puts(&call->out, "unlocked\n");
    }
    return call_print(call);
}

const struct command account_commands[ACCOUNT_COMMANDS] = {
    {
        .verb = "add",
        .help = "open an account from a JSON profile on standard input; prints its id",
        .more =
            "For the first administrators and for trials. Members are the standard claims, and username, password, "
            "id_number and level (1 to 4), which is recorded as the operator's own word. They are held to the rules of "
            "registrations, and kept in canonical form; the kind of document is read from id_number.",
        .example = "account add < account.json",
        .arguments = {{.name = "FILE", .optional = true, .takes = TAKES_FILE}},
        .run = account_add,
    },
    {
        .verb = "find",
        .help = "the account of a person, by identity number, phone or user name",
        .more = "It is asked for, or read as one line from standard input: never an argument, since arguments can be "
                "read by "
                "everybody on the host.",
        .example = "account find",
        .administer = find,
    },
    {
        .verb = "show",
        .help = "one account: state, level, how it was verified",
        .example = "account show ACCOUNT_ID",
        .arguments = {{.name = "ID"}},
        .administer = show,
    },
    {
        .verb = "list",
        .help = "the accounts, in order of their ids",
        .example = "account list --state suspended",
        .options = {OPT_ACCOUNT_STATE, OPT_AFTER, OPT_LIMIT},
        .administer = list,
    },
    {
        .verb = "suspend",
        .help = "nobody signs in with it any more; all its sessions end",
        .example = "account suspend ACCOUNT_ID",
        .arguments = {{.name = "ID"}},
        .options = {OPT_VERSION},
        .administer = suspend,
    },
    {
        .verb = "resume",
        .help = "open a suspended account again",
        .example = "account resume ACCOUNT_ID",
        .arguments = {{.name = "ID"}},
        .options = {OPT_VERSION},
        .administer = resume,
    },
    {
        .verb = "unlock",
        .help = "forget the wrong passwords of a person, who is asked for as by find",
        .example = "account unlock",
        .administer = unlock,
    },
};
