#include "register_fixture.h"

#include "domain/registry.h"
#include "on_loop.h"
#include "store/agencies.h"
#include "store/kv.h"
#include "store/settings.h"

#include <ftw.h>

static char folder[64];

static int drop(const char *path, const struct stat *about, int kind, struct FTW *place) {
    return remove(path);
}

static void drop_folder(void) {
    assert_int_equal(nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static struct str in_folder(char path[128], const char *name) {
    snprintf(path, 128, "%s/%s", folder, name);
    return str_from(path);
}

struct running {
    struct domain domain;
    void (*run)(struct domain *domain);
};

static void put_agency(struct domain *domain, struct arena *arena, const char *id) {
    const struct agency_row row = {.agency_id = str_from(id),
                                   .name = str_concat(arena, STR("机构"), str_from(id)),
                                   .metadata = STR("{}"),
                                   .state = AGENCY_ACTIVE,
                                   .created_at = 1};
    const struct sql_statement statement = agencies_insert(&row);
    assert_int_equal(sql_write(domain->sql, &statement, 1), SQL_DONE);
}

static void run_inside(void *arg) {
    struct running *running = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    put_agency(&running->domain, arena, "a");
    put_agency(&running->domain, arena, "b");
    running->run(&running->domain);
}

static void on_stores(struct running *running, const struct sealer *sealer) {
    char path[128];
    struct fault fault;
    struct sql_database *database;
    struct kv_memory *memory = kv_memory_new(1 << 24);
    const struct domain_settings settings = {.issuer = STR("https://id.example"),
                                             .access_token_s = 600,
                                             .refresh_token_s = 86400,
                                             .session_s = 3600,
                                             .session_idle_s = 3600,
                                             .code_s = 60,
                                             .organisation_recheck_s = 30 * 86400,
                                             .organisation_attempts_per_account = 8,
                                             .organisation_attempts_per_code = 8,
                                             .organisation_attempts_per_address = 100,
                                             .trust_framework = STR("cn_gov_zwfw")};
    const struct domain_sealers sealers = {.lookup = sealer,
                                           .secret = sealer,
                                           .personal = sealer,
                                           .subject = sealer,
                                           .refresh = sealer,
                                           .identity = sealer,
                                           .check = sealer,
                                           .flow = sealer,
                                           .session = sealer};
    struct domain *domain = &running->domain;
    assert_true(sql_sqlite_open(in_folder(path, "x.db"), &database, &fault));
    *domain =
        (struct domain){.settings = &settings, .sealers = &sealers, .loop = loop_new(), .kv = kv_memory_open(memory)};
    assert_true(sql_connect(database, &domain->sql, &fault));
    assert_true(registry_new(NULL, 0, true, &settings, &sealers, &domain->registry, &fault));
    run_on(domain->loop, run_inside, running);
    loop_end_fibers(domain->loop);
    registry_free(domain->registry);
    sql_free(domain->sql);
    kv_free(domain->kv);
    loop_free(domain->loop);
    kv_memory_free(memory);
    sql_database_free(database);
}

void with_register(void (*run)(struct domain *domain)) {
    char path[128];
    struct fault fault;
    struct keyring *keyring;
    struct running running = {.run = run};
    static const enum jose_alg algs[] = {JOSE_ES256};
    snprintf(folder, sizeof(folder), "/tmp/register-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    const struct keyring_options options = {.folder = in_folder(path, "keys")};
    assert_true(keyring_create(&options, algs, ARRAY_LEN(algs), &fault));
    assert_true(keyring_open(&options, &keyring, &fault));
    on_stores(&running, keyring_sealer(keyring, "secret"));
    keyring_free(keyring);
    drop_folder();
}

struct actor actor_as(enum role role, const char *who) {
    return (struct actor){.role = role,
                          .id = str_from(who),
                          .agency_id = role == ROLE_DEVELOPER ? STR("a") : STR_NONE,
                          .address = STR("192.0.2.1"),
                          .request_id = STR("rq_1")};
}

const struct json *json_of(struct arena *arena, const char *text) {
    const struct json *value;
    assert_row(json_parse(arena, str_from(text), JSON_LIMITS_DOCUMENT, &value), text);
    return value;
}

void put_setting(struct domain *domain, struct arena *arena, const char *name, int64_t value) {
    struct setting_row *rows, row = {.name = str_from(name), .updated_by = STR("test"), .value = value};
    size_t count;
    assert_int_equal(settings_read(domain->sql, arena, &rows, &count), SQL_DONE);
    for (size_t i = 0; i < count; i++) {
        row.version = str_equal(rows[i].name, row.name) ? rows[i].version : row.version;
    }
    row.version++;
    const struct sql_statement statements[] = {register_next(), settings_write(&row)};
    assert_int_equal(sql_write(domain->sql, statements, 2), SQL_DONE);
}

void run_sql(struct domain *domain, const char *text) {
    const struct sql_statement statement = {.text = text, .must_change = true};
    assert_row(sql_write(domain->sql, &statement, 1) == SQL_DONE, text);
}

int64_t count_sql(struct domain *domain, const char *query) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_statement statement = {.text = query};
    struct sql_rows rows;
    assert_row(sql_read(domain->sql, arena, &statement, 1, &rows) == SQL_DONE, query);
    return rows.cells[0].number;
}

struct client_row put_client(struct domain *domain, struct arena *arena, const char *client_id, enum client_state state,
                             bool pending) {
    const struct client_row row = {.client_id = str_from(client_id),
                                   .agency_id = STR("a"),
                                   .search = str_from(client_id),
                                   .state = state,
                                   .origin = STR("shell"),
                                   .metadata = STR(METADATA),
                                   .pending = pending ? STR(CHANGED) : STR_NONE,
                                   .submitted_by = STR("submitter"),
                                   .version = 1,
                                   .created_at = 1};
    const struct sql_statement statements[] = {register_next(), clients_insert(&row)};
    assert_row(sql_write(domain->sql, statements, 2) == SQL_DONE, client_id);
    return row;
}

void refresh(struct domain *domain) {
    struct registry *fresh;
    if (registry_refresh(domain, domain->registry, &fresh) == DOMAIN_DONE) {
        registry_free(domain->registry);
        domain->registry = fresh;
    }
}
