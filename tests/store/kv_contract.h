/*
 * kv_contract: what every driver of the kv contract must do. Each check runs on a fiber.
 */
#ifndef TESTS_STORE_KV_CONTRACT_H
#define TESTS_STORE_KV_CONTRACT_H

#include "store/kv.h"

/* Takes some seconds: times to live are whole ones. */
void kv_contract(struct kv *kv);

#endif
