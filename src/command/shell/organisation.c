/*
 * tongxing organisation: whom people act for, and who does. To look at only: people change it themselves, and the
 * security administrator ends mandates in the console's API.
 */
#include "base/check.h"
#include "call.h"
#include "domain/mandates.h"
#include "nouns.h"
#include "table.h"

static struct str status_of(const struct organisation *organisation) {
    return str_from(organisation_status_name(organisation->row.status));
}

/* --- list --- */

static void put_summary(struct call *call, const struct organisation *organisation) {
    struct json_out *out = &call->document;
    json_put_str(out, "organisation_id", organisation->row.organisation_id);
    json_put_str(out, "name", organisation->name);
    json_put_str(out, "credit_code", organisation->credit_code);
    call_put_text(call, "type", organisation->type);
    json_put_str(out, "status", status_of(organisation));
    call_put_time(call, "checked_at", organisation->row.checked_at);
    call_put_time(call, "due_at", organisation->row.due_at);
    json_put_int(out, "version", organisation->row.version);
    call_put_time(call, "created_at", organisation->row.created_at);
}

static int print_list(struct call *call, const struct organisation *rows, size_t count, size_t most) {
    static const struct column columns[] = {
        {.title = "ID"},      {.title = "NAME", .shrinks = true}, {.title = "CREDIT CODE"}, {.title = "STATUS"},
        {.title = "CHECKED"},
    };
    struct table table;
    if (call->json) {
        call_open_items(call);
        for (size_t i = 0; i < count; i++) {
            json_open_object(&call->document, NULL);
            put_summary(call, &rows[i]);
            json_close_object(&call->document);
        }
        return call_close_items(call, count == most ? rows[count - 1].row.organisation_id : STR_NONE);
    }
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++) {
        table_put(&table, rows[i].row.organisation_id);
        table_put(&table, rows[i].name);
        table_put(&table, rows[i].credit_code);
        table_put(&table, status_of(&rows[i]));
        table_put(&table, call_time(call, rows[i].row.checked_at));
    }
    return call_print_table(call, &table);
}

static int list(struct call *call) {
    struct organisation *rows;
    size_t most, count;
    if (!call_limit(call, &most)) {
        return call->status;
    }
    struct admin_answer answer = organisation_admin_list(&call->domain, call->arena, &call->actor,
                                                         call_text(call, OPT_AFTER), most, &rows, &count);
    return answer.result == ADMIN_DONE ? print_list(call, rows, count, most)
                                       : call_refused(call, &answer, STR("such organisation"));
}

/* --- show --- */

static void put_mandate(struct call *call, const struct mandate_row *row) {
    struct json_out *out = &call->document;
    json_open_object(out, NULL);
    json_put_str(out, "mandate_id", row->mandate_id);
    call_put_text(call, "account_id", row->account_id);
    json_put_str(out, "role", mandate_role_name(row->role));
    json_put_str(out, "scope", row->scope);
    json_put_str(out, "state", mandate_state_name(row->state));
    call_put_time(call, "not_before", row->not_before);
    call_put_time(call, "not_after", row->not_after);
    json_put_str(out, "granted_by", row->granted_by);
    call_put_time(call, "accepted_at", row->accepted_at);
    call_put_time(call, "ended_at", row->ended_at);
    call_put_text(call, "ended_by", row->ended_by);
    call_put_text(call, "reason", row->reason);
    json_put_int(out, "version", row->version);
    json_close_object(out);
}

static int print_json(struct call *call, const struct organisation *organisation, const struct mandate_found *mandates,
                      size_t count) {
    struct json_out *out = &call->document;
    json_open_object(out, NULL);
    put_summary(call, organisation);
    json_put_str(out, "source", organisation->row.source);
    json_put_str(out, "check_id", organisation->row.check_id);
    json_open_array(out, "mandates");
    for (size_t i = 0; i < count; i++) {
        put_mandate(call, &mandates[i].row);
    }
    json_close_array(out);
    json_close_object(out);
    return call_print(call);
}

static int print_mandates(struct call *call, const struct mandate_found *mandates, size_t count) {
    static const struct column columns[] = {
        {.title = "MANDATE"},
        {.title = "ACCOUNT"},
        {.title = "ROLE"},
        {.title = "SCOPE", .shrinks = true},
        {.title = "STATE"},
        {.title = "UNTIL"},
        {.title = "REASON", .shrinks = true},
    };
    struct table table;
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++) {
        const struct mandate_row *row = &mandates[i].row;
        table_put(&table, row->mandate_id);
        table_put(&table, row->account_id);
        table_put(&table, mandate_role_name(row->role));
        table_put(&table, row->scope);
        table_put(&table, mandate_state_name(row->state));
        table_put(&table, call_time(call, row->not_after));
        table_put(&table, row->reason);
    }
    return call_print_table(call, &table);
}

static int show(struct call *call) {
    struct organisation organisation;
    struct mandate_found *mandates;
    size_t count;
    struct str id = call->typed.arguments[0];
    struct admin_answer answer =
        organisation_admin_get(&call->domain, call->arena, &call->actor, id, &organisation, &mandates, &count);
    if (answer.result != ADMIN_DONE) {
        return call_refused(call, &answer, str_concat(call->arena, STR("organisation "), id));
    }
    return call->json ? print_json(call, &organisation, mandates, count) : print_mandates(call, mandates, count);
}

const struct command organisation_commands[ORGANISATION_COMMANDS] = {
    {
        .verb = "list",
        .help = "the organisations that people act for",
        .example = "organisation list --limit 20",
        .options = {OPT_AFTER, OPT_LIMIT},
        .administer = list,
    },
    {
        .verb = "show",
        .help = "the mandates of one: who acts for it, as what, where, and until when",
        .example = "organisation show ORGANISATION_ID",
        .arguments = {{.name = "ID"}},
        .administer = show,
    },
};
