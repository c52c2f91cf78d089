/*
 * The face check of the simulated Alipay, in its three products, and the page on the "phone" where it is passed or not.
 */
#include "alipay.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "model/identity.h"
#include "upstream/alipay_face.h"

static bool set_text(char *to, size_t size, struct str text) {
    if (text.len >= size) {
        return false;
    }
    memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
    return true;
}

static struct alipay_check *check_named(struct alipay *alipay, struct str id) {
    for (size_t i = 0; i < CHECKS_MOST; i++) {
        if (alipay->checks[i].id[0] && str_equal(str_from(alipay->checks[i].id), id)) {
            return &alipay->checks[i];
        }
    }
    return NULL;
}

static struct str text_of(const struct json *object, const char *name) {
    struct str text = STR("");
    json_get_str(object, name, &text);
    return text;
}

/* --- initialize --- */

static bool is_order(struct str order, size_t most) {
    for (size_t i = 0; i < order.len; i++) {
        char c = order.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
            return false;
        }
    }
    return order.len <= most;
}

static bool read_person(const struct json *person, struct alipay_check *check) {
    return str_equal(text_of(person, "identity_type"), STR("CERT_INFO")) &&
           set_text(check->name, sizeof(check->name), text_of(person, "cert_name")) &&
           set_text(check->number, sizeof(check->number), text_of(person, "cert_no"));
}

/* Refuses to keep a photo, so that whoever forgets to say "never" finds out here. */
static bool read_certify(struct arena *arena, const struct json *biz, struct alipay_check *check) {
    const struct json *config = json_member(biz, "merchant_config");
    struct str biz_code = text_of(biz, "biz_code"), return_url = text_of(config, "return_url");
    (void)arena;
    return (str_equal(biz_code, STR("FACE")) || str_equal(biz_code, STR("CERT_PHOTO_FACE"))) &&
           str_equal(text_of(config, "face_reserve_strategy"), STR("never")) && str_starts(return_url, STR("http")) &&
           set_text(check->return_url, sizeof(check->return_url), return_url) &&
           read_person(json_member(biz, "identity_param"), check);
}

static bool read_verification(struct arena *arena, const struct json *biz, struct alipay_check *check) {
    (void)arena;
    return str_equal(text_of(biz, "biz_code"), STR(ALIPAY_VERIFICATION_BIZ_CODE)) &&
           str_equal(text_of(biz, "cert_type"), STR("IDENTITY_CARD")) &&
           str_equal(text_of(biz, "face_reserve_strategy"), STR("never")) && read_person(biz, check);
}

/* What is an object with the others is a text here. */
static bool read_zhima(struct arena *arena, const struct json *biz, struct alipay_check *check) {
    const struct json *person, *config, *more;
    return str_equal(text_of(biz, "product_code"), STR(ALIPAY_ZHIMA_PRODUCT_CODE)) &&
           str_equal(text_of(biz, "biz_code"), STR("FACE")) &&
           json_parse(arena, text_of(biz, "identity_param"), JSON_LIMITS_TOKEN, &person) &&
           json_parse(arena, text_of(biz, "merchant_config"), JSON_LIMITS_TOKEN, &config) &&
           json_parse(arena, text_of(biz, "ext_biz_param"), JSON_LIMITS_TOKEN, &more) &&
           str_equal(text_of(config, "need_user_authorization"), STR("false")) &&
           str_equal(text_of(person, "cert_type"), STR("IDENTITY_CARD")) && read_person(person, check);
}

static bool is_person(struct arena *arena, const struct alipay_check *check) {
    struct id_number number;
    struct str key;
    return id_number_read(str_from(check->number), clock_wall(), &number) == ID_NUMBER_OK &&
           person_name_key(arena, str_from(check->name), &key) != PERSON_NAME_BAD;
}

/* --- query --- */

static struct str identity_info(struct arena *arena, const struct alipay_asked *asked,
                                const struct alipay_check *check) {
    const struct simulator *simulator = asked->service->simulator;
    struct str name = str_from(check->name), number = str_from(check->number);
    if (asked->service->mode == MODE_WRONG_TRANSACTION) {
        const struct person *other =
            &simulator->people[str_equal(simulator->people[0].id_number, number) && simulator->people_count > 1];
        name = other->name;
        number = other->id_number;
    }
    struct buf text;
    buf_init(&text, arena, 256, 2048);
    struct json_out out = json_out(&text);
    json_open_object(&out, NULL);
    json_put_str(&out, "cert_name", name);
    json_put_str(&out, "cert_no", number);
    json_close_object(&out);
    return buf_str(&text);
}

static bool has_failed(const struct alipay_check *check) {
    return check->state == CHECK_FAILED || check->state == CHECK_ATTACKED;
}

