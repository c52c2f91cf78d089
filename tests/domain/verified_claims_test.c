/* Verified claims: reading requests and answering them (OpenID Connect for Identity Assurance 1.0 §5), one vector a
 * line. */
#include "base/clock.h"
#include "domain/verified_claims.h"
#include "register_fixture.h"
#include "store/disclosures.h"

#define ANY_CLAIM "\"claims\":{\"name\":null}"
#define TRUST     "\"trust_framework\":null"
#define OF(rest)  "{\"verification\":{" TRUST rest "}," ANY_CLAIM "}"
#define ASK(rest) "{\"verification\":{" TRUST "}," rest "}"

static const struct client everything = {.sector = STR_INIT("rp.example"), .claims = ~CLAIMS_APART};

static bool read_value(struct domain *domain, struct arena *arena, const char *text, struct str *ret_packed) {
    const struct verified_reading reading = {domain, arena, ~CLAIMS_APART};
    *ret_packed = STR_NONE;
    return verified_request_read(&reading, json_of(arena, text), ret_packed);
}

/* --- what is malformed, what cannot be met, what asks for something --- */

enum outcome { MALFORMED, NOTHING, ASKS };

static void requests(struct domain *domain) {
    static const struct {
        const char *text;
        enum outcome outcome;
    } rows[] = {
        {OF(""), ASKS},
        {"[" OF("") "]", ASKS},
        {"{\"verification\":{\"trust_framework\":{}}," ANY_CLAIM "}", ASKS},
        {"{\"verification\":{\"trust_framework\":{\"value\":\"cn_gov_zwfw\"}}," ANY_CLAIM "}", ASKS},
        {"{\"verification\":{\"trust_framework\":{\"values\":[\"x\",\"cn_gov_zwfw\"]}}," ANY_CLAIM "}", ASKS},
        {"{\"verification\":{\"trust_framework\":{\"value\":\"de_aml\"}}," ANY_CLAIM "}", NOTHING},
        {"{\"verification\":{\"trust_framework\":{\"values\":[\"x\",\"y\"]}}," ANY_CLAIM "}", NOTHING},
        {ASK("\"claims\":{\"name\":{}}"), ASKS},
        {ASK("\"claims\":{\"name\":{\"essential\":false}}"), ASKS},
        {ASK("\"claims\":{\"name\":{\"value\":\"x\"},\"name#zh-Hans-CN\":null}"), ASKS},
        {ASK("\"claims\":{\"name\":null,\"nobody\":{\"essential\":true},\"\\u0001#'\\\"\":null}"), ASKS},
        {ASK("\"claims\":{\"nobody\":null}"), NOTHING},
        {ASK("\"claims\":{\"email\":null,\"cn_id_number\":null}"),
         NOTHING}, /* no evidence proves it; never told here */
        {ASK("\"claims\":null"), NOTHING},
        {OF(",\"assurance_level\":{\"value\":\"L3\"}"), ASKS},
        {OF(",\"assurance_level\":{\"value\":\"L9\"}"), NOTHING},
        {OF(",\"assurance_level\":{\"value\":\"L2\",\"values\":[\"L3\"]}"), NOTHING},
        {OF(",\"time\":{\"max_age\":0}"), ASKS},
        {OF(",\"time\":{\"value\":\"2026-01-01T00:00:00Z\"}"), NOTHING},
        {OF(",\"assurance_process\":{\"policy\":null,\"procedure\":null,\"assurance_details\":[{}]}"), ASKS},
        {OF(",\"assurance_process\":{\"policy\":{\"value\":\"another\"}}"), NOTHING},
        {OF(",\"assurance_process\":{\"assurance_details\":[{\"assurance_type\":{\"value\":\"x\"}}]}"), NOTHING},
        {OF(",\"verification_process\":{\"essential\":true}"), ASKS},
        {OF(",\"verification_process\":{\"value\":\"x\"}"), NOTHING},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"document\"}}]"), ASKS},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"vouch\"}}]"), NOTHING},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"vouch\"}},{\"type\":{\"value\":\"electronic_record\"}}]"), ASKS},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"document\"},\"check_details\":[{\"check_method\":{\"value\":"
            "\"data\"}}]}]"),
         NOTHING},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"document\"},\"check_details\":[{\"check_method\":null,\"time\":{"
            "\"value\":\"x\"}}]}]"),
         NOTHING},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"document\"},\"document_details\":{\"document_number\":null}}]"),
         ASKS},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"document\"},\"document_details\":{\"document_number\":{\"value\":"
            "\"1\"}}}]"),
         NOTHING},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"document\"},\"document_details\":{\"issuer\":{\"country_code\":{"
            "\"value\":\"DEU\"}}}}]"),
         NOTHING},
        {OF(",\"something\":{\"new\":[{\"deep\":null}]}"), ASKS},
        {OF(",\"something\":{\"new\":[{\"deep\":{\"values\":[1]}}]}"), NOTHING},
        {"null", MALFORMED},
        {"[]", MALFORMED},
        {"[null]", MALFORMED},
        {"\"x\"", MALFORMED},
        {"{}", MALFORMED},
        {"{\"verification\":{" TRUST "}}", MALFORMED},
        {"{" ANY_CLAIM "}", MALFORMED},
        {"{\"verification\":null," ANY_CLAIM "}", MALFORMED},
        {"{\"verification\":{}," ANY_CLAIM "}", MALFORMED},
        {"{\"verification\":{" TRUST "}," ANY_CLAIM ",\"more\":null}", MALFORMED},
        {"{\"verification\":{\"trust_framework\":\"cn_gov_zwfw\"}," ANY_CLAIM "}", MALFORMED},
        {"{\"verification\":{\"trust_framework\":{\"value\":1}}," ANY_CLAIM "}", MALFORMED},
        {"{\"verification\":{\"trust_framework\":{\"values\":[]}}," ANY_CLAIM "}", MALFORMED},
        {"{\"verification\":{\"trust_framework\":{\"values\":[1]}}," ANY_CLAIM "}", MALFORMED},
        {"{\"verification\":{\"trust_framework\":{\"essential\":\"yes\"}}," ANY_CLAIM "}", MALFORMED},
        {ASK("\"claims\":{}"), MALFORMED},
        {ASK("\"claims\":[\"name\"]"), MALFORMED},
        {ASK("\"claims\":{\"name\":true}"), MALFORMED},
        {ASK("\"claims\":{\"name\":{\"values\":\"x\"}}"), MALFORMED},
        {OF(",\"time\":{\"max_age\":-1}"), MALFORMED},
        {OF(",\"time\":{\"max_age\":\"1\"}"), MALFORMED},
        {OF(",\"time\":{\"max_age\":1.5}"), MALFORMED},
        {OF(",\"evidence\":null"), ASKS},
        {OF(",\"evidence\":[]"), MALFORMED},
        {OF(",\"evidence\":{}"), MALFORMED},
        {OF(",\"evidence\":[null]"), MALFORMED},
        {OF(",\"evidence\":[{}]"), MALFORMED},
        {OF(",\"evidence\":[{\"type\":null}]"), MALFORMED},
        {OF(",\"evidence\":[{\"type\":{\"values\":[\"document\"]}}]"), MALFORMED},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"document\"},\"check_details\":[]}]"), MALFORMED},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"document\"},\"check_details\":[{\"organization\":null}]}]"),
         MALFORMED},
        {OF(",\"evidence\":[{\"type\":{\"value\":\"document\"},\"document_details\":7}]"), MALFORMED},
        {OF(",\"assurance_process\":7"), MALFORMED},
        {OF(",\"assurance_process\":{\"assurance_details\":{}}"), MALFORMED},
        {"[" OF("") "," OF("") "," OF("") "," OF("") "," OF("") "," OF("") "," OF("") "," OF("") "," OF("") "]",
         MALFORMED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct str packed;
        bool fine = read_value(domain, arena, rows[i].text, &packed);
        assert_row(fine == (rows[i].outcome != MALFORMED), rows[i].text);
        assert_row(!fine || str_is_absent(packed) == (rows[i].outcome == NOTHING), rows[i].text);
    }
}

