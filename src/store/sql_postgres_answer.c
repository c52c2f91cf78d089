/*
 * What PostgreSQL answers: rows to values, SQLSTATEs to the contract's statuses. Columns come as text, which says
 * numbers of every width, and sums, in one way.
 */
#include "sql_postgres.h"

#include "base/log.h"

/* Of pg_type, fixed for ever. */
enum { TYPE_BOOL = 16, TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_INT2 = 21, TYPE_INT4 = 23, TYPE_NUMERIC = 1700 };

/* Of a lower-case hexadecimal digit; -1 for anything else. */
static int nibble(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* bytea_output is hex: \x and two digits a byte. */
static bool bytes_of(struct arena *arena, struct str text, struct sql_value *ret_value) {
    if (!str_drop_prefix(&text, STR("\\x")) || text.len % 2 != 0) {
        return false;
    }
    char *bytes = arena_alloc(arena, text.len / 2 + 1);
    for (size_t i = 0; i < text.len / 2; i++) {
        int high = nibble(text.ptr[2 * i]), low = nibble(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i] = (char)(high << 4 | low);
    }
    *ret_value = sql_blob(str_of(bytes, text.len / 2));
    return true;
}

bool postgres_value(struct arena *arena, const PGresult *result, int row, int column, struct sql_value *ret_value) {
    struct str text = str_of(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
    int64_t number;
    if (PQgetisnull(result, row, column)) {
        *ret_value = (struct sql_value){.type = SQL_NULL};
        return true;
    }
    switch (PQftype(result, column)) {
    case TYPE_BYTEA:
        return bytes_of(arena, text, ret_value);
    case TYPE_BOOL:
        *ret_value = sql_int(str_equal(text, STR("t")));
        return true;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_NUMERIC: /* what sum() of whole numbers is */
        if (str_to_i64(text, &number)) {
            *ret_value = sql_int(number);
            return true;
        }
        break;
    default:
        break;
    }
    *ret_value = sql_text(str_dup(arena, text));
    return true;
}

static bool take_rows(struct postgres_job *job, const PGresult *result) {
    int columns = PQnfields(result), rows = PQntuples(result);
    struct sql_value *cells = arena_array_of(job->arena, (size_t)rows * (size_t)columns + 1, struct sql_value);
    for (int i = 0; i < rows * columns; i++) {
        if (!postgres_value(job->arena, result, i / columns, i % columns, &cells[i])) {
            return false;
        }
    }
    *job->rows = (struct sql_rows){.cells = cells, .columns = (size_t)columns, .count = (size_t)rows};
    return true;
}

static bool is_one_of(struct str state, const char *states) {
    struct str left = str_from(states), word;
    while (str_next_word(&left, &word)) {
        if (str_starts(state, word)) {
            return true;
        }
    }
    return false;
}

/* The message only where it cannot be about somebody's data: classes 22 and 23 quote values. */
static void say(struct str state, const PGresult *result) {
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool may_quote = is_one_of(state, "22 23");
    log_error("sql.statement_failed", log_str("sqlstate", state),
              log_text("reason", may_quote ? "a value was refused"
                                 : message ? message
                                           : "the connection was lost"));
}

/* Appendix A of PostgreSQL's manual has the codes. */
static bool take_error(struct postgres_job *job, const PGresult *result, bool unprepared) {
    struct str state = str_or(str_from(PQresultErrorField(result, PG_DIAG_SQLSTATE)), STR("08006"));
    if (job->status != SQL_DONE || job->again) {
        return false; /* the first one is the reason */
    }
    if (!job->preparing && str_starts(state, STR("23"))) {
        job->status = SQL_CONFLICT;
    } else if (!job->preparing && str_equal(state, STR("22012"))) {
        job->status = SQL_MISSING; /* division by zero: how a must_change statement says that it changed nothing */
    } else {
        job->status = SQL_DOWN;
        job->again = is_one_of(state, "40001 40P01");
        if (!job->again) {
            say(state, result);
        }
    }
    /* The server ends, or it is not the one that may write any more, or its tables are others than when the statement
     * was prepared. */
    return job->status == SQL_DOWN &&
           (is_one_of(state, "08 57P 25006 0A000") || (is_one_of(state, "26000") && !unprepared));
}

bool postgres_job_take(struct postgres_job *job, const PGresult *result, bool unprepared) {
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
        if (job->fiber && job->rows && job->status == SQL_DONE && !take_rows(job, result)) {
            job->status = SQL_DOWN; /* somebody has changed the settings of the session */
            return true;
        }
        return false;
    case PGRES_COMMAND_OK:
    case PGRES_PIPELINE_ABORTED: /* follows an error */
        return false;
    case PGRES_FATAL_ERROR:
        return take_error(job, result, unprepared);
    default:
        job->status = SQL_DOWN;
        return true;
    }
}
