/*
 * Reading a request for verified claims (OpenID Connect for Identity Assurance 1.0 §5.3 to §5.7).
 *
 * A demand that can never be met takes its element with it, since a demand must not be ignored: a value we never tell,
 * a demand on something we do not know. What is only asked for and not known is not told.
 */
#include "domain/verified_claims.h"

#include "base/arena.h"
#include "base/check.h"

struct verified_element {
    const struct verified_reading *with;
    struct verified_wanted *wanted;
    bool malformed;
    bool impossible;
};

/* --- marks --- */

void value_mark(const struct domain *domain, struct str text, unsigned char ret_mark[VALUE_MARK_SIZE]) {
    const struct str parts[] = {STR("value"), text};
    unsigned char mac[32];
    seal_mac(domain->sealers->check, parts, ARRAY_LEN(parts), mac);
    memcpy(ret_mark, mac, VALUE_MARK_SIZE);
}

bool value_is_marked(const struct domain *domain, struct str marks, struct str text) {
    unsigned char mark[VALUE_MARK_SIZE];
    value_mark(domain, text, mark);
    for (size_t at = 0; at < marks.len; at += VALUE_MARK_SIZE) {
        if (str_equal(str_sub(marks, at, VALUE_MARK_SIZE), str_of(mark, VALUE_MARK_SIZE))) {
            return true;
        }
    }
    return false;
}

/* --- one thing that is asked for: null, {} or {essential, value, values, max_age} --- */

struct leaf {
    bool asked;
    const struct json *value, *values; /* NULL without */
    int64_t max_age;                   /* -1 without */
};

static bool is_null(const struct json *value) {
    return json_kind(value) == JSON_KIND_NULL;
}

/* In the verification all values are texts; of a claim, a value is what the claim's is. */
static bool leaf_values_fine(const struct leaf *leaf, bool texts_only) {
    if (leaf->value && texts_only && json_kind(leaf->value) != JSON_KIND_STRING) {
        return false;
    }
    if (leaf->values && (json_kind(leaf->values) != JSON_KIND_ARRAY || json_length(leaf->values) == 0)) {
        return false;
    }
    for (size_t i = 0; texts_only && i < json_length(leaf->values); i++) {
        if (json_kind(json_element(leaf->values, i)) != JSON_KIND_STRING) {
            return false;
        }
    }
    return true;
}

static struct leaf leaf_read(struct verified_element *element, const struct json *asked, bool texts_only) {
    struct leaf leaf = {.asked = asked != NULL, .max_age = -1};
    bool essential;
    if (is_null(asked)) {
        return leaf;
    }
    leaf.value = json_member(asked, "value");
    leaf.values = json_member(asked, "values");
    const struct json *essential_said = json_member(asked, "essential"), *age = json_member(asked, "max_age");
    bool fine = json_kind(asked) == JSON_KIND_OBJECT && leaf_values_fine(&leaf, texts_only) &&
                (!essential_said || json_bool(essential_said, &essential)) &&
                (!age || (json_int(age, &leaf.max_age) && leaf.max_age >= 0));
    element->malformed |= !fine;
    return fine ? leaf : (struct leaf){.max_age = -1};
}

static struct leaf leaf_of(struct verified_element *element, const struct json *object, const char *name) {
    return leaf_read(element, json_member(object, name), true);
}

static bool leaf_takes(const struct leaf *leaf, struct str text) {
    struct str wanted;
    bool takes = !leaf->value || (json_str(leaf->value, &wanted) && str_equal(wanted, text));
    bool listed = !leaf->values;
    for (size_t i = 0; !listed && i < json_length(leaf->values); i++) {
        listed = json_str(json_element(leaf->values, i), &wanted) && str_equal(wanted, text);
    }
    return takes && listed;
}

/* Of a thing that is told as it is, or not at all. */
static unsigned member_if_asked(struct verified_element *element, const struct leaf *leaf, unsigned member) {
    element->impossible |= leaf->value || leaf->values || leaf->max_age >= 0;
    return leaf->asked ? member : 0;
}

static void add_mark(struct verified_element *element, struct buf *marks, struct str text) {
    unsigned char mark[VALUE_MARK_SIZE];
    value_mark(element->with->domain, text, mark);
    buf_put(marks, str_of(mark, sizeof(mark)));
}

