/* Templates: what becomes of a value in each place, and what is no template. */
#include "base/encode.h"
#include "test.h"
#include "upstream/template.h"

#define ALL (TEMPLATE_BIT(TEMPLATE_VALUES) - 1)

static const struct template_values known = {.items = {
                                                 [TEMPLATE_NAME] = STR_INIT("测试 \"甲\"\\&=/"),
                                                 [TEMPLATE_ID_NUMBER] = STR_INIT("110105188812310013"),
                                                 [TEMPLATE_ID_TYPE] = STR_INIT("10"),
                                                 [TEMPLATE_BANK_CARD] = STR_INIT(".."),
                                                 [TEMPLATE_SOCIAL_CARD] = STR_INIT("a\r\nX-Evil: 1"),
                                                 [TEMPLATE_REGION] = STR_INIT("099999"),
                                                 [TEMPLATE_ORG_NAME] = STR_INIT("</script>{{secret}}%s%n"),
                                                 [TEMPLATE_CREDIT_CODE] = STR_INIT("91990000MA00TEXT06"),
                                                 [TEMPLATE_TIMESTAMP] = STR_INIT("1767578584000"),
                                             }};

static bool make(struct arena *arena, const char *text, enum template_place place, struct template *template,
                 struct fault *fault) {
    struct template_maker maker;
    template_begin(&maker, arena, ALL & ~TEMPLATE_BIT(TEMPLATE_SECRET));
    struct str whole = str_from(text);
    return (template_is_number(whole) ? template_put_number(&maker, whole, fault)
                                      : template_put_text(&maker, whole, place, fault)) &&
           template_end(&maker, template, fault);
}

static bool rendered(struct arena *arena, const struct template *template, struct str *ret_text) {
    struct buf buf;
    buf_init(&buf, arena, 16, 4096);
    bool good = template_render(template, &known, &buf);
    *ret_text = buf_str(&buf);
    return good;
}

