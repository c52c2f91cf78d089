/*
 * tongxing agency: the organisations that own client systems.
 */
#include "base/check.h"
#include "call.h"
#include "domain/agencies.h"
#include "nouns.h"
#include "table.h"

static const struct {
    enum option_id option;
    const char *member;
} members[] = {
    {OPT_NAME, "name"},
    {OPT_NAME_EN, "name#en"},
    {OPT_CREDIT_CODE, "credit_code"},
    {OPT_CONTACT_NAME, "contact_name"},
    {OPT_CONTACT_PHONE, "contact_phone"},
    {OPT_CONTACT_EMAIL, "contact_email"},
};

static struct str what(struct call *call, struct str agency_id) {
    return str_concat(call->arena, STR("agency "), agency_id);
}

/* --- showing --- */

static void put_json(struct call *call, const struct agency_row *row) {
    struct json_out *out = &call->document;
    const struct json *metadata = NULL;
    json_parse(call->arena, row->metadata, JSON_LIMITS_DOCUMENT, &metadata);
    json_open_object(out, NULL);
    json_put_str(out, "agency_id", row->agency_id);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct str text = STR_NONE;
        json_get_str(metadata, members[i].member, &text);
        call_put_text(call, members[i].member, text);
    }
    json_put_bool(out, "enabled", row->state == AGENCY_ACTIVE);
    json_put_int(out, "version", row->version);
    call_put_time(call, "created_at", row->created_at);
    call_put_time(call, "updated_at", row->updated_at);
    json_close_object(out);
}

static int print_one(struct call *call, const struct agency_row *row) {
    static const struct column columns[] = {{.title = "MEMBER"}, {.title = "VALUE"}};
    const struct json *metadata = NULL;
    struct table table;
    if (call->json) {
        put_json(call, row);
        return call_print(call);
    }
    json_parse(call->arena, row->metadata, JSON_LIMITS_DOCUMENT, &metadata);
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    table_put(&table, STR("agency_id"));
    table_put(&table, row->agency_id);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct str text = STR_NONE;
        json_get_str(metadata, members[i].member, &text);
        table_put(&table, str_from(members[i].member));
        table_put(&table, text);
    }
    table_put(&table, STR("enabled"));
    table_put(&table, row->state == AGENCY_ACTIVE ? STR("yes") : STR("no"));
    table_put(&table, STR("version"));
    table_put_int(&table, row->version);
    return call_print_table(call, &table);
}

static int agency_show(struct call *call) {
    struct agency_row row;
    struct str id = call->typed.arguments[0];
    struct admin_answer answer = agency_get(&call->domain, call->arena, &call->actor, id, &row);
    return answer.result == ADMIN_DONE ? print_one(call, &row) : call_refused(call, &answer, what(call, id));
}

static int print_list(struct call *call, const struct agency_row *rows, size_t count, size_t most) {
    static const struct column columns[] = {
        {.title = "ID"},      {.title = "NAME", .shrinks = true},  {.title = "CREDIT CODE"},
        {.title = "ENABLED"}, {.title = "VERSION", .right = true},
    };
    struct table table;
    if (call->json) {
        call_open_items(call);
        for (size_t i = 0; i < count; i++) {
            put_json(call, &rows[i]);
        }
        return call_close_items(call, count == most ? rows[count - 1].agency_id : STR_NONE);
    }
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++) {
        table_put(&table, rows[i].agency_id);
        table_put(&table, rows[i].name);
        table_put(&table, rows[i].credit_code);
        table_put(&table, rows[i].state == AGENCY_ACTIVE ? STR("yes") : STR("no"));
        table_put_int(&table, rows[i].version);
    }
    return call_print_table(call, &table);
}

static int list(struct call *call) {
    struct agency_row *rows;
    size_t most, count;
    if (!call_limit(call, &most)) {
        return call->status;
    }
    struct admin_answer answer = agency_list(&call->domain, call->arena, &call->actor, call_text(call, OPT_SEARCH),
                                             call_text(call, OPT_AFTER), most, &rows, &count);
    return answer.result == ADMIN_DONE ? print_list(call, rows, count, most)
                                       : call_refused(call, &answer, STR("such agency"));
}

