/*
 * Trusted proxies.
 */
#include "proxy.h"

#include "base/arena.h"
#include "base/check.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define HOPS_MOST 20

struct network {
    unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;
};

struct http_networks {
    struct network *items;
    size_t count;
};

/* One form for both families. */
static bool read_address(struct str text, unsigned char to[16], bool *ret_v4) {
    char copy[64];
    if (text.len == 0 || text.len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    memset(to, 0, 10);
    memset(to + 10, 0xff, 2);
    *ret_v4 = inet_pton(AF_INET, copy, to + 12) == 1;
    return *ret_v4 || inet_pton(AF_INET6, copy, to) == 1;
}

static bool read_network(struct str text, struct network *network) {
    struct str bits_text;
    uint64_t bits = 128;
    bool v4;
    struct str address = str_cut(text, '/', &bits_text);
    if (!read_address(address, network->address, &v4)) {
        return false;
    }
    uint64_t most = v4 ? 32 : 128;
    if (!str_is_absent(bits_text) && (!str_to_u64(bits_text, &bits) || bits > most)) {
        return false;
    }
    network->bits = (unsigned)(v4 && !str_is_absent(bits_text) ? bits + 96 : bits);
    return true;
}

bool http_networks_new(const struct str *texts, size_t count, struct http_networks **ret_networks,
                       struct fault *fault) {
    struct http_networks *networks = check_calloc(1, sizeof(*networks));
    networks->items = check_calloc(count + 1, sizeof(struct network));
    networks->count = count;
    for (size_t i = 0; i < count; i++) {
        if (!read_network(texts[i], &networks->items[i])) {
            http_networks_free(networks);
            return fault_set(fault, "%.*s is not an address or network", STR_ARG(texts[i]));
        }
    }
    *ret_networks = networks;
    return true;
}

void http_networks_free(struct http_networks *networks) {
    free(networks ? networks->items : NULL);
    free(networks);
}

static bool is_in(const struct network *network, const unsigned char address[16]) {
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->address, address, whole) != 0) {
        return false;
    }
    unsigned char mask = (unsigned char)(0xff << (8 - rest));
    return rest == 0 || (network->address[whole] & mask) == (address[whole] & mask);
}

bool http_networks_have(const struct http_networks *networks, struct str text) {
    unsigned char address[16];
    bool v4;
    if (!read_address(text, address, &v4)) {
        return false;
    }
    for (size_t i = 0; i < networks->count; i++) {
        if (is_in(&networks->items[i], address)) {
            return true;
        }
    }
    return false;
}

/* The last of a comma separated list, and what is before it. */
static struct str cut_last(struct str list, struct str *rest) {
    size_t at = list.len;
    while (at > 0 && list.ptr[at - 1] != ',') {
        at--;
    }
    *rest = at > 0 ? str_sub(list, 0, at - 1) : STR_NONE;
    return str_trim(str_sub(list, at, list.len - at));
}

bool http_forwarded(const struct http_networks *networks, const struct http_request *request, struct str peer,
                    struct str *ret_address, bool *ret_secure) {
    if (networks->count == 0 || !http_networks_have(networks, peer)) {
        return true;
    }
    struct str proto = http_field_value(request, STR("x-forwarded-proto")), rest;
    struct str chain = http_field_value(request, STR("x-forwarded-for"));
    if (http_field_count(request, STR("x-forwarded-for")) > 1 ||
        http_field_count(request, STR("x-forwarded-proto")) > 1) {
        return false;
    }
    if (!str_is_absent(proto)) {
        *ret_secure = str_equal_fold(cut_last(proto, &rest), STR("https"));
    }
    for (int hops = 0; !str_is_absent(chain); hops++) {
        unsigned char address[16];
        bool v4;
        struct str hop = cut_last(chain, &chain);
        if (hops == HOPS_MOST || !read_address(hop, address, &v4)) {
            return false;
        }
        *ret_address = hop;
        if (!http_networks_have(networks, hop)) {
            return true;
        }
    }
    return true;
}
