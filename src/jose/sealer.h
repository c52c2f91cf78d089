/*
 * sealer: making the sealing keys of the purposes. For keyring.c.
 */
#ifndef JOSE_SEALER_H
#define JOSE_SEALER_H

#include "jose/seal.h"

/* Keys derived from the key-encryption key by HKDF-SHA-256 with the purpose as info. */
struct sealer *sealer_new(struct secret kek, const char *purpose);
void sealer_free(struct sealer *sealer);

#endif
