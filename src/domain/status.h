/*
 * status: what the stores' answers mean to the rules.
 */
#ifndef DOMAIN_STATUS_H
#define DOMAIN_STATUS_H

#include "domain/domain.h"
#include "store/kv.h"
#include "store/sql.h"

static inline enum domain_status domain_of_sql(enum sql_status status) {
    switch (status) {
    case SQL_DONE:
        return DOMAIN_DONE;
    case SQL_MISSING:
    case SQL_CONFLICT:
        return DOMAIN_NO;
    case SQL_DOWN:
        break;
    }
    return DOMAIN_UNAVAILABLE;
}

static inline enum domain_status domain_of_kv(enum kv_status status) {
    switch (status) {
    case KV_DONE:
        return DOMAIN_DONE;
    case KV_MISSING:
    case KV_CONFLICT:
        return DOMAIN_NO;
    case KV_DOWN:
        break;
    }
    return DOMAIN_UNAVAILABLE;
}

#endif
