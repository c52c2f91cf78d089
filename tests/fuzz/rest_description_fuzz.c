/*
 * Descriptions of REST registers: the bytes as a whole one, as a template in every place, and as a JSON pointer.
 * What compiles is rendered: nothing that was asked may leave its place.
 */
#include "../upstream/rest_fixture.h"
#include "base/byte.h"
#include "fuzz.h"

static const struct upstream_asked asked = {
    .name = STR_INIT("测\"甲"),
    .id_type = ID_TYPE_RESIDENT,
    .id_number = STR_INIT("110105188812310013"),
    .phone = STR_INIT("+8613800138000"),
    .bank_card = STR_INIT("../"),
    .org_name = STR_INIT("\"},{\"&=?#%"),
    .credit_code = STR_INIT("91990000MA00TEXT06"),
    .representative_name = STR_INIT("{{secret}}"),
};

static void check_header(struct str value) {
    for (size_t i = 0; i < value.len; i++) {
        CHECK(value.ptr[i] >= 0x20 && value.ptr[i] < 0x7f);
    }
}

/* Forms never begin with a bracket: those are percent-encoded. */
static bool looks_like_json(struct str body) {
    return str_starts(body, STR("{")) || str_starts(body, STR("["));
}

static void check_sent(struct arena *arena, const struct rest_sent *sent) {
    const struct fetch_request *request = &sent->request;
    const struct json *value;
    CHECK(str_starts(request->url, STR("https://register.example/base/")) && bytes_all_target(request->url));
    for (size_t i = 0; i < request->field_count; i++) {
        check_header(request->fields[i].value);
    }
    CHECK(!looks_like_json(request->body) || json_parse(arena, request->body, JSON_LIMITS_DOCUMENT, &value));
}

static void describe(struct arena *arena, struct str text) {
    struct upstream_settings settings = rest_settings();
    const struct rest_question question = {&asked, STR(REST_NONCE), REST_NOW_MS};
    struct rest *rest;
    struct fault fault = {{0}};
    struct rest_sent sent;
    enum verify_result result;
    if (!rest_of_text(arena, text, &settings, &rest, &fault)) {
        CHECK(fault.text[0]);
    } else if (rest_write(rest, arena, &question, &sent, &result)) {
        check_sent(arena, &sent);
    }
}

static void render(struct arena *arena, struct str text, enum template_place place) {
    struct template_values values = {{{NULL, 0}}};
    struct template_maker maker;
    struct template template;
    struct fault fault = {{0}};
    struct buf buf;
    for (size_t i = 0; i < TEMPLATE_VALUES; i++) {
        values.items[i] = STR("\"\r\n/..&");
    }
    template_begin(&maker, arena, TEMPLATE_BIT(TEMPLATE_VALUES) - 1);
    maker.may_use_answer = place == TEMPLATE_IN_TEXT;
    buf_init(&buf, arena, 256, 64 * 1024);
    if (!template_put_text(&maker, text, place, &fault) || !template_end(&maker, &template, &fault)) {
        CHECK(fault.text[0]);
    } else if (template_render(&template, &values, &buf)) {
        struct str result = buf_str(&buf);
        if (place == TEMPLATE_IN_HEADER) {
            check_header(result);
        } else if (place == TEMPLATE_IN_FORM || place == TEMPLATE_IN_PATH) {
            CHECK(!str_contains(result, '"') && !str_contains(result, '\r') && !str_contains(result, '\n'));
        }
    }
}

static void point(struct arena *arena, struct str text) {
    struct json_pointer pointer;
    const struct json *root;
    CHECK(json_parse(arena, STR("{\"a\":[{\"b\":1},2],\"\":{\"~\":3,\"/\":[4]}}"), JSON_LIMITS_TOKEN, &root));
    if (json_pointer_read(arena, text, &pointer)) {
        CHECK(pointer.count <= JSON_POINTER_STEPS_MOST && (pointer.count == 0) == (text.len == 0));
        json_pointer_find(&pointer, root);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = str_of(data, size);
    describe(arena, text);
    for (enum template_place place = TEMPLATE_IN_JSON; place <= TEMPLATE_IN_TEXT; place++) {
        render(arena, text, place);
    }
    point(arena, text);
    return 0;
}
