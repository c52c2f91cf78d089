/* Sealing, and the life of a keyring in a folder. */
#include "base/encode.h"
#include "jose/keyring.h"
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct keyring_options options;
static const enum jose_alg algs[] = {JOSE_ES256, JOSE_EDDSA};

static int make_folder(void **state) {
    snprintf(folder, sizeof(folder), "/tmp/keyring-test-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    options = (struct keyring_options){.folder = str_from(folder), .retired_seconds = 3600};
    return 0;
}

static int drop_folder(void **state) {
    DIR *open = opendir(folder);
    struct dirent *entry;
    while (open && (entry = readdir(open))) {
        unlinkat(dirfd(open), entry->d_name, 0);
    }
    closedir(open);
    return rmdir(folder);
}

static void a_sealed_thing_opens_for_its_purpose_and_bond_only(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct fault fault;
    struct keyring *keyring;
    assert_true(keyring_create(&options, algs, 2, &fault));
    assert_true(keyring_open(&options, &keyring, &fault));
    const struct sealer *flow = keyring_sealer(keyring, "flow"), *personal = keyring_sealer(keyring, "personal");
    struct str sealed = seal(flow, arena, STR("secret"), STR("bond")), plain;
    assert_true(seal_open(flow, arena, sealed, STR("bond"), &plain));
    assert_str(plain, "secret");
    assert_false(seal_open(flow, arena, sealed, STR("other"), &plain));
    assert_false(seal_open(personal, arena, sealed, STR("bond"), &plain));
    for (size_t i = 0; i < sealed.len; i++) {
        char *changed = str_c(arena, sealed);
        changed[i] ^= 1;
        assert_false(seal_open(flow, arena, str_of(changed, sealed.len), STR("bond"), &plain));
        assert_false(seal_open(flow, arena, str_sub(sealed, 0, i), STR("bond"), &plain));
    }
    assert_false(str_equal(sealed, seal(flow, arena, STR("secret"), STR("bond"))));
    struct str pseudonym = seal_pseudonym(flow, arena, STR("session"), STR("c1"));
    assert_true(str_equal(pseudonym, seal_pseudonym(flow, arena, STR("session"), STR("c1"))));
    assert_false(str_equal(pseudonym, seal_pseudonym(flow, arena, STR("session"), STR("c2"))));
    assert_true(seal_pseudonym_open(flow, arena, pseudonym, STR("c1"), &plain));
    assert_str(plain, "session");
    assert_false(seal_pseudonym_open(flow, arena, pseudonym, STR("c2"), &plain));
    keyring_free(keyring);
}

static void rotation_publishes_before_it_signs(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct fault fault;
    struct keyring *before, *after;
    assert_true(keyring_create(&options, algs, 2, &fault));
    assert_true(keyring_create(&options, algs, 2, &fault)); /* changes nothing */
    assert_true(keyring_open(&options, &before, &fault));
    assert_int_equal(keyring_count(before), 4);
    int64_t stamp = keyring_stamp(&options);
    struct str old = str_dup(arena, jose_key_kid(keyring_active(before, JOSE_ES256)));
    assert_true(keyring_rotate(&options, JOSE_ES256, &fault));
    assert_int_not_equal(keyring_stamp(&options), stamp);
    assert_true(keyring_open(&options, &after, &fault));
    struct str new = jose_key_kid(keyring_active(after, JOSE_ES256));
    assert_false(str_equal(old, new));
    assert_true(jose_key_set_has_kid(keyring_published(before), new));
    assert_true(jose_key_set_has_kid(keyring_published(after), old));
    assert_int_equal(keyring_count(after), 5);
    keyring_free(before);
    keyring_free(after);
    options.retired_seconds = 0;
    assert_true(keyring_rotate(&options, JOSE_ES256, &fault));
    assert_true(keyring_open(&options, &after, &fault));
    assert_false(jose_key_set_has_kid(keyring_published(after), old));
    keyring_free(after);
}

static void complains(const char *about) {
    struct fault fault;
    struct keyring *keyring;
    assert_false(keyring_open(&options, &keyring, &fault));
    if (!strstr(fault.text, about)) {
        print_error("said: %s\n", fault.text);
        fail();
    }
}

static void damage_and_open_doors_are_said_in_one_sentence(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct fault fault;
    complains("kek");
    assert_true(keyring_create(&options, algs, 2, &fault));
    char *kek = str_c(arena, str_format(arena, "%s/kek", folder));
    assert_int_equal(chmod(kek, 0640), 0);
    complains("0600");
    assert_int_equal(chmod(kek, 0600), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    complains("0700");
    assert_int_equal(chmod(folder, 0700), 0);
    options.kek = STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    complains("does not open with this key-encryption key");
    options.kek = STR("short");
    complains("32 bytes");
    options.kek = STR_NONE;
    int fd = open(kek, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    close(fd);
    complains("32 bytes");
    options.folder = STR("/nonexistent/keys");
    complains("cannot be used");
    options.folder = str_from(folder);
}

static void truncated_key_files_are_refused(void **state) {
    struct fault fault;
    assert_true(keyring_create(&options, algs, 2, &fault));
    DIR *open_folder = opendir(folder);
    struct dirent *entry;
    while ((entry = readdir(open_folder)) && !str_starts(str_from(entry->d_name), STR("signing-"))) {
    }
    int fd = openat(dirfd(open_folder), entry->d_name, O_WRONLY);
    assert_int_equal(ftruncate(fd, 100), 0);
    close(fd);
    closedir(open_folder);
    complains("damaged");
}

int main(void) {
#define ON_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        ON_FOLDER(a_sealed_thing_opens_for_its_purpose_and_bond_only), ON_FOLDER(rotation_publishes_before_it_signs),
        ON_FOLDER(damage_and_open_doors_are_said_in_one_sentence), ON_FOLDER(truncated_key_files_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
