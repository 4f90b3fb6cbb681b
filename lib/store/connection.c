/* Opening a connection, its role and its settings, and how libpq's failures
 * become a gk_error. Statements are in query.c, COPY in copy.c. */
#include "store/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* A server that accepts connections and then says nothing is not there. */
enum { SESSION_SILENCE_MS = 10000 };

/* Nothing in lib/ prints: notices are dropped (libpq would write to stderr). */
static void drop_notice(void *context, const char *message)
{
    (void)context, (void)message;
}

/* libpq's messages have several lines when there are several hosts. */
static void copy_as_line(char line[GK_ERROR_MESSAGE_MAX], const char *message)
{
    size_t n = 0;
    for (const char *at = message; *at != '\0' && n + 3 < GK_ERROR_MESSAGE_MAX; at++) {
        if (*at != '\n' && *at != '\t')
            line[n++] = *at;
        else if (*at == '\n' && at[1] != '\0' && at[1] != '\n')
            line[n++] = ';', line[n++] = ' ';
    }
    line[n] = '\0';
}

static enum gk_status status_of_sqlstate(const char *sqlstate)
{
    /* Connection lost; too many connections; shut down, crashed, starting. */
    if (strncmp(sqlstate, "08", 2) == 0 || strcmp(sqlstate, "53300") == 0 ||
        strncmp(sqlstate, "57P", 3) == 0)
        return GK_UNAVAILABLE;
    /* RAISE of our own functions: a rule was about to be broken. */
    if (strcmp(sqlstate, "P0001") == 0)
        return GK_REJECTED;
    /* Serialization failure, deadlock. */
    if (strncmp(sqlstate, "40", 2) == 0)
        return GK_CONFLICT;
    return GK_DATABASE;
}

enum gk_status gk_store_fail(const struct gk_store *store, const PGresult *result,
                             struct gk_error *error)
{
    const char *sqlstate = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    enum gk_status status = sqlstate != NULL ? status_of_sqlstate(sqlstate) : GK_DATABASE;
    if (PQstatus(store->connection) == CONNECTION_BAD)
        status = GK_UNAVAILABLE;
    char line[GK_ERROR_MESSAGE_MAX];
    copy_as_line(line, text != NULL ? text : PQerrorMessage(store->connection));
    if (status == GK_REJECTED)
        gk_error_set(error, status, "%s", line);
    else
        gk_error_set(error, status, "ask the database: %s", line);
    if (error != NULL && sqlstate != NULL && strlen(sqlstate) == 5)
        memcpy(error->sqlstate, sqlstate, 6);
    return status;
}

/* A string that libpq cannot read is not repeated: it may hold a password. Says
 * whether it names a service, whose file may name a user. */
static enum gk_status check_conninfo(const char *conninfo, bool *names_service,
                                     struct gk_error *error)
{
    *names_service = false;
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    if (options == NULL)
        return gk_error_set(error, GK_INVALID,
                            "read the option \"database\": it is not a connection string of "
                            "PostgreSQL (\"host=... dbname=...\" or \"postgresql://...\")");
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
        if (strcmp(o->keyword, "service") == 0 && o->val != NULL)
            *names_service = true;
    PQconninfoFree(options);
    return GK_OK;
}

static enum gk_status fail_to_connect(const struct gk_store *store, const char *const *keywords,
                                      const char *const *values, struct gk_error *error)
{
    /* libpq gives no SQLSTATE here, and messages are translated: a server that
     * answers another knock refused us, else it is not there. */
    PGPing ping = PQpingParams(keywords, values, 1);
    char line[GK_ERROR_MESSAGE_MAX];
    copy_as_line(line, PQerrorMessage(store->connection));
    return gk_error_set(error, ping == PQPING_OK ? GK_DATABASE : GK_UNAVAILABLE,
                        "connect to the database: %s", line);
}

/* The role and everything that the meaning of a statement depends on. */
static enum gk_status prepare_session(struct gk_store *store, enum gk_store_role role,
                                      struct gk_error *error)
{
    static const char *const set_role[] = {
        [GK_STORE_READER] = "SET ROLE grannkarta_reader",
        [GK_STORE_IMPORTER] = "SET ROLE grannkarta_importer",
        [GK_STORE_OWNER] = "SET ROLE grannkarta_owner",
    };
    enum gk_status status =
        gk_store_execute(store,
                         "SET search_path = grannkarta, public; SET timezone = 'UTC';"
                         "SET client_min_messages = warning; SET standard_conforming_strings = on;"
                         "SET datestyle = 'ISO, YMD'; SET extra_float_digits = 1",
                         error);
    return status == GK_OK ? gk_store_execute(store, set_role[role], error) : status;
}

