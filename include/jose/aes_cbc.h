/*
 * aes_cbc: AES-128 in CBC mode with PKCS #7 padding (NIST SP 800-38A §6.2, RFC 5652 §6.3), because services of others
 * want it. It hides and does not authenticate: open only what a signature has vouched for, and put nothing of ours
 * behind it (jose/seal.h is for that).
 */
#ifndef JOSE_AES_CBC_H
#define JOSE_AES_CBC_H

#include "base/arena.h"
#include "base/str.h"

#define AES128_KEY_SIZE 16
#define AES_BLOCK_SIZE  16

/* The ciphertext alone. `key` and `iv` are 16 bytes each. */
struct str aes128_cbc_encrypt(struct arena *arena, struct str key, struct str iv, struct str plain);
/* False when it is no whole number of blocks, or the padding is not one. */
bool aes128_cbc_decrypt(struct arena *arena, struct str key, struct str iv, struct str cipher, struct str *ret_plain);

/* With a fresh random IV before the ciphertext, and back. */
struct str aes128_cbc_seal(struct arena *arena, struct str key, struct str plain);
bool aes128_cbc_open(struct arena *arena, struct str key, struct str sealed, struct str *ret_plain);

#endif
