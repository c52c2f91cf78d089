/*
 * tongxing admin: who administers. The first ones are named here, on the host.
 */
#include "base/check.h"
#include "call.h"
#include "domain/account.h"
#include "domain/admins.h"
#include "nouns.h"
#include "qr.h"
#include "table.h"

#include <unistd.h>

static struct str state_name(enum admin_state state) {
    switch (state) {
    case ADMIN_PENDING:
        return STR("pending");
    case ADMIN_ACTIVE:
        return STR("active");
    case ADMIN_REMOVED:
        break;
    }
    return STR("removed");
}

static struct str what(struct call *call) {
    return str_concat(call->arena, STR("administrator "), call->typed.arguments[0]);
}

/* --- showing --- */

static void put_members(struct call *call, const struct admin_row *row) {
    struct json_out *out = &call->document;
    json_put_str(out, "admin_id", row->admin_id);
    json_put_str(out, "account_id", row->account_id);
    json_put_str(out, "role", role_name(row->role));
    call_put_text(call, "agency_id", row->agency_id);
    json_put_str(out, "name", row->name);
    json_put_str(out, "state", state_name(row->state));
    json_put_str(out, "created_by", row->created_by);
    call_put_text(call, "approved_by", row->approved_by);
    json_put_int(out, "version", row->version);
    call_put_time(call, "created_at", row->created_at);
    call_put_time(call, "updated_at", row->updated_at);
}

static void put_row(struct table *table, const struct admin_row *row) {
    table_put(table, row->admin_id);
    table_put(table, row->name);
    table_put(table, role_name(row->role));
    table_put(table, state_name(row->state));
    table_put(table, row->agency_id);
    table_put(table, row->created_by);
    table_put(table, row->approved_by);
    table_put_int(table, row->version);
}

static const struct column columns[] = {
    {.title = "ID"},
    {.title = "NAME", .shrinks = true},
    {.title = "ROLE"},
    {.title = "STATE"},
    {.title = "AGENCY"},
    {.title = "NAMED BY", .shrinks = true},
    {.title = "CONFIRMED BY", .shrinks = true},
    {.title = "VERSION", .right = true},
};

static int print(struct call *call, const struct admin_row *rows, size_t count) {
    struct table table;
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++) {
        put_row(&table, &rows[i]);
    }
    return call_print_table(call, &table);
}

static int print_one(struct call *call, const struct admin_row *row) {
    if (!call->json) {
        return print(call, row, 1);
    }
    json_open_object(&call->document, NULL);
    put_members(call, row);
    json_close_object(&call->document);
    return call_print(call);
}

/* The secret of the second factor, this once; as a picture too where somebody can hold a telephone to it. */
static int print_made(struct call *call, const struct admin_made *made) {
    struct json_out *out = &call->document;
    if (call->json) {
        json_open_object(out, NULL);
        put_members(call, &made->row);
        json_open_object(out, "totp");
        json_put_str(out, "secret", made->totp_secret);
        json_put_str(out, "uri", made->totp_uri);
        json_close_object(out);
        json_close_object(out);
        return call_print(call);
    }
    int status = print(call, &made->row, 1);
    call->out.len = 0;
    buf_printf(&call->out, "\none-time password secret  %.*s\nfor an authenticator app  %.*s\n",
               STR_ARG(made->totp_secret), STR_ARG(made->totp_uri));
    call_remark(call, "The secret is shown this once: give it to this person only.");
    status = status == EXIT_DONE ? call_print(call) : status;
    if (isatty(STDOUT_FILENO) && !qr_print(made->totp_uri)) {
        call_remark(call, "With the program qrencode installed, it would be shown as a picture.");
    }
    return status;
}

/* --- the verbs --- */

static int list(struct call *call) {
    struct admin_row *rows;
    size_t count;
    struct admin_answer answer = admin_list(&call->domain, call->arena, &call->actor, &rows, &count);
    if (answer.result != ADMIN_DONE) {
        return call_refused(call, &answer, STR("such administrator"));
    }
    if (!call->json) {
        return print(call, rows, count);
    }
    call_open_items(call);
    for (size_t i = 0; i < count; i++) {
        json_open_object(&call->document, NULL);
        put_members(call, &rows[i]);
        json_close_object(&call->document);
    }
    return call_close_items(call, STR_NONE);
}

/* A user name may be an argument; whoever has none is asked for, as by account find. */
static bool read_person(struct call *call, struct str *ret_typed) {
    enum identifier_kind kind;
    if (!call_has(call, OPT_USERNAME)) {
        return call_ask_secretly(call, "identity number, phone or user name of the administrator", ret_typed);
    }
    *ret_typed = call_text(call, OPT_USERNAME);
    account_identifier_fold(call->arena, *ret_typed, &kind);
    if (kind != IDENTIFIER_USERNAME) {
        call_failed(
            call, EXIT_USAGE,
            "an identity number or phone is no argument, which everybody on the host can read: leave --username "
            "out, and it is asked for");
        return false;
    }
    return true;
}

