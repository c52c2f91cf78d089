/*
 * tongxing keys: the keys of the installation. A rotation is told to the audit trail; when the database cannot be
 * reached it is done nevertheless, since a key that leaked cannot wait, and said.
 */
#include "base/check.h"
#include "base/clock.h"
#include "call.h"
#include "command/command.h"
#include "nouns.h"
#include "table.h"

#define ALGS_MOST   8
#define DETAIL_MOST 1024

static struct str state_name(enum key_state state) {
    switch (state) {
    case KEY_NEXT:
        return STR("next");
    case KEY_ACTIVE:
        return STR("active");
    case KEY_RETIRED:
        break;
    }
    return STR("retired");
}

static size_t algorithms(const struct config *config, enum jose_alg algs[ALGS_MOST]) {
    size_t count = 0;
    for (size_t i = 0; i < config->keys_algorithms.count && count < ALGS_MOST; i++) {
        algs[count++] = jose_alg_from_name(config->keys_algorithms.items[i]);
    }
    return count;
}

/* --- list --- */

static int print_json(struct call *call, const struct keyring *keyring) {
    struct json_out *out = &call->document;
    call_open_items(call);
    for (size_t i = 0; i < keyring_count(keyring); i++) {
        struct keyring_entry entry = keyring_entry(keyring, i);
        json_open_object(out, NULL);
        json_put_str(out, "kid", entry.kid);
        json_put_str(out, "alg", jose_alg_name(entry.alg));
        json_put_str(out, "state", state_name(entry.state));
        call_put_time(call, "created_at", entry.created);
        json_close_object(out);
    }
    return call_close_items(call, STR_NONE);
}

static int print(struct call *call, const struct keyring *keyring) {
    static const struct column columns[] = {
        {.title = "KID"}, {.title = "ALG"}, {.title = "STATE"}, {.title = "CREATED"}};
    struct table table;
    table_init(&table, call->arena, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < keyring_count(keyring); i++) {
        struct keyring_entry entry = keyring_entry(keyring, i);
        table_put(&table, entry.kid);
        table_put(&table, jose_alg_name(entry.alg));
        table_put(&table, state_name(entry.state));
        table_put(&table, call_time(call, entry.created));
    }
    return call_print_table(call, &table);
}

/* With --json, what create and rotate have left is the answer too. */
static int show(struct call *call) {
    struct keyring_options options = command_keyring_options(call->config);
    struct keyring *keyring;
    struct fault fault;
    if (!keyring_open(&options, &keyring, &fault)) {
        return call_failed_fault(call, EXIT_COULD_NOT, &fault);
    }
    int status = call->json ? print_json(call, keyring) : print(call, keyring);
    keyring_free(keyring);
    return status;
}

static int list(struct call *call) {
    return call_load_config(call, call->typed.arguments[0]) ? show(call) : call->status;
}

/* --- create, rotate --- */

/* Absent: all algorithms. */
static struct str rotated_only(const struct call *call) {
    return str_or(call->typed.arguments[1], call_text(call, OPT_ALGORITHM));
}

static int create(struct call *call) {
    enum jose_alg algs[ALGS_MOST];
    struct fault fault;
    if (!call_load_config(call, call->typed.arguments[0])) {
        return call->status;
    }
    struct keyring_options options = command_keyring_options(call->config);
    if (!keyring_create(&options, algs, algorithms(call->config, algs), &fault)) {
        return call_failed_fault(call, EXIT_COULD_NOT, &fault);
    }
    return call->json ? show(call) : EXIT_DONE;
}

static int tell(struct call *call) {
    struct str only = rotated_only(call);
    struct buf detail;
    buf_init(&detail, call->arena, 128, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "alg", str_or(only, STR("all")));
    json_close_object(&out);
    const struct event event = {
        .kind = EVENT_KEYS_ROTATE,
        .actor = call->actor.id,
        .role = role_name(call->actor.role),
        .detail = buf_str(&detail),
    };
    event_tell(call->domain.events, &event);
    return EXIT_DONE;
}

static bool rotate_those(struct call *call, struct str only) {
    enum jose_alg algs[ALGS_MOST];
    struct fault fault;
    struct keyring_options options = command_keyring_options(call->config);
    size_t count = algorithms(call->config, algs), rotated = 0;
    for (size_t i = 0; i < count; i++) {
        if (!str_is_absent(only) && !str_equal(jose_alg_name(algs[i]), only)) {
            continue;
        }
        if (!keyring_rotate(&options, algs[i], &fault)) {
            call_failed_fault(call, EXIT_COULD_NOT, &fault);
            return false;
        }
        rotated++;
    }
    if (rotated == 0) {
        call_failed(call, EXIT_USAGE, "%.*s is not one of keys.algorithms", STR_ARG(only));
        return false;
    }
    return true;
}

static int rotate(struct call *call) {
    struct str only = rotated_only(call);
    if (!call_load_config(call, call->typed.arguments[0]) || !rotate_those(call, only)) {
        return call->status;
    }
    if (call_administer(call, tell) != EXIT_DONE) {
        call_remark(call, "The keys are rotated; the audit trail does not know of it.");
    }
    return call->json ? show(call) : EXIT_DONE;
}

#define FILE_ARGUMENT                                                                                                  \
    { .name = "FILE", .optional = true, .takes = TAKES_FILE }

const struct command keys_commands[KEYS_COMMANDS] = {
    {
        .verb = "create",
        .help = "make the folder, the key-encryption key and the signing keys that are not there yet",
        .example = "keys create /etc/tongxing/tongxing.yaml",
        .arguments = {FILE_ARGUMENT},
        .run = create,
    },
    {
        .verb = "list",
        .help = "the signing keys and their states",
        .example = "keys list",
        .arguments = {FILE_ARGUMENT},
        .run = list,
    },
    {
        .verb = "rotate",
        .help = "let the next key sign and make a new next one, for one algorithm or all",
        .more = "Servers notice within two seconds. A next key should have been published for five minutes before it "
                "signs.",
        .example = "keys rotate --algorithm ES256",
        .arguments = {FILE_ARGUMENT, {.name = "ALG", .optional = true}},
        .options = {OPT_ALGORITHM},
        .run = rotate,
    },
};
