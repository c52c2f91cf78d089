/*
 * clients: the table of registered client systems. Metadata is kept as the JSON that model/client.h reads; secrets as a
 * keyed hash, and sealed beside it only where the method needs the secret itself (client_secret_jwt).
 */
#ifndef STORE_CLIENTS_H
#define STORE_CLIENTS_H

#include "store/sql.h"

struct client_row {
    struct str client_id;
    struct str metadata;      /* JSON object without client_secret */
    struct str secret_mac;    /* 32 bytes, absent without a secret */
    struct str secret_sealed; /* absent unless needed */
    int64_t created_at, updated_at;
};

/* Wait. */
enum sql_status clients_put(struct sql *sql,
                            const struct client_row *row); /* inserts, or replaces all but created_at */
enum sql_status clients_get(struct sql *sql, struct arena *arena, struct str client_id, struct client_row *ret_row);
enum sql_status clients_delete(struct sql *sql, struct str client_id);
enum sql_status clients_list(struct sql *sql, struct arena *arena, struct str after, size_t most,
                             struct client_row **ret_rows, size_t *ret_count);

#endif
