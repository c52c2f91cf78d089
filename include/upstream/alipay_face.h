/*
 * alipay_face: the face check of Alipay in its two forms, as two products have it (docs/upstreams/alipay_face.md,
 * domain-china §4.4), for the adapter, for the simulator, and for the tests of the answers' reading.
 */
#ifndef UPSTREAM_ALIPAY_FACE_H
#define UPSTREAM_ALIPAY_FACE_H

#include "upstream/alipay_gateway.h"

enum alipay_face_product {
    ALIPAY_FACE_CERTIFY,      /* alipay.user.certify.open.* */
    ALIPAY_FACE_VERIFICATION, /* datadigital.fincloud.generalsaas.face.verification.* */
};
#define ALIPAY_CERTIFY_INITIALIZE      "alipay.user.certify.open.initialize"
#define ALIPAY_CERTIFY_PAGE            "alipay.user.certify.open.certify"
#define ALIPAY_CERTIFY_QUERY           "alipay.user.certify.open.query"
#define ALIPAY_VERIFICATION_INITIALIZE "datadigital.fincloud.generalsaas.face.verification.initialize"
#define ALIPAY_VERIFICATION_QUERY      "datadigital.fincloud.generalsaas.face.verification.query"
#define ALIPAY_VERIFICATION_BIZ_CODE   "DATA_DIGITAL_BIZ_CODE_FACE_VERIFICATION"
#define ALIPAY_CERTIFY_ID_MOST         64
#define ALIPAY_FACE_URL_MOST           2048

struct alipay_face_begun {
    struct str certify_id;
    struct str url; /* of ALIPAY_FACE_VERIFICATION; absent otherwise */
};
/* From the content of an authentic answer. */
bool alipay_face_begun_read(enum alipay_face_product product, const struct json *content,
                            struct alipay_face_begun *ret_begun);

/* The checks that were begun last. A certify_id that comes again is an answer of before. */
#define ALIPAY_CHECKS_SEEN 1024
struct alipay_checks_seen {
    uint64_t marks[ALIPAY_CHECKS_SEEN];
    size_t next;
};
/* Was it not there yet? Remembers it. */
bool alipay_check_is_new(struct alipay_checks_seen *seen, struct str certify_id);

/* Who is checked, and where we are: what an answer of a query must not contradict. */
struct alipay_face_expected {
    struct str certify_id, transaction;
    struct str name, id_number;
    bool came_back; /* from there: certify.open says F both before the check and after a failed one */
};
/*
 * From the content of an authentic answer: VERIFY_MATCH, VERIFY_MISMATCH, VERIFY_PENDING; VERIFY_UPSTREAM_ERROR when it
 * is malformed or about another check. An attack is VERIFY_MISMATCH with the alert.
 */
enum verify_result alipay_face_result_read(struct arena *arena, enum alipay_face_product product,
                                           const struct json *content, const struct alipay_face_expected *expected,
                                           bool *ret_alert);

#endif
