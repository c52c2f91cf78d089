/*
 * Making a connection to PostgreSQL, on a thread that may block: names are looked up, certificates checked and
 * passwords hashed here, and none of that stops a loop.
 */
#include "sql_postgres.h"

#include "base/check.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#define VERSION_LEAST   120000
#define CONNECT_S_LEAST 2 /* libpq takes less for this */

void postgres_reason(const PGconn *connection, char *to, size_t size) {
    const char *from = PQerrorMessage(connection);
    size_t len = 0;
    for (bool gap = false; *from && len + 2 < size; from++) {
        if (*from == '\n' || *from == '\t' || *from == ' ') {
            gap = len > 0;
            continue;
        }
        if (gap) {
            to[len++] = ' ';
            gap = false;
        }
        to[len++] = *from;
    }
    to[len] = '\0';
}

/* libpq would write them to standard error, between our own lines. */
static void no_notices(void *arg, const PGresult *result) {
}

/* What libpq says of a bad conninfo may hold a piece of the password, so it is not repeated. */
bool sql_options_check(const struct sql_options *options, struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    if (options->kind == SQL_SQLITE) {
        return !str_is_empty(options->path) || fault_set(fault, "the database file has no name");
    }
    PQconninfoOption *parsed = str_is_absent(options->conninfo) || str_contains(options->conninfo, '\0')
                                   ? NULL
                                   : PQconninfoParse(str_c(arena, options->conninfo), NULL);
    PQconninfoFree(parsed);
    return parsed ||
           fault_set(fault, "is no connection string of PostgreSQL, such as \"host=db.example dbname=tongxing "
                            "user=tongxing password=…\" or postgresql://…");
}

/* Runs statements without parameters, all within the time. */
static bool run_within(PGconn *connection, const char *text, int64_t timeout_ms) {
    int64_t deadline = clock_monotonic_ms() + timeout_ms;
    bool fine = PQsendQuery(connection, text) == 1;
    PGresult *result = NULL;
    while (fine) {
        while (fine && PQisBusy(connection)) {
            struct pollfd poll_for = {.fd = PQsocket(connection), .events = POLLIN};
            int64_t left = deadline - clock_monotonic_ms();
            fine = left > 0 && (poll(&poll_for, 1, (int)left) >= 0 || errno == EINTR) && PQconsumeInput(connection);
        }
        if (!fine || !(result = PQgetResult(connection))) {
            break;
        }
        ExecStatusType status = PQresultStatus(result);
        fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        PQclear(result);
    }
    return fine;
}

/* What was answered as written is on the disk, also where the installation's default is otherwise. */
static bool set_up(PGconn *connection, int64_t statement_ms, int64_t timeout_ms) {
    char text[512];
    snprintf(text, sizeof(text),
             "SET statement_timeout = %lld; SET bytea_output = 'hex'; SET standard_conforming_strings = on; "
             "SET default_transaction_isolation = 'read committed'; "
             "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
             (long long)statement_ms);
    return run_within(connection, text, timeout_ms);
}

/* What stands before dbname may be overruled by the conninfo, what stands behind it may not. */
static PGconn *connect_with(const struct postgres_settings *settings) {
    char seconds[16], milliseconds[16];
    int64_t s = (settings->timeout_ms + 999) / 1000;
    snprintf(seconds, sizeof(seconds), "%lld", (long long)(s > CONNECT_S_LEAST ? s : CONNECT_S_LEAST));
    snprintf(milliseconds, sizeof(milliseconds), "%lld", (long long)settings->timeout_ms);
    const char *const keywords[] = {"fallback_application_name",
                                    "connect_timeout",
                                    "tcp_user_timeout",
                                    "keepalives_idle",
                                    "gssencmode",
                                    "dbname",
                                    "client_encoding",
                                    NULL};
    const char *const values[] = {"tongxing", seconds, milliseconds, "30", "disable", settings->conninfo, "UTF8", NULL};
    return PQconnectdbParams(keywords, values, 1);
}

static bool is_usable(PGconn *connection, struct fault *fault) {
    const char *encoding = PQparameterStatus(connection, "server_encoding");
    if (PQserverVersion(connection) < VERSION_LEAST) {
        return fault_set(fault, "the PostgreSQL server is older than version 12");
    }
    if (!encoding || strcmp(encoding, "UTF8") != 0) {
        return fault_set(fault, "the PostgreSQL database %s has encoding %s: it must be UTF8", PQdb(connection),
                         encoding ? encoding : "unknown");
    }
    return true;
}

PGconn *postgres_connect(const struct postgres_settings *settings, int64_t statement_ms, struct fault *fault) {
    PGconn *connection = connect_with(settings);
    CHECK(connection);
    PQsetNoticeReceiver(connection, no_notices, NULL);
    PQsetErrorVerbosity(connection, PQERRORS_TERSE); /* details quote rows */
    char reason[300];
    if (PQstatus(connection) != CONNECTION_OK || !set_up(connection, statement_ms, settings->timeout_ms)) {
        postgres_reason(connection, reason, sizeof(reason));
        fault_set(fault, "the PostgreSQL database cannot be reached: %s", *reason ? reason : "no answer in time");
    } else if (is_usable(connection, fault)) {
        return connection;
    }
    PQfinish(connection);
    return NULL;
}
