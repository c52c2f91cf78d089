/*
 * tongxing upstream: the services of other people that are configured, and trying one.
 */
#include "upstream/upstream.h"
#include "base/check.h"
#include "call.h"
#include "command/upstream_try.h"
#include "command/upstreams.h"
#include "nouns.h"
#include "table.h"

static const char *const services[] = {"person", "organisation", "sign_in", "presence", "message", "notice"};
static const char *const asks[] = {"name",   "id_number",    "phone",          "bank_card", "social_card",
                                   "region", "organisation", "representative", "credential"};

/* --- list --- */

static struct str words(struct call *call, unsigned bits, const char *const *names, size_t count) {
    struct str list = STR_NONE;
    for (size_t i = 0; i < count; i++) {
        if (bits & 1U << i) {
            struct str name = str_from(names[i]);
            list = str_is_absent(list) ? name : str_concat(call->arena, list, STR(" "), name);
        }
    }
    return list;
}

static void put_words(struct call *call, const char *member, unsigned bits, const char *const *names, size_t count) {
    json_open_array(&call->document, member);
    for (size_t i = 0; i < count; i++) {
        if (bits & 1U << i) {
            json_put_str(&call->document, NULL, str_from(names[i]));
        }
    }
    json_close_array(&call->document);
}

static int print_json(struct call *call, const struct upstreams *upstreams) {
    struct json_out *out = &call->document;
    call_open_items(call);
    for (size_t i = 0; i < upstreams->count; i++) {
        const struct upstream_traits *traits = upstream_traits(upstreams->items[i]);
        json_open_object(out, NULL);
        json_put_str(out, "name", upstream_name(upstreams->items[i]));
        json_put_str(out, "adapter", upstream_adapter(upstreams->items[i]));
        put_words(call, "services", traits->services, services, ARRAY_LEN(services));
        put_words(call, "asks", traits->asks, asks, ARRAY_LEN(asks));
        json_put_int(out, "level", traits->level);
        json_put_str(out, "url", call->config->upstreams[i].url);
        json_put_str(out, "title", traits->title);
        json_put_str(out, "title_en", traits->title_en);
        json_close_object(out);
    }
    return call_close_items(call, STR_NONE);
}

static int print(struct call *call, const struct upstreams *upstreams) {
    static const struct column columns[] = {
        {.title = "NAME"},
        {.title = "ADAPTER"},
        {.title = "SERVICES"},
        {.title = "ASKS", .shrinks = true},
        {.title = "LEVEL", .right = true},
        {.title = "URL", .shrinks = true},
        {.title = "TITLE", .shrinks = true},
    };
    struct table table;
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < upstreams->count; i++) {
        const struct upstream_traits *traits = upstream_traits(upstreams->items[i]);
        table_put(&table, upstream_name(upstreams->items[i]));
        table_put(&table, upstream_adapter(upstreams->items[i]));
        table_put(&table, words(call, traits->services, services, ARRAY_LEN(services)));
        table_put(&table, words(call, traits->asks, asks, ARRAY_LEN(asks)));
        table_put_int(&table, traits->level);
        table_put(&table, call->config->upstreams[i].url);
        table_put(&table, traits->title);
    }
    return call_print_table(call, &table);
}

static int list(struct call *call) {
    struct upstreams upstreams;
    struct fault fault;
    if (!call_load_config(call, call->typed.arguments[0])) {
        return call->status;
    }
    if (!command_upstreams_open(call->config, NULL, &upstreams, &fault)) {
        return call_failed_fault(call, EXIT_COULD_NOT, &fault);
    }
    int status = call->json ? print_json(call, &upstreams) : print(call, &upstreams);
    command_upstreams_close(&upstreams);
    return status;
}

const struct command upstream_commands[UPSTREAM_COMMANDS] = {
    {
        .verb = "list",
        .help = "the configured services: what they can do, ask for and prove",
        .example = "upstream list",
        .arguments = {{.name = "FILE", .optional = true, .takes = TAKES_FILE}},
        .run = list,
    },
    {
        .verb = "try",
        .help = "ask one configured service once, to see whether it is set up well",
        .more = "What is asked is one line of JSON on standard input, with the members name, id_number, phone, "
                "bank_card, social_card, region, org_name, credit_code, representative_name, representative_number, "
                "credential, return_url and code, or notice: true for the message about a changed phone number; at a "
                "terminal it is asked for, without an echo. Options say it too, "
                "but everybody on the host can read the arguments of a process: they are for people who do not exist. "
                "The answer is one line of JSON. A service that the browser goes to answers with an address; each "
                "line of standard input is then the address that the browser came back to, or empty to ask again.",
        .example = "upstream try population --show < asked.json",
        .arguments = {{.name = "FILE", .optional = true, .takes = TAKES_FILE}, {.name = "NAME"}},
        .options = {OPT_SHOW, OPT_ASKED_NAME, OPT_ASKED_NUMBER, OPT_ASKED_PHONE, OPT_ASKED_BANK_CARD,
                    OPT_ASKED_SOCIAL_CARD, OPT_ASKED_REGION, OPT_ASKED_ORG_NAME, OPT_CREDIT_CODE,
                    OPT_ASKED_REPRESENTATIVE, OPT_ASKED_REPRESENTATIVE_NUMBER, OPT_RETURN_URL},
        .run = upstream_try,
    },
};