static struct str json_text(struct arena *arena, const struct json *value) {
    struct buf text;
    buf_init(&text, arena, 64, 16 * 1024);
    json_write_value(&text, value);
    return text.failed ? STR_NONE : buf_str(&text);
}

/* The marks of a thing's wanted values: of its texts, or of its JSON. Absent where any will do. Who gives both value
 * and values demands both, and there is one that fits. */
static struct str marks_of(struct verified_element *element, const struct leaf *leaf, bool as_json) {
    struct arena *arena = element->with->arena;
    size_t count = leaf->values ? json_length(leaf->values) : leaf->value ? 1 : 0;
    struct buf marks;
    if (count == 0) {
        return STR_NONE;
    }
    buf_init(&marks, arena, count * VALUE_MARK_SIZE, VERIFIED_PACKED_MOST);
    for (size_t i = 0; i < count && !marks.failed; i++) {
        const struct json *one = leaf->values ? json_element(leaf->values, i) : leaf->value;
        struct str text = json_text(arena, one);
        if (leaf->value && !str_equal(json_text(arena, leaf->value), text)) {
            continue;
        }
        CHECK(as_json || json_str(one, &text)); /* leaf_values_fine has looked */
        add_mark(element, &marks, text);
    }
    element->malformed |= marks.failed;
    return buf_str(&marks);
}

/* --- what we do not know: harmless while nothing is demanded of it --- */

static bool demands(const struct json *value);

static bool demands_nothing(void *ctx, struct str name, const struct json *value) {
    (void)ctx;
    return !str_equal(name, STR("value")) && !str_equal(name, STR("values")) && !str_equal(name, STR("max_age")) &&
           !demands(value);
}

/* The depth was limited by the parser. */
static bool demands(const struct json *value) {
    if (json_kind(value) == JSON_KIND_OBJECT) {
        return !json_each(value, demands_nothing, NULL);
    }
    for (size_t i = 0; json_kind(value) == JSON_KIND_ARRAY && i < json_length(value); i++) {
        if (demands(json_element(value, i))) {
            return true;
        }
    }
    return false;
}

struct others {
    struct verified_element *element;
    struct str known; /* names, space separated */
};

static bool look_at_other(void *ctx, struct str name, const struct json *value) {
    struct others *others = ctx;
    others->element->impossible |= !str_has_word(others->known, name) && demands(value);
    return true;
}

/* An object of the request with the names that are read of it. False, and malformed, for anything but an object or
 * null. */
static bool open_object(struct verified_element *element, const struct json *value, struct str known) {
    if (is_null(value)) {
        return true;
    }
    if (json_kind(value) != JSON_KIND_OBJECT) {
        element->malformed = true;
        return false;
    }
    json_each(value, look_at_other, &(struct others){element, known});
    return true;
}

/* --- evidence --- */

/* One evidence entry of the request; each of its check_details makes a filter of its own, since either will do. */
struct evidence_reading {
    struct verified_element *element; /* of this entry alone: what is impossible here, leaves the others */
    const struct json *entry;
    struct leaf type, what;
    unsigned members;
};

struct str evidence_type_name(enum evidence_type type) {
    return type == EVIDENCE_DOCUMENT ? STR("document") : STR("electronic_record");
}

/* Whichever document the person has is known when the answer is written. */
static unsigned documents_fitting(const struct evidence_reading *reading) {
    return (leaf_takes(&reading->what, document_type_name(ID_TYPE_RESIDENT)) ? EVIDENCE_IDCARD : 0) |
           (leaf_takes(&reading->what, document_type_name(ID_TYPE_RESIDENCE_PERMIT)) ? EVIDENCE_RESIDENCE_PERMIT : 0);
}

static bool what_fits(const struct evidence_reading *reading, const struct proof *proof) {
    return proof->type == EVIDENCE_DOCUMENT ? documents_fitting(reading) != 0 : leaf_takes(&reading->what, proof->what);
}

