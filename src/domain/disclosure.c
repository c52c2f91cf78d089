/*
 * Disclosures are noted in three steps, the cheapest first: a small table of this worker's memory, a mark in the kv
 * store that all workers see (dn:{grant id and claims}), and the row of the durable store.
 */
#include "domain/disclosure.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/claims.h"
#include "loop/fiber.h"
#include "store/disclosures.h"
#include "store/kv.h"

#define REMEMBERED 1024 /* a power of two */

struct note {
    struct domain *domain;
    struct arena *arena;
    struct str account_id, client_id, grant_id;
    claim_set told;
    int64_t mark_ttl;
    size_t slot;
};

/* By thread, so by worker: what it has noted lately, a newer one in the place of an older. */
static _Thread_local uint64_t remembered[REMEMBERED];
static _Thread_local size_t running;

/* FNV-1a. Grant ids come from a digest: nobody chooses where they fall. */
static uint64_t key_of(struct str grant_id, claim_set told) {
    uint64_t key = 14695981039346656037u ^ told;
    for (size_t i = 0; i < grant_id.len; i++) {
        key = (key ^ (unsigned char)grant_id.ptr[i]) * 1099511628211u;
    }
    return key | 1; /* 0 is an empty place */
}

static size_t slot_of(uint64_t key) {
    return (size_t)(key >> 32) & (REMEMBERED - 1);
}

static struct str mark_id(const struct note *note) {
    return str_format(note->arena, "%.*s.%llx", STR_ARG(note->grant_id), (unsigned long long)note->told);
}

static bool write_row(const struct note *note) {
    struct str claims = claims_names(note->arena, note->told);
    enum sql_status written =
        disclosures_add(note->domain->sql, note->account_id, note->client_id, claims, clock_wall());
    if (written == SQL_DOWN) {
        log_warn("disclosure.failed", log_str("client_id", note->client_id), log_text("reason", "sql"));
    }
    return written != SQL_DOWN; /* a conflict: the account is gone, and with it whoever could ask */
}

/* Whoever puts the mark writes the row; where it cannot be put nobody knows, and the row is written rather twice. */
static void write_note(void *arg) {
    struct note *note = arg;
    struct domain *domain = note->domain;
    struct str id = mark_id(note);
    enum kv_status marked = kv_put_new(domain->kv, note->arena, STR("dn"), id, STR("1"), note->mark_ttl);
    if (marked != KV_CONFLICT && !write_row(note)) {
        kv_delete(domain->kv, note->arena, STR("dn"), id);
        remembered[note->slot] = 0;
    }
    running--;
    arena_free(note->arena);
}

void disclosure_note(struct domain *domain, const struct grant *grant, claim_set told) {
    if (told == 0) {
        return;
    }
    uint64_t key = key_of(grant->grant_id, told);
    size_t slot = slot_of(key);
    if (remembered[slot] == key) {
        return;
    }
    if (running >= DISCLOSURES_RUNNING_MOST) {
        log_warn("disclosure.failed", log_str("client_id", grant->client_id), log_text("reason", "too_many"));
        return;
    }
    running++;
    remembered[slot] = key;
    struct arena *arena = arena_new();
    struct note *note = arena_new_of(arena, struct note);
    int64_t left = grant->refresh_until - clock_wall();
    *note = (struct note){
        .domain = domain,
        .arena = arena,
        .account_id = str_dup(arena, grant->account_id),
        .client_id = str_dup(arena, grant->client_id),
        .grant_id = str_dup(arena, grant->grant_id),
        .told = told,
        .mark_ttl = left > domain->settings->access_token_s ? left : domain->settings->access_token_s,
        .slot = slot,
    };
    fiber_spawn(domain->loop, write_note, note);
}
