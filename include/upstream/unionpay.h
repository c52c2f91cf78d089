/*
 * unionpay: the wire format of UnionPay's back-office real-name check of a bank card (docs/upstreams/unionpay.md), for
 * the adapter, for the simulator, and for the tests of the answer's reading.
 */
#ifndef UPSTREAM_UNIONPAY_H
#define UPSTREAM_UNIONPAY_H

#include "base/arena.h"
#include "base/str.h"
#include "jose/foreign_key.h"
#include "model/evidence.h"

#define UNIONPAY_PATH        "/gateway/api/backTransReq.do"
#define UNIONPAY_VERSION     "5.1.0" /* of the interface: the first that signs with SHA-256 */
#define UNIONPAY_TYPE        "72"    /* real-name check … */
#define UNIONPAY_SUBTYPE     "01"    /* … by the back office, answered at once */
#define UNIONPAY_FIELDS_MOST 64

struct unionpay_field {
    struct str name, value;
};
struct unionpay_fields {
    struct unionpay_field items[UNIONPAY_FIELDS_MOST];
    size_t count;
};
/* Absent when there is none. */
struct str unionpay_field(const struct unionpay_fields *fields, const char *name);

/*
 * What RSA signs, in both directions: SHA-256, in hexadecimal, over name=value of all fields but the signature, in the
 * order of the names' bytes, joined by &. The values are as they are before any encoding.
 */
struct str unionpay_digest(struct arena *arena, const struct unionpay_fields *fields);

/*
 * The body of an answer: name=value joined by &, nothing encoded; a value may be {…} or […] with & and = inside. False
 * for what is none: a name twice or with anything but letters, digits and _ in it, a bracket left open, too many.
 */
bool unionpay_fields_read(struct str body, struct unionpay_fields *ret_fields);

/* {certifTp=…&certifId=…&customerNm=…&encryptedInfo=…} in base64, the phone number sealed inside encryptedInfo. False
 * when a value holds a character that the format has for itself. */
struct unionpay_holder {
    struct str name, id_number, phone; /* 11 digits */
};
bool unionpay_customer_info(struct arena *arena, const struct foreign_key *encrypt,
                            const struct unionpay_holder *holder, struct str *ret_text);

/* What an answer must fit to count as one. */
struct unionpay_expected {
    struct str merchant, order_id, time; /* of the request */
    const struct foreign_key *keys[2];   /* UnionPay's; the second is NULL when there is one only */
};
struct unionpay_answer {
    enum verify_result result;
};
/* False when it is not a signed, well-formed answer to this very request. */
bool unionpay_answer_read(struct arena *arena, struct str body, const struct unionpay_expected *expected,
                          struct unionpay_answer *ret_answer);

/* "20260105102345": Beijing time, whatever the host's is. */
struct str unionpay_time(struct arena *arena, int64_t wall_seconds);

#endif