static method_set methods_fitting(const struct evidence_reading *reading, const struct leaf *check_method) {
    method_set methods = 0;
    for (int method = 0; method < PROOF_METHODS; method++) {
        const struct proof *proof = proof_of((enum proof_method)method);
        bool fits = leaf_takes(&reading->type, evidence_type_name(proof->type)) && what_fits(reading, proof) &&
                    leaf_takes(check_method, proof->check_method);
        methods |= fits && verified_claims_tell_of(proof) ? METHOD_BIT(method) : 0;
    }
    return methods;
}

static void add_filter(struct evidence_reading *reading, const struct json *check, struct verified_wanted *wanted) {
    struct verified_element *element = reading->element;
    bool impossible = element->impossible; /* of the other alternatives nothing is known yet */
    if (!open_object(element, check, STR("check_method organization check_id time"))) {
        return;
    }
    struct leaf method = leaf_of(element, check, "check_method"),
                organization = leaf_of(element, check, "organization"), id = leaf_of(element, check, "check_id"),
                time = leaf_of(element, check, "time");
    element->malformed |= check && !method.asked;
    element->impossible |= time.value || time.values || method.max_age >= 0;
    const struct evidence_wanted filter = {
        .methods = methods_fitting(reading, &method),
        .members = reading->members | documents_fitting(reading) | (check ? EVIDENCE_CHECK : 0) |
                   (organization.asked ? EVIDENCE_ORGANIZATION : 0) | (id.asked ? EVIDENCE_CHECK_ID : 0) |
                   (time.asked ? EVIDENCE_CHECK_TIME : 0),
        .max_age = time.max_age,
        .organizations = marks_of(element, &organization, false),
        .check_ids = marks_of(element, &id, false),
    };
    bool possible = !element->impossible && filter.methods != 0;
    element->impossible = impossible;
    element->malformed |= possible && wanted->evidence_count == VERIFIED_FILTERS_MOST;
    if (possible && !element->malformed) {
        wanted->evidence[wanted->evidence_count++] = filter;
    }
}

/* document_details.issuer, or record.source: of a document nothing is known but the country. */
static void read_whose(struct evidence_reading *reading, const struct json *whose, bool is_document) {
    struct verified_element *element = reading->element;
    if (!open_object(element, whose, STR("name country_code"))) {
        return;
    }
    struct leaf name = leaf_of(element, whose, "name"), country = leaf_of(element, whose, "country_code");
    element->impossible |= !leaf_takes(&country, STR("CHN")) || country.max_age >= 0;
    reading->members |= member_if_asked(element, &name, is_document ? 0 : EVIDENCE_NAME);
    reading->members |= country.asked ? EVIDENCE_COUNTRY : 0;
}

static void read_what(struct evidence_reading *reading, bool is_document) {
    struct verified_element *element = reading->element;
    const char *whose = is_document ? "issuer" : "source";
    const struct json *what = json_member(reading->entry, is_document ? "document_details" : "record");
    if (!what || !open_object(element, what, is_document ? STR("type issuer") : STR("type source"))) {
        return;
    }
    reading->members |= EVIDENCE_WHAT;
    reading->what = leaf_of(element, what, "type");
    if (json_member(what, whose)) {
        read_whose(reading, json_member(what, whose), is_document);
    }
}

static void read_checks(struct evidence_reading *reading, struct verified_wanted *wanted) {
    const struct json *checks = json_member(reading->entry, "check_details");
    if (!checks) {
        add_filter(reading, NULL, wanted);
        return;
    }
    if (json_kind(checks) != JSON_KIND_ARRAY || json_length(checks) == 0) {
        reading->element->malformed = true;
        return;
    }
    for (size_t i = 0; i < json_length(checks); i++) {
        add_filter(reading, json_element(checks, i), wanted);
    }
}

/* §5.4: type is named, by value and not by values. */
static bool read_type(struct evidence_reading *reading) {
    struct verified_element *element = reading->element;
    reading->type = leaf_of(element, reading->entry, "type");
    element->malformed |= !reading->type.value || reading->type.values;
    return !element->malformed;
}

