/*
 * Key files. The private JWK inside is sealed under the key-encryption key and bound to the kid, so a file cannot pass
 * for another.
 */
#include "key_file.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST  (32 * 1024)
#define KEK_SIZE   32
#define FILES_MOST 256
#define PREFIX     "signing-"
#define SUFFIX     ".json"

static const struct str state_names[] = {STR_INIT("next"), STR_INIT("active"), STR_INIT("retired")};

/* --- reading and writing whole files --- */

bool private_file_read(struct arena *arena, const char *path, struct str *ret_text, struct fault *fault) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return fault_set(fault, "%s cannot be read: %s", path, strerror(errno));
    }
    struct stat status;
    char *text = arena_alloc(arena, FILE_MOST);
    bool stat_fine = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    ssize_t len = stat_fine ? read(fd, text, FILE_MOST) : -1;
    close(fd);
    if (!stat_fine || len < 0 || len == FILE_MOST) {
        return fault_set(fault, "%s cannot be read: it is not a key file", path);
    }
    if (status.st_mode & 077) {
        return fault_set(fault, "%s can be read by others (mode %04o): make it 0600", path,
                         (unsigned)(status.st_mode & 07777));
    }
    *ret_text = str_of(text, (size_t)len);
    return true;
}

static bool sync_folder(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return fine;
}

