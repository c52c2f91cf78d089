/*
 * organisation: an enterprise or another legal entity as the corporate register knows it (domain-china §2.2).
 */
#ifndef MODEL_ORGANISATION_H
#define MODEL_ORGANISATION_H

#include "base/str.h"

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

#endif
