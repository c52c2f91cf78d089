/*
 * corporate: the wire format of the corporate register's three- and four-element check (docs/upstreams/corporate.md),
 * for the adapter, for the simulator, and for the tests of the answer's reading.
 */
#ifndef UPSTREAM_CORPORATE_H
#define UPSTREAM_CORPORATE_H

#include "model/evidence.h"
#include "model/organisation.h"
#include "upstream/envelope.h"

#define CORPORATE_PATH  "/api/v1/ent-element-verify"
#define CORPORATE_THREE "ENT_3META" /* name, credit code, representative's name */
#define CORPORATE_FOUR  "ENT_4META" /* and the representative's number */

struct corporate_answer {
    enum verify_result result;
    struct str check_id;
    enum organisation_status status; /* ORGANISATION_UNKNOWN where it was not told */
    struct str name, type;           /* the register's own writing; absent where it was not told */
    int64_t as_of;                   /* how old its data is, seconds; 0 where it was not told */
};
/*
 * From the body of an answer. False when it is not a signed, well-formed answer to this very request.
 *
 * VERIFY_MATCH only when all elements match and the organisation is in operation: one that is cancelled, revoked,
 * withdrawn or closed is VERIFY_STATE_BAD, one whose status the register cannot tell VERIFY_UNSUPPORTED.
 */
bool corporate_answer_read(struct arena *arena, struct str body, const struct envelope_expected *expected,
                           struct corporate_answer *ret_answer);

/* The register's number for a status. */
struct str corporate_status_code(enum organisation_status status);

#endif
