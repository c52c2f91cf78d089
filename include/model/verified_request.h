/*
 * verified_request: what a client asks of verified_claims (OpenID Connect for Identity Assurance 1.0 §5), as it was
 * read from the claims parameter, and the packed form in which it travels with a grant.
 *
 * What can never be met is not in it, and what depends on the way of proof alone is a set of methods. A value that can
 * only be compared when the answer is written is kept as a mark, a keyed hash: so the request holds nothing personal,
 * and no value of the client's choosing.
 */
#ifndef MODEL_VERIFIED_REQUEST_H
#define MODEL_VERIFIED_REQUEST_H

#include "base/buf.h"
#include "model/claims.h"
#include "model/evidence.h"

#define VERIFIED_ELEMENTS_MOST 8    /* of one request */
#define VERIFIED_FILTERS_MOST  8    /* of evidence, in one element */
#define VERIFIED_VALUES_MOST   16   /* claims with a wanted value, in one element */
#define VERIFIED_PACKED_MOST   1024 /* bytes */
#define VALUE_MARK_SIZE        16   /* bytes of one mark */

/* Bits of enum proof_method. */
typedef uint64_t method_set;
#define METHOD_BIT(method) ((method_set)1 << (method))

/* What of the verification is told besides the trust framework. Stored; never renumber. */
enum verification_member {
    VERIFICATION_LEVEL = 1,
    VERIFICATION_TIME = 2,
    VERIFICATION_PROCESS = 4,
    VERIFICATION_POLICY = 8,
    VERIFICATION_PROCEDURE = 16,
    VERIFICATION_DETAILS = 32, /* assurance_process.assurance_details */
    VERIFICATION_EVIDENCE = 64,
};

/* What of a piece of evidence is told besides its type. Stored; never renumber. */
enum evidence_member {
    EVIDENCE_CHECK = 1, /* check_details, with check_method at least */
    EVIDENCE_ORGANIZATION = 2,
    EVIDENCE_CHECK_ID = 4,
    EVIDENCE_CHECK_TIME = 8,
    EVIDENCE_WHAT = 16,    /* document_details or record, with type at least */
    EVIDENCE_NAME = 32,    /* record.source.name */
    EVIDENCE_COUNTRY = 64, /* country_code of record.source or document_details.issuer */
    /* Not told, but demanded: the document must be one of these. */
    EVIDENCE_IDCARD = 128,
    EVIDENCE_RESIDENCE_PERMIT = 256,
};

struct evidence_wanted {
    method_set methods;
    unsigned members;                    /* bits of enum evidence_member */
    int64_t max_age;                     /* seconds since the check, -1 for any */
    struct str organizations, check_ids; /* marks, one after the other; absent for any */
};

struct claim_values {
    enum claim claim;
    struct str marks; /* of the values that will do, as compact JSON */
};

/* One element: all that is demanded of it must hold, or it is left out. */
struct verified_wanted {
    struct str trust_framework; /* absent for any */
    unsigned members;           /* bits of enum verification_member */
    unsigned levels;            /* bit n: level n will do */
    method_set procedures;      /* which may have given the level */
    int64_t max_age;            /* seconds since `time`, -1 for any */
    claim_set claims;
    struct claim_values values[VERIFIED_VALUES_MOST];
    size_t value_count;
    struct evidence_wanted evidence[VERIFIED_FILTERS_MOST]; /* one must fit; any does where none is asked for */
    size_t evidence_count;
};

struct verified_request {
    bool as_list; /* asked for as an array, and answered as one */
    struct verified_wanted *elements;
    size_t count;
};

void verified_request_pack(const struct verified_request *request, struct buf *buf);
/* Elements belong to the arena; strings point into the packed bytes. False for anything that was not packed here. */
bool verified_request_unpack(struct arena *arena, struct str packed, struct verified_request *ret_request);

#endif
