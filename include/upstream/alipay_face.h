/*
 * alipay_face: the face check of Alipay as three products have it (docs/upstreams/alipay_face.md, domain-china §4.4),
 * for the adapter, for the simulator, and for the tests of the answers' reading. One product is one file and one entry
 * of the table in src/upstream/alipay_face.c.
 */
#ifndef UPSTREAM_ALIPAY_FACE_H
#define UPSTREAM_ALIPAY_FACE_H

#include "upstream/alipay_gateway.h"

#define ALIPAY_CERTIFY_INITIALIZE      "alipay.user.certify.open.initialize"
#define ALIPAY_CERTIFY_PAGE            "alipay.user.certify.open.certify"
#define ALIPAY_CERTIFY_QUERY           "alipay.user.certify.open.query"
#define ALIPAY_VERIFICATION_INITIALIZE "datadigital.fincloud.generalsaas.face.verification.initialize"
#define ALIPAY_VERIFICATION_QUERY      "datadigital.fincloud.generalsaas.face.verification.query"
#define ALIPAY_VERIFICATION_BIZ_CODE   "DATA_DIGITAL_BIZ_CODE_FACE_VERIFICATION"
#define ALIPAY_ZHIMA_INITIALIZE        "zhima.customer.certification.initialize"
#define ALIPAY_ZHIMA_PAGE              "zhima.customer.certification.certify"
#define ALIPAY_ZHIMA_QUERY             "zhima.customer.certification.query"
#define ALIPAY_ZHIMA_PRODUCT_CODE      "w1010100000000002978"
#define ALIPAY_CHECK_ID_MOST           64
#define ALIPAY_FACE_URL_MOST           2048

/* Whom initialize is to be asked about. */
struct alipay_face_asked {
    struct str transaction;
    struct str cert_type, name, id_number;
    struct str biz_code;   /* as configured */
    struct str return_url; /* with its query */
};

struct alipay_face_product {
    struct str name;                       /* of the option `product` */
    struct str initialize, page, query;    /* methods; page is empty where initialize tells an address */
    const char *check_id, *order;          /* the members that name a check: theirs, and ours */
    bool takes_permits;                    /* residence permits of people from Hong Kong, Macao and Taiwan too */
    bool returns_by_page;                  /* the page is told where to return to, and not initialize */
    struct str authority, title, title_en; /* absent: the adapter's */
    /* The members of initialize's biz_content. False when they cannot be written. */
    bool (*write)(struct arena *arena, struct json_out *out, const struct alipay_face_asked *asked);
    /* What a query's content says of a check that it may be about; VERIFY_UPSTREAM_ERROR when it says nothing. */
    enum verify_result (*judge)(const struct json *content, bool came_back);
};
#define ALIPAY_FACE_PRODUCTS 3
extern const struct alipay_face_product *const alipay_face_products[ALIPAY_FACE_PRODUCTS];
extern const struct alipay_face_product alipay_face_certify, alipay_face_verification, alipay_face_zhima;

struct alipay_face_begun {
    struct str check_id;
    struct str url; /* of a product without a page of its own; absent otherwise */
};
/* From the content of an authentic answer. */
bool alipay_face_begun_read(const struct alipay_face_product *product, const struct json *content,
                            struct alipay_face_begun *ret_begun);

/* The checks that were begun last. A name that comes again is an answer of before. */
#define ALIPAY_CHECKS_SEEN 1024
struct alipay_checks_seen {
    uint64_t marks[ALIPAY_CHECKS_SEEN];
    size_t next;
};
/* Was it not there yet? Remembers it. */
bool alipay_check_is_new(struct alipay_checks_seen *seen, struct str check_id);

/* Who is checked, and where we are: what an answer of a query must not contradict. */
struct alipay_face_expected {
    struct str check_id, transaction;
    struct str name, id_number;
    bool came_back; /* from there: `passed` says no both before the check and after a failed one */
};
/*
 * From the content of an authentic answer: VERIFY_MATCH, VERIFY_MISMATCH, VERIFY_PENDING; VERIFY_UPSTREAM_ERROR when it
 * is malformed or about another check. An attack is VERIFY_MISMATCH with the alert.
 */
enum verify_result alipay_face_result_read(struct arena *arena, const struct alipay_face_product *product,
                                           const struct json *content, const struct alipay_face_expected *expected,
                                           bool *ret_alert);

/* --- what products are made of --- */

/* The members that say whose face it must be. */
void alipay_face_put_person(struct json_out *out, const struct alipay_face_asked *asked);
/*
 * The member `passed` in a product's two words. A no without a reason is not a no before the person came back: the
 * gateway says so of a check that nobody has done yet.
 */
enum verify_result alipay_face_passed(const struct json *content, struct str yes, struct str no, const char *reason,
                                      bool came_back);

#endif
