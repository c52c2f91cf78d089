/*
 * The commands of each case: those the server sends, with keys and values of the same length.
 */
#include "floor.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS      "0000000000000000000000000000000000000000000"
#define SESSION_KEY "ss:{session00000000000000000}"
#define GRANT_KEY   "gr:{grant0000000000000000000}"
#define CODE_SIZE   171
#define GRANT_SIZE  105
/* The server's two scripts in spirit and in length. */
#define REPLACE_SCRIPT                                                                                                 \
    "local v=redis.call('GET',KEYS[1]) if not v then return -1 end if v~=ARGV[1] then return 0 end "                   \
    "redis.call('SET',KEYS[1],ARGV[2],'EX',ARGV[3]) return 1"
#define ADD_SCRIPT                                                                                                     \
    "redis.call('HSET',KEYS[1],ARGV[1],'') if redis.call('TTL',KEYS[1])<tonumber(ARGV[2]) then "                       \
    "redis.call('EXPIRE',KEYS[1],ARGV[2]) end if redis.call('HLEN',KEYS[1])>tonumber(ARGV[3]) then return 0 end "      \
    "return 1 --23456789012345678901234567890"

static const char value[512];

static struct command built(char *text, int len) {
    if (len <= 0) {
        abort();
    }
    return (struct command){.text = text, .len = (size_t)len, .digits = strstr(text, DIGITS)};
}

static struct round *next_round(struct work *work) {
    return &work->rounds[work->round_count++];
}

static void add(struct round *round, const char *format, ...) {
    char *text;
    va_list args;
    va_start(args, format);
    int len = redisvFormatCommand(&text, format, args);
    va_end(args);
    round->commands[round->count++] = built(text, len);
}

static void silent_sign_on(struct work *work) {
    add(next_round(work), "GETEX " SESSION_KEY " EX 1800");
    add(next_round(work), "SET ac:{" DIGITS "} %b EX 60", value, (size_t)CODE_SIZE);
}

static void code_exchange(struct work *work) {
    add(next_round(work), "GETDEL ac:{" DIGITS "}");
    struct round *create = next_round(work);
    add(create, "SET gr:{" DIGITS "} %b EX 3600 NX", value, (size_t)GRANT_SIZE);
    add(create, "GET " SESSION_KEY);
    add(create, "EVAL %s 1 sc:{session00000000000000000} bench 28800 1000", ADD_SCRIPT);
    work->signatures = 2;
}

static void live_grant(struct work *work) {
    struct round *round = next_round(work);
    add(round, "GET rj:{revoked000000000000000000}");
    add(round, "GET " GRANT_KEY);
    add(next_round(work), "GET " SESSION_KEY);
}

static void refresh(struct work *work) {
    add(next_round(work), "GET " GRANT_KEY);
    add(next_round(work), "GET " SESSION_KEY);
    add(next_round(work), "EVAL %s 1 " GRANT_KEY " %b %b 3600", REPLACE_SCRIPT, value, (size_t)GRANT_SIZE, value,
        (size_t)GRANT_SIZE);
    work->signatures = 2;
}

static void introspect_refresh_token(struct work *work) {
    add(next_round(work), "GET " GRANT_KEY);
    add(next_round(work), "GET " SESSION_KEY);
}

static void userinfo(struct work *work) {
    live_grant(work);
    work->rows = 1;
}

static void client_credentials(struct work *work) {
    work->signatures = 1;
}

static void private_key_jwt(struct work *work) {
    add(next_round(work), "SET ja:{" DIGITS "} 1 EX 300 NX");
    work->verifications = work->signatures = 1;
}

static void document(struct work *work) {
}

static const struct {
    const char *name;
    void (*build)(struct work *work);
    void (*exchange)(struct work *work);
} cases[] = {
    {"discovery", document, NULL},
    {"jwks", document, NULL},
    {"client_credentials_es256", client_credentials, NULL},
    {"client_credentials_rs256", client_credentials, NULL},
    {"client_credentials_ps256", client_credentials, NULL},
    {"client_credentials_eddsa", client_credentials, NULL},
    {"introspect_jwt", live_grant, NULL},
    {"introspect_refresh_token", introspect_refresh_token, NULL},
    {"userinfo", userinfo, NULL},
    {"silent_sign_on", silent_sign_on, NULL},
    {"full_loop", silent_sign_on, code_exchange},
    {"refresh", refresh, NULL},
    {"private_key_jwt", private_key_jwt, NULL},
};

bool work_of(const char *name, struct work *work, struct work *exchange) {
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strcmp(cases[i].name, name) == 0) {
            cases[i].build(work);
            if (cases[i].exchange) {
                cases[i].exchange(exchange);
            }
            return true;
        }
    }
    return false;
}