static void what_may_be_asked(void **state) {
    with_register(requests);
}

static void too_much(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str packed;
    struct buf text;
    buf_init(&text, arena, 4096, 16 * 1024);
    buf_puts(&text, "{\"verification\":{" TRUST "},\"claims\":{\"name\":{\"values\":[\"0\"");
    for (int i = 1; i < 100; i++) {
        buf_printf(&text, ",\"%d\"", i);
    }
    buf_puts(&text, "]}}}");
    assert_false(read_value(domain, arena, str_c(arena, buf_str(&text)), &packed));
    buf_init(&text, arena, 4096, 16 * 1024);
    buf_puts(&text, "{\"verification\":{" TRUST ",\"evidence\":[");
    for (int i = 0; i < VERIFIED_FILTERS_MOST + 1; i++) {
        buf_printf(&text, "%s{\"type\":{\"value\":\"document\"}}", i ? "," : "");
    }
    buf_puts(&text, "]}," ANY_CLAIM "}");
    assert_false(read_value(domain, arena, str_c(arena, buf_str(&text)), &packed));
}

static void a_request_has_ceilings(void **state) {
    with_register(too_much);
}

/* --- answers --- */

static struct verification_row verification(const char *id, const char *method, const char *authority, int level,
                                            int64_t age) {
    return (struct verification_row){
        .verification_id = str_from(id),
        .evidence = {.method = str_from(method),
                     .authority = str_from(authority),
                     .check_id = STR("110105188812310013"), /* an authority's carelessness */
                     .result = VERIFY_MATCH,
                     .level = level,
                     .checked_at = clock_wall() - age}};
}