/* F both before the check and after one that failed. */
static void put_certify(struct json_out *out, const struct alipay_asked *asked, const struct alipay_check *check) {
    json_put_str(out, "passed", check->state == CHECK_PASSED ? STR("T") : STR("F"));
    json_put_str(out, "identity_info",
                 check->state == CHECK_PASSED ? identity_info(asked->request->arena, asked, check) : STR(""));
    if (has_failed(check)) {
        json_put_str(out, "fail_reason", STR("Z1147"));
    }
    if (check->state == CHECK_ATTACKED) {
        json_put_str(out, "attack_flag", STR("true"));
    }
}

static void put_verification(struct json_out *out, const struct alipay_asked *asked, const struct alipay_check *check) {
    static const struct str states[] = {[CHECK_PROCESSING] = STR_INIT("PROCESSING"),
                                        [CHECK_PASSED] = STR_INIT("SUCCESS"),
                                        [CHECK_FAILED] = STR_INIT("FAIL"),
                                        [CHECK_ATTACKED] = STR_INIT("SUCCESS")}; /* the flag alone tells */
    json_put_str(out, "certify_state", states[check->state]);
    if (check->state != CHECK_PROCESSING) {
        json_put_str(out, "attack_flag", check->state == CHECK_ATTACKED ? STR("true") : STR("false"));
        json_put_str(out, "score", STR("98.2"));
        json_put_str(out, "quality", STR("91.0"));
    }
    if (asked->service->mode == MODE_WRONG_TRANSACTION) {
        json_put_str(out, "certify_id", STR("the-check-of-another-person"));
    }
}

static void put_zhima(struct json_out *out, const struct alipay_asked *asked, const struct alipay_check *check) {
    bool passed = check->state == CHECK_PASSED;
    json_put_str(out, "passed", passed ? STR("true") : STR("false"));
    json_put_str(out, "identity_info", passed ? identity_info(asked->request->arena, asked, check) : STR("{}"));
    json_put_str(out, "attribute_info", STR("{}"));
    json_put_str(out, "channel_statuses", STR("[]"));
    if (has_failed(check)) {
        json_put_str(out, "failed_reason", STR("请返回重新认证"));
    }
    if (check->state == CHECK_ATTACKED) {
        json_put_str(out, "attack_flag", STR("true"));
    }
}

/* --- the products --- */

static const struct form {
    const struct alipay_face_product *product;
    size_t order_most;
    bool (*read)(struct arena *arena, const struct json *biz, struct alipay_check *check); /* of initialize */
    void (*put)(struct json_out *out, const struct alipay_asked *asked, const struct alipay_check *check);
} forms[] = {
    {&alipay_face_certify, 32, read_certify, put_certify},
    {&alipay_face_verification, 64, read_verification, put_verification},
    {&alipay_face_zhima, 32, read_zhima, put_zhima},
};

/* Of the method that is asked. */
static const struct form *form_of(const struct alipay_asked *asked) {
    struct str method = http_params_get(asked->params, STR("method"));
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        const struct alipay_face_product *product = forms[i].product;
        if (str_equal(method, product->initialize) || str_equal(method, product->query) ||
            str_equal(method, product->page)) {
            return &forms[i];
        }
    }
    return NULL;
}

static struct str face_address(const struct alipay_asked *asked, const struct alipay_check *check) {
    return str_format(asked->request->arena, "%s://%.*s" ALIPAY_FACE_PAGE "?certify_id=%s",
                      asked->request->secure ? "https" : "http", STR_ARG(http_field_value(asked->request, STR("host"))),
                      check->id);
}

/* What every content that is done begins with. */
static struct json_out begin_done(struct buf *content, struct arena *arena) {
    buf_init(content, arena, 512, 4096);
    struct json_out out = json_out(content);
    json_open_object(&out, NULL);
    json_put_str(&out, "code", STR(ALIPAY_CODE_DONE));
    json_put_str(&out, "msg", STR("Success"));
    return out;
}

struct alipay_told alipay_tell_initialize(const struct alipay_asked *asked) {
    struct arena *arena = asked->request->arena;
    struct alipay *alipay = asked->service->own;
    const struct form *form = form_of(asked);
    struct alipay_check check = {.product = form->product};
    struct str order = text_of(asked->biz, form->product->order);
    if (!form->read(arena, asked->biz, &check) || !is_order(order, form->order_most) || !is_person(arena, &check) ||
        !simulate_nonce_is_new(asked->service, order)) {
        return alipay_refusal(arena, "40004", "INVALID_PARAMETER");
    }
    CHECK(set_text(check.id, sizeof(check.id), random_text(arena, 24)));
    alipay->checks[alipay->checks_made++ % CHECKS_MOST] = check;
    struct buf content;
    struct json_out out = begin_done(&content, arena);
    json_put_str(&out, form->product->check_id, str_from(check.id));
    if (str_is_empty(form->product->page)) {
        json_put_str(&out, "web_url", face_address(asked, &check));
    }
    json_close_object(&out);
    return (struct alipay_told){.content = buf_str(&content)};
}

/* NULL when there is none of the product. */
static struct alipay_check *check_asked(const struct alipay_asked *asked, const struct form *form) {
    struct alipay_check *check = check_named(asked->service->own, text_of(asked->biz, form->product->check_id));
    return check && check->product == form->product ? check : NULL;
}

