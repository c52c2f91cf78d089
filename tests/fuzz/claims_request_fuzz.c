/* The claims parameter: whatever is accepted packs within its ceiling, unpacks again, and asks for nothing a client is
 * not registered for. Values that are compared by a keyed hash need a key: the fuzzer makes one. */
#include "domain/claims.h"
#include "domain/verified_claims.h"
#include "fuzz.h"
#include "jose/keyring.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static int drop(const char *path, const struct stat *about, int kind, struct FTW *place) {
    return remove(path);
}

/* A keyring in a folder of its own, opened once; the folder is gone before the first input. */
static const struct sealer *sealer(void) {
    static struct keyring *keyring;
    static const enum jose_alg algs[] = {JOSE_ES256};
    char folder[] = "/tmp/claims-fuzz-XXXXXX", keys[64];
    struct fault fault;
    if (!keyring) {
        CHECK(mkdtemp(folder));
        snprintf(keys, sizeof(keys), "%s/keys", folder);
        const struct keyring_options options = {.folder = str_from(keys)};
        CHECK(keyring_create(&options, algs, ARRAY_LEN(algs), &fault) && keyring_open(&options, &keyring, &fault));
        CHECK(nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS) == 0);
    }
    return keyring_sealer(keyring, "check");
}

static void check_packed(struct arena *arena, struct str packed, claim_set allowed) {
    struct verified_request request;
    if (str_is_absent(packed)) {
        return;
    }
    CHECK(packed.len <= VERIFIED_PACKED_MOST && verified_request_unpack(arena, packed, &request));
    CHECK(request.count > 0 && request.count <= VERIFIED_ELEMENTS_MOST);
    for (size_t i = 0; i < request.count; i++) {
        const struct verified_wanted *wanted = &request.elements[i];
        CHECK(wanted->claims != 0 && (wanted->claims & ~(allowed & CLAIMS_VERIFIABLE)) == 0 && wanted->levels != 0);
        CHECK(!(wanted->members & VERIFICATION_EVIDENCE) == (wanted->evidence_count == 0));
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct domain_settings settings = {.trust_framework = STR("cn_gov_zwfw")};
    const struct domain_sealers sealers = {.check = sealer()};
    const struct domain domain = {.settings = &settings, .sealers = &sealers};
    const struct client client = {.scope = STR("openid profile cn_id"), .claims = ~CLAIM_BIT(CLAIM_GENDER)};
    const claim_set allowed = (claims_of_scope(client.scope) | CLAIMS_APART) & client.claims;
    struct claims_request request;
    if (claims_request_read(&domain, arena, str_of(data, size), &client, &request)) {
        CHECK(((request.userinfo | request.id_token) & ~allowed) == 0 && !(request.id_token & CLAIMS_APART));
        CHECK(request.acr_level >= 0 && request.acr_level <= LEVEL_MOST);
        check_packed(arena, request.id_token_verified, allowed);
        check_packed(arena, request.userinfo_verified, allowed);
    }
    return 0;
}