struct person {
    struct account account;
    struct verification_row rows[6];
    size_t count;
    const struct acting *acting; /* NULL for nobody */
};

/* L3 by a register ten thousand seconds ago and a face a thousand seconds ago. */
static struct person someone(void) {
    return (struct person){.account = {.level = 3,
                                       .profile = {.name = STR("测试甲"),
                                                   .gender = STR("female"), /* what the number says is told instead */
                                                   .birthdate = STR("2000-01-01"),
                                                   .id_type = ID_TYPE_RESIDENT,
                                                   .id_number = STR("110105188812310013")}},
                           .rows = {verification("v1", "two_element_match", "mps-population", 2, 10000),
                                    verification("v2", "face_1to1", "alipay", 3, 1000)},
                           .count = 2};
}

static struct str answer_for(struct domain *domain, struct arena *arena, const struct person *person,
                             const struct client *client, const char *request) {
    struct str packed;
    struct buf buf;
    buf_init(&buf, arena, 1024, 16 * 1024);
    struct json_out out = json_out(&buf);
    assert_row(read_value(domain, arena, request, &packed), request);
    const struct claims_about about = {domain, arena, client, &person->account, person->acting};
    json_open_object(&out, NULL);
    verified_claims_write(&out, packed, &about, person->rows, person->count);
    json_close_object(&out);
    return buf_str(&buf);
}

#define TOLD(verification, claims)                                                                                     \
    "{\"verified_claims\":{\"verification\":{\"trust_framework\":\"cn_gov_zwfw\"" verification "},\"claims\":{" claims \
    "}}}"
#define NAME    "\"name\":\"测试甲\""
#define OMITTED "{}"
#define RECORD  "{\"type\":{\"value\":\"electronic_record\"}"
#define CARD    "{\"type\":{\"value\":\"document\"}"

