/*
 * The networks that are not public, from the IANA special-purpose registries (RFC 6890 and its updates).
 */
#include "guard.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"

struct network4 {
    uint32_t address;
    unsigned bits;
};

#define IP4(a, b, c, d) (((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) | (uint32_t)(d))

static const struct network4 special4[] = {
    {IP4(0, 0, 0, 0), 8},      {IP4(10, 0, 0, 0), 8},     {IP4(100, 64, 0, 0), 10}, {IP4(127, 0, 0, 0), 8},
    {IP4(169, 254, 0, 0), 16}, {IP4(172, 16, 0, 0), 12},  {IP4(192, 0, 0, 0), 24},  {IP4(192, 0, 2, 0), 24},
    {IP4(192, 88, 99, 0), 24}, {IP4(192, 168, 0, 0), 16}, {IP4(198, 18, 0, 0), 15}, {IP4(198, 51, 100, 0), 24},
    {IP4(203, 0, 113, 0), 24}, {IP4(224, 0, 0, 0), 4},    {IP4(240, 0, 0, 0), 4},
};

static bool is_public4(uint32_t address) {
    for (size_t i = 0; i < ARRAY_LEN(special4); i++) {
        uint32_t mask = ~(uint32_t)0 << (32 - special4[i].bits);
        if ((address & mask) == special4[i].address) {
            return false;
        }
    }
    return true;
}

static uint32_t read4(const uint8_t *bytes) {
    return IP4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* Only 2000::/3 is global unicast; inside it the forms that carry an IPv4 address count as that address. */
static bool is_public6(const uint8_t *a) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    if (memcmp(a, mapped, sizeof(mapped)) == 0 || memcmp(a, nat64, sizeof(nat64)) == 0) {
        return is_public4(read4(a + 12));
    }
    if ((a[0] & 0xe0) != 0x20) {
        return false;
    }
    if (a[0] == 0x20 && a[1] == 0x02) { /* 6to4 */
        return is_public4(read4(a + 2));
    }
    if (a[0] == 0x20 && a[1] == 0x01) {
        bool special = a[2] < 0x02;                        /* 2001::/23: Teredo and other protocol assignments */
        bool documentation = a[2] == 0x0d && a[3] == 0xb8; /* 2001:db8::/32 */
        return !special && !documentation;
    }
    return !(a[0] == 0x3f && a[1] == 0xff && (a[2] & 0xf0) == 0); /* 3fff::/20, documentation */
}

bool guard_is_public(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        return is_public4(ntohl(in->sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)address;
        return is_public6(in6->sin6_addr.s6_addr);
    }
    return false;
}
