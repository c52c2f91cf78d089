/* What the admin API reads of a request: query, entity tag, body; and how often somebody may call. */
#include "../../src/endpoint/admin/api.h"
#include "../../src/endpoint/admin/limiter.h"
#include "test.h"

struct asked {
    struct arena *arena;
    struct api_route route;
    struct http_request request;
    struct http_reply reply;
    struct call call;
    struct api_call api;
    struct http_field fields[4];
};

static void asked_init(struct asked *asked, struct arena *arena) {
    *asked = (struct asked){.arena = arena};
    asked->reply = (struct http_reply){.arena = arena, .status = 200};
    buf_init(&asked->reply.body, arena, 0, 64 * 1024);
    asked->request = (struct http_request){
        .arena = arena, .fields = asked->fields, .request_id = STR("rq_test"), .parameters_most = 100};
    asked->call = (struct call){.request = &asked->request, .reply = &asked->reply, .arena = arena};
    asked->api = (struct api_call){.call = &asked->call, .arena = arena, .route = &asked->route};
}

static void add_field(struct asked *asked, const char *name, const char *value) {
    asked->fields[asked->request.field_count++] = (struct http_field){str_from(name), str_from(value)};
}

/* Is a problem about this field in the answer? With NULL, is there no answer yet? */
static bool answered_about(const struct asked *asked, const char *field) {
    const struct json *body, *errors;
    struct str name;
    if (!field) {
        return asked->reply.body.len == 0;
    }
    if (asked->reply.status != 400 ||
        !json_parse(asked->arena, buf_str(&asked->reply.body), JSON_LIMITS_DOCUMENT, &body)) {
        return false;
    }
    errors = json_member(body, "errors");
    for (size_t i = 0; i < json_length(errors); i++) {
        if (json_get_str(json_element(errors, i), "field", &name) && str_equal(name, str_from(field))) {
            return true;
        }
    }
    return false;
}