enum gk_status gk_store_open(struct gk_store **store, const char *conninfo, enum gk_store_role role,
                             const char *application_name, struct gk_error *error)
{
    *store = NULL;
    bool names_service;
    enum gk_status status = check_conninfo(conninfo, &names_service, error);
    if (status != GK_OK)
        return status;
    /* What stands before dbname can be changed by conninfo. One configuration
     * serves daemon and command, each with its own login. */
    bool is_reader = role == GK_STORE_READER;
    const char *user = names_service ? NULL : is_reader ? "grannkarta" : "grannkarta_admin";
    const char *const keywords[] = {"connect_timeout",
                                    "keepalives_idle",
                                    "keepalives_interval",
                                    "keepalives_count",
                                    "tcp_user_timeout",
                                    "target_session_attrs",
                                    "user",
                                    "dbname",
                                    "client_encoding",
                                    "application_name",
                                    NULL};
    const char *const values[] = {"5",     "30",
                                  "10",    "3",
                                  "30000", is_reader ? "any" : "read-write",
                                  user,    conninfo,
                                  "UTF8",  application_name,
                                  NULL};
    struct gk_store *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "connect to the database: out of memory");
    gk_store_set_limits(opened, -1, SESSION_SILENCE_MS);
    opened->connection = PQconnectdbParams(keywords, values, 1);
    if (opened->connection == NULL)
        status = gk_error_set(error, GK_NO_MEMORY, "connect to the database: out of memory");
    else if (PQstatus(opened->connection) != CONNECTION_OK)
        status = fail_to_connect(opened, keywords, values, error);
    else {
        PQsetNoticeProcessor(opened->connection, drop_notice, NULL);
        status = prepare_session(opened, role, error);
        gk_store_set_limits(opened, -1, -1);
    }
    if (status != GK_OK) {
        gk_store_close(opened);
        return status;
    }
    *store = opened;
    return GK_OK;
}

void gk_store_close(struct gk_store *store)
{
    if (store == NULL)
        return;
    PQfinish(store->connection);
    free(store);
}

void gk_store_set_limits(struct gk_store *store, int wake_fd, int silence_ms)
{
    store->wake_fd = wake_fd;
    store->silence_ms = silence_ms;
}

enum gk_status gk_store_next_result(struct gk_store *store, PGresult **result,
                                    struct gk_error *error)
{
    *result = NULL;
    bool is_limited = store->wake_fd >= 0 || store->silence_ms >= 0;
    while (is_limited && PQisBusy(store->connection)) {
        struct pollfd fds[] = {{.fd = PQsocket(store->connection), .events = POLLIN},
                               {.fd = store->wake_fd, .events = POLLIN}};
        int ready = poll(fds, 2, store->silence_ms);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready > 0 && fds[1].revents != 0)
            return gk_error_set(error, GK_INTERRUPTED, "ask the database: interrupted");
        if (ready == 0)
            return gk_error_set(error, GK_UNAVAILABLE, "ask the database: it was silent for %d s",
                                store->silence_ms / 1000);
        if (PQconsumeInput(store->connection) != 1)
            break; /* PQgetResult() tells why */
    }
    *result = PQgetResult(store->connection);
    return GK_OK;
}

enum gk_status gk_store_execute(struct gk_store *store, const char *sql, struct gk_error *error)
{
    if (PQsendQuery(store->connection, sql) != 1)
        return gk_store_fail(store, NULL, error);
    enum gk_status status = GK_OK;
    for (;;) {
        PGresult *result;
        enum gk_status waited = gk_store_next_result(store, &result, error);
        if (waited != GK_OK)
            return waited;
        if (result == NULL)
            return status;
        ExecStatusType outcome = PQresultStatus(result);
        if (status == GK_OK && outcome != PGRES_COMMAND_OK && outcome != PGRES_TUPLES_OK &&
            outcome != PGRES_EMPTY_QUERY)
            status = gk_store_fail(store, result, error);
        PQclear(result);
        /* A COPY here is a mistake of the caller that PQgetResult would repeat. */
        if (outcome == PGRES_COPY_IN || outcome == PGRES_COPY_OUT)
            return status;
    }
}
