/*
 * Queries, forms, cookies and single fields of a request.
 */
#include "base/check.h"
#include "base/encode.h"
#include "http/request.h"

#include <stdlib.h>

struct str http_field_value(const struct http_request *request, struct str lower_case_name) {
    for (size_t i = 0; i < request->field_count; i++) {
        if (str_equal(request->fields[i].name, lower_case_name)) {
            return request->fields[i].value;
        }
    }
    return STR_NONE;
}

size_t http_field_count(const struct http_request *request, struct str lower_case_name) {
    size_t count = 0;
    for (size_t i = 0; i < request->field_count; i++) {
        count += str_equal(request->fields[i].name, lower_case_name);
    }
    return count;
}

/* RFC 6265 §4.2.1, read without unquoting: our own values have no quotes. */
struct str http_cookie(const struct http_request *request, struct str name) {
    struct str found = STR_NONE;
    size_t count = 0;
    for (size_t i = 0; i < request->field_count; i++) {
        struct str left = str_equal(request->fields[i].name, STR("cookie")) ? request->fields[i].value : STR_NONE;
        while (!str_is_absent(left)) {
            struct str value;
            struct str pair = str_trim(str_cut(left, ';', &left));
            if (str_equal(str_cut(pair, '=', &value), name) && !str_is_absent(value)) {
                found = value;
                count++;
            }
        }
    }
    return count == 1 ? found : STR_NONE;
}

struct http_params http_params_parse(struct arena *arena, struct str text, size_t most) {
    struct http_params params = {0};
    size_t pairs = str_count(text, '&') + 1;
    struct http_field *fields = arena_array_of(arena, pairs < most ? pairs : most + 1, struct http_field);
    params.fields = fields;
    while (!str_is_absent(text) && !params.malformed) {
        struct str pair = str_cut(text, '&', &text), value;
        if (pair.len == 0) {
            continue;
        }
        struct str name = str_cut(pair, '=', &value);
        struct http_field *field = &fields[params.count];
        if (params.count == most || !percent_decode(arena, name, true, &field->name) ||
            !percent_decode(arena, str_is_absent(value) ? STR("") : value, true, &field->value)) {
            params.malformed = true;
        } else {
            params.count++;
        }
    }
    return params;
}

size_t http_params_count(const struct http_params *params, struct str name) {
    size_t count = 0;
    for (size_t i = 0; i < params->count; i++) {
        count += str_equal(params->fields[i].name, name);
    }
    return count;
}

struct str http_params_get(const struct http_params *params, struct str name) {
    for (size_t i = 0; i < params->count; i++) {
        if (str_equal(params->fields[i].name, name)) {
            return params->fields[i].value;
        }
    }
    return STR_NONE;
}

struct str http_params_once(const struct http_params *params, struct str name) {
    return http_params_count(params, name) == 1 ? http_params_get(params, name) : STR("");
}

static bool is_utf8_of_type(struct str content_type, struct str wanted) {
    struct str rest;
    struct str type = str_trim(str_cut(content_type, ';', &rest));
    if (!str_equal_fold(type, wanted)) {
        return false;
    }
    while (!str_is_absent(rest)) {
        struct str value;
        struct str name = str_trim(str_cut(str_trim(str_cut(rest, ';', &rest)), '=', &value));
        value = str_trim(value);
        if (str_equal_fold(name, STR("charset")) && !str_equal_fold(value, STR("utf-8")) &&
            !str_equal_fold(value, STR("\"utf-8\""))) {
            return false;
        }
    }
    return true;
}

bool http_body_is(const struct http_request *request, struct str media_type) {
    struct str type = http_field_value(request, STR("content-type"));
    return http_field_count(request, STR("content-type")) == 1 && is_utf8_of_type(type, media_type);
}

enum http_form_result http_form(const struct http_request *request, struct http_params *ret_form) {
    if (!http_body_is(request, STR("application/x-www-form-urlencoded"))) {
        return HTTP_FORM_WRONG_TYPE;
    }
    struct http_params form = http_params_parse(request->arena, request->body, request->parameters_most);
    if (form.malformed) {
        return HTTP_FORM_MALFORMED;
    }
    *ret_form = form;
    return HTTP_FORM_OK;
}
