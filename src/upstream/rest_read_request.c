/*
 * The description of how a register is asked: what it serves, the request, and who we are to it.
 */
#include "rest_inside.h"

#include "base/byte.h"
#include "base/check.h"
#include "base/encode.h"

#include <errno.h>
#include <stdio.h>

#define BIT(identifier) TEMPLATE_BIT(TEMPLATE_##identifier)
/* What is only known when the request is written, or answered. */
#define LATE      (BIT(SIGNATURE) | BIT(METHOD) | BIT(PATH) | BIT(BODY) | BIT(BODY_SHA256) | BIT(BODY_SM3) | BIT(STATUS))
#define BODY_BITS (BIT(BODY) | BIT(BODY_SHA256) | BIT(BODY_SM3))

template_set rest_question_values(const struct rest *rest) {
    return (TEMPLATE_BIT(TEMPLATE_VALUES) - 1) & ~LATE;
}

/* --- bodies --- */

static bool is_json_literal(const struct yaml *scalar) {
    struct str text = scalar->text;
    if (!scalar->plain) {
        return false;
    }
    if (str_equal(text, STR("true")) || str_equal(text, STR("false")) || str_equal(text, STR("null"))) {
        return true;
    }
    int64_t number;
    struct str digits = text;
    str_drop_prefix(&digits, STR("-"));
    return str_to_i64(text, &number) && (digits.len == 1 || digits.ptr[0] != '0');
}

static void put_quoted(struct rest_reading *reading, struct rest_node node, struct str text,
                       struct template_maker *maker) {
    struct fault fault;
    template_put(maker, STR("\""));
    if (!template_put_text(maker, text, TEMPLATE_IN_JSON, &fault)) {
        rest_wrong(reading, node, "%s", fault.text);
    }
    template_put(maker, STR("\""));
}

static void put_scalar(struct rest_reading *reading, struct rest_node node, struct template_maker *maker) {
    struct str text = node.yaml->text;
    struct fault fault;
    if (is_json_literal(node.yaml)) {
        template_put(maker, text);
    } else if (!template_is_number(text)) {
        put_quoted(reading, node, text, maker);
    } else if (!template_put_number(maker, text, &fault)) {
        rest_wrong(reading, node, "%s", fault.text);
    }
}

static void put_name(struct rest_reading *reading, struct rest_node item, struct str name,
                     struct template_maker *maker) {
    if (strstr(str_c(reading->arena, name), "{{")) {
        rest_wrong(reading, item, "a name holds no placeholder");
    } else {
        put_quoted(reading, item, name, maker);
        template_put(maker, STR(":"));
    }
}

/* As deep as the file: yaml.h has a ceiling. */
static void put_json(struct rest_reading *reading, struct rest_node node, struct template_maker *maker) {
    const struct yaml *yaml = node.yaml;
    if (yaml->kind == YAML_SCALAR) {
        put_scalar(reading, node, maker);
        return;
    }
    bool map = yaml->kind == YAML_MAP;
    template_put(maker, map ? STR("{") : STR("["));
    for (size_t i = 0; i < yaml->count; i++) {
        struct rest_node item = rest_item(reading, node, i);
        template_put(maker, i > 0 ? STR(",") : STR(""));
        if (map) {
            put_name(reading, item, yaml->names[i], maker);
        }
        put_json(reading, item, maker);
    }
    template_put(maker, map ? STR("}") : STR("]"));
}

/* Names and values of a form or a query. */
static void put_pairs(struct rest_reading *reading, struct rest_node node, struct template_maker *maker) {
    struct fault fault;
    if (node.yaml->kind != YAML_MAP) {
        rest_wrong(reading, node, "must be a group of names and values");
        return;
    }
    for (size_t i = 0; i < node.yaml->count; i++) {
        struct rest_node item = rest_item(reading, node, i);
        template_put(maker, i > 0 ? STR("&") : STR(""));
        template_put(maker, percent_encode(reading->arena, node.yaml->names[i]));
        template_put(maker, STR("="));
        if (item.yaml->kind != YAML_SCALAR) {
            rest_wrong(reading, item, "must be one value");
        } else if (!template_put_text(maker, item.yaml->text, TEMPLATE_IN_FORM, &fault)) {
            rest_wrong(reading, item, "%s", fault.text);
        }
    }
}

