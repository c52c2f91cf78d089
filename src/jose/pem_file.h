/*
 * pem_file: key files that others made, in PEM.
 */
#ifndef JOSE_PEM_FILE_H
#define JOSE_PEM_FILE_H

#include "base/fault.h"
#include "base/str.h"

#include <openssl/bio.h>

#define PEM_FILE_MOST (64 * 1024)

/* The text is wiped with the arena. A secret one is refused when others than its owner may read it. */
bool pem_file_read(struct arena *arena, struct str path, bool secret, struct str *ret_text, struct fault *fault);

/* Of at most PEM_FILE_MOST bytes, which it borrows. */
BIO *pem_bio(struct str text);

/* For OpenSSL's readers, which would else ask the terminal for the passphrase of an encrypted key. */
int pem_no_passphrase(char *buf, int size, int writing, void *ctx);

#endif
