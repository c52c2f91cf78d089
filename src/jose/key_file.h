/*
 * key_file: the files of the keyring's folder. Reading refuses files that others can read; writing is atomic.
 */
#ifndef JOSE_KEY_FILE_H
#define JOSE_KEY_FILE_H

#include "jose/keyring.h"

struct key_file {
    struct keyring_entry entry; /* kid belongs to the arena */
    int64_t activated, retired; /* seconds, 0 for not yet */
    struct jose_key *key;
};

/* The key-encryption key: from the options, or the file `kek`. */
bool kek_read(const struct keyring_options *options, struct arena *arena, struct secret *ret_kek, struct fault *fault);
/* Makes the folder and the kek file where they are missing. */
bool kek_create(const struct keyring_options *options, struct arena *arena, struct fault *fault);

/* All signing-*.json of the folder, in the order of their kids. The keys are the caller's to free. */
bool key_files_read(const struct keyring_options *options, struct arena *arena, const struct sealer *sealer,
                    struct key_file **ret_files, size_t *ret_count, struct fault *fault);
bool key_file_write(const struct keyring_options *options, const struct sealer *sealer, const struct key_file *file,
                    struct fault *fault);
/* The whole of a file that is refused when others can read it; at most 32 KiB. */
bool private_file_read(struct arena *arena, const char *path, struct str *ret_text, struct fault *fault);
bool key_file_delete(const struct keyring_options *options, struct str kid, struct fault *fault);

#endif
