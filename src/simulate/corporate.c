/*
 * The corporate register: checks the request's signature, compares the elements with its organisations, signs its
 * answer.
 */
#include "upstream/corporate.h"

#include "base/check.h"
#include "base/json.h"
#include "base/random.h"
#include "envelope.h"
#include "model/credit_code.h"
#include "model/identity.h"

/* What is asked, and whether each element is the register's. */
struct check {
    struct str type, code, name, person, number;
    const struct yaml *entry; /* NULL: nothing known by this code or name */
    bool code_fits, name_fits, person_fits, number_fits;
};

static bool same_name(struct arena *arena, struct str a, struct str b) {
    struct str key_a, key_b;
    return organisation_name_key(arena, a, &key_a) == ORGANISATION_NAME_OK &&
           organisation_name_key(arena, b, &key_b) == ORGANISATION_NAME_OK && str_equal(key_a, key_b);
}

static bool same_person(struct arena *arena, struct str a, struct str b) {
    struct str key_a, key_b;
    return person_name_key(arena, a, &key_a) == PERSON_NAME_OK && person_name_key(arena, b, &key_b) == PERSON_NAME_OK &&
           str_equal(key_a, key_b);
}

/* By code, and otherwise by name. One that the register has not taken in yet is nowhere to be found. */
static const struct yaml *find(const struct simulator *simulator, struct arena *arena, const struct check *check) {
    const struct yaml *list = simulate_list(simulator, "organisations"), *by_name = NULL;
    for (size_t i = 0; list && i < list->count; i++) {
        const struct yaml *entry = list->items[i];
        if (str_equal(simulate_text(entry, "registered", STR("")), STR("recently"))) {
            continue;
        }
        if (str_equal(simulate_text(entry, "credit_code", STR("")), check->code)) {
            return entry;
        }
        if (same_name(arena, simulate_text(entry, "name", STR("")), check->name)) {
            by_name = entry;
        }
    }
    return by_name;
}

static void compare(struct service *service, struct arena *arena, struct check *check) {
    const struct yaml *entry = find(service->simulator, arena, check);
    check->entry = entry;
    if (entry) {
        bool four = str_equal(check->type, STR(CORPORATE_FOUR));
        check->code_fits = str_equal(simulate_text(entry, "credit_code", STR("")), check->code);
        check->name_fits = same_name(arena, simulate_text(entry, "name", STR("")), check->name);
        check->person_fits = same_person(arena, simulate_text(entry, "representative", STR("")), check->person);
        check->number_fits = !four || str_equal(simulate_text(entry, "representative_number", STR("")), check->number);
    }
}

static bool read_check(const struct json *body, struct check *check) {
    char code[CREDIT_CODE_LENGTH + 1];
    struct str agreed = STR("");
    json_get_str(body, "LegalPersonCertNo", &check->number);
    return json_get_str(body, "InfoVerifyType", &check->type) && json_get_str(body, "LicenseNo", &check->code) &&
           json_get_str(body, "EntName", &check->name) && json_get_str(body, "LegalPersonName", &check->person) &&
           json_get_str(body, "UserAuthorization", &agreed) && str_equal(agreed, STR("1")) &&
           (str_equal(check->type, STR(CORPORATE_THREE)) ||
            (str_equal(check->type, STR(CORPORATE_FOUR)) && check->number.len > 0)) &&
           credit_code_read(check->code, code) < CREDIT_CODE_BAD_FORMAT;
}

static struct str reasons(struct arena *arena, const struct check *check) {
    struct buf buf;
    buf_init(&buf, arena, 128, 256);
    const struct {
        bool fits;
        const char *flag;
    } rows[] = {{check->person_fits, "LegalPersonNameFlag"},
                {check->number_fits, "LegalPersonCertNoFlag"},
                {check->name_fits, "EntNameFlag"},
                {check->code_fits, "LicenseNoFlag"}};
    for (size_t i = 0; check->entry && i < ARRAY_LEN(rows); i++) {
        if (!rows[i].fits) {
            buf_printf(&buf, "%s%s", buf.len > 0 ? "," : "", rows[i].flag);
        }
    }
    return buf_str(&buf);
}

static struct str status_code(struct str name) {
    for (int status = 0; status < ORGANISATION_STATUSES; status++) {
        if (str_equal(name, str_from(organisation_status_name((enum organisation_status)status)))) {
            return corporate_status_code((enum organisation_status)status);
        }
    }
    return STR("0");
}

static void write_result(struct arena *arena, const struct check *check, struct json_out *out) {
    struct str detail = reasons(arena, check);
    json_open_object(out, "Result");
    json_put_str(out, "BizCode", !check->entry ? STR("3") : detail.len > 0 ? STR("2") : STR("1"));
    json_put_str(out, "ReasonDetail", detail);
    if (check->entry) {
        json_put_str(out, "Status", status_code(simulate_text(check->entry, "status", STR("operating"))));
        json_put_str(out, "OpenTime", simulate_text(check->entry, "term", STR("2018-09-25/9999-09-09")));
        json_put_str(out, "DataTime", simulate_text(check->entry, "as_of", STR("2026-01-05T00:00:00Z")));
    }
    if (check->entry && detail.len == 0) {
        json_put_str(out, "EntName", simulate_text(check->entry, "name", STR("")));
        json_put_str(out, "EntType", simulate_text(check->entry, "type", STR("企业")));
    }
    json_close_object(out);
}

static void handle(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct arena *arena = request->arena;
    const struct json *body;
    struct check check = {0};
    struct str serial = STR("");
    struct buf data;
    if (!simulate_envelope_read(service, request, &body, reply)) {
        return;
    }
    bool sound = json_get_str(body, "MerchantBizId", &serial) && read_check(body, &check);
    bool refused = service->mode == MODE_REFUSE;
    buf_init(&data, arena, 512, 4096);
    struct json_out out = json_out(&data);
    json_open_object(&out, NULL);
    json_put_str(&out, "MerchantBizId", service->mode == MODE_WRONG_TRANSACTION ? STR("another transaction") : serial);
    json_put_str(&out, "RequestId", str_format(arena, "ent-%.*s", STR_ARG(random_text(arena, 12))));
    json_put_str(&out, "Code", refused ? STR("Throttling.User") : sound ? STR("200") : STR("InvalidParameter"));
    json_put_str(&out, "Message", sound && !refused ? STR("success") : STR("refused"));
    if (sound && !refused) {
        compare(service, arena, &check);
        write_result(arena, &check, &out);
    }
    json_close_object(&out);
    simulate_envelope_write(service, request, buf_str(&data), reply);
}

static const struct service_path paths[] = {{CORPORATE_PATH, false}};

const struct service_kind corporate_service = {.name = "corporate",
                                               .secret_variable = "TONGXING_CORPORATE_SECRET",
                                               .paths = paths,
                                               .path_count = ARRAY_LEN(paths),
                                               .handle = handle};