static void read_pieces(struct rest_reading *reading, struct rest_node node, template_set may_use,
                        void (*put)(struct rest_reading *, struct rest_node, struct template_maker *),
                        struct template *ret_template) {
    struct template_maker maker;
    struct fault fault;
    template_begin(&maker, reading->arena, may_use);
    put(reading, node, &maker);
    if (!template_end(&maker, ret_template, &fault)) {
        rest_wrong(reading, node, "%s", fault.text);
    }
}

static void read_json(struct rest_reading *reading, struct rest_node json, template_set may_use) {
    if (json.yaml->kind == YAML_SCALAR) {
        rest_wrong(reading, json, "must be a group or a list");
    } else {
        read_pieces(reading, json, may_use, put_json, &reading->rest->body);
    }
}

static void read_body(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    struct rest_node json = rest_member(reading, node, "json"), form = rest_member(reading, node, "form");
    template_set may_use = rest_question_values(rest) | BIT(SIGNATURE);
    bool get = str_equal(rest->method, STR("GET"));
    rest->has_body = !get;
    rest->body_type = json.yaml   ? STR("application/json")
                      : form.yaml ? STR("application/x-www-form-urlencoded")
                                  : STR_NONE;
    if (json.yaml && form.yaml) {
        rest_wrong(reading, form, "and json are not given together");
    } else if (get && (json.yaml || form.yaml)) {
        rest_wrong(reading, json.yaml ? json : form, "a GET has no body");
    } else if (json.yaml) {
        read_json(reading, json, may_use);
    } else if (form.yaml) {
        read_pieces(reading, form, may_use, put_pairs, &rest->body);
    }
}

/* --- address and header --- */

static void check_address(struct rest_reading *reading, struct rest_node node, template_set uses, bool personal) {
    if (uses & template_hidden()) {
        rest_wrong(reading, node, "a secret has no place in an address: proxies and servers write those down");
    } else if ((uses & template_personal()) && !personal) {
        rest_wrong(reading, node,
                   "would have personal data in the address, which proxies and servers write down; where the "
                   "register wants that, say request.personal_in_address: true");
    }
}

/* Whoever carries the request would make another path of it than the one that is signed. */
static bool has_dot_segment(struct str path) {
    while (!str_is_absent(path)) {
        struct str segment = str_cut(path, '/', &path);
        if (str_equal(segment, STR(".")) || str_equal(segment, STR("..")) || str_starts(segment, STR("..;"))) {
            return true;
        }
    }
    return false;
}

static void read_path(struct rest_reading *reading, struct rest_node path, bool personal) {
    struct rest *rest = reading->rest;
    if (!rest_template(reading, path, TEMPLATE_IN_PATH, rest_question_values(rest), false, &rest->path)) {
        return;
    }
    if (!str_starts(path.yaml->text, STR("/"))) {
        rest_wrong(reading, path, "must begin with a slash");
    } else if (has_dot_segment(path.yaml->text)) {
        rest_wrong(reading, path, "has a segment . or ..: write the path that is meant");
    } else {
        check_address(reading, path, rest->path.uses, personal);
    }
}

static void read_address(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    struct rest_node query = rest_member(reading, node, "query");
    bool personal = false;
    /* Of a word that is neither true nor false it is not known what would be wrong with the address. */
    bool known = rest_flag(reading, rest_member(reading, node, "personal_in_address"), &personal);
    read_path(reading, rest_member(reading, node, "path"), personal || !known);
    rest->has_query = query.yaml != NULL;
    if (query.yaml) {
        read_pieces(reading, query, rest_question_values(rest) | BIT(SIGNATURE), put_pairs, &rest->query);
        check_address(reading, query, rest->query.uses, personal || !known);
    }
}

/* What libcurl, the loop and we ourselves see to. */
static bool is_reserved(struct str name) {
    static const char *const names[] = {
        "Host",    "Content-Length", "Transfer-Encoding", "Connection",      "Expect",      "TE",
        "Trailer", "Upgrade",        "Trailers",          "Accept-Encoding", "traceparent", "Keep-Alive"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_equal_fold(name, str_from(names[i]))) {
            return true;
        }
    }
    return false;
}