static void members_are_read_by_the_route(void **state) {
    static const struct {
        const char *words, *body, *field; /* field: that is refused */
    } rows[] = {
        {"client_id? agency_id? metadata", "{\"metadata\":{}}", NULL},
        {"client_id? agency_id? metadata", "{\"metadata\":{},\"client_id\":\"a\",\"agency_id\":\"b\"}", NULL},
        {"client_id? agency_id? metadata", "{\"client_id\":\"a\"}", "metadata"},
        {"client_id? agency_id? metadata", "{\"metadata\":[]}", "metadata"},
        {"client_id? agency_id? metadata", "{\"metadata\":null}", "metadata"},
        {"client_id? agency_id? metadata", "{\"metadata\":{},\"state\":\"approved\"}", "state"},
        {"client_id? agency_id? metadata", "{\"metadata\":{},\"client_id?\":\"a\"}", "client_id?"},
        {"client_id? agency_id? metadata", "{\"metadata\":{},\"client_id? agency_id\":\"a\"}", "client_id? agency_id"},
        {"client_id? agency_id? metadata", "{\"metadata\":{},\"\":1}", ""},
        {"client_id? agency_id? metadata", "{\"metadata\":{},\"client_id\":\"\"}", "client_id"},
        {"client_id? agency_id? metadata", "{\"metadata\":{},\"client_id\":\"a\\nb\"}", "client_id"},
        {"client_id? agency_id? metadata", "{\"metadata\":{},\"client_id\":7}", "client_id"},
        {"username role agency_id? name", "{\"username\":\"a\",\"role\":\"system\",\"name\":\"\xe7\x94\xb2\"}", NULL},
        {"username role agency_id? name", "{\"username\":\"a\",\"role\":\"system\"}", "name"},
        {"overlap_seconds?", "{}", NULL},
        {"overlap_seconds?", "", NULL},
        {"overlap_seconds?", "{\"overlap_seconds\":0}", NULL},
        {"overlap_seconds?", "{\"overlap_seconds\":-1}", "overlap_seconds"},
        {"overlap_seconds?", "{\"overlap_seconds\":2592001}", "overlap_seconds"},
        {"overlap_seconds?", "{\"overlap_seconds\":1.5}", "overlap_seconds"},
        {"overlap_seconds?", "{\"overlap_seconds\":\"1\"}", "overlap_seconds"},
        {"value", "{\"value\":true}", NULL},
        {"value", "{\"value\":7}", NULL},
        {"value", "{\"value\":\"true\"}", "value"},
        {"value", "", "value"},
        {"", "", NULL},
        {"", "{}", NULL},
        {"", "{\"a\":1}", "a"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct asked asked;
        asked_init(&asked, arena);
        asked.route.body = str_from(rows[i].words);
        asked.request.body = str_from(rows[i].body);
        add_field(&asked, "content-type", "application/json");
        assert_row(api_read_body(&asked.api) == !rows[i].field, rows[i].body);
        assert_row(answered_about(&asked, rows[i].field), rows[i].body);
    }
}

static void what_was_read_has_its_type(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct asked asked;
    asked_init(&asked, arena);
    asked.route.body = STR("client_id? overlap_seconds? value metadata");
    asked.request.body = STR("{\"overlap_seconds\":0,\"value\":false,\"metadata\":{\"a\":1},\"client_id\":\"c\"}");
    add_field(&asked, "content-type", "application/json; charset=utf-8");
    assert_true(api_read_body(&asked.api));
    assert_str(asked.api.input.client_id, "c");
    assert_true(api_given(&asked.api, API_MEMBER_overlap_seconds));
    assert_false(api_given(&asked.api, API_MEMBER_username));
    assert_true(asked.api.input.value_is_flag);
    assert_int_equal(asked.api.input.value, 0);
    assert_int_equal(json_length(asked.api.input.metadata), 1);
}

static void other_bodies_are_refused(void **state) {
    static const struct {
        const char *type, *body;
        int status;
    } rows[] = {
        {"application/json", "{", 400},
        {"application/json", "[]", 400},
        {"application/json", "{} {}", 400},
        {"application/json", "{\"metadata\":{},\"metadata\":{}}", 400},
        {"application/json", "\xef\xbb\xbf{}", 400},
        {"application/json; charset=gbk", "{\"metadata\":{}}", 415},
        {"text/plain", "{\"metadata\":{}}", 415},
        {"application/x-www-form-urlencoded", "metadata=", 415},
        {NULL, "{\"metadata\":{}}", 415},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct asked asked;
        asked_init(&asked, arena);
        asked.route.body = STR("metadata");
        asked.request.body = str_from(rows[i].body);
        if (rows[i].type) {
            add_field(&asked, "content-type", rows[i].type);
        }
        assert_row(!api_read_body(&asked.api) && asked.reply.status == rows[i].status, rows[i].body);
        assert_str(asked.reply.content_type, "application/problem+json");
    }
}

static void a_name_from_outside_is_cut_short(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct asked asked;
    struct buf body;
    asked_init(&asked, arena);
    buf_init(&body, arena, 0, 64 * 1024);
    buf_puts(&body, "{");
    for (int i = 0; i < 200; i++) {
        buf_printf(&body, "%s\"%0500d\":1", i ? "," : "", i);
    }
    buf_puts(&body, "}");
    asked.request.body = buf_str(&body);
    add_field(&asked, "content-type", "application/json");
    assert_false(api_read_body(&asked.api));
    assert_int_equal(asked.reply.status, 400);
    assert_true(asked.reply.body.len < 8 * 1024);
}

static void entity_tags_are_one_strong_tag(void **state) {
    static const struct {
        const char *tag;
        int status; /* 0: taken */
        int64_t version;
    } rows[] = {
        {"\"0\"", 0, 0},
        {"\"17\"", 0, 17},
        {"\"9223372036854775807\"", 0, INT64_MAX},
        {"\"9223372036854775808\"", 412, 0},
        {"\"017\"", 412, 0},
        {"\"-1\"", 412, 0},
        {"\"x\"", 412, 0},
        {"\"\"", 412, 0},
        {"W/\"17\"", 412, 0},
        {"w/\"17\"", 400, 0},
        {"*", 400, 0},
        {"17", 400, 0},
        {"\"17", 400, 0},
        {"\"", 400, 0},
        {"\"17\", \"18\"", 400, 0},
        {"\"17\",\"18\"", 400, 0},
        {"\"1 7\"", 400, 0},
        {"", 400, 0},
        {NULL, 428, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct asked asked;
        asked_init(&asked, arena);
        asked.route.needs_tag = true;
        if (rows[i].tag) {
            add_field(&asked, "if-match", rows[i].tag);
        }
        const char *row = rows[i].tag ? rows[i].tag : "none";
        assert_row(api_read_tag(&asked.api) == (rows[i].status == 0), row);
        assert_row(rows[i].status == 0 ? asked.reply.status == 200 : asked.reply.status == rows[i].status, row);
        assert_row(asked.api.version == rows[i].version, row);
    }
}

static void two_fields_are_no_tag(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct asked asked;
    asked_init(&asked, arena);
    asked.route.needs_tag = true;
    add_field(&asked, "if-match", "\"1\"");
    add_field(&asked, "if-match", "\"1\"");
    assert_false(api_read_tag(&asked.api));
    assert_int_equal(asked.reply.status, 400);
}

static void parameters_are_those_of_the_route(void **state) {
    static const struct {
        const char *query, *field;
    } rows[] = {
        {"", NULL},
        {"search=a&limit=5&page=x", NULL},
        {"search=%E7%94%B2", NULL},
        {"sort=name;drop+table", "sort"},
        {"search=a&search=b", "search"},
        {"search=a%0Ab", "search"},
        {"search+limit=a", "search limit"},
        {"=a", ""},
        {"SEARCH=a", "SEARCH"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct asked asked;
        asked_init(&asked, arena);
        asked.route.query = STR("search limit page");
        asked.request.query = http_params_parse(arena, str_from(rows[i].query), 100);
        assert_row(api_check_query(&asked.api) == !rows[i].field, rows[i].query);
        assert_row(answered_about(&asked, rows[i].field), rows[i].query);
    }
}

static void a_caller_waits_when_the_bucket_is_empty(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct limiter *limiter = limiter_new(arena);
    for (int i = 0; i < LIMITER_BURST; i++) {
        assert_true(limiter_allows_at(limiter, STR("a"), 1000));
    }
    assert_false(limiter_allows_at(limiter, STR("a"), 1000));
    assert_true(limiter_allows_at(limiter, STR("b"), 1000));
    assert_false(limiter_allows_at(limiter, STR("a"), 1000 + 1000 / LIMITER_PER_SECOND - 1));
    assert_true(limiter_allows_at(limiter, STR("a"), 1000 + 1000 / LIMITER_PER_SECOND));
    assert_false(limiter_allows_at(limiter, STR("a"), 1000 + 1000 / LIMITER_PER_SECOND));
    int64_t later = INT64_MAX / 2;
    for (int i = 0; i < LIMITER_BURST; i++) {
        assert_true(limiter_allows_at(limiter, STR("a"), later));
    }
    assert_false(limiter_allows_at(limiter, STR("a"), later));
}

static void many_callers_push_out_the_quiet_ones_only(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct limiter *limiter = limiter_new(arena);
    int64_t now = 1000;
    int allowed = 0;
    for (int i = 0; i < 5000; i++) {
        struct str other = str_format(arena, "other-%d", i);
        assert_true(limiter_allows_at(limiter, other, now));
        allowed += limiter_allows_at(limiter, STR("busy"), now);
        now += i % 10 == 0;
    }
    assert_true(allowed <= LIMITER_BURST + LIMITER_PER_SECOND);
}

RUN_TESTS(cmocka_unit_test(members_are_read_by_the_route), cmocka_unit_test(what_was_read_has_its_type),
          cmocka_unit_test(other_bodies_are_refused), cmocka_unit_test(a_name_from_outside_is_cut_short),
          cmocka_unit_test(entity_tags_are_one_strong_tag), cmocka_unit_test(two_fields_are_no_tag),
          cmocka_unit_test(parameters_are_those_of_the_route),
          cmocka_unit_test(a_caller_waits_when_the_bucket_is_empty),
          cmocka_unit_test(many_callers_push_out_the_quiet_ones_only))
