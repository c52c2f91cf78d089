/*
 * The packed form of a request for verified claims.
 */
#include "model/verified_request.h"

#include "base/arena.h"
#include "model/pack.h"

#define REQUEST_VERSION 1

_Static_assert(PROOF_METHODS <= 64, "method_set has 64 bits");

static void pack_evidence(struct buf *buf, const struct evidence_wanted *evidence) {
    pack_number(buf, evidence->methods);
    pack_number(buf, evidence->members);
    pack_signed(buf, evidence->max_age);
    pack_str(buf, evidence->organizations);
    pack_str(buf, evidence->check_ids);
}

static void pack_element(struct buf *buf, const struct verified_wanted *wanted) {
    pack_str(buf, wanted->trust_framework);
    pack_number(buf, wanted->members);
    pack_number(buf, wanted->levels);
    pack_number(buf, wanted->procedures);
    pack_signed(buf, wanted->max_age);
    pack_number(buf, wanted->claims);
    pack_number(buf, wanted->value_count);
    for (size_t i = 0; i < wanted->value_count; i++) {
        pack_number(buf, wanted->values[i].claim);
        pack_str(buf, wanted->values[i].marks);
    }
    pack_number(buf, wanted->evidence_count);
    for (size_t i = 0; i < wanted->evidence_count; i++) {
        pack_evidence(buf, &wanted->evidence[i]);
    }
}

void verified_request_pack(const struct verified_request *request, struct buf *buf) {
    pack_number(buf, REQUEST_VERSION);
    pack_number(buf, request->as_list);
    pack_number(buf, request->count);
    for (size_t i = 0; i < request->count; i++) {
        pack_element(buf, &request->elements[i]);
    }
}

static struct str unpack_marks(struct unpack *unpack) {
    struct str marks = unpack_str(unpack);
    unpack->failed |= marks.len % VALUE_MARK_SIZE != 0;
    return marks;
}

/* How many follow, none more than there is room for. */
static size_t unpack_count(struct unpack *unpack, size_t most) {
    uint64_t count = unpack_number(unpack);
    unpack->failed |= count > most;
    return unpack->failed ? 0 : (size_t)count;
}

static void unpack_value(struct unpack *unpack, struct claim_values *values) {
    uint64_t claim = unpack_number(unpack);
    unpack->failed |= claim >= CLAIMS;
    values->claim = unpack->failed ? 0 : (enum claim)claim;
    values->marks = unpack_marks(unpack);
}

static void unpack_evidence(struct unpack *unpack, struct evidence_wanted *evidence) {
    evidence->methods = unpack_number(unpack);
    evidence->members = (unsigned)unpack_number(unpack);
    evidence->max_age = unpack_signed(unpack);
    evidence->organizations = unpack_marks(unpack);
    evidence->check_ids = unpack_marks(unpack);
}

static void unpack_element(struct unpack *unpack, struct verified_wanted *wanted) {
    wanted->trust_framework = unpack_str(unpack);
    wanted->members = (unsigned)unpack_number(unpack);
    wanted->levels = (unsigned)unpack_number(unpack);
    wanted->procedures = unpack_number(unpack);
    wanted->max_age = unpack_signed(unpack);
    wanted->claims = unpack_number(unpack);
    wanted->value_count = unpack_count(unpack, VERIFIED_VALUES_MOST);
    for (size_t i = 0; i < wanted->value_count; i++) {
        unpack_value(unpack, &wanted->values[i]);
    }
    wanted->evidence_count = unpack_count(unpack, VERIFIED_FILTERS_MOST);
    for (size_t i = 0; i < wanted->evidence_count; i++) {
        unpack_evidence(unpack, &wanted->evidence[i]);
    }
}

bool verified_request_unpack(struct arena *arena, struct str packed, struct verified_request *ret_request) {
    struct unpack unpack = {.left = packed};
    if (unpack_number(&unpack) != REQUEST_VERSION) {
        return false;
    }
    struct verified_request request = {.as_list = unpack_number(&unpack) != 0};
    request.count = unpack_count(&unpack, VERIFIED_ELEMENTS_MOST);
    request.elements = arena_array_of(arena, request.count + 1, struct verified_wanted);
    for (size_t i = 0; i < request.count; i++) {
        unpack_element(&unpack, &request.elements[i]);
    }
    if (!unpack_done(&unpack)) {
        return false;
    }
    *ret_request = request;
    return true;
}
