/*
 * tongxing session, tongxing consent: where a person is signed in, and what they have allowed.
 */
#include "account.h"

#include "base/check.h"
#include "nouns.h"
#include "table.h"

/* --- sessions --- */

static const struct {
    enum amr bit;
    const char *name;
} methods[] = {{AMR_PWD, "pwd"}, {AMR_OTP, "otp"}, {AMR_FACE, "face"}, {AMR_MFA, "mfa"}};

static struct str methods_shown(struct call *call, unsigned amr) {
    struct str text = STR("");
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (amr & methods[i].bit) {
            text = str_concat(call->arena, text, text.len > 0 ? STR(" ") : STR(""), str_from(methods[i].name));
        }
    }
    return text;
}

static void put_session(struct call *call, const struct person_session *row) {
    struct json_out *out = &call->document;
    json_open_object(out, NULL);
    json_put_str(out, "session_id", row->session.session_id);
    call_put_time(call, "created_at", row->session.created_at);
    call_put_time(call, "auth_time", row->session.auth_time);
    json_put_int(out, "level", row->session.level);
    json_open_array(out, "amr");
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (row->session.amr & methods[i].bit) {
            json_put_str(out, NULL, str_from(methods[i].name));
        }
    }
    json_close_array(out);
    json_open_array(out, "client_ids");
    for (size_t i = 0; i < row->client_count; i++) {
        json_put_str(out, NULL, row->client_ids[i]);
    }
    json_close_array(out);
    json_close_object(out);
}

static struct str clients_shown(struct call *call, const struct person_session *row) {
    struct buf buf;
    buf_init(&buf, call->arena, 256, 256 * 1024);
    for (size_t i = 0; i < row->client_count; i++) {
        buf_put(&buf, i == 0 ? STR("") : STR(" "));
        buf_put(&buf, row->client_ids[i]);
    }
    return buf_str(&buf);
}

static int print_sessions(struct call *call, const struct person_session *rows, size_t count) {
    static const struct column columns[] = {
        {.title = "SESSION"},
        {.title = "SIGNED IN"},
        {.title = "LEVEL", .right = true},
        {.title = "BY"},
        {.title = "CLIENT SYSTEMS", .shrinks = true},
    };
    struct table table;
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++) {
        table_put(&table, rows[i].session.session_id);
        table_put(&table, call_time(call, rows[i].session.auth_time));
        table_put_int(&table, rows[i].session.level);
        table_put(&table, methods_shown(call, rows[i].session.amr));
        table_put(&table, clients_shown(call, &rows[i]));
    }
    return call_print_table(call, &table);
}

/* False after saying that there is no such account: nothing of nobody is not an answer. */
static bool is_there(struct call *call) {
    struct person person;
    struct admin_answer answer =
        person_get(&call->domain, call->arena, &call->actor, call->typed.arguments[0], &person);
    if (answer.result != ADMIN_DONE) {
        call_refused(call, &answer, account_what(call));
    }
    return answer.result == ADMIN_DONE;
}

static int session_list(struct call *call) {
    struct person_session *rows;
    size_t count;
    if (!is_there(call) || !call_open_sessions(call)) {
        return call->status;
    }
    struct admin_answer answer =
        person_sessions(&call->domain, call->arena, &call->actor, call->typed.arguments[0], &rows, &count);
    if (answer.result != ADMIN_DONE) {
        return call_refused(call, &answer, account_what(call));
    }
    if (!call->json) {
        return print_sessions(call, rows, count);
    }
    call_open_items(call);
    for (size_t i = 0; i < count; i++) {
        put_session(call, &rows[i]);
    }
    return call_close_items(call, STR_NONE);
}

static int said(struct call *call, const char *member, const char *text) {
    if (call->json) {
        json_open_object(&call->document, NULL);
        json_put_bool(&call->document, member, true);
        json_close_object(&call->document);
    } else {
        buf_printf(&call->out, "%s\n", text);
    }
    return call_print(call);
}

static int session_end(struct call *call) {
    struct str session_id = call->typed.arguments[1];
    if (str_is_absent(session_id) != call_has(call, OPT_ALL)) {
        return call_failed(call, EXIT_USAGE, "give the id of one session, or --all");
    }
    if (!call_open_sessions(call)) {
        return call->status;
    }
    struct admin_answer answer =
        person_end_sessions(&call->domain, call->arena, &call->actor, call->typed.arguments[0], session_id);
    if (answer.result == ADMIN_DONE) {
        return said(call, "ended", "ended");
    }
    return call_refused(call, &answer,
                        str_is_absent(session_id)
                            ? account_what(call)
                            : str_concat(call->arena, STR("such session of "), account_what(call)));
}

const struct command session_commands[SESSION_COMMANDS] = {
    {
        .verb = "list",
        .help = "a person's sessions, and the client systems that took part",
        .example = "session list ACCOUNT_ID",
        .arguments = {{.name = "ACCOUNT"}},
        .administer = session_list,
    },
    {
        .verb = "end",
        .help = "end one session of a person, or all of them",
        .example = "session end ACCOUNT_ID --all",
        .arguments = {{.name = "ACCOUNT"}, {.name = "SESSION", .optional = true}},
        .options = {OPT_ALL},
        .administer = session_end,
    },
};

/* --- consents --- */

static int print_consents(struct call *call, const struct consent_row *rows, size_t count) {
    static const struct column columns[] = {
        {.title = "CLIENT"},
        {.title = "SCOPE", .shrinks = true},
        {.title = "GIVEN"},
    };
    struct table table;
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++) {
        table_put(&table, rows[i].client_id);
        table_put(&table, rows[i].scope);
        table_put(&table, call_time(call, rows[i].granted_at));
    }
    return call_print_table(call, &table);
}

static int consent_list(struct call *call) {
    struct consent_row *rows;
    size_t count;
    if (!is_there(call)) {
        return call->status;
    }
    struct admin_answer answer =
        person_consents(&call->domain, call->arena, &call->actor, call->typed.arguments[0], &rows, &count);
    if (answer.result != ADMIN_DONE) {
        return call_refused(call, &answer, account_what(call));
    }
    if (!call->json) {
        return print_consents(call, rows, count);
    }
    call_open_items(call);
    for (size_t i = 0; i < count; i++) {
        json_open_object(&call->document, NULL);
        json_put_str(&call->document, "client_id", rows[i].client_id);
        json_put_str(&call->document, "scope", rows[i].scope);
        call_put_time(call, "granted_at", rows[i].granted_at);
        json_close_object(&call->document);
    }
    return call_close_items(call, STR_NONE);
}

static int withdraw(struct call *call) {
    struct admin_answer answer = person_withdraw_consent(&call->domain, call->arena, &call->actor,
                                                         call->typed.arguments[0], call->typed.arguments[1]);
    return answer.result == ADMIN_DONE
               ? said(call, "withdrawn", "withdrawn")
               : call_refused(call, &answer, str_concat(call->arena, STR("such consent of "), account_what(call)));
}

const struct command consent_commands[CONSENT_COMMANDS] = {
    {
        .verb = "list",
        .help = "which client systems a person has allowed what",
        .example = "consent list ACCOUNT_ID",
        .arguments = {{.name = "ACCOUNT"}},
        .administer = consent_list,
    },
    {
        .verb = "withdraw",
        .help = "withdraw it for one client system, which has to ask again",
        .example = "consent withdraw ACCOUNT_ID portal-a",
        .arguments = {{.name = "ACCOUNT"}, {.name = "CLIENT"}},
        .administer = withdraw,
    },
};
