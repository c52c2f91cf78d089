/* What Alipay tells about a person: whose it must be, and when a name and a number count; and the adapter's settings.
 */
#include "config/yaml.h"
#include "rsa_pem.h"
#include "test.h"
#include "upstream/adapter.h"
#include "upstream/alipay.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TODAY 1767578584

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int free_arena(void **state) {
    arena_free(*state);
    return 0;
}

static const struct json *parsed(struct arena *arena, const char *text) {
    const struct json *value;
    assert_row(json_parse(arena, str_from(text), JSON_LIMITS_TOKEN, &value), text);
    return value;
}

/* --- the token --- */

static void a_token_says_whose_it_is(void **state) {
    static const struct {
        const char *content;
        bool good;
    } rows[] = {
        {"{\"access_token\":\"t\",\"open_id\":\"o\"}", true},
        {"{\"access_token\":\"t\",\"user_id\":\"2088\"}", true},
        {"{\"access_token\":\"t\",\"user_id\":null,\"open_id\":\"o\",\"union_id\":\"u\",\"expires_in\":1}", true},
        {"{\"access_token\":\"t\"}", false},
        {"{\"access_token\":\"t\",\"open_id\":\"\"}", false},
        {"{\"open_id\":\"o\"}", false},
        {"{\"access_token\":\"\",\"open_id\":\"o\"}", false},
        {"{\"access_token\":1,\"open_id\":\"o\"}", false},
        {"{\"access_token\":\"t\",\"open_id\":7}", false},
        {"{\"access_token\":\"t\",\"open_id\":\"o o\"}", false},
        {"{\"access_token\":\"t\",\"open_id\":\"o:user_id:1\"}", false},
        {"{\"access_token\":\"t\\u0001\",\"open_id\":\"o\"}", false},
        {"{\"access_token\":[\"t\"],\"open_id\":\"o\"}", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct alipay_token token;
        assert_row(alipay_token_read(parsed(*state, rows[i].content), &token) == rows[i].good, rows[i].content);
    }
}

static void an_identifier_has_a_ceiling(void **state) {
    for (size_t len = ALIPAY_ID_MOST; len <= ALIPAY_ID_MOST + 1; len++) {
        char id[ALIPAY_ID_MOST + 2];
        struct alipay_token token;
        memset(id, 'i', sizeof(id));
        struct str text = str_format(*state, "{\"access_token\":\"t\",\"open_id\":\"%.*s\"}", (int)len, id);
        assert_int_equal(alipay_token_read(parsed(*state, text.ptr), &token), len == ALIPAY_ID_MOST);
    }
}

/* --- the person --- */

static const struct alipay_token token = {STR_INIT("t"), STR_INIT("open-1"), STR_INIT("")};

static enum verify_result read_person(struct arena *arena, const char *content, struct upstream_found *found) {
    *found = (struct upstream_found){0};
    return alipay_person_read(arena, parsed(arena, content), &token, TODAY, found);
}

#define PERSON(more) "{\"open_id\":\"open-1\"," more "}"
#define CARD                                                                                                           \
    "\"user_name\":\"测试甲\",\"cert_no\":\"110105188812310013\",\"cert_type\":\"0\",\"user_type\":\"2\","          \
    "\"user_status\":\"T\""

static void a_certified_person_is_told(void **state) {
    struct upstream_found found;
    assert_int_equal(read_person(*state,
                                 PERSON("\"is_certified\":\"T\"," CARD ",\"mobile\":\"13800000001\","
                                        "\"nick_name\":\"甲\""),
                                 &found),
                     VERIFY_MATCH);
    assert_true(found.certified);
    assert_str(found.name, "测试甲");
    assert_str(found.id_number, "110105188812310013");
    assert_int_equal(found.id_type, ID_TYPE_RESIDENT);
    assert_str(found.birthdate, "1888-12-31");
    assert_str(found.gender, "male");
    assert_str(found.phone, "+8613800000001");
    assert_str(found.nickname, "甲");
    assert_str(found.evidence.method, "alipay_certified");
    assert_int_equal(found.evidence.level, 0);
}

/* Signed in all the same, but nothing is known of who it is. */
static void what_is_not_proven_is_not_told(void **state) {
    static const char *const rows[] = {
        PERSON("\"nick_name\":\"甲\""),
        PERSON(CARD),
        PERSON("\"is_certified\":\"F\"," CARD),
        PERSON("\"is_certified\":\"t\"," CARD),
        PERSON("\"is_certified\":true," CARD),
        PERSON("\"is_certified\":\"TT\"," CARD),
        PERSON("\"is_certified\":\"T\",\"user_name\":\"测试甲\",\"cert_no\":\"110105188812310013\""),
        PERSON(
            "\"is_certified\":\"T\",\"user_name\":\"测试甲\",\"cert_no\":\"110105188812310013\",\"cert_type\":\"1\""),
        PERSON(
            "\"is_certified\":\"T\",\"user_name\":\"测试甲\",\"cert_no\":\"110105188812310013\",\"cert_type\":\"5\""),
        PERSON("\"is_certified\":\"T\",\"user_name\":\"测试甲\",\"cert_no\":\"110105188812310013\",\"cert_type\":0"),
        PERSON(
            "\"is_certified\":\"T\",\"user_name\":\"测试甲\",\"cert_no\":\"110105188812310014\",\"cert_type\":\"0\""),
        PERSON(
            "\"is_certified\":\"T\",\"user_name\":\"测试甲\",\"cert_no\":\"1101**********0013\",\"cert_type\":\"0\""),
        PERSON("\"is_certified\":\"T\",\"user_name\":\"测试甲\",\"cert_no\":\"\",\"cert_type\":\"0\""),
        PERSON(
            "\"is_certified\":\"T\",\"user_name\":\"测试甲\",\"cert_no\":\"810000189005010113\",\"cert_type\":\"0\""),
        PERSON("\"is_certified\":\"T\",\"user_name\":\"\",\"cert_no\":\"110105188812310013\",\"cert_type\":\"0\""),
        PERSON("\"is_certified\":\"T\",\"user_name\":\"测\\u0001甲\",\"cert_no\":\"110105188812310013\",\"cert_type\":"
               "\"0\""),
        PERSON("\"is_certified\":\"T\",\"cert_no\":\"110105188812310013\",\"cert_type\":\"0\""),
        PERSON(
            "\"is_certified\":\"T\",\"user_type\":\"1\",\"user_name\":\"虚构企业\",\"cert_no\":\"110105188812310013\","
            "\"cert_type\":\"0\""),
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct upstream_found found;
        assert_row(read_person(*state, rows[i], &found) == VERIFY_MATCH, rows[i]);
        assert_row(!found.certified && str_is_absent(found.name) && str_is_absent(found.id_number) &&
                       str_is_absent(found.evidence.method),
                   rows[i]);
    }
}

static void an_answer_about_somebody_else_is_an_error(void **state) {
    static const char *const rows[] = {
        "{}",
        "{\"open_id\":\"\"}",
        "{\"open_id\":\"open-2\"," CARD "}",
        "{\"open_id\":\"Open-1\"}",
        "{\"open_id\":[\"open-1\"]}",
        "{\"user_id\":\"2088000000000001\"}",
    };
    struct upstream_found found;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(read_person(*state, rows[i], &found) == VERIFY_UPSTREAM_ERROR, rows[i]);
    }
    const struct alipay_token both = {STR("t"), STR("open-1"), STR("2088")}, old = {STR("t"), STR(""), STR("2088")};
    const struct json *other = parsed(*state, "{\"open_id\":\"open-1\",\"user_id\":\"2089\"}");
    const struct json *same = parsed(*state, "{\"open_id\":\"open-1\",\"user_id\":\"2088\"}");
    assert_int_equal(alipay_person_read(*state, other, &both, TODAY, &found), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(alipay_person_read(*state, other, &old, TODAY, &found), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(alipay_person_read(*state, same, &both, TODAY, &found), VERIFY_MATCH);
    assert_int_equal(alipay_person_read(*state, same, &old, TODAY, &found), VERIFY_MATCH);
}

static void a_frozen_account_is_no_match(void **state) {
    struct upstream_found found;
    assert_int_equal(read_person(*state, PERSON("\"user_status\":\"B\",\"is_certified\":\"T\""), &found),
                     VERIFY_STATE_BAD);
    assert_false(found.certified);
}

static void what_cannot_be_a_phone_or_a_nickname_is_left_out(void **state) {
    struct upstream_found found;
    assert_int_equal(read_person(*state, PERSON("\"mobile\":\"138****0001\",\"nick_name\":7"), &found), VERIFY_MATCH);
    assert_true(str_is_absent(found.phone) && str_is_absent(found.nickname));
    struct str much = str_format(*state, "{\"open_id\":\"open-1\",\"nick_name\":\"%0200d\"}", 0);
    assert_int_equal(read_person(*state, much.ptr, &found), VERIFY_MATCH);
    assert_true(str_is_absent(found.nickname));
}

/* --- settings --- */

static char folder[] = "/tmp/tongxing-alipay-XXXXXX";

static void write_pem(const char *name, const char *pem) {
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(pem, 1, strlen(pem), file), strlen(pem));
    fclose(file);
    chmod(path, 0600);
}

static int make_folder(void **state) {
    assert_non_null(mkdtemp(folder));
    write_pem("app.pem", TEST_RSA_PRIVATE);
    write_pem("app_public.pem", TEST_RSA_PUBLIC);
    write_pem("alipay.pem", TEST_OTHER_RSA_PUBLIC);
    write_pem("app_certificate.pem", TEST_CERTIFICATE);
    write_pem("ec_certificate.pem", TEST_CERTIFICATE_EC);
    write_pem("sha512_certificate.pem", TEST_CERTIFICATE_SHA512);
    return 0;
}

static int remove_folder(void **state) {
    static const char *const names[] = {"app.pem",
                                        "app_public.pem",
                                        "alipay.pem",
                                        "app_certificate.pem",
                                        "ec_certificate.pem",
                                        "sha512_certificate.pem"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[256];
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    return 0;
}

static bool opens(struct arena *arena, const char *adapter, struct str entry, const char *app_id, struct fault *fault) {
    struct config_problems problems = {.arena = arena};
    struct upstream_settings settings = {.name = STR("ali"),
                                         .adapter = str_from(adapter),
                                         .url = STR("https://gateway.example/gateway.do"),
                                         .app_id = str_from(app_id),
                                         .timeout_ms = 1000,
                                         .concurrent = 1,
                                         .folder = str_from(folder)};
    assert_row(yaml_parse(arena, entry, STR("test"), &settings.entry, &problems), str_c(arena, entry));
    struct upstream *upstream;
    if (!upstream_open(&settings, NULL, &upstream, fault)) {
        return false;
    }
    upstream_free(upstream);
    return true;
}

static void settings_that_work(void **state) {
    static const struct {
        const char *adapter, *entry;
    } rows[] = {
        {"alipay", "{adapter: alipay, app_private_key: app.pem, alipay_public_key: alipay.pem}"},
        {"alipay", "{adapter: alipay, app_private_key: app.pem, alipay_public_key: alipay.pem, scope: \"auth_base\", "
                   "subject: user_id, authorize_url: \"https://auth.example/oauth2\"}"},
        {"alipay", "{adapter: alipay, app_private_key: app.pem, app_certificate: app_certificate.pem, "
                   "alipay_certificate: app_certificate.pem, alipay_root_certificate: app_certificate.pem}"},
        {"alipay_face", "{adapter: alipay_face, app_private_key: app.pem, alipay_public_key: alipay.pem}"},
        {"alipay_face", "{adapter: alipay_face, app_private_key: app.pem, alipay_public_key: alipay.pem, encrypt_key: "
                        "\"AAECAwQFBgcICQoLDA0ODw==\"}"},
        {"alipay_face", "{adapter: alipay_face, app_private_key: app.pem, alipay_public_key: alipay.pem, product: "
                        "verification, biz_code: CERT_PHOTO_FACE}"},
        {"alipay_face", "{adapter: alipay_face, app_private_key: app.pem, alipay_public_key: alipay.pem, product: "
                        "zhima}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fault fault = {""};
        bool fine = opens(*state, rows[i].adapter, str_from(rows[i].entry), "2021000000000000", &fault);
        assert_row(fine, fault.text);
    }
}

/* Each says what is wrong with which option. */
static void settings_it_cannot_work_with(void **state) {
    static const struct {
        const char *adapter, *app_id, *entry, *fault;
    } rows[] = {
        {"alipay", "2021", "{alipay_public_key: alipay.pem}", "app_private_key: is missing"},
        {"alipay", "2021", "{app_private_key: app.pem}", "give either alipay_public_key or the three certificates"},
        {"alipay", "2021",
         "{app_private_key: app.pem, alipay_public_key: alipay.pem, app_certificate: a.pem, "
         "alipay_certificate: a.pem, alipay_root_certificate: a.pem}",
         "give either alipay_public_key or the three certificates"},
        {"alipay", "2021", "{app_private_key: app.pem, app_certificate: app_certificate.pem}", "all three"},
        {"alipay", "", "{app_private_key: app.pem, alipay_public_key: alipay.pem}", "ali.app_id"},
        {"alipay", "2021&x=1", "{app_private_key: app.pem, alipay_public_key: alipay.pem}", "ali.app_id"},
        {"alipay", "2021", "{app_private_key: nowhere.pem, alipay_public_key: alipay.pem}", "ali.app_private_key"},
        {"alipay", "2021", "{app_private_key: alipay.pem, alipay_public_key: alipay.pem}", "ali.app_private_key"},
        {"alipay", "2021", "{app_private_key: app.pem, alipay_public_key: app.pem}", "ali.alipay_public_key"},
        {"alipay", "2021", "{app_private_key: app.pem, alipay_public_key: app_public.pem}", "the app's own public key"},
        {"alipay", "2021",
         "{app_private_key: app.pem, app_certificate: ec_certificate.pem, alipay_certificate: "
         "app_certificate.pem, alipay_root_certificate: app_certificate.pem}",
         "ali.app_certificate: is not of app_private_key"},
        {"alipay", "2021",
         "{app_private_key: app.pem, app_certificate: app_certificate.pem, alipay_certificate: "
         "ec_certificate.pem, alipay_root_certificate: app_certificate.pem}",
         "ali.alipay_certificate: holds no RSA"},
        {"alipay", "2021",
         "{app_private_key: app.pem, app_certificate: app_certificate.pem, alipay_certificate: "
         "app_certificate.pem, alipay_root_certificate: sha512_certificate.pem}",
         "ali.alipay_root_certificate"},
        {"alipay", "2021", "{app_private_key: app.pem, alipay_public_key: alipay.pem, scope: \"auth user\"}", "scope"},
        {"alipay", "2021", "{app_private_key: app.pem, alipay_public_key: alipay.pem, subject: union_id}", "subject"},
        {"alipay", "2021", "{app_private_key: app.pem, alipay_public_key: alipay.pem, authorize_url: \"ftp://a\"}",
         "authorize_url"},
        {"alipay", "2021", "{app_private_key: app.pem, alipay_public_key: alipay.pem, authorize_url: \"https://a?b\"}",
         "authorize_url"},
        {"alipay", "2021", "{app_private_key: app.pem, alipay_public_key: alipay.pem, product: certify}",
         "is not an option of the adapter alipay"},
        {"alipay_face", "2021", "{app_private_key: app.pem, alipay_public_key: alipay.pem, product: sesame}",
         "must be certify, verification or zhima"},
        {"alipay", "2021", "{app_private_key: app.pem, alipay_public_key: alipay.pem, encrypt_key: MIIMIIMII}",
         "ali.encrypt_key: must be 16 bytes in base64"},
        {"alipay_face", "2021", "{app_private_key: app.pem, alipay_public_key: alipay.pem, biz_code: SMART_FACE}",
         "biz_code"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fault fault = {""};
        assert_row(!opens(*state, rows[i].adapter, str_from(rows[i].entry), rows[i].app_id, &fault), rows[i].entry);
        assert_row(strstr(fault.text, rows[i].fault), fault.text);
        assert_null(strstr(fault.text, "MII"));
    }
}

static void plain_http_is_for_this_machine(void **state) {
    static const struct {
        const char *url;
        bool good;
    } rows[] = {
        {"https://openapi.alipay.com/gateway.do", true},
        {"http://127.0.0.1:8090/gateway.do", true},
        {"http://localhost/gateway.do", true},
        {"http://[::1]:8090/gateway.do", true},
        {"http://openapi.alipay.com/gateway.do", false},
        {"http://localhost.example/gateway.do", false},
        {"http://127.0.0.1.example/", false},
        {"http://10.0.0.1/gateway.do", false},
        {"localhost/gateway.do", false},
        {"http://localhost@example/gateway.do", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config_problems problems = {.arena = *state};
        struct upstream_settings settings = {
            .name = STR("ali"), .app_id = STR("2021"), .url = str_from(rows[i].url), .folder = str_from(folder)};
        struct fault fault = {""};
        assert_true(
            yaml_parse(*state, STR("{alipay_public_key: alipay.pem}"), STR("test"), &settings.entry, &problems));
        assert_row(alipay_gateway_check(&settings, &fault) == rows[i].good, rows[i].url);
    }
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_ARENA(a_token_says_whose_it_is),
        WITH_ARENA(an_identifier_has_a_ceiling),
        WITH_ARENA(a_certified_person_is_told),
        WITH_ARENA(what_is_not_proven_is_not_told),
        WITH_ARENA(an_answer_about_somebody_else_is_an_error),
        WITH_ARENA(a_frozen_account_is_no_match),
        WITH_ARENA(what_cannot_be_a_phone_or_a_nickname_is_left_out),
        WITH_ARENA(settings_that_work),
        WITH_ARENA(settings_it_cannot_work_with),
        WITH_ARENA(plain_http_is_for_this_machine),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
