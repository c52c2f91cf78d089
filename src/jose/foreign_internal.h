/*
 * foreign_internal: what the files about foreign keys share.
 */
#ifndef JOSE_FOREIGN_INTERNAL_H
#define JOSE_FOREIGN_INTERNAL_H

#include "jose/foreign_key.h"

#include <openssl/evp.h>

struct foreign_key {
    enum foreign_kind kind;
    EVP_PKEY *pkey;
    char serial[64];
    size_t serial_len;
};

#endif
