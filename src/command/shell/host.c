/*
 * The stores of an installation, opened on its host for the time of one command, beside servers that may be running.
 *
 * What the rules tell as events and have not written themselves (a refusal) goes to the outbox afterwards, from where
 * the audit trail takes it.
 */
#include "base/clock.h"
#include "base/log.h"
#include "call.h"
#include "command/command.h"
#include "domain/registry.h"
#include "loop/fetch.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "loop/redis.h"
#include "store/kv.h"
#include "store/outbox.h"
#include "store/sql.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#define CONFIG_USUAL   "/etc/tongxing/tongxing.yaml"
#define TOLD_MOST      16
#define ANNOUNCE_MS    300
#define LOOK_MS        5
#define FAREWELL_MS    20000 /* three tries of five seconds, and the pauses between them */
#define USER_NAME_MOST 64

struct host {
    struct keyring *keyring;
    struct domain_sealers sealers;
    struct domain_settings settings;
    struct sql_database *database;
    struct registry *registry; /* of clients.yaml: their ids are taken */
    struct redis *redis;
    struct event_sink sink;
    struct event told[TOLD_MOST];
    size_t told_count;
    int (*run)(struct call *call);
    int status;
};

/* --- the configuration --- */

struct str call_config_path(struct call *call, struct str argument) {
    struct str option = call_text(call, OPT_CONFIG);
    struct str named = str_from(getenv("TONGXING_CONFIG"));
    if (!str_is_absent(argument) && !str_is_absent(option)) {
        call_failed(call, EXIT_USAGE, "the configuration is given twice: as an argument and as --config");
        return STR_NONE;
    }
    return str_or(argument, str_or(option, str_is_empty(named) ? STR(CONFIG_USUAL) : named));
}

bool call_load_config(struct call *call, struct str argument) {
    struct str path = call_config_path(call, argument);
    if (str_is_absent(path)) {
        return false;
    }
    struct config_problems problems = {.arena = call->arena};
    call->config = arena_new_of(call->arena, struct config);
    if (config_load(call->arena, path, call->config, &problems)) {
        return true;
    }
    call_failed_config(call, &problems);
    return false;
}

/* --- who is at the shell --- */

static bool is_user_name(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                     c == '.' || c == '-';
        if (!plain) {
            return false;
        }
    }
    return name.len > 0 && name.len <= USER_NAME_MOST;
}

/* SUDO_USER is root's word, and only root's: anybody else can set it to anything. */
static struct str user_name(struct call *call) {
    struct str name = getuid() == 0 ? str_from(getenv("SUDO_USER")) : STR_NONE;
    if (is_user_name(name)) {
        return name;
    }
    const struct passwd *entry = getpwuid(getuid()); /* this process has one thread by now */
    name = entry ? str_dup(call->arena, str_from(entry->pw_name)) : STR_NONE;
    return is_user_name(name) ? name : str_format(call->arena, "uid-%u", (unsigned)getuid());
}

/* --- events --- */

static struct str kept(struct call *call, struct str text) {
    return str_is_absent(text) ? text : str_dup(call->arena, text);
}

static void hear(void *ctx, const struct event *event) {
    struct call *call = ctx;
    struct host *host = call->host;
    if (event->in_outbox || !event_is_audited(event) || host->told_count == TOLD_MOST) {
        return;
    }
    struct event *copy = &host->told[host->told_count++];
    *copy = *event;
    copy->actor = kept(call, event->actor);
    copy->role = kept(call, event->role);
    copy->client_id = kept(call, event->client_id);
    copy->subject = kept(call, event->subject);
    copy->session_id = kept(call, event->session_id);
    copy->address = kept(call, event->address);
    copy->request_id = kept(call, event->request_id);
    copy->detail = kept(call, event->detail);
}

static bool write_told(struct call *call) {
    struct host *host = call->host;
    struct sql_statement *statements = arena_array_of(call->arena, TOLD_MOST, struct sql_statement);
    for (size_t i = 0; i < host->told_count; i++) {
        statements[i] = outbox_put(call->arena, &host->told[i]);
    }
    return host->told_count == 0 || sql_write(call->domain.sql, statements, host->told_count) == SQL_DONE;
}

/* --- carrying out --- */

/* Portals are told on fibers of their own that a session has ended; the process lives until they know. */
static void wait_for_farewells(struct call *call) {
    int64_t end = clock_monotonic_ms() + FAREWELL_MS;
    while (fiber_count(call->domain.loop) > 1 && clock_monotonic_ms() < end && fiber_sleep(LOOK_MS) == WAIT_DONE) {
    }
}

static void carry_out(void *arg) {
    struct call *call = arg;
    call->host->status = call->host->run(call);
    if (!write_told(call)) {
        call->host->status =
            call_failed(call, EXIT_UNAVAILABLE, "what happened could not be written for the audit trail");
    }
    wait_for_farewells(call);
    loop_stop(call->domain.loop);
}

static void start(void *arg) {
    struct call *call = arg;
    fiber_spawn(call->domain.loop, carry_out, call);
}

static bool open_registry(struct call *call, struct fault *fault) {
    struct host *host = call->host;
    struct config_problems problems = {.arena = call->arena};
    struct client *clients;
    size_t count;
    if (!command_read_clients(call->config, call->arena, &clients, &count, &problems)) {
        call_remark(call, "%.*s has mistakes (tongxing check says which): the ids in it are not known to be taken.",
                    STR_ARG(call->config->clients_file));
        count = 0; /* somebody may have to suspend a client system just now */
    }
    return registry_new(clients, count, call->config->admin_enabled, &host->settings, &host->sealers, &host->registry,
                        fault);
}

