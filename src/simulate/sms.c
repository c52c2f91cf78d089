/*
 * A text message gateway, and the phones that the messages arrive at: GET /sms/_messages?phone=… for tests, and a page
 * at /sms/ for people. Takes JSON and forms, a bearer token or a signature, as docs/upstreams/sms_http.md says.
 */
#include "upstream/sms_http.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "model/identity.h"
#include "simulate.h"

#include <stdlib.h>

#define SEND_PATH     "/sms/send"
#define LIST_PATH     "/sms/_messages"
#define PAGE_PATH     "/sms/"
#define MESSAGES_MOST 500
#define SKEW_MS       300000

struct message {
    char phone[24], code[12], template[40], minutes[8], transaction[40]; /* no code: a notice */
    int64_t at;                                                          /* seconds; 0 for none */
};

struct phones {
    struct message messages[MESSAGES_MOST]; /* a ring */
    size_t next;
};

static bool open_phones(struct service *service, struct fault *fault) {
    service->own = check_calloc(1, sizeof(struct phones));
    return true;
}

static void close_phones(struct service *service) {
    free(service->own);
}

/* --- taking a message --- */

static bool is_signed(struct service *service, const struct http_request *request) {
    const struct sms_http_signed parts = {
        .app_id = str_or(http_field_value(request, STR("x-app-id")), STR("")),
        .timestamp = str_or(http_field_value(request, STR("x-timestamp")), STR("")),
        .nonce = str_or(http_field_value(request, STR("x-nonce")), STR("")),
        .body = request->body,
    };
    struct str signature = str_or(http_field_value(request, STR("x-signature")), STR(""));
    int64_t sent_at, now = clock_wall_ms();
    return str_equal(parts.app_id, service->simulator->app_id) && str_to_i64(parts.timestamp, &sent_at) &&
           sent_at >= now - SKEW_MS && sent_at <= now + SKEW_MS &&
           str_equal_secret(sms_http_signature(request->arena, service->secret, &parts), signature) &&
           simulate_nonce_is_new(service, parts.nonce);
}

static bool is_known(struct service *service, const struct http_request *request) {
    struct str bearer = str_or(http_field_value(request, STR("authorization")), STR(""));
    return str_drop_prefix(&bearer, STR("Bearer ")) ? str_equal_secret(bearer, service->secret)
                                                    : is_signed(service, request);
}

struct taken {
    struct str phone, code, template, minutes, transaction;
};

static bool read_taken(const struct http_request *request, struct taken *taken) {
    const struct {
        const char *name;
        struct str *value;
    } members[] = {{"phone", &taken->phone},
                   {"code", &taken->code},
                   {"template", &taken->template},
                   {"minutes", &taken->minutes},
                   {"transaction", &taken->transaction}};
    const struct json *object;
    struct http_params form;
    bool is_form = http_form(request, &form) == HTTP_FORM_OK;
    if (!is_form && (!http_body_is(request, STR("application/json")) ||
                     !json_parse(request->arena, request->body, JSON_LIMITS_TOKEN, &object))) {
        return false;
    }
    *taken = (struct taken){STR(""), STR(""), STR(""), STR(""), STR("")};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (is_form) {
            *members[i].value = str_or(http_params_get(&form, str_from(members[i].name)), STR(""));
        } else {
            json_get_str(object, members[i].name, members[i].value);
        }
    }
    return true;
}

/* A code, or a text that needs none. */
static bool has_content(const struct taken *taken) {
    return taken->code.len == 0 ? taken->template.len > 0 : taken->code.len >= 4 && taken->code.len <= 8;
}

static bool is_unreachable(const struct simulator *simulator, struct arena *arena, struct str phone) {
    const struct yaml *list = simulate_list(simulator, "unreachable_phones");
    for (size_t i = 0; list && i < list->count; i++) {
        struct str one;
        if (list->items[i]->kind == YAML_SCALAR && phone_read(arena, list->items[i]->text, &one) &&
            str_equal(one, phone)) {
            return true;
        }
    }
    return false;
}

static void copy(char *to, size_t size, struct str text) {
    size_t len = text.len < size - 1 ? text.len : size - 1;
    memcpy(to, text.ptr, len);
    to[len] = '\0';
}

static void deliver(struct phones *phones, struct str phone, const struct taken *taken) {
    struct message *message = &phones->messages[phones->next++ % MESSAGES_MOST];
    copy(message->phone, sizeof(message->phone), phone);
    copy(message->code, sizeof(message->code), taken->code);
    copy(message->template, sizeof(message->template), taken->template);
    copy(message->minutes, sizeof(message->minutes), taken->minutes);
    copy(message->transaction, sizeof(message->transaction), taken->transaction);
    message->at = clock_wall();
}