static void answers(struct domain *domain) {
    static const struct {
        const char *request, *answer;
    } rows[] = {
        {OF(""), TOLD("", NAME)},
        {"[" OF("") "]",
         "{\"verified_claims\":[{\"verification\":{\"trust_framework\":\"cn_gov_zwfw\"},\"claims\":{" NAME "}}]}"},
        {ASK("\"claims\":{\"gender\":null,\"birthdate\":null,\"nationalities\":null}"),
         TOLD("", "\"gender\":\"male\",\"birthdate\":\"1888-12-31\",\"nationalities\":[\"CHN\"]")},
        {ASK("\"claims\":{\"cn_id_type\":null,\"cn_id_masked\":null}"),
         TOLD("", "\"cn_id_type\":\"resident_id\",\"cn_id_masked\":\"1101**********0013\"")},
        {ASK("\"claims\":{\"name\":{\"value\":\"测试甲\"}}"), TOLD("", NAME)},
        {ASK("\"claims\":{\"name\":{\"values\":[\"李\",\"测试甲\"]}}"), TOLD("", NAME)},
        {ASK("\"claims\":{\"name\":{\"value\":\"李\"},\"gender\":null}"), TOLD("", "\"gender\":\"male\"")},
        {ASK("\"claims\":{\"name\":{\"value\":\"李\"}}"), OMITTED},
        {ASK("\"claims\":{\"name\":{\"value\":7}}"), OMITTED},
        {ASK("\"claims\":{\"nationalities\":{\"value\":[\"CHN\"]}}"), TOLD("", "\"nationalities\":[\"CHN\"]")},
        {OF(",\"assurance_level\":null"), TOLD(",\"assurance_level\":\"L3\"", NAME)},
        {OF(",\"assurance_level\":{\"value\":\"L2\"}"), TOLD(",\"assurance_level\":\"L2\"", NAME)},
        {OF(",\"assurance_level\":{\"values\":[\"L2\",\"L3\"]}"), TOLD(",\"assurance_level\":\"L3\"", NAME)},
        {OF(",\"assurance_level\":{\"value\":\"L4\"}"), OMITTED},
        {OF(",\"time\":{\"max_age\":900}"), OMITTED},
        {OF(",\"assurance_level\":{\"value\":\"L2\"},\"time\":{\"max_age\":9000}"), OMITTED}, /* the face is not L2 */
        {OF(",\"assurance_process\":{\"policy\":null,\"procedure\":null}"),
         TOLD(",\"assurance_process\":{\"policy\":\"cn_gov_trust_level\",\"procedure\":\"face_1to1\"}", NAME)},
        {OF(",\"assurance_process\":{\"procedure\":{\"value\":\"in_person\"}}"), OMITTED},
        {OF(",\"evidence\":[" CARD "}]"), TOLD(",\"evidence\":[{\"type\":\"document\"}]", NAME)},
        {OF(",\"evidence\":[" RECORD "}," CARD "}]"),
         TOLD(",\"evidence\":[{\"type\":\"electronic_record\"},{\"type\":\"document\"}]", NAME)},
        {OF(",\"evidence\":[" RECORD ",\"record\":{\"type\":null}}]"),
         TOLD(",\"evidence\":[{\"type\":\"electronic_record\",\"record\":{\"type\":\"population_register\"}}]", NAME)},
        {OF(",\"evidence\":[" RECORD ",\"record\":{\"type\":{\"value\":\"bank_account\"}}}]"), OMITTED},
        {OF(",\"evidence\":[" RECORD
            ",\"record\":{\"type\":null,\"source\":{\"name\":null,\"country_code\":{\"value\":\"CHN\"}}}}]"),
         TOLD(",\"evidence\":[{\"type\":\"electronic_record\",\"record\":{\"type\":\"population_register\",\"source\":{"
              "\"name\":\"mps-population\",\"country_code\":\"CHN\"}}}]",
              NAME)},
        {OF(",\"evidence\":[" CARD
            ",\"document_details\":{\"type\":null,\"document_number\":null,\"issuer\":{\"country_code\":null}}}]"),
         TOLD(",\"evidence\":[{\"type\":\"document\",\"document_details\":{\"type\":\"idcard\",\"issuer\":{\"country_"
              "code\":\"CHN\"}}}]",
              NAME)},
        {OF(",\"evidence\":[" CARD ",\"check_details\":[{\"check_method\":{\"value\":\"pvp\"}},{\"check_method\":{"
            "\"value\":\"bvr\"},\"organization\":null}]}]"),
         TOLD(",\"evidence\":[{\"type\":\"document\",\"check_details\":[{\"check_method\":\"bvr\",\"organization\":"
              "\"alipay\"}]}]",
              NAME)},
        {OF(",\"evidence\":[" RECORD
            ",\"check_details\":[{\"check_method\":null,\"organization\":{\"values\":[\"x\",\"mps-population\"]}}]}]"),
         TOLD(",\"evidence\":[{\"type\":\"electronic_record\",\"check_details\":[{\"check_method\":\"data\","
              "\"organization\":\"mps-population\"}]}]",
              NAME)},
        {OF(",\"evidence\":[" RECORD
            ",\"check_details\":[{\"check_method\":null,\"organization\":{\"value\":\"x\"}}]}]"),
         OMITTED},
        {OF(",\"evidence\":[" RECORD
            ",\"check_details\":[{\"check_method\":null,\"check_id\":{\"value\":\"110105188812310013\"}}]}]"),
         OMITTED},
        {OF(",\"evidence\":[" RECORD ",\"check_details\":[{\"check_method\":null,\"time\":{\"max_age\":9000}}]}]"),
         OMITTED},
        {"[" OF(",\"assurance_level\":{\"value\":\"L4\"}") "," ASK("\"claims\":{\"gender\":null}") "]",
         "{\"verified_claims\":[{\"verification\":{\"trust_framework\":\"cn_gov_zwfw\"},\"claims\":{\"gender\":"
         "\"male\"}}]}"},
    };
    const struct person person = someone();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct str told = answer_for(domain, arena, &person, &everything, rows[i].request);
        if (!str_equal(told, str_from(rows[i].answer))) {
            print_error("told %.*s\n", STR_ARG(told));
        }
        assert_row(str_equal(told, str_from(rows[i].answer)), rows[i].request);
    }
}

