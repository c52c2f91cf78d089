/*
 * tongxing client: the register of client systems. The rules are the domain's (domain/client_register.h); here is what
 * is typed and what is shown.
 */
#include "client.h"

#include "base/check.h"
#include "domain/registry.h"
#include "nouns.h"

#define OVERLAP_MOST (30 * 24 * 3600)
#define VERSION_MOST INT64_MAX

int client_refused(struct call *call, const struct admin_answer *answer) {
    struct str client_id = call->typed.arguments[0];
    if (answer->result == ADMIN_MISSING && registry_find(call->domain.registry, client_id)) {
        return call_failed(call, EXIT_NOT_FOUND, "%.*s comes with the configuration, and is not in the register",
                           STR_ARG(client_id));
    }
    return call_refused(call, answer, str_concat(call->arena, STR("client "), client_id));
}

static int client_add(struct call *call) {
    struct client_wanted wanted = {
        .client_id = call_text(call, OPT_CLIENT_ID),
        .agency_id = call_text(call, OPT_AGENCY),
        .origin = STR("shell"),
    };
    struct registered client;
    struct client_credentials_new credentials = {0};
    if (!client_metadata(call, STR_NONE, &wanted.metadata)) {
        return call->status;
    }
    struct admin_answer answer =
        register_create(&call->domain, call->arena, &call->actor, &wanted, &client, &credentials);
    if (answer.result != ADMIN_DONE) {
        return call_refused(call, &answer,
                            answer.result == ADMIN_MISSING ? str_concat(call->arena, STR("agency "), wanted.agency_id)
                                                           : STR("the client system"));
    }
    call_announce(call);
    return client_print(call, &client, &credentials);
}

/* The client system as it is, and the version that the change is made from. */
static bool begin_change(struct call *call, struct registered *ret_client, int64_t *ret_version) {
    struct str client_id = call->typed.arguments[0];
    if (!call_in_range(call, OPT_VERSION, 1, VERSION_MOST)) {
        return false;
    }
    struct admin_answer answer = register_get(&call->domain, call->arena, &call->actor, client_id, ret_client);
    if (answer.result != ADMIN_DONE) {
        client_refused(call, &answer);
        return false;
    }
    *ret_version = call_number(call, OPT_VERSION, ret_client->row.version);
    return true;
}

static int end_change(struct call *call, const struct admin_answer *answer, const struct registered *client,
                      const struct client_credentials_new *credentials) {
    if (answer->result != ADMIN_DONE) {
        return client_refused(call, answer);
    }
    call_announce(call);
    return client_print(call, client, credentials);
}

/* A change that still waits for approval is built upon, not lost. */
static int client_update(struct call *call) {
    struct registered client;
    int64_t version;
    const struct json *metadata;
    if (!begin_change(call, &client, &version)) {
        return call->status;
    }
    struct str base = call_has(call, OPT_METADATA) ? STR_NONE : str_or(client.row.pending, client.row.metadata);
    if (!client_metadata(call, base, &metadata)) {
        return call->status;
    }
    struct admin_answer answer = register_update(&call->domain, call->arena, &call->actor, client.row.client_id,
                                                 version, metadata, call_text(call, OPT_AGENCY), &client);
    return end_change(call, &answer, &client, NULL);
}

static int act(struct call *call, enum client_action action) {
    struct registered client;
    int64_t version;
    if (!begin_change(call, &client, &version)) {
        return call->status;
    }
    struct admin_answer answer =
        register_act(&call->domain, call->arena, &call->actor, client.row.client_id, version, action, &client);
    return end_change(call, &answer, &client, NULL);
}

static int client_submit(struct call *call) {
    return act(call, CLIENT_SUBMIT);
}
static int client_approve(struct call *call) {
    return act(call, CLIENT_APPROVE);
}
static int client_reject(struct call *call) {
    return act(call, CLIENT_REJECT);
}
static int client_suspend(struct call *call) {
    return act(call, CLIENT_SUSPEND);
}
static int client_resume(struct call *call) {
    return act(call, CLIENT_RESUME);
}
static int client_end_sessions(struct call *call) {
    return act(call, CLIENT_END_SESSIONS);
}
static int client_retire(struct call *call) {
    if (!call_confirm(call, "This takes the client system out of service for good; its id is never given again.")) {
        return call->status;
    }
    return act(call, CLIENT_RETIRE);
}

