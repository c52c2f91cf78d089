/*
 * The part of a snapshot that is in the durable store. What is newer than a snapshot is read, in one go, and laid over
 * what it has.
 */
#include "registry_inside.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "status.h"
#include "store/clients.h"
#include "store/kv.h"
#include "store/settings.h"

#include <stdlib.h>

#define CHANGES_MOST 1000000

/* What was read: rows newer than the old snapshot. */
struct changes {
    int64_t revision;
    struct client_row *clients;
    size_t client_count;
    struct client_secret_row *secrets; /* by client_id, newest first */
    size_t secret_count;
    struct setting_row *settings; /* all */
    size_t setting_count;
};

/* The revision first: what is changed while we read is read again the next time, and nothing is missed. */
static enum domain_status read_changes(struct domain *domain, struct arena *arena, int64_t since,
                                       struct changes *changes) {
    enum sql_status status = register_revision(domain->sql, arena, &changes->revision);
    if (status == SQL_DONE && changes->revision <= since) {
        return DOMAIN_NO;
    }
    if (status == SQL_DONE) {
        status = clients_changed(domain->sql, arena, since, CHANGES_MOST, &changes->clients, &changes->client_count);
    }
    if (status == SQL_DONE) {
        status = client_secrets_changed(domain->sql, arena, since, clock_wall(), CHANGES_MOST, &changes->secrets,
                                        &changes->secret_count);
    }
    if (status == SQL_DONE) {
        status = settings_read(domain->sql, arena, &changes->settings, &changes->setting_count);
    }
    return status == SQL_DONE ? DOMAIN_DONE : DOMAIN_UNAVAILABLE;
}

/* --- one client --- */

static size_t first_secret_of(const struct changes *changes, struct str client_id) {
    size_t low = 0, high = changes->secret_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(changes->secrets[middle].client_id, client_id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void put_secrets(struct registry_batch *batch, struct registered_client *entry, const struct changes *changes) {
    size_t first = first_secret_of(changes, entry->client.client_id), count = 0;
    while (first + count < changes->secret_count &&
           str_equal(changes->secrets[first + count].client_id, entry->client.client_id)) {
        count++;
    }
    struct registered_secret *secrets = arena_array_of(batch->arena, count + 1, struct registered_secret);
    for (size_t i = 0; i < count; i++) {
        const struct client_secret_row *row = &changes->secrets[first + i];
        CHECK(row->mac.len == sizeof(secrets[i].mac));
        memcpy(secrets[i].mac, row->mac.ptr, row->mac.len);
        secrets[i].sealed = str_is_absent(row->sealed) ? STR_NONE : str_dup(batch->arena, row->sealed);
        secrets[i].expires_at = row->expires_at;
    }
    entry->secrets = secrets;
    entry->secret_count = count;
}

/* NULL when the row cannot be used: rules became stricter, or somebody changed the database by hand. */
static struct registered_client *load(struct registry_batch *batch, const struct client_row *row,
                                      const struct changes *changes) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct client_problems *problems = arena_new_of(scratch, struct client_problems);
    const struct json *metadata;
    struct client client;
    struct fault fault = {0};
    bool read = json_parse(scratch, row->metadata, JSON_LIMITS_DOCUMENT, &metadata) &&
                client_read_registered(scratch, row->client_id, metadata, &client, problems);
    if (read) {
        client.not_before = row->not_before;
        client.agency = row->agency_id;
        struct registered_client *entry = registered_client_new(batch, &client, &fault);
        if (entry) {
            entry->in_store = true;
            entry->registered_itself = str_equal(row->origin, STR("dynamic"));
            put_secrets(batch, entry, changes);
            return entry;
        }
    }
    const struct client_problem *first = problems->count > 0 ? &problems->items[0] : NULL;
    log_error("register.client_unusable", log_str("client_id", row->client_id),
              log_str("member", first ? first->member : STR("metadata")),
              log_text("reason", first ? first->text : fault.text));
    return NULL;
}

/* --- the new snapshot --- */

static int by_id(const void *a, const void *b) {
    return str_compare(((const struct client_row *)a)->client_id, ((const struct client_row *)b)->client_id);
}

static bool has_changed(const struct changes *changes, struct str client_id) {
    const struct client_row wanted = {.client_id = client_id};
    return changes->client_count > 0 &&
           bsearch(&wanted, changes->clients, changes->client_count, sizeof(changes->clients[0]), by_id);
}

static void keep_unchanged(struct registry *registry, const struct registry *old, const struct changes *changes) {
    for (size_t i = 0; i < old->slot_count; i++) {
        struct registered_client *client = old->slots[i].client;
        if (client && !(client->in_store && has_changed(changes, client->client.client_id))) {
            registry_add(registry, client);
        }
    }
}

static void add_changed(struct registry *registry, const struct changes *changes) {
    struct registry_batch *batch = registry_batch_new();
    for (size_t i = 0; i < changes->client_count; i++) {
        const struct client_row *row = &changes->clients[i];
        struct registered_client *entry = row->state == CLIENT_APPROVED ? load(batch, row, changes) : NULL;
        if (entry && !registry_add(registry, entry)) {
            log_warn("register.client_shadowed", log_str("client_id", row->client_id)); /* clients.yaml has it too */
        }
    }
    registry_batch_done(batch);
}

enum domain_status registry_refresh(struct domain *domain, struct registry *registry, struct registry **ret_registry) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct changes changes = {0};
    enum domain_status status = read_changes(domain, arena, registry->revision, &changes);
    if (status != DOMAIN_DONE) {
        return status;
    }
    qsort(changes.clients, changes.client_count, sizeof(changes.clients[0]), by_id);
    struct registry *fresh = registry_empty(registry->count + changes.client_count);
    fresh->revision = changes.revision;
    keep_unchanged(fresh, registry, &changes);
    add_changed(fresh, &changes);
    for (size_t i = 0; i < changes.setting_count; i++) {
        settings_put(&fresh->settings, changes.settings[i].name, changes.settings[i].value);
    }
    *ret_registry = fresh;
    return DOMAIN_DONE;
}

void register_announce(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    if (domain->kv) {
        kv_announce(domain->kv, arena, STR(REGISTER_CHANNEL));
    }
}

struct registry *registry_with_store_of(struct registry *to, const struct registry *from) {
    struct registry *both = registry_empty(to->count + from->count);
    both->revision = from->revision;
    both->settings = from->settings;
    for (size_t i = 0; i < to->slot_count; i++) {
        if (to->slots[i].client) {
            registry_add(both, to->slots[i].client);
        }
    }
    for (size_t i = 0; i < from->slot_count; i++) {
        if (from->slots[i].client && from->slots[i].client->in_store) {
            registry_add(both, from->slots[i].client);
        }
    }
    return both;
}