static void what_is_answered(void **state) {
    with_register(answers);
}

#define OF_TYPE(type) OF(",\"evidence\":[" CARD ",\"document_details\":{\"type\":" type "}}]")
#define TOLD_TYPE(type)                                                                                                \
    TOLD(",\"evidence\":[{\"type\":\"document\",\"document_details\":{\"type\":\"" type "\"}}]", NAME)

static void documents(struct domain *domain) {
    static const struct {
        enum id_type has;
        const char *request, *answer;
    } rows[] = {
        {ID_TYPE_RESIDENT, OF_TYPE("null"), TOLD_TYPE("idcard")},
        {ID_TYPE_RESIDENCE_PERMIT, OF_TYPE("null"), TOLD_TYPE("residence_permit")},
        {ID_TYPE_PERMANENT_RESIDENCE, OF_TYPE("null"), TOLD_TYPE("residence_permit")},
        {ID_TYPE_RESIDENT, OF_TYPE("{\"value\":\"residence_permit\"}"), OMITTED},
        {ID_TYPE_RESIDENCE_PERMIT, OF_TYPE("{\"value\":\"idcard\"}"), OMITTED},
        {ID_TYPE_RESIDENCE_PERMIT, OF_TYPE("{\"values\":[\"idcard\",\"residence_permit\"]}"),
         TOLD_TYPE("residence_permit")},
        {ID_TYPE_RESIDENT, OF_TYPE("{\"value\":\"passport\"}"), OMITTED},
    };
    struct person person = someone();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        person.account.profile.id_type = rows[i].has;
        assert_str(answer_for(domain, arena, &person, &everything, rows[i].request), rows[i].answer);
    }
}

static void a_document_is_named_as_the_person_has_it(void **state) {
    with_register(documents);
}

/* --- the organisation a person acts for --- */

#define ORG                                                                                                            \
    "\"cn_org\":{\"id\":\"o1\",\"name\":\"示例有限公司\",\"uscc\":\"91990000MA00TEXT06\",\"status\":"            \
    "\"operating\",\"role\":\"agent\",\"mandate_scope\":[\"*\"]}"
#define BY(rest)      "{\"verification\":{" TRUST rest "},\"claims\":{\"cn_org\":null}}"
#define PROCEDURE(of) ",\"assurance_process\":{\"procedure\":" of "}"