static void read_evidence_entry(struct verified_element *element, const struct json *entry) {
    struct verified_element own = {.with = element->with, .wanted = element->wanted};
    struct evidence_reading reading = {.element = &own, .entry = entry};
    if (json_kind(entry) != JSON_KIND_OBJECT || !read_type(&reading)) {
        element->malformed = true;
        return;
    }
    bool is_document = leaf_takes(&reading.type, evidence_type_name(EVIDENCE_DOCUMENT));
    open_object(&own, entry,
                is_document ? STR("type check_details document_details") : STR("type check_details record"));
    read_what(&reading, is_document);
    if (!own.malformed && !own.impossible) {
        read_checks(&reading, element->wanted);
    }
    element->malformed |= own.malformed;
}

/* §5.4: whoever wants evidence says which, one step deeper; null alone is none. */
static void read_evidence(struct verified_element *element, const struct json *evidence) {
    if (is_null(evidence)) {
        return;
    }
    if (json_kind(evidence) != JSON_KIND_ARRAY || json_length(evidence) == 0) {
        element->malformed = true;
        return;
    }
    element->wanted->members |= VERIFICATION_EVIDENCE;
    for (size_t i = 0; i < json_length(evidence) && !element->malformed; i++) {
        read_evidence_entry(element, json_element(evidence, i));
    }
    element->impossible |= element->wanted->evidence_count == 0;
}

/* --- the rest of the verification --- */

static void read_trust_framework(struct verified_element *element, const struct json *verification) {
    struct str ours = element->with->domain->settings->trust_framework;
    struct leaf framework = leaf_of(element, verification, "trust_framework");
    element->malformed |= !framework.asked;
    element->impossible |= !leaf_takes(&framework, ours) || framework.max_age >= 0;
    element->wanted->trust_framework = framework.value || framework.values ? ours : STR_NONE;
}

static void read_level(struct verified_element *element, const struct json *verification) {
    static const struct str names[LEVEL_MOST + 1] = {STR_INIT(""), STR_INIT("L1"), STR_INIT("L2"), STR_INIT("L3"),
                                                     STR_INIT("L4")};
    struct leaf asked = leaf_of(element, verification, "assurance_level");
    for (unsigned level = 1; level <= LEVEL_MOST; level++) {
        element->wanted->levels |= leaf_takes(&asked, names[level]) ? 1u << level : 0;
    }
    element->impossible |= element->wanted->levels == 0 || asked.max_age >= 0;
    element->wanted->members |= asked.asked ? VERIFICATION_LEVEL : 0;
}

static void read_time(struct verified_element *element, const struct json *verification) {
    struct leaf time = leaf_of(element, verification, "time");
    element->impossible |= time.value || time.values;
    element->wanted->members |= time.asked ? VERIFICATION_TIME : 0;
    element->wanted->max_age = time.max_age;
}

static void read_details(struct verified_element *element, const struct json *details) {
    if (!details) {
        return;
    }
    element->malformed |= json_kind(details) != JSON_KIND_ARRAY && !is_null(details);
    element->impossible |= demands(details); /* evidence is where to demand (§5.4) */
    element->wanted->members |= VERIFICATION_DETAILS;
}

static void read_process(struct verified_element *element, const struct json *process) {
    struct verified_wanted *wanted = element->wanted;
    if (!process || !open_object(element, process, STR("policy procedure assurance_details"))) {
        return;
    }
    struct leaf policy = leaf_of(element, process, "policy"), procedure = leaf_of(element, process, "procedure");
    element->impossible |= !leaf_takes(&policy, STR(VERIFICATION_POLICY_NAME)) || policy.max_age >= 0;
    wanted->procedures = 0;
    for (int method = 0; method < PROOF_METHODS; method++) {
        wanted->procedures |=
            leaf_takes(&procedure, proof_of((enum proof_method)method)->name) ? METHOD_BIT(method) : 0;
    }
    element->impossible |= wanted->procedures == 0 || procedure.max_age >= 0;
    wanted->members |= (policy.asked ? VERIFICATION_POLICY : 0) | (procedure.asked ? VERIFICATION_PROCEDURE : 0);
    read_details(element, json_member(process, "assurance_details"));
}

