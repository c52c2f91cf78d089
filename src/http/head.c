/*
 * Reading a request's head.
 */
#include "head.h"

#include "base/byte.h"
#include "base/check.h"
#include "base/encode.h"

#define HOST_MOST 255

static const struct {
    struct str name;
    enum http_method method;
} methods[] = {
    {STR_INIT("GET"), HTTP_GET},         {STR_INIT("HEAD"), HTTP_HEAD},   {STR_INIT("POST"), HTTP_POST},
    {STR_INIT("PUT"), HTTP_PUT},         {STR_INIT("PATCH"), HTTP_PATCH}, {STR_INIT("DELETE"), HTTP_DELETE},
    {STR_INIT("OPTIONS"), HTTP_OPTIONS},
};

/* RFC 9110 §5.6.2. */
static bool is_token(struct str text) {
    return text.len > 0 && bytes_all(text, BYTE_TOKEN);
}

/* The next line without its CRLF. A bare LF is in no line; a bare CR or a NUL is refused by what is read from it. */
static bool next_line(struct str *left, struct str *ret_line) {
    struct str rest;
    struct str line = str_cut(*left, '\n', &rest);
    if (str_is_absent(rest) || line.len == 0 || line.ptr[line.len - 1] != '\r') {
        return false;
    }
    line.len--;
    *left = rest;
    *ret_line = line;
    return true;
}

/* --- the request line --- */

static int read_method(struct str name, enum http_method *ret_method) {
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (str_equal(methods[i].name, name)) {
            *ret_method = methods[i].method;
            return 0;
        }
    }
    return is_token(name) ? 501 : 400;
}

/* origin-form only (RFC 9112 §3.2.1): we are no proxy, and nothing is asked of the server as a whole. */
static int read_target(struct arena *arena, struct str target, struct http_head *head) {
    if (target.len == 0 || target.ptr[0] != '/' || !bytes_all_target(target)) {
        return 400;
    }
    struct str path = str_cut(target, '?', &head->query_text);
    head->target = target;
    return percent_decode(arena, path, false, &head->path) ? 0 : 400;
}

static int read_version(struct str version, bool *ret_keep_alive) {
    if (str_equal(version, STR("HTTP/1.1"))) {
        *ret_keep_alive = true;
        return 0;
    }
    if (str_equal(version, STR("HTTP/1.0"))) {
        *ret_keep_alive = false;
        return 0;
    }
    return str_starts(version, STR("HTTP/")) && version.len == 8 ? 505 : 400;
}

static int read_request_line(struct arena *arena, struct str line, const struct http_limits *limits,
                             struct http_head *head) {
    struct str rest, version;
    if (line.len > limits->request_line) {
        return 414;
    }
    struct str method = str_cut(line, ' ', &rest);
    struct str target = str_cut(rest, ' ', &version);
    if (str_is_absent(rest) || str_is_absent(version) || method.len > 32) {
        return 400;
    }
    int status = read_version(version, &head->keep_alive);
    if (status == 0) {
        status = read_method(method, &head->method);
    }
    return status ? status : read_target(arena, target, head);
}

/* --- fields --- */

static int read_fields(struct arena *arena, struct str left, const struct http_limits *limits, struct http_head *head) {
    size_t lines = str_count(left, '\n');
    size_t most = lines < limits->header_count ? lines : limits->header_count;
    struct http_field *fields = arena_array_of(arena, most + 1, struct http_field);
    for (;;) {
        struct str line, value;
        if (!next_line(&left, &line)) {
            return 400;
        }
        if (line.len == 0) {
            break;
        }
        if (head->field_count == limits->header_count) {
            return 431;
        }
        /* A line that starts with a blank would be folded into the one before: its name is no token. */
        struct str name = str_cut(line, ':', &value);
        value = str_trim(value);
        if (str_is_absent(value) || !is_token(name) || !bytes_all_field(value)) {
            return 400;
        }
        fields[head->field_count++] = (struct http_field){str_lower(arena, name), value};
    }
    head->fields = fields;
    return left.len == 0 ? 0 : 400;
}

static size_t count_of(const struct http_head *head, struct str name, struct str *ret_value) {
    size_t count = 0;
    for (size_t i = 0; i < head->field_count; i++) {
        if (str_equal(head->fields[i].name, name)) {
            *ret_value = head->fields[i].value;
            count++;
        }
    }
    return count;
}

/* RFC 9112 §3.2: exactly one, and nothing in it but host and port. Which host it names decides nothing here. */
static int check_host(const struct http_head *head) {
    struct str host = STR("");
    size_t count = count_of(head, STR("host"), &host);
    if (count > 1 || (count == 0 && head->keep_alive) || host.len > HOST_MOST) {
        return 400;
    }
    return (count == 1 && host.len == 0) || !bytes_all(host, BYTE_HOST) ? 400 : 0;
}

/* RFC 9112 §6: the length is in Content-Length, once, in digits. A transfer coding is not taken, and together with a
 * length it is an attack. */
static int read_length(struct http_head *head, const struct http_limits *limits) {
    struct str length = STR_NONE, coding = STR_NONE;
    size_t lengths = count_of(head, STR("content-length"), &length);
    size_t codings = count_of(head, STR("transfer-encoding"), &coding);
    if (codings > 0) {
        return lengths > 0 || codings > 1 || !str_equal_fold(coding, STR("chunked")) ? 400 : 411;
    }
    if (lengths == 0) {
        return 0;
    }
    uint64_t number;
    bool leading_zero = length.len > 1 && length.ptr[0] == '0';
    if (lengths > 1 || leading_zero || !str_to_u64(length, &number)) {
        return 400;
    }
    if (number > limits->body_bytes) {
        return 413;
    }
    head->content_length = (size_t)number;
    return 0;
}

static bool list_has(struct str list, struct str word) {
    while (!str_is_absent(list)) {
        if (str_equal_fold(str_trim(str_cut(list, ',', &list)), word)) {
            return true;
        }
    }
    return false;
}

static int read_connection(struct http_head *head) {
    struct str expect = STR_NONE;
    size_t expects = count_of(head, STR("expect"), &expect);
    for (size_t i = 0; i < head->field_count; i++) {
        if (str_equal(head->fields[i].name, STR("connection"))) {
            head->keep_alive = head->keep_alive && !list_has(head->fields[i].value, STR("close"));
        }
    }
    if (expects > 1 || (expects == 1 && !str_equal_fold(expect, STR("100-continue")))) {
        return 417;
    }
    head->expect_continue = expects == 1 && head->content_length > 0;
    return 0;
}

int http_head_read(struct arena *arena, struct str bytes, const struct http_limits *limits,
                   struct http_head *ret_head) {
    struct http_head head = {0};
    struct str left = bytes, line;
    if (!next_line(&left, &line)) {
        return 400;
    }
    int status = read_request_line(arena, line, limits, &head);
    if (status == 0 && left.len > limits->header_bytes) {
        status = 431;
    }
    status = status ? status : read_fields(arena, left, limits, &head);
    status = status ? status : check_host(&head);
    status = status ? status : read_length(&head, limits);
    status = status ? status : read_connection(&head);
    if (status == 0) {
        *ret_head = head;
    }
    return status;
}
