/*
 * Strict reading of absolute URIs.
 */
#include "model/uri.h"

static bool is_alpha(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The characters RFC 3986 has, less those that have been used to confuse two readers about one URI. */
static const char *check_characters(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c <= 0x20 || c >= 0x7f) {
            return "holds a space, a control character or one outside ASCII";
        }
        if (c == '#') {
            return "has a fragment";
        }
        if (str_contains(STR("\\\"<>^`{}|*"), c)) {
            return "holds a character that a URI cannot have";
        }
        if (c == '%' && !(i + 2 < text.len && is_hex(text.ptr[i + 1]) && is_hex(text.ptr[i + 2]))) {
            return "has a bad percent escape";
        }
    }
    return NULL;
}

static bool is_scheme(struct str scheme) {
    for (size_t i = 0; i < scheme.len; i++) {
        char c = scheme.ptr[i];
        if (!is_alpha(c) && !(i > 0 && (is_digit(c) || c == '+' || c == '-' || c == '.'))) {
            return false;
        }
    }
    return scheme.len > 0;
}

static bool is_host_name(struct str host) {
    if (host.len == 0 || host.len > 253 || host.ptr[0] == '.' || host.ptr[host.len - 1] == '.') {
        return false;
    }
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool two_dots = c == '.' && host.ptr[i - 1] == '.';
        if ((!is_alpha(c) && !is_digit(c) && c != '-' && c != '.') || two_dots) {
            return false;
        }
    }
    return true;
}

static bool is_ipv6_literal(struct str host) {
    if (host.len < 4 || host.ptr[0] != '[' || host.ptr[host.len - 1] != ']') {
        return false;
    }
    for (size_t i = 1; i + 1 < host.len; i++) {
        char c = host.ptr[i];
        if (!(is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.')) {
            return false;
        }
    }
    return true;
}

static const char *read_authority(struct str authority, struct uri *uri) {
    if (str_contains(authority, '@')) {
        return "has user information";
    }
    struct str host = authority, port = STR_NONE;
    size_t bracket = 0;
    while (bracket < authority.len && authority.ptr[bracket] != ']') {
        bracket++;
    }
    if (authority.len > 0 && authority.ptr[0] == '[') {
        if (bracket == authority.len) {
            return "has a malformed host";
        }
        host = str_sub(authority, 0, bracket + 1);
        struct str rest = str_sub(authority, bracket + 1, authority.len - bracket - 1);
        if (rest.len > 0 && !str_drop_prefix(&rest, STR(":"))) {
            return "has a malformed host";
        }
        port = rest.ptr == authority.ptr + bracket + 2 ? rest : STR_NONE;
    } else {
        host = str_cut(authority, ':', &port);
    }
    uint64_t number;
    if (!str_is_absent(port) && (!str_to_u64(port, &number) || number == 0 || number > 65535)) {
        return "has a bad port";
    }
    if (!is_host_name(host) && !is_ipv6_literal(host)) {
        return "has a host that is not a lower-case name or address";
    }
    uri->host = host;
    uri->port = port;
    return NULL;
}

static const char *check_path(struct str path) {
    struct str left = path;
    str_drop_prefix(&left, STR("/"));
    while (!str_is_absent(left)) {
        struct str segment = str_cut(left, '/', &left);
        if (str_equal(segment, STR(".")) || str_equal(segment, STR("..")) || str_starts(segment, STR("..;"))) {
            return "has a dot segment";
        }
        if (segment.len == 0 && !str_is_absent(left)) {
            return "has an empty path segment";
        }
    }
    return NULL;
}

const char *uri_read(struct str text, struct uri *ret_uri) {
    if (text.len == 0 || text.len > URI_MOST) {
        return "is empty or longer than 2048 bytes";
    }
    const char *problem = check_characters(text);
    if (problem) {
        return problem;
    }
    struct uri uri = {0};
    struct str rest;
    uri.scheme = str_cut(text, ':', &rest);
    if (str_is_absent(rest) || !is_scheme(uri.scheme)) {
        return "is not an absolute URI with a lower-case scheme";
    }
    bool has_authority = str_drop_prefix(&rest, STR("//"));
    rest = str_cut(rest, '?', &uri.query);
    if (has_authority) {
        struct str path;
        struct str authority = str_cut(rest, '/', &path);
        problem = read_authority(authority, &uri);
        uri.path = str_is_absent(path) ? STR("") : str_of(path.ptr - 1, path.len + 1);
    } else {
        uri.path = rest;
    }
    problem = problem ? problem : check_path(uri.path);
    if (!problem) {
        *ret_uri = uri;
    }
    return problem;
}

bool uri_is_loopback_literal(const struct uri *uri) {
    return str_equal(uri->host, STR("127.0.0.1")) || str_equal(uri->host, STR("[::1]"));
}

bool uri_is_loopback(const struct uri *uri) {
    return uri_is_loopback_literal(uri) || str_equal(uri->host, STR("localhost"));
}
