/*
 * organisation: an enterprise or another legal entity as the corporate register knows it (domain-china §2.2).
 */
#ifndef MODEL_ORGANISATION_H
#define MODEL_ORGANISATION_H

#include "base/str.h"

struct arena;

/* Operating status. The value is stored; never renumber. */
enum organisation_status {
    ORGANISATION_UNKNOWN = 0,
    ORGANISATION_OPERATING = 1,   /* 存续、在营 */
    ORGANISATION_CANCELLED = 2,   /* 注销 */
    ORGANISATION_REVOKED = 3,     /* 吊销 */
    ORGANISATION_WITHDRAWN = 4,   /* 撤销 */
    ORGANISATION_MOVED = 5,       /* 迁出 */
    ORGANISATION_FOUNDING = 6,    /* 设立中 */
    ORGANISATION_LIQUIDATING = 7, /* 清算中 */
    ORGANISATION_CLOSED = 8,      /* 停业 */
};
#define ORGANISATION_STATUSES (ORGANISATION_CLOSED + 1)
const char *organisation_status_name(enum organisation_status status); /* "operating", … */
/* May people act for it? */
static inline bool organisation_works(enum organisation_status status) {
    return status == ORGANISATION_OPERATING || status == ORGANISATION_MOVED || status == ORGANISATION_LIQUIDATING;
}

enum organisation_name_result {
    ORGANISATION_NAME_OK,
    ORGANISATION_NAME_BAD,    /* empty, too long, controls, markup, not UTF-8, no letter at all */
    ORGANISATION_NAME_REVIEW, /* holds private-use characters that cannot be compared: never a match */
};
#define ORGANISATION_NAME_MOST 200 /* code points */

/* The comparison key of domain-china §2.2: NFKC, brackets of any width as (), no spaces, ASCII in upper case. The name
 * as the register writes it is kept beside it. */
enum organisation_name_result organisation_name_key(struct arena *arena, struct str name, struct str *ret_key);

#endif
