/* The head of a request: one meaning or none (abuse cases HT-01 to HT-10). */
#include "../../src/http/head.h"
#include "test.h"

#define GET  "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"

static void requests_and_their_answers(void **state) {
    static const struct {
        const char *text;
        int status;
    } rows[] = {
        {GET "\r\n", 0},
        {POST "Content-Length: 5\r\n\r\n", 0},
        {"GET /a%20b?x=%zz HTTP/1.1\r\nHost: a:80\r\n\r\n", 0},
        {"GET / HTTP/1.0\r\n\r\n", 0},
        {GET "X: \xe4\xb8\xad\r\n\r\n", 0},
        /* lines */
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {GET "A: b\n\r\n", 400},
        {GET "A: b\rc\r\n\r\n", 400},
        {GET " folded: x\r\n\r\n", 400},
        {GET "A: b\r\n c\r\n\r\n", 400},
        {GET "A : b\r\n\r\n", 400},
        {GET ": b\r\n\r\n", 400},
        {GET "A\r\n\r\n", 400},
        {GET "A: b\x01\r\n\r\n", 400},
        {GET "A(: b\r\n\r\n", 400},
        /* request line */
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"PRI * HTTP/2.0\r\n\r\n", 505},
        {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /% HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%c0%af HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        /* Host */
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {GET "Host: a\r\n\r\n", 400},
        {GET "host: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        /* length */
        {POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
        {POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
        {POST "Content-Length: 5,5\r\n\r\n", 400},
        {POST "Content-Length: +5\r\n\r\n", 400},
        {POST "Content-Length: -1\r\n\r\n", 400},
        {POST "Content-Length: 0x5\r\n\r\n", 400},
        {POST "Content-Length: 05\r\n\r\n", 400},
        {POST "Content-Length: \r\n\r\n", 400},
        {POST "Content-Length: 18446744073709551616\r\n\r\n", 400},
        {POST "Content-Length: 65537\r\n\r\n", 413},
        {POST "Transfer-Encoding: chunked\r\n\r\n", 411},
        {POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
        {POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {POST "Transfer-Encoding: xchunked\r\n\r\n", 400},
        {POST "Transfer-Encoding: chunked, identity\r\n\r\n", 400},
        {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {POST "Transfer-Encoding\t: chunked\r\n\r\n", 400},
        /* others */
        {POST "Expect: magic\r\nContent-Length: 1\r\n\r\n", 417},
        {POST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n", 0},
    };
    struct http_limits limits = http_limits_default();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct http_head head;
        assert_row(http_head_read(arena, str_from(rows[i].text), &limits, &head) == rows[i].status, rows[i].text);
    }
}

static void a_nul_is_in_no_head(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct http_limits limits = http_limits_default();
    struct http_head head;
    static const char text[] = GET "A: b\0c\r\n\r\n";
    assert_int_equal(http_head_read(arena, str_of(text, sizeof(text) - 1), &limits, &head), 400);
}

static void limits_have_their_own_answers(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct http_limits limits = {.request_line = 40, .header_bytes = 60, .header_count = 3, .body_bytes = 10};
    struct http_head head;
    assert_int_equal(http_head_read(arena,
                                    STR("GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: a\r\n\r\n"),
                                    &limits, &head),
                     414);
    assert_int_equal(http_head_read(arena, STR(GET "A: 1\r\nB: 2\r\nC: 3\r\n\r\n"), &limits, &head), 431);
    assert_int_equal(
        http_head_read(arena, STR(GET "A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n"),
                       &limits, &head),
        431);
    assert_int_equal(http_head_read(arena, STR(POST "Content-Length: 11\r\n\r\n"), &limits, &head), 413);
}

static void what_a_head_says(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct http_limits limits = http_limits_default();
    struct http_head head;
    assert_int_equal(http_head_read(arena,
                                    STR("POST /a%2Fb%20c?q=1&r HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nX-Y:  v "
                                        "\t\r\nConnection: Keep-Alive, close\r\n\r\n"),
                                    &limits, &head),
                     0);
    assert_int_equal(head.method, HTTP_POST);
    assert_str(head.path, "/a/b c");
    assert_str(head.query_text, "q=1&r");
    assert_int_equal(head.content_length, 3);
    assert_false(head.keep_alive);
    assert_str(head.fields[2].name, "x-y");
    assert_str(head.fields[2].value, "v");
}

RUN_TESTS(cmocka_unit_test(requests_and_their_answers), cmocka_unit_test(a_nul_is_in_no_head),
          cmocka_unit_test(limits_have_their_own_answers), cmocka_unit_test(what_a_head_says))