/* Beside, synced, then renamed: a reader sees the old file or the new one. */
static bool write_private_file(struct arena *arena, struct str folder, struct str name, struct str text,
                               struct fault *fault) {
    struct str beside = str_format(arena, "%.*s/.%.*s.new", STR_ARG(folder), STR_ARG(name));
    struct str path = str_format(arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
    char *from = str_c(arena, beside), *to = str_c(arena, path);
    unlink(from);
    int fd = open(from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool fine = fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    int error = errno;
    fine = (fd < 0 || close(fd) == 0) && fine && rename(from, to) == 0 && sync_folder(str_c(arena, folder));
    return fine || fault_set(fault, "%s cannot be written: %s", to, strerror(error ? error : errno));
}

/* --- the key-encryption key --- */

static bool check_folder(const char *folder, struct fault *fault) {
    struct stat status;
    if (stat(folder, &status) != 0) {
        return fault_set(fault, "the folder of keys %s cannot be used: %s (tongxing keys create makes it)", folder,
                         strerror(errno));
    }
    if (!S_ISDIR(status.st_mode) || (status.st_mode & 022)) {
        return fault_set(fault, "the folder of keys %s can be changed by others: make it 0700", folder);
    }
    return true;
}

bool kek_read(const struct keyring_options *options, struct arena *arena, struct secret *ret_kek, struct fault *fault) {
    char *folder = str_c(arena, options->folder);
    struct str text = options->kek, bytes;
    if (!check_folder(folder, fault)) {
        return false;
    }
    bool from_file = str_is_empty(text);
    if (from_file && !private_file_read(arena, str_c(arena, str_format(arena, "%s/kek", folder)), &text, fault)) {
        return false;
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) {
        text.len--;
    }
    if (!base64url_decode(arena, text, &bytes) || bytes.len != KEK_SIZE) {
        return fault_set(fault, "the key-encryption key in %s%s is not 32 bytes in base64url",
                         from_file ? folder : "keys.kek", from_file ? "/kek" : "");
    }
    *ret_kek = secret_copy(arena, bytes);
    return true;
}

bool kek_create(const struct keyring_options *options, struct arena *arena, struct fault *fault) {
    char *folder = str_c(arena, options->folder);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return fault_set(fault, "the folder of keys %s cannot be made: %s", folder, strerror(errno));
    }
    if (!str_is_empty(options->kek) || access(str_c(arena, str_format(arena, "%s/kek", folder)), F_OK) == 0) {
        return true;
    }
    struct secret kek = secret_random(arena, KEK_SIZE);
    return write_private_file(arena, options->folder, STR("kek"), base64url_encode(arena, secret_bytes(kek)), fault);
}

/* --- signing keys --- */

static struct str file_name(struct arena *arena, struct str kid) {
    return str_format(arena, PREFIX "%.*s" SUFFIX, STR_ARG(kid));
}

static bool read_state(const struct json *object, enum key_state *state) {
    struct str text = STR("");
    json_get_str(object, "state", &text);
    for (size_t i = 0; i < ARRAY_LEN(state_names); i++) {
        if (str_equal(state_names[i], text)) {
            *state = (enum key_state)i;
            return true;
        }
    }
    return false;
}

static bool read_key(const struct json *object, struct arena *arena, const struct sealer *sealer, struct str kid,
                     struct jose_key **ret_key) {
    struct str text, sealed, plain;
    const struct json *jwk;
    struct jose_key *key;
    if (!json_get_str(object, "jwk", &text) || !base64url_decode(arena, text, &sealed) ||
        !seal_open(sealer, arena, sealed, kid, &plain) || !json_parse(arena, plain, JSON_LIMITS_TOKEN, &jwk) ||
        !jose_key_read_private(jwk, &key)) {
        return false;
    }
    if (!str_equal(jose_key_kid(key), kid)) {
        jose_key_free(key);
        return false;
    }
    *ret_key = key;
    return true;
}

static bool read_file(const struct keyring_options *options, struct arena *arena, const struct sealer *sealer,
                      struct str name, struct key_file *file, struct fault *fault) {
    char *path = str_c(arena, str_format(arena, "%.*s/%.*s", STR_ARG(options->folder), STR_ARG(name)));
    struct str text;
    const struct json *object;
    if (!private_file_read(arena, path, &text, fault)) {
        return false;
    }
    struct str kid = str_dup(arena, str_sub(name, strlen(PREFIX), name.len - strlen(PREFIX) - strlen(SUFFIX)));
    file->entry.kid = kid;
    if (!json_parse(arena, text, JSON_LIMITS_DOCUMENT, &object) || !read_state(object, &file->entry.state) ||
        !json_get_int(object, "created", &file->entry.created) ||
        !json_get_int(object, "activated", &file->activated) || !json_get_int(object, "retired", &file->retired)) {
        return fault_set(fault, "%s is damaged: put it back from a backup, or delete it and run tongxing keys create",
                         path);
    }
    if (!read_key(object, arena, sealer, kid, &file->key)) {
        return fault_set(fault, "%s does not open with this key-encryption key", path);
    }
    file->entry.alg = jose_key_alg(file->key);
    return true;
}

static int is_key_file(const struct dirent *entry) {
    struct str name = str_from(entry->d_name);
    return name.len > strlen(PREFIX) + strlen(SUFFIX) && str_starts(name, STR(PREFIX)) && str_ends(name, STR(SUFFIX));
}

bool key_files_read(const struct keyring_options *options, struct arena *arena, const struct sealer *sealer,
                    struct key_file **ret_files, size_t *ret_count, struct fault *fault) {
    struct dirent **entries;
    char *folder = str_c(arena, options->folder);
    int found = scandir(folder, &entries, is_key_file, alphasort);
    if (found < 0) {
        return fault_set(fault, "the folder of keys %s cannot be read: %s", folder, strerror(errno));
    }
    struct key_file *files = arena_array_of(arena, (size_t)found + 1, struct key_file);
    size_t count = 0;
    bool fine =
        found <= FILES_MOST || fault_set(fault, "the folder of keys %s holds more than %d keys", folder, FILES_MOST);
    for (int i = 0; i < found; i++) {
        fine = fine && read_file(options, arena, sealer, str_from(entries[i]->d_name), &files[count], fault);
        count += fine;
        free(entries[i]);
    }
    free(entries);
    for (size_t i = 0; !fine && i < count; i++) {
        jose_key_free(files[i].key);
    }
    *ret_files = files;
    *ret_count = count;
    return fine;
}

bool key_file_write(const struct keyring_options *options, const struct sealer *sealer, const struct key_file *file,
                    struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf jwk, text;
    buf_init(&jwk, arena, 4096, FILE_MOST);
    struct json_out out = json_out(&jwk);
    jose_key_write_private(file->key, &out);
    struct str sealed = seal(sealer, arena, buf_str(&jwk), file->entry.kid);
    secret_wipe(jwk.ptr, jwk.len);
    buf_init(&text, arena, 8192, FILE_MOST);
    out = json_out(&text);
    json_open_object(&out, NULL);
    json_put_str(&out, "state", state_names[file->entry.state]);
    json_put_str(&out, "alg", jose_alg_name(file->entry.alg));
    json_put_int(&out, "created", file->entry.created);
    json_put_int(&out, "activated", file->activated);
    json_put_int(&out, "retired", file->retired);
    json_put_str(&out, "jwk", base64url_encode(arena, sealed));
    json_close_object(&out);
    CHECK(!text.failed);
    return write_private_file(arena, options->folder, file_name(arena, file->entry.kid), buf_str(&text), fault);
}

bool key_file_delete(const struct keyring_options *options, struct str kid, struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str name = file_name(arena, kid);
    char *path = str_c(arena, str_format(arena, "%.*s/%.*s", STR_ARG(options->folder), STR_ARG(name)));
    return unlink(path) == 0 || errno == ENOENT || fault_set(fault, "%s cannot be deleted: %s", path, strerror(errno));
}
