/*
 * self_registrations: the table of client systems that registered themselves: with which initial access token, and when
 * they were last in use. A row is written together with its client system and stays as long as that.
 */
#ifndef STORE_SELF_REGISTRATIONS_H
#define STORE_SELF_REGISTRATIONS_H

#include "store/sql.h"

struct self_registration_row {
    struct str client_id, token_id;
    int64_t unused_s; /* it is retired when it was not in use for so many seconds; 0: never */
    int64_t used_at;  /* seconds; as good as SELF_REGISTRATION_GRAIN_S */
};

/* A use is written down at most this often, in seconds. */
#define SELF_REGISTRATION_GRAIN_S 3600

/* Statements for sql_write. */
struct sql_statement self_registrations_insert(const struct self_registration_row *row);
struct sql_statement self_registrations_use(struct str client_id, int64_t now);
/* Changes nothing: SQL_MISSING when it was in use in the meantime. */
struct sql_statement self_registrations_still_unused(struct str client_id, int64_t now);

/* Wait. */
enum sql_status self_registrations_get(struct sql *sql, struct arena *arena, struct str client_id,
                                       struct self_registration_row *ret_row);
/* Ids of those that were not in use for too long and are not retired. SQL_DONE also with none. */
enum sql_status self_registrations_unused(struct sql *sql, struct arena *arena, int64_t now, size_t most,
                                          struct str **ret_client_ids, size_t *ret_count);

#endif