static bool read_header(struct rest_reading *reading, struct rest_node node, struct str name) {
    struct rest *rest = reading->rest;
    if (name.len == 0 || name.len > 64 || !bytes_all(name, BYTE_TOKEN)) {
        return rest_wrong(reading, node, "is no name of a header field");
    }
    if (is_reserved(name)) {
        return rest_wrong(reading, node, "is put by itself");
    }
    for (size_t i = 0; i < rest->header_count; i++) {
        if (str_equal_fold(rest->headers[i].name, name)) {
            return rest_wrong(reading, node, "is given twice");
        }
    }
    if (rest->header_count == REST_HEADERS_MOST) {
        return rest_wrong(reading, node, "there are at most %d", REST_HEADERS_MOST);
    }
    struct rest_header *header = &rest->headers[rest->header_count++];
    header->name = name;
    template_set may_use = rest_question_values(rest) | BIT(SIGNATURE) | BODY_BITS;
    return rest_template(reading, node, TEMPLATE_IN_HEADER, may_use & ~BIT(BODY), false, &header->value);
}

static void read_headers(struct rest_reading *reading, struct rest_node node) {
    if (node.yaml && node.yaml->kind != YAML_MAP) {
        rest_wrong(reading, node, "must be a group of names and values");
        return;
    }
    for (size_t i = 0; node.yaml && i < node.yaml->count; i++) {
        read_header(reading, rest_item(reading, node, i), node.yaml->names[i]);
    }
}

/* --- what is asked --- */

static template_set sent_values(const struct rest *rest) {
    template_set uses = rest->path.uses | rest->query.uses | rest->body.uses;
    for (size_t i = 0; i < rest->header_count; i++) {
        uses |= rest->headers[i].value.uses;
    }
    return uses;
}

/* A match is evidence of what was sent: nothing may be claimed that was not, nor sent that nobody was asked for. */
static bool check_asks(struct rest_reading *reading, struct rest_node node) {
    const struct rest *rest = reading->rest;
    template_set uses = sent_values(rest) | rest->canonical.uses;
    for (enum template_value value = 0; value < TEMPLATE_VALUES; value++) {
        unsigned ask = uses & TEMPLATE_BIT(value) ? template_asks(TEMPLATE_BIT(value)) : 0;
        if (ask & ~rest->traits.asks) {
            return rest_wrong(reading, node, "uses {{%s}}, which asks does not ask for", template_value_name(value));
        }
    }
    if (rest->traits.asks & ~template_asks(sent_values(rest))) {
        return rest_wrong(reading, node, "does not send everything that asks asks for");
    }
    /* All four elements (domain-china §2.2): with fewer, somebody else of that name would represent the enterprise. */
    for (enum template_value value = TEMPLATE_ORG_NAME; value <= TEMPLATE_REPRESENTATIVE_NUMBER; value++) {
        if ((rest->traits.services & UPSTREAM_ORGANISATION) && !(sent_values(rest) & TEMPLATE_BIT(value))) {
            return rest_wrong(reading, node, "does not send {{%s}}", template_value_name(value));
        }
    }
    for (enum template_value value = TEMPLATE_NAME; value <= TEMPLATE_ID_NUMBER; value++) {
        if ((rest->traits.services & UPSTREAM_PERSON) && !(sent_values(rest) & TEMPLATE_BIT(value))) {
            return rest_wrong(reading, node, "does not send {{%s}}", template_value_name(value));
        }
    }
    return true;
}

static bool check_id_types(struct rest_reading *reading, struct rest_node node) {
    const struct rest *rest = reading->rest;
    bool used = (sent_values(rest) | rest->canonical.uses) & BIT(ID_TYPE), any = false;
    for (size_t i = 0; i < REST_ID_TYPES; i++) {
        struct str word = rest->id_types[i];
        any = any || !str_is_absent(word);
        if ((rest->body.numbers & BIT(ID_TYPE)) && !str_is_absent(word) && !template_number_fits(word)) {
            return rest_wrong(reading, node, "uses {{id_type|number}}, and %.*s of id_types is none", STR_ARG(word));
        }
    }
    return !used || any ||
           rest_wrong(reading, node, "uses {{id_type}}, and id_types does not say what stands for which");
}

