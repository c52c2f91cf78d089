/*
 * New values for each flow. Nothing here allocates or calls the kernel once the values have their rooms; random texts
 * come from xoshiro256**, since they must differ, and nobody wants to guess them.
 */
#include "supply.h"

#include "assertion.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/random.h"

#include <openssl/evp.h>
#include <stdio.h>

#define TEXT_BYTES     16 /* {state}, {nonce}: 22 characters */
#define VERIFIER_BYTES 32 /* 43 characters, and a SHA-256 as well */

struct supply {
    const struct plan *plan;
    uint64_t random[4];
    size_t count;
    size_t *next_elements; /* by variable */
    struct str *assertions;
    size_t assertions_promised, assertions_taken;
    EVP_MD_CTX *digest;
    EVP_MD *sha256;
};

static void release_digest(void *handle) {
    struct supply *supply = handle;
    EVP_MD_CTX_free(supply->digest);
    EVP_MD_free(supply->sha256);
}

struct supply *supply_new(struct arena *arena, const struct plan *plan) {
    struct supply *supply = arena_new_of(arena, struct supply);
    supply->plan = plan;
    random_bytes(supply->random, sizeof(supply->random));
    supply->next_elements = arena_array_of(arena, plan->variables.count, size_t);
    supply->digest = EVP_MD_CTX_new();
    supply->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    CHECK(supply->digest && supply->sha256);
    arena_defer(arena, release_digest, supply);
    if (plan->assertion.count > 0 && !assertions_sign(arena, &plan->assertion, &supply->assertions)) {
        return NULL;
    }
    return supply;
}

static uint64_t rotated(uint64_t bits, int by) {
    return bits << by | bits >> (64 - by);
}

static uint64_t next_random(uint64_t s[4]) {
    uint64_t result = rotated(s[1] * 5, 7) * 9, shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotated(s[3], 45);
    return result;
}

static void set_base64url(struct values *values, size_t variable, const void *bytes, size_t len) {
    char *room = values_room(values, variable, base64url_length(len));
    base64url_write(room, bytes, len);
    values->texts[variable] = str_of(room, base64url_length(len));
}

static void set_random(struct supply *supply, struct values *values, size_t variable, size_t len) {
    uint64_t bytes[VERIFIER_BYTES / sizeof(uint64_t)];
    for (size_t i = 0; i < len / sizeof(uint64_t); i++) {
        bytes[i] = next_random(supply->random);
    }
    set_base64url(values, variable, bytes, len);
}

/* RFC 7636 §4.2. */
static void set_challenge(struct supply *supply, struct values *values) {
    unsigned char hash[VERIFIER_BYTES];
    struct str verifier = values->texts[VARIABLE_VERIFIER];
    CHECK(EVP_DigestInit_ex2(supply->digest, supply->sha256, NULL) &&
          EVP_DigestUpdate(supply->digest, verifier.ptr, verifier.len) &&
          EVP_DigestFinal_ex(supply->digest, hash, NULL));
    set_base64url(values, VARIABLE_CHALLENGE, hash, sizeof(hash));
}

static void set_count(struct supply *supply, struct values *values) {
    char *room = values_room(values, VARIABLE_COUNT, 24);
    int len = snprintf(room, 24, "%zu", ++supply->count);
    values->texts[VARIABLE_COUNT] = str_of(room, (size_t)len);
}

static void set_elements(struct supply *supply, struct values *values) {
    const struct variables *variables = &supply->plan->variables;
    for (size_t i = VARIABLES_BUILT_IN; i < variables->count; i++) {
        const struct variable *variable = &variables->items[i];
        if (variable->element_count > 0) {
            size_t *next = &supply->next_elements[i];
            values->texts[i] = variable->elements[*next];
            *next = *next + 1 < variable->element_count ? *next + 1 : 0;
        }
    }
}

void supply_new_flow(struct supply *supply, struct values *values) {
    const struct variable *variables = supply->plan->variables.items;
    if (variables[VARIABLE_STATE].used) {
        set_random(supply, values, VARIABLE_STATE, TEXT_BYTES);
    }
    if (variables[VARIABLE_NONCE].used) {
        set_random(supply, values, VARIABLE_NONCE, TEXT_BYTES);
    }
    if (variables[VARIABLE_VERIFIER].used || variables[VARIABLE_CHALLENGE].used) {
        set_random(supply, values, VARIABLE_VERIFIER, VERIFIER_BYTES);
    }
    if (variables[VARIABLE_CHALLENGE].used) {
        set_challenge(supply, values);
    }
    if (variables[VARIABLE_COUNT].used) {
        set_count(supply, values);
    }
    set_elements(supply, values);
}

bool supply_promise(struct supply *supply, size_t assertions) {
    if (assertions > supply->plan->assertion.count - supply->assertions_promised) {
        return false;
    }
    supply->assertions_promised += assertions;
    return true;
}

void supply_assertion(struct supply *supply, struct values *values) {
    CHECK(supply->assertions_taken < supply->plan->assertion.count);
    values->texts[VARIABLE_ASSERTION] = supply->assertions[supply->assertions_taken++];
}