static int client_secret(struct call *call) {
    struct registered client;
    struct client_credentials_new credentials = {0};
    int64_t version;
    if (!call_in_range(call, OPT_OVERLAP, 0, OVERLAP_MOST)) {
        return call->status;
    }
    if (!begin_change(call, &client, &version)) {
        return call->status;
    }
    struct admin_answer answer =
        register_new_secret(&call->domain, call->arena, &call->actor, client.row.client_id, version,
                            call_number(call, OPT_OVERLAP, -1), &client, &credentials);
    return end_change(call, &answer, &client, &credentials);
}

#define METADATA_OPTIONS                                                                                               \
    OPT_METADATA, OPT_NAME, OPT_NAME_EN, OPT_AGENCY, OPT_REDIRECT_URI, OPT_POST_LOGOUT_URI, OPT_LOGOUT_URI, OPT_SCOPE, \
        OPT_GRANT, OPT_AUTH_METHOD, OPT_PUBLIC, OPT_NATIVE, OPT_JWKS_URI, OPT_LEVEL, OPT_CONSENT, OPT_PAIRWISE,        \
        OPT_SANDBOX

#define ACTION(word, function, text, explanation)                                                                      \
    {                                                                                                                  \
        .verb = word, .help = text, .more = explanation, .example = "client " word " portal-a",                        \
        .arguments = {{.name = "ID"}}, .options = {OPT_VERSION}, .administer = function                                \
    }

const struct command client_commands[CLIENT_COMMANDS] = {
    {
        .verb = "list",
        .help = "the client systems of the register",
        .more = "Those of clients.yaml are not in the register.",
        .example = "client list --state submitted",
        .options = {OPT_CLIENT_STATE, OPT_OF_AGENCY, OPT_SEARCH, OPT_AFTER, OPT_LIMIT},
        .administer = client_list,
    },
    {
        .verb = "show",
        .help = "one client system: its metadata, what waits for approval, its secrets' ids",
        .example = "client show portal-a --json",
        .arguments = {{.name = "ID"}},
        .administer = client_show,
    },
    {
        .verb = "add",
        .help = "enter a client system, as a draft; its secret is printed once",
        .more = "With --sandbox it works at once, for redirect URIs on the developer's own machine only. Any other is "
                "submitted and then approved by somebody else, while the setting four_eyes is on. Metadata that has no "
                "option of its own is given with --metadata.",
        .example = "client add --id portal-a --name 政务服务网 --redirect-uri https://portal.example/cb "
                   "--scope 'openid profile'",
        .options = {OPT_CLIENT_ID, METADATA_OPTIONS},
        .administer = client_add,
    },
    {
        .verb = "update",
        .help = "change the metadata of a client system",
        .more = "Options change single members; --metadata replaces all of them. What an approved client system is to "
                "become waits beside what it is until it is approved.",
        .example = "client update portal-a --redirect-uri https://portal.example/cb2",
        .arguments = {{.name = "ID"}},
        .options = {OPT_VERSION, METADATA_OPTIONS},
        .administer = client_update,
    },
    ACTION("submit", client_submit, "hand a draft in for approval", NULL),
    ACTION("approve", client_approve, "let a client system, or its waiting change, into force",
           "Nobody approves what they submitted, while the setting four_eyes is on."),
    ACTION("reject", client_reject, "send a client system, or its waiting change, back", NULL),
    ACTION("suspend", client_suspend, "stop it for now: no sign-in, no token, what it holds is refused", NULL),
    ACTION("resume", client_resume, "let a suspended one work again", NULL),
    {
        .verb = "retire",
        .help = "take it out of service for good",
        .more = "Its id is never given again. It asks first; --yes is for scripts.",
        .example = "client retire portal-a --yes",
        .arguments = {{.name = "ID"}},
        .options = {OPT_VERSION, OPT_YES},
        .administer = client_retire,
    },
    {
        .verb = "secret",
        .help = "make a new secret, printed once; the old one stays good for a while",
        .example = "client secret portal-a --overlap 86400",
        .arguments = {{.name = "ID"}},
        .options = {OPT_VERSION, OPT_OVERLAP},
        .administer = client_secret,
    },
    ACTION("end-sessions", client_end_sessions, "make everything it holds of anybody invalid",
           "People stay signed in elsewhere, and come back to it by signing on again."),
};
