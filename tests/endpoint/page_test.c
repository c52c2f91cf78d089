/* Templates and pages. */
#include "../../src/endpoint/web/template.h"
#include "endpoint/page.h"
#include "test.h"

static void templates_that_cannot_be_read_are_said_with_their_line(void **state) {
    static const struct {
        const char *text, *about;
    } rows[] = {
        {"a\n{{name", "x:2: {{ without }}"},
        {"{{#a}}", "has no end"},
        {"{{#a}}{{/b}}", "ends what was not begun"},
        {"{{/a}}", "ends what was not begun"},
        {"{{t no.such}}", "there is no message no.such"},
        {"{{A b}}", "not a value"},
        {"{{}}", "not a value"},
        {"{{{raw}}}", "not a value"},
        {"{{&raw}}", "not a value"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct template_node *first;
        struct fault fault;
        assert_row(!template_read(arena, str_from(rows[i].text), STR("x"), &first, &fault), rows[i].text);
        assert_row(strstr(fault.text, rows[i].about) != NULL, fault.text);
    }
}

static struct http_reply reply_to(struct arena *arena) {
    struct http_reply reply = {.arena = arena, .status = 200};
    buf_init(&reply.body, arena, 1024, 1 << 20);
    return reply;
}

static void values_are_escaped_wherever_they_stand(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct pages *pages;
    struct fault fault;
    assert_true(pages_open(STR_NONE, &pages, &fault));
    static const char *const names[] = {"login",      "register", "consent", "logout",
                                        "logged_out", "error",    "detour",  "mandate"};
    static const char *const slots[] = {"client_name",
                                        "flow",
                                        "username",
                                        "name",
                                        "phone",
                                        "error",
                                        "person",
                                        "message",
                                        "parameter",
                                        "request_id",
                                        "action",
                                        "logo_uri",
                                        "policy_uri",
                                        "tos_uri",
                                        "field_error_name",
                                        "register_enabled",
                                        "service",
                                        "organisation_name"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        for (int language = 0; language < PAGE_LANGUAGES; language++) {
            struct page *page = page_new(pages, arena, names[i], (enum page_language)language);
            for (size_t s = 0; s < ARRAY_LEN(slots); s++) {
                page_set(page, slots[s], STR("\"><script>alert('{{7*7}}%s')</script>"));
            }
            page_set(page_row(page, "scopes"), "label", STR("<script>"));
            struct http_reply reply = reply_to(arena);
            page_reply(page, 200, &reply);
            char *html = str_c(arena, buf_str(&reply.body));
            assert_row(!strstr(html, "<script"), names[i]);
            assert_row(strstr(html, "{{7*7}}%s") != NULL, names[i]);
            assert_row(strstr(html, "</html>") != NULL, names[i]);
            assert_row(strstr(strstr(html, "</title>") + 1, "</title>") == NULL, names[i]);
        }
    }
    pages_free(pages);
}

static void rows_and_sections(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct pages *pages;
    struct fault fault;
    struct page_asset asset;
    assert_true(pages_open(STR_NONE, &pages, &fault));
    struct page *page = page_new(pages, arena, "consent", PAGE_EN);
    page_set(page_row(page, "scopes"), "label", STR("first"));
    struct page *second = page_row(page, "scopes");
    page_set(second, "label", STR("second"));
    page_set(second, "detail", STR("more"));
    struct http_reply reply = reply_to(arena);
    page_reply(page, 200, &reply);
    char *html = str_c(arena, buf_str(&reply.body));
    assert_non_null(strstr(html, "<title>Allow access · Unified sign-on</title>"));
    assert_non_null(strstr(html, "<li><b>first</b></li>"));
    assert_non_null(strstr(html, "<li><b>second</b><span>more</span></li>"));
    assert_true(pages_asset(pages, STR("style.css"), &asset));
    assert_false(pages_asset(pages, STR("../pages/login.html"), &asset));
    assert_true(pages_console_file(pages, STR("views/clients.js"), &asset));
    assert_true(str_equal(asset.media_type, STR("text/javascript; charset=utf-8")));
    assert_false(pages_console_file(pages, STR("views"), &asset));
    assert_false(pages_console_file(pages, STR("../assets/logo.svg"), &asset));
    assert_false(pages_console_file(pages, STR(""), &asset));
    assert_false(pages_asset(pages, STR(""), &asset));
    pages_free(pages);
}

static void languages_are_from_the_list(void **state) {
    assert_int_equal(page_language_choose(STR("en"), STR("zh")), PAGE_EN);
    assert_int_equal(page_language_choose(STR("fr xx"), STR("en-US")), PAGE_EN);
    assert_int_equal(page_language_choose(STR_NONE, STR_NONE), PAGE_ZH);
    assert_int_equal(page_language_choose(STR("../../etc/passwd"), STR("fr")), PAGE_ZH);
}

RUN_TESTS(cmocka_unit_test(templates_that_cannot_be_read_are_said_with_their_line),
          cmocka_unit_test(values_are_escaped_wherever_they_stand), cmocka_unit_test(rows_and_sections),
          cmocka_unit_test(languages_are_from_the_list))