static void read_verification(struct verified_element *element, const struct json *verification) {
    if (json_kind(verification) != JSON_KIND_OBJECT) {
        element->malformed = true;
        return;
    }
    open_object(element, verification,
                STR("trust_framework assurance_level assurance_process time verification_process evidence"));
    read_trust_framework(element, verification);
    read_level(element, verification);
    read_time(element, verification);
    read_process(element, json_member(verification, "assurance_process"));
    struct leaf process = leaf_of(element, verification, "verification_process");
    element->wanted->members |= member_if_asked(element, &process, VERIFICATION_PROCESS);
    read_evidence(element, json_member(verification, "evidence"));
}

/* --- the claims --- */

static bool read_claim(void *ctx, struct str name, const struct json *value) {
    struct verified_element *element = ctx;
    struct verified_wanted *wanted = element->wanted;
    struct str tag;
    enum claim claim;
    struct leaf asked = leaf_read(element, value, false);
    if (element->malformed) {
        return false;
    }
    claim_set tellable = element->with->allowed & (CLAIMS_VERIFIABLE | CLAIMS_OF_ORGANISATION);
    if (!claim_from_name(str_cut(name, '#', &tag), &claim) || !(tellable & CLAIM_BIT(claim)) || asked.max_age >= 0) {
        return true;
    }
    wanted->claims |= CLAIM_BIT(claim);
    struct str marks = marks_of(element, &asked, true);
    if (str_is_absent(marks)) {
        return true;
    }
    if (wanted->value_count == VERIFIED_VALUES_MOST) {
        element->malformed = true;
        return false;
    }
    wanted->values[wanted->value_count++] = (struct claim_values){claim, marks};
    return true;
}

/* §5.7: without a claim that we may tell, there is nothing to tell. */
static void read_claims(struct verified_element *element, const struct json *claims) {
    if (claims && is_null(claims)) {
        element->impossible = true;
        return;
    }
    if (json_kind(claims) != JSON_KIND_OBJECT || json_length(claims) == 0) {
        element->malformed = true;
        return;
    }
    json_each(claims, read_claim, element);
    element->impossible |= element->wanted->claims == 0;
}

/* --- the whole --- */

static bool is_element(void *ctx, struct str name, const struct json *value) {
    (void)ctx, (void)value;
    return str_equal(name, STR("verification")) || str_equal(name, STR("claims"));
}

/* False when it is malformed. */
static bool read_element(const struct verified_reading *with, const struct json *value,
                         struct verified_request *request) {
    struct verified_wanted *wanted = &request->elements[request->count];
    struct verified_element element = {.with = with, .wanted = wanted};
    *wanted = (struct verified_wanted){.max_age = -1, .procedures = ~(method_set)0};
    if (json_kind(value) != JSON_KIND_OBJECT || !json_each(value, is_element, NULL)) {
        return false;
    }
    read_verification(&element, json_member(value, "verification"));
    if (!element.malformed) {
        read_claims(&element, json_member(value, "claims"));
    }
    request->count += element.malformed || element.impossible ? 0 : 1;
    return !element.malformed;
}

static bool pack_request(const struct verified_reading *with, const struct verified_request *request,
                         struct str *ret_packed) {
    struct buf packed;
    buf_init(&packed, with->arena, 128, VERIFIED_PACKED_MOST);
    verified_request_pack(request, &packed);
    *ret_packed = request->count > 0 ? buf_str(&packed) : STR_NONE;
    return !packed.failed;
}

bool verified_request_read(const struct verified_reading *reading, const struct json *value, struct str *ret_packed) {
    struct verified_request request = {.as_list = json_kind(value) == JSON_KIND_ARRAY};
    size_t count = request.as_list ? json_length(value) : 1;
    if (count == 0 || count > VERIFIED_ELEMENTS_MOST) {
        return false;
    }
    request.elements = arena_array_of(reading->arena, count, struct verified_wanted);
    for (size_t i = 0; i < count; i++) {
        if (!read_element(reading, request.as_list ? json_element(value, i) : value, &request)) {
            return false;
        }
    }
    return pack_request(reading, &request, ret_packed);
}

claim_set verified_request_claims(struct arena *arena, struct str packed) {
    struct verified_request request;
    claim_set asked = 0;
    if (str_is_absent(packed) || !verified_request_unpack(arena, packed, &request)) {
        return 0;
    }
    for (size_t i = 0; i < request.count; i++) {
        asked |= request.elements[i].claims;
    }
    return asked;
}