static int create(struct call *call) {
    struct admin_wanted wanted = {
        .agency_id = call_text(call, OPT_ADMIN_AGENCY),
        .name = call_text(call, OPT_ADMIN_NAME),
    };
    struct admin_made made;
    if (!read_person(call, &wanted.username)) {
        return call->status;
    }
    CHECK(role_of_name(call_text(call, OPT_ROLE), &wanted.role));
    struct admin_answer answer = admin_create(&call->domain, call->arena, &call->actor, &wanted, &made);
    if (answer.result == ADMIN_MISSING) {
        return call_failed(call, EXIT_NOT_FOUND, "there is no account of this person; tongxing account add makes one");
    }
    return answer.result == ADMIN_DONE ? print_made(call, &made)
                                       : call_refused(call, &answer, STR("the administrator"));
}

/* The present version where none is named; 0 after saying why there is none. */
static int64_t version_of(struct call *call) {
    struct admin_row *rows;
    size_t count;
    if (!call_in_range(call, OPT_VERSION, 1, INT64_MAX)) {
        return 0;
    }
    if (call_has(call, OPT_VERSION)) {
        return call_number(call, OPT_VERSION, 0);
    }
    struct admin_answer answer = admin_list(&call->domain, call->arena, &call->actor, &rows, &count);
    for (size_t i = 0; answer.result == ADMIN_DONE && i < count; i++) {
        if (str_equal(rows[i].admin_id, call->typed.arguments[0])) {
            return rows[i].version;
        }
    }
    answer.result = answer.result == ADMIN_DONE ? ADMIN_MISSING : answer.result;
    call_refused(call, &answer, what(call));
    return 0;
}

static int approve(struct call *call) {
    struct admin_row row;
    int64_t version = version_of(call);
    if (version == 0) {
        return call->status;
    }
    struct admin_answer answer =
        admin_approve(&call->domain, call->arena, &call->actor, call->typed.arguments[0], version, &row);
    return answer.result == ADMIN_DONE ? print_one(call, &row) : call_refused(call, &answer, what(call));
}

static int admin_dismiss(struct call *call) {
    struct admin_row row;
    int64_t version = version_of(call);
    if (version == 0 || !call_open_sessions_if_any(call)) {
        return call->status;
    }
    struct admin_answer answer =
        admin_remove(&call->domain, call->arena, &call->actor, call->typed.arguments[0], version, &row);
    return answer.result == ADMIN_DONE ? print_one(call, &row) : call_refused(call, &answer, what(call));
}

static int second_factor(struct call *call) {
    struct admin_made made;
    int64_t version = version_of(call);
    if (version == 0 || !call_open_sessions_if_any(call)) {
        return call->status;
    }
    struct admin_answer answer =
        admin_new_second_factor(&call->domain, call->arena, &call->actor, call->typed.arguments[0], version, &made);
    return answer.result == ADMIN_DONE ? print_made(call, &made) : call_refused(call, &answer, what(call));
}

const struct command admin_commands[ADMIN_COMMANDS] = {
    {
        .verb = "create",
        .help = "name an administrator, who has an account already",
        .more =
            "The secret of their second factor is printed once. The three roles are kept apart: system runs client "
            "systems, keys and settings; security approves and looks after people; auditor sees everything and "
            "changes nothing. A developer prepares the client systems of one agency. Without --username the person is "
            "asked for: identity number, phone or user name, as they sign in.",
        .example = "admin create --username wang --role security --name 王安",
        .options = {OPT_USERNAME, OPT_ROLE, OPT_ADMIN_NAME, OPT_ADMIN_AGENCY},
        .required = {OPT_ROLE, OPT_ADMIN_NAME},
        .administer = create,
    },
    {
        .verb = "list",
        .help = "the administrators",
        .example = "admin list",
        .administer = list,
    },
    {
        .verb = "approve",
        .help = "confirm an administrator who was named by another",
        .example = "admin approve ADMIN_ID",
        .arguments = {{.name = "ID"}},
        .options = {OPT_VERSION},
        .administer = approve,
    },
    {
        .verb = "remove",
        .help = "take the role away and end the person's sessions",
        .more = "Not the last active one of a role.",
        .example = "admin remove ADMIN_ID",
        .arguments = {{.name = "ID"}},
        .options = {OPT_VERSION},
        .administer = admin_dismiss,
    },
    {
        .verb = "second-factor",
        .help = "make a new second factor, for a lost telephone; printed once",
        .example = "admin second-factor ADMIN_ID",
        .arguments = {{.name = "ID"}},
        .options = {OPT_VERSION},
        .administer = second_factor,
    },
};