/* --- changing --- */

/* The options over what there was. */
static const struct json *wanted(struct call *call, struct str base) {
    const struct json *from = NULL, *metadata = NULL;
    struct buf buf;
    if (!str_is_absent(base)) {
        json_parse(call->arena, base, JSON_LIMITS_DOCUMENT, &from);
    }
    buf_init(&buf, call->arena, 1024, JSON_LIMITS_DOCUMENT.bytes * 4);
    struct json_out out = json_out(&buf);
    json_open_object(&out, NULL);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct str text = call_text(call, members[i].option);
        if (str_is_absent(text)) {
            json_get_str(from, members[i].member, &text);
        }
        if (!str_is_empty(text)) { /* an empty one takes it away */
            json_put_str(&out, members[i].member, text);
        }
    }
    bool enabled = true;
    json_get_bool(from, "enabled", &enabled);
    if (call_has(call, OPT_ENABLED)) {
        enabled = str_equal(call_text(call, OPT_ENABLED), STR("yes"));
    }
    json_put_bool(&out, "enabled", enabled);
    json_close_object(&out);
    if (buf.failed ||
        !json_parse(call->arena, buf_str(&buf), (struct json_limits){.bytes = buf.ceiling, .depth = 2}, &metadata)) {
        call_failed(call, EXIT_COULD_NOT, "that is too long");
    }
    return metadata;
}

static int agency_add(struct call *call) {
    struct agency_row row;
    const struct json *metadata = wanted(call, STR_NONE);
    if (!metadata) {
        return call->status;
    }
    struct admin_answer answer = agency_create(&call->domain, call->arena, &call->actor, metadata, &row);
    return answer.result == ADMIN_DONE ? print_one(call, &row) : call_refused(call, &answer, STR("the agency"));
}

static int update(struct call *call) {
    struct agency_row row;
    struct str id = call->typed.arguments[0];
    if (!call_in_range(call, OPT_VERSION, 1, INT64_MAX)) {
        return call->status;
    }
    struct admin_answer answer = agency_get(&call->domain, call->arena, &call->actor, id, &row);
    if (answer.result == ADMIN_DONE) {
        const struct json *metadata = wanted(call, row.metadata);
        if (!metadata) {
            return call->status;
        }
        answer = agency_update(&call->domain, call->arena, &call->actor, id,
                               call_number(call, OPT_VERSION, row.version), metadata, &row);
    }
    return answer.result == ADMIN_DONE ? print_one(call, &row) : call_refused(call, &answer, what(call, id));
}

#define MEMBER_OPTIONS                                                                                                 \
    OPT_NAME, OPT_NAME_EN, OPT_CREDIT_CODE, OPT_CONTACT_NAME, OPT_CONTACT_PHONE, OPT_CONTACT_EMAIL, OPT_ENABLED

const struct command agency_commands[AGENCY_COMMANDS] = {
    {
        .verb = "list",
        .help = "the agencies",
        .example = "agency list --search 政务",
        .options = {OPT_SEARCH, OPT_AFTER, OPT_LIMIT},
        .administer = list,
    },
    {
        .verb = "show",
        .help = "one agency",
        .example = "agency show AGENCY_ID",
        .arguments = {{.name = "ID"}},
        .administer = agency_show,
    },
    {
        .verb = "add",
        .help = "enter an agency; its id is made",
        .example = "agency add --name 示例省政务服务中心 --contact-email it@agency.example",
        .options = {MEMBER_OPTIONS},
        .required = {OPT_NAME},
        .administer = agency_add,
    },
    {
        .verb = "update",
        .help = "change an agency; an empty value takes a member away",
        .example = "agency update AGENCY_ID --contact-phone ''",
        .arguments = {{.name = "ID"}},
        .options = {OPT_VERSION, MEMBER_OPTIONS},
        .administer = update,
    },
};
