/*
 * sql_contract: what every driver of the sql contract must do. Each check begins with an empty database, which the
 * driver's own test makes.
 */
#ifndef TESTS_STORE_SQL_CONTRACT_H
#define TESTS_STORE_SQL_CONTRACT_H

#include "on_loop.h"
#include "store/sql.h"
#include "test.h"

extern struct sql_options sql_contract_options; /* set by the driver's setup of a check */

/* Opens the database and runs run(sql) on a fiber. */
void on_database(void (*run)(void *arg));
/* As accounts_create, with one identifier and one verification. */
enum sql_status create_account(struct sql *sql, const char *id, const char *phone_hash);
/* Opening fails with a text that holds `about`. */
void refuses_to_open(const struct sql_options *options, const char *about);

struct sql_contract_check {
    const char *name;
    void (*run)(void **state);
};
extern const struct sql_contract_check sql_contract[];
extern const size_t sql_contract_count;

/* The contract and the driver's own checks, each between setup and teardown. */
int sql_contract_run(const struct CMUnitTest *own, size_t own_count, int (*setup)(void **state),
                     int (*teardown)(void **state));

#endif