static const struct acting acting = {.organisation_id = STR_INIT("o1"),
                                     .role = MANDATE_AGENT,
                                     .scope = STR_INIT("*"),
                                     .name = STR_INIT("示例有限公司"),
                                     .credit_code = STR_INIT("91990000MA00TEXT06"),
                                     .status = ORGANISATION_OPERATING,
                                     .evidence = {.method = STR_INIT("enterprise_four_element_match"),
                                                  .authority = STR_INIT("samr"),
                                                  .check_id = STR_INIT("chk-9"),
                                                  .result = VERIFY_MATCH,
                                                  .checked_at = 1700000000}};

static void of_organisations(struct domain *domain) {
    static const struct {
        const char *request, *answer;
    } rows[] = {
        {BY(""), TOLD("", ORG)},
        {BY(",\"time\":null"), TOLD(",\"time\":\"2023-11-14T22:13:20Z\"", ORG)},
        {BY(",\"time\":{\"max_age\":60}"), OMITTED},
        {BY(",\"assurance_level\":null"), TOLD("", ORG)}, /* levels are of people */
        {BY(",\"assurance_level\":{\"value\":\"L2\"}"), OMITTED},
        {BY(PROCEDURE("{\"value\":\"enterprise_four_element_match\"}")),
         TOLD(PROCEDURE("\"enterprise_four_element_match\""), ORG)},
        {BY(PROCEDURE("{\"value\":\"enterprise_three_element_match\"}")), OMITTED},
        {BY(",\"evidence\":[" RECORD ",\"record\":{\"type\":null,\"source\":{\"name\":null}}}]"),
         TOLD(",\"evidence\":[{\"type\":\"electronic_record\",\"record\":{\"type\":\"corporate_register\",\"source\":"
              "{\"name\":\"samr\"}}}]",
              ORG)},
        {BY(",\"evidence\":[" CARD "}]"), OMITTED},
        {ASK("\"claims\":{\"cn_org\":null,\"name\":null}"), TOLD("", NAME)}, /* no evidence proves both */
        {"[" OF("") "," BY("") "]",
         "{\"verified_claims\":[{\"verification\":{\"trust_framework\":\"cn_gov_zwfw\"},\"claims\":{" NAME
         "}},{\"verification\":{\"trust_framework\":\"cn_gov_zwfw\"},\"claims\":{" ORG "}}]}"},
    };
    struct person person = someone();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        person.acting = &acting;
        assert_str(answer_for(domain, arena, &person, &everything, rows[i].request), rows[i].answer);
        person.acting = NULL;
        struct str without = answer_for(domain, arena, &person, &everything, rows[i].request);
        assert_row(!str_contains(without, '*'), rows[i].request);
    }
}

static void an_organisation_is_an_element_of_its_own(void **state) {
    with_register(of_organisations);
}

/* --- whose evidence counts, and how long --- */

static void evidence_that_counts(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    const char *request = OF(",\"assurance_level\":null");
    const char *l3 = TOLD(",\"assurance_level\":\"L3\"", NAME), *l2 = TOLD(",\"assurance_level\":\"L2\"", NAME);
    struct person person = someone();
    assert_str(answer_for(domain, arena, &person, &everything, request), l3);
    person.rows[1].evidence.expires_at = clock_wall() - 1;
    assert_str(answer_for(domain, arena, &person, &everything, request), l2);
    person = someone();
    person.rows[1].evidence.ended_at = 5;
    assert_str(answer_for(domain, arena, &person, &everything, request), l2);
    person = someone();
    person.rows[1].evidence.result = VERIFY_MISMATCH;
    assert_str(answer_for(domain, arena, &person, &everything, request), l2);
    person = someone();
    person.account.level = 2; /* it was taken away */
    assert_str(answer_for(domain, arena, &person, &everything, request), l2);
    person.account.level = 1;
    assert_str(answer_for(domain, arena, &person, &everything, request), OMITTED);
    person = someone();
    person.rows[1].evidence.method = STR("manual_record"); /* an operator's word is not evidence */
    assert_str(answer_for(domain, arena, &person, &everything, request), l2);
    person.count = 0;
    assert_str(answer_for(domain, arena, &person, &everything, request), OMITTED);
}

