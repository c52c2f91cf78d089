/*
 * sms_gateway: a text message gateway on a socket of the test's own, which remembers what it was told to send.
 */
#ifndef TESTS_DOMAIN_SMS_GATEWAY_H
#define TESTS_DOMAIN_SMS_GATEWAY_H

#include "base/arena.h"
#include "upstream/upstream.h"

#include <stdint.h>

struct gateway {
    uint16_t port;
    _Atomic int status;  /* to answer with; 0: closes without an answer */
    _Atomic int calls;   /* codes that it was told to send */
    _Atomic int notices; /* messages without a code */
    char code[8];        /* of the last one, read by the test between calls */
    char transaction[40];
    char notice_phone[24]; /* of the last notice */
    char notice_template[24];
};
extern struct gateway gateway;

/* For cmocka_run_group_tests. */
int gateway_start(void **state);
int gateway_stop(void **state);

/* An upstream of it, which answers 200 from now on; `options`: the adapter's own, as a YAML map. */
struct upstream_settings gateway_settings(struct arena *arena, const char *options);

#endif
