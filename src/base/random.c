/*
 * getrandom(2), with a small stock per thread so that a request's identifiers cost one system call together.
 */
#include "base/random.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/secret.h"

#include <errno.h>
#include <sys/random.h>

#define STOCK 2048

static void from_kernel(void *to, size_t len) {
    char *at = to;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        CHECK(got > 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

void random_bytes(void *to, size_t len) {
    static _Thread_local unsigned char stock[STOCK];
    static _Thread_local size_t left;
    if (len > STOCK / 2) {
        from_kernel(to, len);
        return;
    }
    if (len > left) {
        from_kernel(stock, STOCK);
        left = STOCK;
    }
    left -= len;
    memcpy(to, stock + left, len);
    secret_wipe(stock + left, len); /* handed out once */
}

struct str random_text(struct arena *arena, size_t bytes) {
    unsigned char raw[64];
    CHECK(bytes <= sizeof(raw));
    random_bytes(raw, bytes);
    struct str text = base64url_encode(arena, str_of(raw, bytes));
    secret_wipe(raw, sizeof(raw));
    return text;
}