static void only_valid_evidence_counts(void **state) {
    with_register(evidence_that_counts);
}

static void registered_for_less(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct person person = someone();
    struct client client = everything;
    client.claims = CLAIM_BIT(CLAIM_GENDER); /* since the request was made */
    assert_str(answer_for(domain, arena, &person, &client, ASK("\"claims\":{\"name\":null,\"gender\":null}")),
               TOLD("", "\"gender\":\"male\""));
    const struct verified_reading reading = {domain, arena, CLAIM_BIT(CLAIM_GENDER)};
    struct str packed = STR_NONE;
    assert_true(verified_request_read(&reading, json_of(arena, OF("")), &packed));
    assert_true(str_is_absent(packed));
}

static void a_client_gets_what_it_is_registered_for(void **state) {
    with_register(registered_for_less);
}

#define ALL_OF_IT                                                                                                      \
    OF(",\"verification_process\":null,\"assurance_process\":{\"assurance_details\":[{}]},\"evidence\":[" RECORD       \
       ",\"check_details\":[{\"check_method\":null,\"check_id\":null}]}]")

static void references(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct person person = someone();
    struct client other = everything;
    other.sector = STR("other.example");
    const char *whole = str_c(arena, answer_for(domain, arena, &person, &everything, ALL_OF_IT));
    const char *again = str_c(arena, answer_for(domain, arena, &person, &everything, ALL_OF_IT));
    const char *elsewhere = str_c(arena, answer_for(domain, arena, &person, &other, ALL_OF_IT));
    assert_string_equal(whole, again);
    assert_string_not_equal(whole, elsewhere);
    assert_null(strstr(whole, "110105188812310013"));
    assert_null(strstr(whole, "\"v1\""));
    const struct json *told = json_member(json_of(arena, whole), "verified_claims");
    const struct json *verification = json_member(told, "verification");
    const struct json *evidence = json_element(json_member(verification, "evidence"), 0);
    const struct json *details =
        json_element(json_member(json_member(verification, "assurance_process"), "assurance_details"), 0);
    struct str check, referred;
    assert_true(json_get_str(json_element(json_member(evidence, "check_details"), 0), "check_id", &check));
    assert_true(json_get_str(json_element(json_member(details, "evidence_ref"), 0), "check_id", &referred));
    assert_true(str_equal(check, referred));
}

static void references_lead_to_nobody(void **state) {
    with_register(references);
}

/* --- the packed form --- */

static void packed_form(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str packed;
    struct verified_request request;
    assert_true(
        read_value(domain, arena, "[" ALL_OF_IT "," ASK("\"claims\":{\"gender\":{\"value\":\"male\"}}") "]", &packed));
    assert_true(verified_request_unpack(arena, packed, &request));
    assert_int_equal(request.count, 2);
    assert_true(request.as_list);
    assert_int_equal(request.elements[1].values[0].marks.len, VALUE_MARK_SIZE);
    assert_int_equal(verified_request_claims(arena, packed), CLAIM_BIT(CLAIM_NAME) | CLAIM_BIT(CLAIM_GENDER));
    for (size_t len = 0; len < packed.len; len++) {
        assert_false(verified_request_unpack(arena, str_sub(packed, 0, len), &request));
    }
    assert_false(verified_request_unpack(arena, str_concat(arena, packed, STR("x")), &request));
}

static void a_packed_request_is_read_whole_or_not_at_all(void **state) {
    with_register(packed_form);
}

RUN_TESTS(cmocka_unit_test(what_may_be_asked), cmocka_unit_test(a_request_has_ceilings),
          cmocka_unit_test(what_is_answered), cmocka_unit_test(a_document_is_named_as_the_person_has_it),
          cmocka_unit_test(an_organisation_is_an_element_of_its_own), cmocka_unit_test(only_valid_evidence_counts),
          cmocka_unit_test(a_client_gets_what_it_is_registered_for), cmocka_unit_test(references_lead_to_nobody),
          cmocka_unit_test(a_packed_request_is_read_whole_or_not_at_all))
