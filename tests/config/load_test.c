/* Configuration files: every mistake at once, with its line; and the sample file against the table. */
#include "base/buf.h"
#include "base/json.h"
#include "config/clients_file.h"
#include "config/yaml.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static char path[64];

static void write_file(const char *text) {
    snprintf(path, sizeof(path), "/tmp/config-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static bool load(struct arena *arena, const char *text, struct config *config, struct config_problems *problems) {
    write_file(text);
    *problems = (struct config_problems){.arena = arena};
    bool fine = config_load(arena, str_from(path), config, problems);
    unlink(path);
    return fine;
}

#define GOOD                                                                                                           \
    "server: {issuer: 'https://id.example'}\nsql: {path: x.db}\nkeys: {folder: keys}\nregistration: {enabled: "        \
    "false}\n"

static void the_least_file_has_all_defaults(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct config config;
    struct config_problems problems;
    assert_true(load(arena, GOOD, &config, &problems));
    assert_int_equal(config.listen_port, 8080);
    assert_int_equal(config.keys_algorithms.count, 4);
    assert_str(config.sql_path, "/tmp/x.db");
    assert_str(config.audit_folder, "/tmp/x.db.spool");
    assert_true(str_is_absent(config.redis_password));
}

static void each_mistake_is_said_with_line_and_option(void **state) {
    static const struct {
        const char *text;
        int line;
        const char *option, *about;
    } rows[] = {
        {GOOD "lisen: {port: 1}\n", 5, "lisen", "not a group"},
        {GOOD "listen:\n  prt: 1\n", 6, "listen.prt", "not an option"},
        {GOOD "listen:\n  port: many\n", 6, "listen.port", "whole number"},
        {GOOD "listen:\n  port: 65536\n", 6, "listen.port", "between 0 and 65535"},
        {GOOD "listen:\n  port: [1]\n", 6, "listen.port", "one value"},
        {GOOD "listen:\n  address: ''\n", 6, "listen.address", "empty"},
        {GOOD "listen:\n  trusted_proxies: x\n", 6, "listen.trusted_proxies", "a list"},
        {GOOD "listen:\n  trusted_proxies: [proxy.example]\n", 6, "listen.trusted_proxies", "not an address"},
        {GOOD "listen:\n  tls_key: k.pem\n", 6, "listen.tls_key", "together"},
        {GOOD "audit:\n  keep_days: 179\n", 6, "audit.keep_days", "between 180"},
        {"server: {issuer: 'https://id.example', node: 'a b'}\nsql: {path: x}\nkeys: {folder: k}\nregistration: "
         "{enabled: "
         "false}\n",
         1, "server.node", "at most 64 letters"},
        {GOOD "log:\n  level: loud\n", 6, "log.level", "debug|info|warn|error"},
        {GOOD "keys2: 1\n", 5, "keys2", "not a group"},
        {GOOD "listen: 1\n", 5, "listen", "group"},
        {GOOD "listen:\n  port: 1\n  port: 2\n", 7, "listen.port", "given twice"},
        {GOOD "upstreams:\n  p:\n    asks: [a]\n    json: {a: [{b: 1, b: 2}]}\n", 8, "upstreams.p.json.a.1.b",
         "given twice"},
        {GOOD "upstreams:\n  p:\n    url: \"a\\0b\"\n", 7, "upstreams.p.url", "holds a NUL"},
        {GOOD "upstreams:\n  p:\n    json: {\"a\\0\": 1}\n", 7, "upstreams.p.json", "holds a NUL in a name"},
        {GOOD "upstreams:\n  otp: {adapter: a, url: b}\n", 6, "upstreams.otp", "a name of our own"},
        {GOOD "upstreams:\n  window: {adapter: a, url: b}\n", 6, "upstreams.window", "a name of our own"},
        {GOOD "upstreams:\n  operator: {adapter: a, url: b}\n", 6, "upstreams.operator", "a name of our own"},
        {GOOD "upstreams:\n  way-x: {adapter: a, url: b}\n", 6, "upstreams.way-x", "a name of our own"},
        {GOOD "upstreams:\n  -x: {adapter: a, url: b}\n", 6, "upstreams.-x", "begin with a letter"},
        {GOOD "upstreams:\n  '': {adapter: a, url: b}\n", 6, "upstreams.", "begin with a letter"},
        {GOOD "upstreams:\n  'a b': {adapter: a, url: b}\n", 6, "upstreams.a b", "at most 64 letters"},
        {GOOD "lifetimes:\n  session_idle_s: 40000\n", 6, "lifetimes.session_idle_s", "longer than"},
        {GOOD "upstreams:\n  p:\n    url: https://p.example\n", 7, "upstreams.p", "needs an adapter"},
        {GOOD "upstreams:\n  p: {adapter: a, url: b, timeout_ms: 1}\n", 6, "upstreams.p.timeout_ms", "between 50"},
        {"server: {issuer: 'http://id.example'}\nsql: {path: x}\nkeys: {folder: k}\nregistration: {enabled: false}\n",
         1, "server.issuer", "https"},
        {"server: {issuer: 'https://id.example/'}\nsql: {path: x}\nkeys: {folder: k}\nregistration: {enabled: false}\n",
         1, "server.issuer", "nothing behind"},
        {"server: {issuer: 'https://id.example'}\nsql: {path: x}\nkeys: {folder: k}\n", 0, "registration.upstream",
         "is missing"},
        {"sql: {path: x}\nkeys: {folder: k}\nregistration: {enabled: false}\n", 0, "server.issuer", "is missing"},
        {GOOD "redis:\n  password: ${TONGXING_NO_SUCH_VARIABLE}\n", 6, "redis.password",
         "no variable TONGXING_NO_SUCH_VARIABLE"},
        {"server: {issuer: 'https://id.example'}\nsql: {driver: sqlite}\nkeys: {folder: k}\nregistration: {enabled: "
         "false}\n",
         2, "sql.path", "is missing"},
        {"server: {issuer: 'https://id.example'}\nsql: {driver: postgres, path: x}\nkeys: {folder: k}\nregistration: "
         "{enabled: false}\n",
         2, "sql.conninfo", "is missing"},
        {"a: &x 1\nb: *x\n", 1, NULL, "anchors"},
        {"a: !!int 1\n", 1, NULL, "tags"},
        {"a: {b: 1\n", 2, NULL, ""},
        {"", 1, NULL, ""},
        {"- a\n", 1, NULL, "groups"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct config config;
        struct config_problems problems;
        assert_row(!load(arena, rows[i].text, &config, &problems), rows[i].text);
        bool said = false;
        for (size_t p = 0; p < problems.count; p++) {
            const struct config_problem *problem = &problems.items[p];
            said = said || (problem->line == rows[i].line && strstr(str_c(arena, problem->text), rows[i].about) &&
                            (!rows[i].option || str_equal(problem->option, str_from(rows[i].option))));
        }
        if (!said) {
            config_problems_print(&problems, stderr);
        }
        assert_row(said, rows[i].text);
    }
}

static void all_mistakes_at_once(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct config config;
    struct config_problems problems;
    assert_false(load(arena, "nobody: {}\nlisten:\n  port: x\n  address: ''\nlog:\n  level: x\n", &config, &problems));
    assert_int_equal(problems.count, 8); /* those four, and what is missing: issuer, path, folder, upstream */
}

/* What the bytes have wrong and reading can go on after. */
static void all_mistakes_of_the_text_at_once(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct config config;
    struct config_problems problems;
    assert_false(load(arena,
                      GOOD "redis:\n  password: ${TONGXING_NO_A}${TONGXING_NO_B}\n  host: ${TONGXING_NO_C}\n"
                           "  port: \"\\0\"\n  port: ${TONGXING_NO_D}\n",
                      &config, &problems));
    assert_int_equal(problems.count, 6);
    assert_str(problems.items[5].option, "redis.port");
}

static void the_environment_fills_values(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct config config;
    struct config_problems problems;
    setenv("TONGXING_TEST_VALUE", "p:#{}", 1);
    assert_true(load(arena, GOOD "redis:\n  password: a${TONGXING_TEST_VALUE}b\n", &config, &problems));
    assert_str(config.redis_password, "ap:#{}b");
}

static void bombs_are_small(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct config_problems problems = {.arena = arena};
    const struct yaml *root;
    char deep[4000];
    memset(deep, '[', sizeof(deep));
    assert_false(yaml_parse(arena, str_of(deep, sizeof(deep)), STR("x"), &root, &problems));
    assert_false(yaml_parse(arena, STR("a: 1\n---\nb: 2\n"), STR("x"), &root, &problems));
    assert_false(yaml_parse(arena, STR("a: \"x\\0y\"\n"), STR("x"), &root, &problems));
    assert_false(yaml_parse(arena, STR("? [a]\n: b\n"), STR("x"), &root, &problems));
    assert_false(yaml_parse(arena, STR("a: \xff\n"), STR("x"), &root, &problems));
}

/* The sample is the reference, line by line, and something behind it. */
static void the_sample_file_shows_the_table(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf reference;
    char *sample = arena_alloc(arena, 64 * 1024);
    FILE *file = fopen("config/tongxing.yaml", "re");
    assert_non_null(file);
    sample[fread(sample, 1, 64 * 1024 - 1, file)] = '\0';
    fclose(file);
    buf_init(&reference, arena, 16384, 65536);
    config_write_reference(&reference);
    assert_non_null(strstr(sample, str_c(arena, buf_str(&reference))));
}

static void clients_keep_their_types(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct config_problems problems = {.arena = arena};
    struct client_entries entries;
    setenv("TONGXING_TEST_DIGITS", "12345678", 1);
    write_file("clients:\n  - client_id: '1'\n    tongxing_level: 2\n    tongxing_enabled: true\n    client_secret: "
               "${TONGXING_TEST_DIGITS}\n"
               "    redirect_uris: [https://rp.example/cb]\n    jwks: {keys: []}\n");
    assert_true(clients_file_load(arena, str_from(path), &entries, &problems));
    unlink(path);
    assert_int_equal(entries.count, 1);
    assert_int_equal(entries.items[0].line, 2);
    const struct json *metadata = entries.items[0].metadata;
    int64_t level;
    bool enabled;
    struct str text;
    assert_true(json_get_int(metadata, "tongxing_level", &level));
    assert_true(json_get_bool(metadata, "tongxing_enabled", &enabled));
    assert_true(json_get_str(metadata, "client_id", &text));
    assert_true(json_get_str(metadata, "client_secret", &text));
    assert_str(text, "12345678");
    assert_int_equal(json_length(json_member(metadata, "redirect_uris")), 1);
    write_file("- client_id: x\n");
    assert_false(clients_file_load(arena, str_from(path), &entries, &problems));
    unlink(path);
}

RUN_TESTS(cmocka_unit_test(the_least_file_has_all_defaults),
          cmocka_unit_test(each_mistake_is_said_with_line_and_option), cmocka_unit_test(all_mistakes_at_once),
          cmocka_unit_test(all_mistakes_of_the_text_at_once), cmocka_unit_test(the_environment_fills_values),
          cmocka_unit_test(bombs_are_small), cmocka_unit_test(the_sample_file_shows_the_table),
          cmocka_unit_test(clients_keep_their_types))