static void take(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct taken taken;
    struct str phone;
    const char *code = "OK";
    if (request->method != HTTP_POST || !is_known(service, request)) {
        reply->status = request->method != HTTP_POST ? 405 : 401;
        return;
    }
    if (!read_taken(request, &taken) || !phone_read(request->arena, taken.phone, &phone) || !has_content(&taken)) {
        reply->status = 400;
        return;
    }
    if (service->mode == MODE_REFUSE) {
        code = "LIMITED";
    } else if (is_unreachable(service->simulator, request->arena, phone)) {
        code = "UNREACHABLE";
    } else {
        deliver(service->own, phone, &taken);
    }
    struct json_out out = json_out(&reply->body);
    reply->content_type = STR("application/json");
    json_open_object(&out, NULL);
    json_put_str(&out, "code", str_from(code));
    json_put_str(&out, "transaction",
                 service->mode == MODE_WRONG_TRANSACTION ? STR("another transaction") : taken.transaction);
    json_close_object(&out);
}

/* --- the phones --- */

/* Newest first; of one phone, or of all. */
static const struct message *nth(const struct phones *phones, struct str phone, size_t n) {
    for (size_t i = 0; i < MESSAGES_MOST && i < phones->next; i++) {
        const struct message *message = &phones->messages[(phones->next - 1 - i) % MESSAGES_MOST];
        if ((str_is_absent(phone) || str_equal(str_from(message->phone), phone)) && n-- == 0) {
            return message;
        }
    }
    return NULL;
}

static struct str asked_phone(const struct http_request *request) {
    struct str typed = http_params_get(&request->query, STR("phone")), phone;
    return !str_is_empty(typed) && phone_read(request->arena, str_trim(typed), &phone) ? phone : STR_NONE;
}

static void list(const struct phones *phones, const struct http_request *request, struct http_reply *reply) {
    struct json_out out = json_out(&reply->body);
    struct str phone = asked_phone(request);
    const struct message *message;
    reply->content_type = STR("application/json");
    json_open_array(&out, NULL);
    for (size_t n = 0; n < 20 && !str_is_absent(phone) && (message = nth(phones, phone, n)); n++) {
        json_open_object(&out, NULL);
        json_put_str(&out, "phone", str_from(message->phone));
        json_put_str(&out, "code", str_from(message->code));
        json_put_str(&out, "template", str_from(message->template));
        json_put_str(&out, "minutes", str_from(message->minutes));
        json_put_str(&out, "transaction", str_from(message->transaction));
        json_put_int(&out, "at", message->at);
        json_close_object(&out);
    }
    json_close_array(&out);
}

static void show_text(struct buf *body, const struct message *message) {
    if (message->code[0] == '\0') {
        buf_puts(
            body,
            ": <span class=notice>【通行】您账号的手机号已更换。如非本人操作，请立即登录修改密码，或到服务窗口办理。 / "
            "Your "
            "account has another phone number now. If that was not you, sign in and change your password, "
            "or go to a service counter.</span>");
        return;
    }
    buf_puts(body, ": 【通行】");
    if (str_starts(str_from(message->template), STR("recover"))) {
        buf_puts(
            body,
            "有人正在找回或合并您的账号。如非本人操作，切勿将验证码告诉任何人。 / Someone is recovering or merging "
            "your account. If that is not you, tell nobody this code. ");
    }
    buf_puts(body, "验证码 / your code: <b class=code>");
    buf_put_html(body, str_from(message->code));
    buf_puts(body, "</b>");
}

static void show(const struct phones *phones, const struct http_request *request, struct http_reply *reply) {
    struct str phone = asked_phone(request);
    const struct message *message;
    struct buf body;
    buf_init(&body, request->arena, 4096, 64 * 1024);
    buf_puts(&body,
             "<h1>手机（模拟） / the phone (simulated)</h1><form><input name=phone placeholder=\"138…\" value=\"");
    buf_put_html(&body, str_or(phone, STR("")));
    buf_puts(&body, "\"> <button>查看 / show</button></form><ol id=messages>");
    for (size_t n = 0; n < 20 && (message = nth(phones, phone, n)); n++) {
        buf_puts(&body, "<li>");
        buf_put_html(&body, str_from(message->phone));
        show_text(&body, message);
        buf_puts(&body, " <small>");
        buf_put(&body, clock_rfc3339(request->arena, message->at));
        buf_puts(&body, "</small></li>");
    }
    buf_puts(&body, "</ol>");
    simulate_page(reply, "phone", buf_str(&body));
}

static void handle(struct service *service, const struct http_request *request, struct http_reply *reply) {
    if (str_equal(request->path, STR(SEND_PATH))) {
        take(service, request, reply);
    } else if (str_equal(request->path, STR(LIST_PATH))) {
        list(service->own, request, reply);
    } else if (str_equal(request->path, STR(PAGE_PATH))) {
        show(service->own, request, reply);
    } else {
        reply->status = 404;
    }
}

static const struct service_path paths[] = {{SEND_PATH, false}, {PAGE_PATH, true}};

const struct service_kind sms_service = {.name = "sms",
                                         .secret_variable = "TONGXING_SMS_SECRET",
                                         .paths = paths,
                                         .path_count = ARRAY_LEN(paths),
                                         .open = open_phones,
                                         .done = close_phones,
                                         .handle = handle};