struct alipay_told alipay_tell_query(const struct alipay_asked *asked) {
    struct arena *arena = asked->request->arena;
    const struct form *form = form_of(asked);
    const struct alipay_check *check = check_asked(asked, form);
    if (!check) {
        return alipay_refusal(arena, "40004", "OPEN_CERTIFY_BILL_NOT_EXIST");
    }
    struct buf content;
    struct json_out out = begin_done(&content, arena);
    form->put(&out, asked, check);
    json_close_object(&out);
    return (struct alipay_told){.content = buf_str(&content)};
}

/* --- the page --- */

/* Where a product's page is told where to return to, it says so each time. */
static bool set_return(const struct alipay_asked *asked, struct alipay_check *check) {
    struct str return_url = str_or(http_params_get(asked->params, STR("return_url")), STR(""));
    return !check->product->returns_by_page ||
           (str_starts(return_url, STR("http")) && set_text(check->return_url, sizeof(check->return_url), return_url));
}

void alipay_check_page(const struct alipay_asked *asked, struct http_reply *reply) {
    const struct form *form = form_of(asked);
    struct alipay_check *check = form ? check_asked(asked, form) : NULL;
    if (!check || !str_equal(http_params_get(asked->params, STR("method")), form->product->page) ||
        !set_return(asked, check)) {
        reply->status = 404;
        return;
    }
    http_reply_redirect(reply, face_address(asked, check));
}

static void show_face(const struct alipay_check *check, struct http_reply *reply) {
    static const struct {
        const char *value, *label;
    } outcomes[] = {
        {"pass", "通过 Pass"},
        {"fail", "不通过 Fail"},
        {"attack", "攻击 Attack"},
        {"leave", "离开 Leave"},
    };
    struct buf body;
    buf_init(&body, reply->arena, 2048, 16 * 1024);
    buf_puts(&body, "<h1>刷脸核身 (simulated)</h1><p>");
    buf_put_html(&body, str_from(check->name));
    buf_printf(&body,
               "<form method=post action=\"" ALIPAY_FACE_PAGE "\"><input type=hidden name=certify_id value=\"%s\">",
               check->id);
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        buf_printf(&body, "<p><button name=outcome value=%s>%s</button>", outcomes[i].value, outcomes[i].label);
    }
    buf_puts(&body, "</form>");
    simulate_page(reply, "刷脸核身", buf_str(&body));
}

/* The one whose face is shown is taken to be the one the register has under the number. */
static bool is_known(const struct service *service, struct arena *arena, const struct alipay_check *check) {
    const struct person *person = simulate_person(service->simulator, str_from(check->number));
    struct str key;
    return person && str_equal(person->state, STR("normal")) &&
           person_name_key(arena, str_from(check->name), &key) != PERSON_NAME_BAD && str_equal(key, person->key);
}

static bool decide(const struct service *service, struct arena *arena, struct str outcome, struct alipay_check *check) {
    if (str_equal(outcome, STR("pass"))) {
        check->state = is_known(service, arena, check) ? CHECK_PASSED : CHECK_FAILED;
    } else if (str_equal(outcome, STR("fail"))) {
        check->state = CHECK_FAILED;
    } else if (str_equal(outcome, STR("attack"))) {
        check->state = CHECK_ATTACKED;
    } else {
        return str_equal(outcome, STR("leave"));
    }
    return true;
}

static void say(struct http_reply *reply, int status, struct str body) {
    reply->status = status;
    simulate_page(reply, "刷脸核身", body);
}

/* Zhima tells the browser what came of it besides: a hint, which whoever holds the browser can change. */
static struct str way_back(struct arena *arena, const struct alipay_check *check) {
    struct str address = str_from(check->return_url);
    if (check->product != &alipay_face_zhima) {
        return address;
    }
    struct str told = str_format(arena, "{\"biz_no\":\"%s\",\"passed\":\"%s\"}", check->id,
                                 check->state == CHECK_PASSED ? "true" : "false");
    return str_concat(arena, address, str_contains(address, '?') ? STR("&") : STR("?"), STR("biz_content="),
                      percent_encode(arena, told));
}

void alipay_face_page(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct http_params params = request->query;
    bool decided = request->method == HTTP_POST;
    if (decided && http_form(request, &params) != HTTP_FORM_OK) {
        reply->status = 400;
        return;
    }
    struct alipay_check *check = check_named(service->own, http_params_get(&params, STR("certify_id")));
    if (!check || check->state != CHECK_PROCESSING) {
        say(reply, 409, STR("<p>This check is over."));
        return;
    }
    if (!decided) {
        show_face(check, reply);
        return;
    }
    if (!decide(service, request->arena, http_params_get(&params, STR("outcome")), check)) {
        reply->status = 400;
    } else if (check->return_url[0] && check->state != CHECK_PROCESSING) {
        http_reply_redirect(reply, way_back(request->arena, check));
    } else {
        say(reply, 200, STR("<p>You may go back to the other device."));
    }
}
