/*
 * Forms posted by client systems.
 */
#include "form.h"

bool params_repeat(const struct http_params *params) {
    for (size_t i = 0; i < params->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (str_equal(params->fields[i].name, params->fields[j].name)) {
                return true;
            }
        }
    }
    return false;
}

bool read_protocol_form(struct call *call, struct http_params *ret_form) {
    switch (http_form(call->request, ret_form)) {
    case HTTP_FORM_OK:
        break;
    case HTTP_FORM_WRONG_TYPE:
        reply_json_error(call, ERROR_INVALID_REQUEST, "the body must be application/x-www-form-urlencoded");
        return false;
    case HTTP_FORM_MALFORMED:
        reply_json_error(call, ERROR_INVALID_REQUEST, "the form is malformed");
        return false;
    }
    if (params_repeat(ret_form)) {
        reply_json_error(call, ERROR_INVALID_REQUEST, "a parameter is given twice");
        return false;
    }
    return true;
}
