/*
 * Statements on their way to PostgreSQL: prepared under a name once for each connection, then run by that name.
 */
#include "base/check.h"
#include "sql_postgres.h"

#include <stdio.h>

#define NUMBER_MOST 24
#define PARAMETERS  (SQL_PARAMETERS_MOST + 1) /* and the most rows */

enum { TYPE_ANY = 0, TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_TEXT = 25 };

struct postgres_statement *postgres_statement_of(struct postgres_statements *statements, const char *text,
                                                 enum postgres_mode mode) {
    size_t at = (size_t)((((uintptr_t)text + mode) * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
    struct postgres_statement *slot = &statements->slots[at % POSTGRES_SLOTS];
    while (slot->text && (slot->text != text || slot->mode != mode)) {
        slot = &statements->slots[++at % POSTGRES_SLOTS];
    }
    if (!slot->text) {
        CHECK(statements->count < STATEMENTS_CACHED); /* statements are constants of this layer */
        *slot = (struct postgres_statement){.text = text, .mode = mode, .number = statements->count++};
    }
    return slot;
}

static const char *name_of(const struct postgres_statement *slot, char name[NUMBER_MOST]) {
    snprintf(name, NUMBER_MOST, "s%u", slot->number);
    return name;
}

/* A read is capped where the rows are made. A statement that must change something divides by how many rows it did:
 * with none that is an error, which undoes the transaction without another round trip. */
static const char *text_of(struct arena *arena, const struct sql_statement *statement, enum postgres_mode mode) {
    struct str text = str_from(statement->text);
    switch (mode) {
    case POSTGRES_READ:
        text = str_format(arena, "SELECT * FROM (%s) AS answer LIMIT $%zu", text.ptr, statement->value_count + 1);
        break;
    case POSTGRES_MUST_CHANGE:
        text = str_format(arena, "WITH changed AS (%s RETURNING 1) SELECT 1 / count(*) FROM changed", text.ptr);
        break;
    case POSTGRES_WRITE:
        break;
    }
    return str_c(arena, text);
}

static Oid type_of(const struct sql_value *value) {
    switch (value->type) {
    case SQL_INT:
        return TYPE_INT8;
    case SQL_TEXT:
        return TYPE_TEXT;
    case SQL_BLOB:
        return TYPE_BYTEA;
    case SQL_NULL:
        break;
    }
    return TYPE_ANY;
}

bool postgres_send_prepare(PGconn *connection, const struct postgres_statement *slot,
                           const struct sql_statement *statement) {
    struct arena *arena ARENA_AUTO = arena_new();
    char name[NUMBER_MOST];
    Oid types[PARAMETERS];
    size_t count = statement->value_count;
    for (size_t i = 0; i < count; i++) {
        types[i] = type_of(&statement->values[i]);
    }
    if (slot->mode == POSTGRES_READ) {
        types[count++] = TYPE_INT8;
    }
    const char *text = text_of(arena, statement, slot->mode);
    return PQsendPrepare(connection, name_of(slot, name), text, (int)count, types) && PQpipelineSync(connection);
}

/* The parameters as libpq wants them. Numbers travel as text, which fits columns of every width. */
struct parameters {
    const char *values[PARAMETERS];
    int lengths[PARAMETERS], formats[PARAMETERS];
    char numbers[PARAMETERS][NUMBER_MOST];
    int count;
};

static void add_number(struct parameters *parameters, int64_t number) {
    int at = parameters->count++;
    snprintf(parameters->numbers[at], NUMBER_MOST, "%lld", (long long)number);
    parameters->values[at] = parameters->numbers[at];
    parameters->lengths[at] = 0;
    parameters->formats[at] = 0;
}

static void add_value(struct parameters *parameters, const struct sql_value *value) {
    if (value->type == SQL_INT) {
        add_number(parameters, value->number);
        return;
    }
    int at = parameters->count++;
    parameters->values[at] = value->type == SQL_NULL ? NULL : value->bytes.ptr ? value->bytes.ptr : "";
    parameters->lengths[at] = (int)value->bytes.len;
    parameters->formats[at] = 1; /* by length; of text that is the same bytes */
}

bool postgres_send(PGconn *connection, const struct postgres_statement *slot, const struct sql_statement *statement,
                   size_t most) {
    struct parameters parameters;
    char name[NUMBER_MOST];
    parameters.count = 0;
    for (size_t i = 0; i < statement->value_count; i++) {
        add_value(&parameters, &statement->values[i]);
    }
    if (slot->mode == POSTGRES_READ) {
        add_number(&parameters, most > INT64_MAX ? INT64_MAX : (int64_t)most);
    }
    return PQsendQueryPrepared(connection, name_of(slot, name), parameters.count, parameters.values, parameters.lengths,
                               parameters.formats, 0);
}
