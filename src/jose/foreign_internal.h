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

#define FOREIGN_FILE_MOST (64 * 1024) /* longer is no key file */
/* The text of a PEM file. A private one is refused when others may read it. */
bool foreign_file_read(struct arena *arena, const char *path, bool private, struct str *ret_text, struct fault *fault);

#endif