void rest_read_request(struct rest_reading *reading, struct rest_node node) {
    static const struct str methods[] = {STR_INIT("GET"), STR_INIT("POST"), STR_INIT("PUT")};
    size_t before = reading->problems->count;
    int method = 1;
    if (!rest_is_group(reading, node, "method path query headers json form personal_in_address")) {
        return;
    }
    rest_word(reading, rest_member(reading, node, "method"), "GET|POST|PUT", &method);
    reading->rest->method = methods[method];
    read_address(reading, node);
    read_headers(reading, rest_member(reading, node, "headers"));
    read_body(reading, node);
    reading->request = reading->problems->count == before;
}

/* --- authentication --- */

static bool check_secret(struct rest_reading *reading, struct rest_node node, size_t least) {
    struct str secret = reading->rest->secret;
    if (secret.len < least) {
        return rest_wrong(reading, node, least == 1 ? "needs secret" : "needs a secret of %zu characters or more",
                          least);
    }
    for (size_t i = 0; i < secret.len; i++) {
        if (secret.ptr[i] < 0x20 || secret.ptr[i] > 0x7e) {
            return rest_wrong(reading, node, "the secret holds more than visible ASCII");
        }
    }
    return true;
}

static bool read_authorization(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    if (!check_secret(reading, node, 1)) {
        return false;
    }
    for (size_t i = 0; i < rest->header_count; i++) {
        if (str_equal_fold(rest->headers[i].name, STR("Authorization"))) {
            return rest_wrong(reading, node, "and request.headers.Authorization are not given together");
        }
    }
    if (rest->proof == REST_BEARER) {
        rest->authorization = str_concat(reading->arena, STR("Bearer "), rest->secret);
        return !str_contains(rest->secret, ' ') || rest_wrong(reading, node, "a token holds no spaces");
    }
    if (str_is_empty(rest->app_id) || str_contains(rest->app_id, ':')) {
        return rest_wrong(reading, node, "basic needs app_id, without a colon");
    }
    struct str pair = str_concat(reading->arena, rest->app_id, STR(":"), rest->secret);
    rest->authorization = str_concat(reading->arena, STR("Basic "), base64_encode(reading->arena, pair));
    return true;
}

/* What is signed must be there before the signature, and the signature must go somewhere. */
static bool check_order(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    template_set sent = sent_values(rest);
    if (!(sent & BIT(SIGNATURE))) {
        return rest_wrong(reading, node, "nothing of the request has {{signature}}");
    }
    rest->signature_in_body = rest->body.uses & BIT(SIGNATURE);
    if (rest->signature_in_body && (rest->canonical.uses & BODY_BITS)) {
        return rest_wrong(reading, node, "signs the body, which holds {{signature}}");
    }
    if ((rest->query.uses & BIT(SIGNATURE)) && (rest->canonical.uses & BIT(PATH))) {
        return rest_wrong(reading, node, "signs {{path}}, whose query holds {{signature}}");
    }
    return true;
}

static bool read_hmac(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    struct rest_node canonical = rest_member(reading, node, "canonical");
    int encoding = REST_HEX;
    template_set may_use = rest_question_values(rest) | BIT(METHOD) | BIT(PATH) | BODY_BITS;
    bool secret = check_secret(reading, node, 16);
    rest_word(reading, rest_member(reading, node, "encoding"), "hex|hex_upper|base64", &encoding);
    rest->encoding = (enum rest_encoding)encoding;
    return rest_template(reading, canonical, TEMPLATE_IN_TEXT, may_use, false, &rest->canonical) &&
           (!reading->request || check_order(reading, canonical)) && secret;
}