static void a_value_stays_in_its_place(void **state) {
    static const struct {
        enum template_place place;
        const char *text, *result;
    } rows[] = {
        {TEMPLATE_IN_TEXT, "", ""},
        {TEMPLATE_IN_TEXT, "plain } }} { {a}", "plain } }} { {a}"},
        {TEMPLATE_IN_TEXT, "a={{ timestamp }}\nb={{id_type}}", "a=1767578584000\nb=10"},
        {TEMPLATE_IN_TEXT, "{{id_type}}{{id_type}}", "1010"},
        {TEMPLATE_IN_TEXT, "[{{representative_number}}]", "[]"},
        {TEMPLATE_IN_TEXT, "{{org_name}}", "</script>{{secret}}%s%n"},
        {TEMPLATE_IN_JSON, "x {{name}} y", "x 测试 \\\"甲\\\"\\\\&=/ y"},
        {TEMPLATE_IN_JSON, "\"\\\n{{id_type}}", "\\\"\\\\\\u000a10"},
        {TEMPLATE_IN_JSON, "{{social_card}}", "a\\u000d\\u000aX-Evil: 1"},
        {TEMPLATE_IN_JSON, "{{timestamp|number}}", "1767578584000"},
        {TEMPLATE_IN_JSON, "{{id_type|number}}", "10"},
        {TEMPLATE_IN_FORM, "a b&{{name}}", "a%20b%26%E6%B5%8B%E8%AF%95%20%22%E7%94%B2%22%5C%26%3D%2F"},
        {TEMPLATE_IN_FORM, "{{social_card}}", "a%0D%0AX-Evil%3A%201"},
        {TEMPLATE_IN_PATH, "/v1/people/{{name}}/x", "/v1/people/%E6%B5%8B%E8%AF%95%20%22%E7%94%B2%22%5C%26%3D%2F/x"},
        {TEMPLATE_IN_PATH, "/{{credit_code}}", "/91990000MA00TEXT06"},
        {TEMPLATE_IN_HEADER, "v1 {{credit_code}}", "v1 91990000MA00TEXT06"},
        {TEMPLATE_IN_HEADER, "{{name|percent}}", "%E6%B5%8B%E8%AF%95%20%22%E7%94%B2%22%5C%26%3D%2F"},
        {TEMPLATE_IN_HEADER, "{{name|base64}}", "5rWL6K+VICLnlLIiXCY9Lw=="},
        {TEMPLATE_IN_TEXT, "{{id_number|sha256}}", "ad2ed7671a1a3da5478f63c8a2f2ab786d7ef0a87e3bd81ea46c5fa725f8506c"},
        {TEMPLATE_IN_TEXT, "{{id_number | sm3}}", "dd75e36be40fba53f3b505803f9be14a4c1c7e8c84d7ec2bc6a7111d83a03f3d"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct template template;
        struct fault fault = {{0}};
        struct str text;
        assert_row(make(arena, rows[i].text, rows[i].place, &template, &fault), rows[i].text);
        assert_row(rendered(arena, &template, &text), rows[i].text);
        assert_str(text, rows[i].result);
    }
}

static void a_value_that_cannot_stand_there_stops_it(void **state) {
    static const struct {
        enum template_place place;
        const char *text;
    } rows[] = {
        {TEMPLATE_IN_HEADER, "{{social_card}}"},
        {TEMPLATE_IN_JSON, "{{region|number}}"},
        {TEMPLATE_IN_TEXT, "{{phone}}"},
        {TEMPLATE_IN_JSON, "{{nonce}}"},
        {TEMPLATE_IN_JSON, "{{phone_national|number}}"},
        {TEMPLATE_IN_FORM, "{{transaction}}"},
        {TEMPLATE_IN_PATH, "/{{request_id}}"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct template template;
        struct fault fault = {{0}};
        struct str text;
        assert_row(make(arena, rows[i].text, rows[i].place, &template, &fault), rows[i].text);
        assert_row(!rendered(arena, &template, &text), rows[i].text);
    }
}

static void what_is_no_template(void **state) {
    static const struct {
        enum template_place place;
        const char *text, *fault;
    } rows[] = {
        {TEMPLATE_IN_TEXT, "{{", "{{ without }}"},
        {TEMPLATE_IN_TEXT, "{{name}", "{{ without }}"},
        {TEMPLATE_IN_TEXT, "{{}}", "there is no {{}}"},
        {TEMPLATE_IN_TEXT, "{{Name}}", "there is no {{Name}}"},
        {TEMPLATE_IN_TEXT, "{{name }}{{nobody}}", "there is no {{nobody}}"},
        {TEMPLATE_IN_TEXT, "{{{name}}}", "there is no {{{name}}"},
        {TEMPLATE_IN_TEXT, "{{secret}}", "{{secret}} cannot be used here"},
        {TEMPLATE_IN_TEXT, "{{name|}}", "is not percent"},
        {TEMPLATE_IN_TEXT, "{{name|md5}}", "|md5 is not percent"},
        {TEMPLATE_IN_TEXT, "{{name|percent|base64}}", "is not percent"},
        {TEMPLATE_IN_TEXT, "{{timestamp|number}} ", "|number is for"},
        {TEMPLATE_IN_JSON, "{{name|number}}", "{{name}} is no number"},
        {TEMPLATE_IN_JSON, "{{id_number|number}}", "{{id_number}} is no number"},
        {TEMPLATE_IN_TEXT, "{{header:X-A}}", "is for the signature of answers"},
        {TEMPLATE_IN_TEXT, "{{json:/a}}", "is for the signature of answers"},
        {TEMPLATE_IN_HEADER, "{{name}}", "needs |percent or |base64"},
        {TEMPLATE_IN_HEADER, "测试", "visible ASCII"},
        {TEMPLATE_IN_HEADER, "a\nb", "visible ASCII"},
        {TEMPLATE_IN_HEADER, "a\rb", "visible ASCII"},
        {TEMPLATE_IN_PATH, "/a?b={{name}}", "a query has its own group"},
        {TEMPLATE_IN_PATH, "/a#b", "a query has its own group"},
        {TEMPLATE_IN_PATH, "/a b", "a path has"},
        {TEMPLATE_IN_PATH, "/a%2fb", "a path has"},
        {TEMPLATE_IN_PATH, "/测", "a path has"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct template template;
        struct fault fault = {{0}};
        assert_row(!make(arena, rows[i].text, rows[i].place, &template, &fault), rows[i].text);
        assert_row(strstr(fault.text, rows[i].fault), fault.text);
    }
}

static void it_has_ceilings(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static char text[TEMPLATE_TEXT_MOST + 2], many[14 * (TEMPLATE_PIECES_MOST + 1) + 1];
    struct template template;
    struct fault fault = {{0}};
    memset(text, 'a', TEMPLATE_TEXT_MOST);
    assert_true(make(arena, text, TEMPLATE_IN_TEXT, &template, &fault));
    text[TEMPLATE_TEXT_MOST] = 'a';
    assert_false(make(arena, text, TEMPLATE_IN_TEXT, &template, &fault));
    for (size_t i = 0; i <= TEMPLATE_PIECES_MOST; i++) {
        memcpy(many + 13 * i, "{{timestamp}}", 13);
    }
    assert_false(make(arena, many, TEMPLATE_IN_TEXT, &template, &fault));
    many[13 * TEMPLATE_PIECES_MOST] = '\0';
    assert_true(make(arena, many, TEMPLATE_IN_TEXT, &template, &fault));
    assert_int_equal(template.count, TEMPLATE_PIECES_MOST);
    struct buf small;
    buf_init(&small, arena, 16, 20);
    assert_false(template_render(&template, &known, &small));
}

static void answers_are_looked_into_where_they_are_signed(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct fetch_field fields[] = {
        {STR("X-Time"), STR("17")}, {STR("X-Twice"), STR("1")}, {STR("x-twice"), STR("2")}};
    const struct fetch_answer answer = {.fields = fields, .field_count = ARRAY_LEN(fields)};
    struct template_values values = {.answer = &answer};
    static const struct {
        const char *text, *result; /* NULL: cannot be rendered */
    } rows[] = {
        {"{{header:x-time}}|{{json:/a/0}}|{{json:/b}}|{{json:/c}}", "17|text|-7|true"},
        {"{{header:X-Nobody}}", NULL},
        {"{{header:X-Twice}}", NULL},
        {"{{json:/nobody}}", NULL},
        {"{{json:/d}}", NULL},
        {"{{json:/e}}", NULL},
        {"{{json:}}", NULL},
    };
    assert_true(json_parse(arena, STR("{\"a\":[\"text\"],\"b\":-7,\"c\":true,\"d\":null,\"e\":1.5}"), JSON_LIMITS_TOKEN,
                           &values.root));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct template_maker maker;
        struct template template;
        struct fault fault = {{0}};
        struct buf buf;
        template_begin(&maker, arena, 0);
        maker.may_use_answer = true;
        assert_row(template_put_text(&maker, str_from(rows[i].text), TEMPLATE_IN_TEXT, &fault), rows[i].text);
        assert_true(template_end(&maker, &template, &fault) && template.uses_answer);
        buf_init(&buf, arena, 64, 256);
        assert_row(template_render(&template, &values, &buf) == (rows[i].result != NULL), rows[i].text);
        if (rows[i].result) {
            assert_str(buf_str(&buf), rows[i].result);
        }
    }
}

RUN_TESTS(cmocka_unit_test(a_value_stays_in_its_place), cmocka_unit_test(a_value_that_cannot_stand_there_stops_it),
          cmocka_unit_test(what_is_no_template), cmocka_unit_test(it_has_ceilings),
          cmocka_unit_test(answers_are_looked_into_where_they_are_signed))