static bool open_keys(struct call *call, struct fault *fault) {
    struct host *host = call->host;
    struct keyring_options options = command_keyring_options(call->config);
    if (!keyring_open(&options, &host->keyring, fault)) {
        return false;
    }
    domain_sealers_init(&host->sealers, host->keyring);
    host->settings = command_settings(call->config);
    return true;
}

static bool open_stores(struct call *call, struct fault *fault) {
    struct host *host = call->host;
    if (!command_open_database(call->config, &host->database, fault)) {
        return false;
    }
    const struct fetch_options fetch_options = {
        .allowed_private = call->config->outbound_allow_private_hosts.items,
        .allowed_private_count = call->config->outbound_allow_private_hosts.count,
        .ca_file = call->config->outbound_ca_file,
    };
    host->sink = (struct event_sink){hear, call};
    call->domain = (struct domain){
        .settings = &host->settings,
        .sealers = &host->sealers,
        .registry = registry_hold(host->registry),
        .keys = domain_keys_new(host->keyring),
        .loop = loop_new(),
        .passwords = pool_new("passwords", 1, 1, 0),
        .events = &host->sink,
    };
    call->domain.fetcher = fetcher_new(call->domain.loop, &fetch_options);
    return sql_connect(host->database, &call->domain.sql, fault);
}

static void close_host(struct call *call) {
    struct host *host = call->host;
    if (call->domain.loop) {
        kv_free(call->domain.kv);
        redis_free(host->redis);
        sql_free(call->domain.sql);
        fetcher_free(call->domain.fetcher);
        pool_free(call->domain.passwords);
        domain_keys_free(call->domain.keys);
        registry_free(call->domain.registry);
        loop_free(call->domain.loop);
    }
    registry_free(host->registry);
    sql_database_free(host->database);
    keyring_free(host->keyring);
}

int call_administer(struct call *call, int (*run)(struct call *call)) {
    struct fault fault;
    call->host = arena_new_of(call->arena, struct host);
    call->host->run = run;
    call->actor = (struct actor){
        .role = ROLE_HOST,
        .id = str_concat(call->arena, STR("host:"), user_name(call)),
    };
    log_init(LOG_ERROR, LOG_TEXT);
    if (!open_keys(call, &fault) || !open_registry(call, &fault)) {
        call->host->status = call_failed_fault(call, EXIT_COULD_NOT, &fault);
    } else if (!open_stores(call, &fault)) {
        call->host->status = call_failed_fault(call, EXIT_UNAVAILABLE, &fault);
    } else {
        loop_post(call->domain.loop, start, call);
        loop_run(call->domain.loop);
    }
    close_host(call);
    return call->host->status;
}

/* --- sessions --- */

static bool connect_redis(struct call *call, int64_t patience_ms) {
    const struct redis_options options = command_redis_options(call->config);
    if (!call->host->redis) {
        call->host->redis = redis_new(call->domain.loop, &options);
        call->domain.kv = kv_redis_new(call->host->redis);
    }
    for (int64_t waited = 0; !redis_is_up(call->host->redis) && waited < patience_ms; waited += LOOK_MS) {
        if (fiber_sleep(LOOK_MS) != WAIT_DONE) {
            break;
        }
    }
    return redis_is_up(call->host->redis);
}

/* Which client systems there are, to tell those that took part in a session that it has ended. */
static bool read_register(struct call *call) {
    struct registry *fresh;
    enum domain_status status = registry_refresh(&call->domain, call->domain.registry, &fresh);
    if (status == DOMAIN_UNAVAILABLE) {
        call_failed(call, EXIT_UNAVAILABLE, "the register cannot be read from the database");
        return false;
    }
    if (status == DOMAIN_DONE) {
        registry_free(call->domain.registry);
        call->domain.registry = fresh;
    }
    return true;
}

bool call_open_sessions(struct call *call) {
    const struct config *config = call->config;
    if (config->kv_driver == CONFIG_KV_MEMORY) {
        call_failed(call, EXIT_UNAVAILABLE,
                    "sessions live in the server's memory (kv.driver: memory), where only the server reaches them");
        return false;
    }
    if (!connect_redis(call, config->redis_timeout_ms)) {
        call_failed(call, EXIT_UNAVAILABLE, "sessions cannot be reached: Redis at %.*s, port %lld, does not answer",
                    STR_ARG(config->redis_host), (long long)config->redis_port);
        return false;
    }
    return read_register(call);
}

bool call_open_sessions_if_any(struct call *call) {
    if (call->config->kv_driver != CONFIG_KV_MEMORY) {
        return call_open_sessions(call);
    }
    call_remark(call,
                "Sessions live in the server's memory: those that are open stay so until they end by themselves.");
    return true;
}

void call_announce(struct call *call) {
    int64_t patience = call->config->redis_timeout_ms < ANNOUNCE_MS ? call->config->redis_timeout_ms : ANNOUNCE_MS;
    if (call->config->kv_driver != CONFIG_KV_MEMORY && connect_redis(call, patience)) {
        register_announce(&call->domain);
    }
}