static bool read_file_path(struct rest_reading *reading, struct rest_node node, struct str *ret_path) {
    struct str path = STR_NONE, folder = reading->settings->folder;
    if (!rest_text(reading, node, &path) || str_is_absent(path)) {
        return !node.yaml;
    }
    bool relative = path.ptr[0] != '/' && !str_is_absent(folder);
    *ret_path = relative ? str_concat(reading->arena, folder, STR("/"), path) : path;
    FILE *file = fopen(str_c(reading->arena, *ret_path), "re");
    if (!file) {
        return rest_wrong(reading, node, "%.*s cannot be read: %s", STR_ARG(*ret_path), strerror(errno));
    }
    char start[1024] = "";
    size_t len = fread(start, 1, sizeof(start) - 1, file);
    fclose(file);
    if (len < 11 || !str_starts(str_of(start, len), STR("-----BEGIN "))) {
        return rest_wrong(reading, node, "%.*s is no PEM file", STR_ARG(*ret_path));
    }
    return !strstr(start, "ENCRYPTED") ||
           rest_wrong(reading, node, "%.*s is encrypted: nobody is there to type its passphrase", STR_ARG(*ret_path));
}

static void read_certificate(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    struct rest_node certificate = rest_member(reading, node, "certificate"), key = rest_member(reading, node, "key");
    read_file_path(reading, certificate, &rest->certificate);
    read_file_path(reading, key, &rest->certificate_key);
    if (!certificate.yaml != !key.yaml || (rest->proof == REST_MTLS && !key.yaml)) {
        rest_wrong(reading, node, "needs certificate and key, both");
    } else if (key.yaml && !str_starts(rest->url, STR("https://"))) {
        rest_wrong(reading, node, "a certificate is shown over https only");
    }
}

static bool check_unused(struct rest_reading *reading, struct rest_node node) {
    const struct rest *rest = reading->rest;
    bool hmac = rest->proof == REST_HMAC_SHA256 || rest->proof == REST_HMAC_SM3;
    if (!hmac && (sent_values(rest) & BIT(SIGNATURE))) {
        return rest_wrong(reading, node, "makes no {{signature}}, which the request uses");
    }
    if (!hmac && (rest_member(reading, node, "canonical").yaml || rest_member(reading, node, "encoding").yaml)) {
        return rest_wrong(reading, node, "canonical and encoding are for hmac-sha256 and hmac-sm3");
    }
    return true;
}

/* By the kind; true where nothing more is to be said about the secret. */
static bool read_proof(struct rest_reading *reading, struct rest_node node) {
    switch (reading->rest->proof) {
    case REST_BASIC:
    case REST_BEARER:
        return read_authorization(reading, node);
    case REST_HMAC_SHA256:
    case REST_HMAC_SM3:
        return read_hmac(reading, node);
    case REST_NONE:
    case REST_MTLS:
        break;
    }
    return true;
}

/* What the request uses of ours is there. */
static void check_ours(struct rest_reading *reading, bool secret_looked_at) {
    const struct rest *rest = reading->rest;
    template_set uses = sent_values(rest) | rest->canonical.uses;
    if (secret_looked_at && (uses & BIT(SECRET))) {
        check_secret(reading, (struct rest_node){.option = "secret"}, 1);
    }
    if ((uses & BIT(APP_ID)) && str_is_empty(rest->app_id)) {
        rest_wrong(reading, (struct rest_node){.option = "app_id"}, "is missing: the request uses {{app_id}}");
    }
}

void rest_read_authentication(struct rest_reading *reading, struct rest_node node) {
    struct rest *rest = reading->rest;
    size_t before = reading->problems->count;
    int proof = REST_NONE;
    if (node.yaml && (!rest_is_group(reading, node, "kind canonical encoding certificate key") ||
                      !rest_word(reading, rest_member(reading, node, "kind"),
                                 "none|basic|bearer|hmac-sha256|hmac-sm3|mtls", &proof))) {
        return;
    }
    rest->proof = (enum rest_proof)proof;
    check_ours(reading, read_proof(reading, node));
    check_unused(reading, node);
    read_certificate(reading, node);
    reading->authentication = reading->problems->count == before;
    struct rest_node request = rest_member(reading, (struct rest_node){.yaml = reading->settings->entry}, "request");
    if (reading->asks && reading->request && reading->authentication) {
        check_asks(reading, request);
        check_id_types(reading, request);
    }
}
