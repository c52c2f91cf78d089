/* Private keys as operators make them: with openssl(1), which is asked here too, so that nobody grades their own work.
 */
#include "base/encode.h"
#include "jose/jws.h"
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state) {
    snprintf(folder, sizeof(folder), "/tmp/key-pem-test-XXXXXX");
    *state = arena_new();
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state) {
    arena_free(*state);
    return rmdir(folder);
}

/* Runs openssl with words that have no spaces in them; what it says goes nowhere. */
static void run_openssl(char *words) {
    char program[] = "openssl";
    char *argv[16] = {program};
    size_t count = 1;
    for (char *word = strtok_r(words, " ", &words); word; word = strtok_r(NULL, " ", &words)) {
        argv[count++] = word;
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr)) {
            _exit(126);
        }
        execvp(program, argv);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static struct str made(struct arena *arena, const char *how) {
    struct str path = str_format(arena, "%s/key.pem", folder);
    run_openssl(str_c(arena, str_format(arena, "%s -out %.*s", how, STR_ARG(path))));
    assert_int_equal(chmod(str_c(arena, path), 0600), 0);
    return path;
}

static void drop(struct arena *arena, struct str path) {
    assert_int_equal(unlink(str_c(arena, path)), 0);
}

/* What it signs is verified with the public half that it writes. */
static void check_signs(struct arena *arena, struct jose_key *key, enum jose_alg alg, const char *kid) {
    struct jose_signer *signer = jose_signer_new(key);
    struct buf token, jwks;
    struct jose_key_set *set;
    const struct json *parsed;
    struct jws jws;
    assert_non_null(signer);
    buf_init(&token, arena, 1024, 4096);
    buf_init(&jwks, arena, 1024, 4096);
    assert_true(jws_sign(signer, STR("JWT"), STR("{\"iss\":\"us\"}"), &token));
    struct json_out out = json_out(&jwks);
    json_open_object(&out, NULL);
    json_open_array(&out, "keys");
    jose_key_write_public(key, &out);
    json_close_array(&out);
    json_close_object(&out);
    assert_true(json_parse(arena, buf_str(&jwks), JSON_LIMITS_DOCUMENT, &parsed));
    assert_true(jose_key_set_read(parsed, &set));
    assert_int_equal(jws_verify(arena, buf_str(&token), set, JOSE_ALG_BIT(alg), &jws), JWS_VALID);
    if (kid) {
        assert_str(jws.kid, kid);
    } else {
        assert_int_equal(jws.kid.len, 43);
    }
    jose_key_set_free(set);
    jose_signer_free(signer);
}

static void keys_of_every_kind_sign(void **state) {
    static const struct {
        const char *how, *kid;
        enum jose_alg wanted, alg;
    } rows[] = {
        {"genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", NULL, JOSE_RS256, JOSE_RS256},
        {"genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "ours", JOSE_PS256, JOSE_PS256},
        {"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "ours", JOSE_RS256, JOSE_ES256},
        {"ecparam -name prime256v1 -genkey -noout", NULL, JOSE_RS256, JOSE_ES256},
        {"genpkey -algorithm ED25519", NULL, JOSE_RS256, JOSE_EDDSA},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str path = made(*state, rows[i].how);
        struct jose_key *key = NULL;
        struct fault fault = {{0}};
        assert_row(jose_key_read_pem(path, rows[i].wanted, str_from(rows[i].kid), &key, &fault), fault.text);
        assert_int_equal(jose_key_alg(key), rows[i].alg);
        check_signs(*state, key, rows[i].alg, rows[i].kid);
        jose_key_free(key);
        drop(*state, path);
    }
}

static void refused(struct str path, struct str kid, const char *what) {
    struct jose_key *key = NULL;
    struct fault fault = {{0}};
    assert_row(!jose_key_read_pem(path, JOSE_RS256, kid, &key, &fault), what);
    assert_row(fault.text[0] != '\0' && !strstr(fault.text, "BEGIN"), what);
}

static void keys_for_nothing_of_ours_are_refused(void **state) {
    static const char *const rows[] = {
        "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384",
        "genpkey -algorithm X25519",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -pass pass:secret",
        "ecparam -name prime256v1",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str path = made(*state, rows[i]);
        refused(path, STR_NONE, rows[i]);
        drop(*state, path);
    }
}

static void files_that_others_can_read_are_refused(void **state) {
    struct str path = made(*state, "genpkey -algorithm ED25519");
    for (mode_t mode = 0604; mode <= 0640; mode += 034) {
        assert_int_equal(chmod(str_c(*state, path), mode), 0);
        refused(path, STR_NONE, "readable by others");
    }
    assert_int_equal(chmod(str_c(*state, path), 0600), 0);
    char kid[130] = {0};
    memset(kid, 'k', 129);
    refused(path, str_from(kid), "a long kid");
    refused(path, STR(""), "an empty kid");
    drop(*state, path);
    refused(path, STR_NONE, "no file");
    refused(str_from(folder), STR_NONE, "a folder");
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
RUN_TESTS(WITH_FOLDER(keys_of_every_kind_sign), WITH_FOLDER(keys_for_nothing_of_ours_are_refused),
          WITH_FOLDER(files_that_others_can_read_are_refused))
