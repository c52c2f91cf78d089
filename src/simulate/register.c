/*
 * What the services share: the fictional people, nonces seen, a bare page.
 */
#include "base/check.h"
#include "faults.h"
#include "model/identity.h"

#include <stdlib.h>
#include <uthash.h>

#define NONCE_SIZE  64
#define NONCES_MOST 100000

struct nonces {
    char nonce[NONCE_SIZE];
    UT_hash_handle hh;
};

const struct person *simulate_person(const struct simulator *simulator, struct str id_number) {
    for (size_t i = 0; i < simulator->people_count; i++) {
        if (str_equal(simulator->people[i].id_number, id_number)) {
            return &simulator->people[i];
        }
    }
    return NULL;
}

struct str simulate_text(const struct yaml *map, const char *name, struct str otherwise) {
    const struct yaml *member = map && map->kind == YAML_MAP ? yaml_member(map, name) : NULL;
    return member && member->kind == YAML_SCALAR ? member->text : otherwise;
}

const struct yaml *simulate_list(const struct simulator *simulator, const char *name) {
    const struct yaml *list = yaml_member(simulator->root, name);
    return list && list->kind == YAML_LIST ? list : NULL;
}

static void forget(struct service *service) {
    struct nonces *seen, *next;
    HASH_ITER(hh, service->nonces, seen, next) {
        HASH_DEL(service->nonces, seen);
        free(seen);
    }
}

void simulate_nonces_done(struct service *service) {
    forget(service);
}

/* The memory of them is dropped when it is full: this is a simulator. */
bool simulate_nonce_is_new(struct service *service, struct str nonce) {
    struct nonces *seen;
    if (nonce.len < 16 || nonce.len >= NONCE_SIZE) {
        return false;
    }
    HASH_FIND(hh, service->nonces, nonce.ptr, nonce.len, seen);
    if (seen) {
        return false;
    }
    if (HASH_COUNT(service->nonces) >= NONCES_MOST) {
        forget(service);
    }
    seen = check_calloc(1, sizeof(*seen));
    memcpy(seen->nonce, nonce.ptr, nonce.len);
    HASH_ADD_KEYPTR(hh, service->nonces, seen->nonce, nonce.len, seen);
    return true;
}

void simulate_page(struct http_reply *reply, const char *title, struct str body) {
    reply->content_type = STR("text/html; charset=utf-8");
    buf_printf(&reply->body,
               "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>%s</title>"
               "<body>",
               title);
    buf_put(&reply->body, body);
}
