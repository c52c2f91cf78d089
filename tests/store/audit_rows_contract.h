/*
 * audit_rows_contract: what the tables of the audit trail must do on every database. On a fiber, on an empty database.
 */
#ifndef TESTS_STORE_AUDIT_ROWS_CONTRACT_H
#define TESTS_STORE_AUDIT_ROWS_CONTRACT_H

#include "store/sql.h"

void audit_rows_contract(struct sql *sql);

#endif
