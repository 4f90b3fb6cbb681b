/* grannkartad: wiring, signals, and nothing else.
 *
 * Options, log, snapshot loader, the two servers; then it sleeps until a signal:
 * SIGTERM or SIGINT drains and ends, SIGHUP takes new options and opens the
 * audit log again. It starts without a database and answers 503 until there is
 * a release to answer from. */
#include "daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

extern char **environ;

static enum gk_log_level level_of(const char *name)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum gk_log_level)i;
    return GK_LOG_INFO;
}

static void print_help(void)
{
    struct gk_buf buf;
    gk_buf_init(&buf, (size_t)1 << 20);
    gk_buf_puts(&buf, "Usage: grannkartad [--config FILE] [OPTION...]\n\n"
                      "Serves anonymised burglaries, watch areas, rates and hotspots as GeoJSON.\n"
                      "SIGHUP reloads options that can change and opens the audit log again;\n"
                      "SIGTERM lets open requests finish and ends.\n\n"
                      "  --help\n      print this\n  --version\n      print the version\n");
    gk_options_put_help(&buf);
    if (gk_buf_status(&buf) == GK_OK)
        fputs(buf.data, stdout);
    gk_buf_release(&buf);
}

/* Reads the options as they stand in file, environment and arguments. `argv` is
 * copied first, so that SIGHUP can read them again. */
static enum gk_status read_options(struct gk_options *options, int argc, char **argv,
                                   struct gk_error *error)
{
    char **copy = calloc((size_t)argc + 1, sizeof *copy);
    if (copy == NULL || gk_options_init(options) != GK_OK) {
        free(copy);
        gk_error_set(error, GK_NO_MEMORY, "read options: out of memory");
        return GK_NO_MEMORY;
    }
    memcpy(copy, argv, (size_t)argc * sizeof *copy);
    enum gk_status status = gk_options_read_arguments(options, &argc, copy, environ, error);
    if (status == GK_OK && argc > 1)
        status = gk_error_set(error, GK_INVALID, "argument \"%.100s\" is not known; see --help",
                              copy[1]);
    if (status != GK_OK)
        gk_options_release(options);
    free(copy);
    return status;
}

static struct gk_api_config api_config(const struct gk_daemon *daemon)
{
    return (struct gk_api_config){.holder = daemon->holder,
                                  .title = daemon->options.title,
                                  .publisher = daemon->options.publisher,
                                  .licence = daemon->options.licence,
                                  .limit_default = daemon->options.limit_default};
}

static enum gk_status start_servers(struct gk_daemon *daemon, struct gk_error *error)
{
    const struct gk_options *o = &daemon->options;
    struct gk_server_config config = {.listen = o->listen,
                                      .port = (uint16_t)o->port,
                                      .public_url = o->public_url,
                                      .threads = (unsigned)o->threads,
                                      .connections = (unsigned)o->connections,
                                      .connections_per_address =
                                          (unsigned)o->connections_per_address,
                                      .idle_timeout_s = (unsigned)o->idle_timeout,
                                      .response_max_bytes = (size_t)o->response_max << 20,
                                      .outbox_max_bytes = (size_t)o->answers_memory << 20,
                                      .cache_max_bytes = (size_t)o->answer_cache << 20,
                                      .context = daemon->api,
                                      .authenticate = gk_api_authenticate,
                                      .recall = gk_api_recall,
                                      .audit_path = o->audit_log,
                                      .log = &daemon->log};
    config.routes = gk_api_routes(&config.route_count);
    enum gk_status status = gk_server_start(&daemon->public_server, &config, error);
    if (status != GK_OK)
        return status;
    config = (struct gk_server_config){.listen = o->operations_listen,
                                       .port = (uint16_t)o->operations_port,
                                       .public_url = "",
                                       .threads = 1,
                                       .connections = 32,
                                       .connections_per_address = 32,
                                       .idle_timeout_s = (unsigned)o->idle_timeout,
                                       .response_max_bytes = (size_t)1 << 20,
                                       .outbox_max_bytes = (size_t)32 << 20,
                                       .routes = gk_operations_routes,
                                       .route_count = gk_operations_route_count,
                                       .context = daemon,
                                       .log = &daemon->log,
                                       .is_operations = true};
    status = gk_server_start(&daemon->operations_server, &config, error);
    if (status != GK_OK)
        return status;
    gk_log(&daemon->log, GK_LOG_INFO, "listening", gk_log_text("address", "public"),
           gk_log_text("host", o->listen),
           gk_log_number("port", gk_server_port(daemon->public_server)));
    gk_log(&daemon->log, GK_LOG_INFO, "listening", gk_log_text("address", "operations"),
           gk_log_text("host", o->operations_listen),
           gk_log_number("port", gk_server_port(daemon->operations_server)));
    return GK_OK;
}

static enum gk_status start(struct gk_daemon *daemon, struct gk_error *error)
{
    const struct gk_options *o = &daemon->options;
    struct gk_holder_config holder = {.conninfo = o->database,
                                      .initial_definition = o->public_definition,
                                      .poll_interval_ms = (uint32_t)o->poll_interval,
                                      .token_grace_s = (uint32_t)o->token_grace,
                                      .old_snapshots = (uint32_t)o->old_snapshots,
                                      .old_snapshots_bytes = (size_t)o->old_snapshots_size << 20,
                                      .log = &daemon->log};
    enum gk_status status = gk_holder_start(&daemon->holder, &holder, error);
    if (status != GK_OK)
        return status;
    struct gk_api_config api = api_config(daemon);
    status = gk_api_create(&daemon->api, &api, error);
    if (status == GK_OK)
        status = start_servers(daemon, error);
    return status;
}

static void stop(struct gk_daemon *daemon)
{
    gk_server_stop(daemon->operations_server, 0);
    gk_server_stop(daemon->public_server, (unsigned)daemon->options.drain_timeout);
    gk_api_free(daemon->api);
    if (daemon->holder != NULL)
        gk_holder_stop(daemon->holder);
}

/* Takes what may change; a faulty file changes nothing. */
static void reload(struct gk_daemon *daemon, int argc, char **argv)
{
    struct gk_options fresh;
    struct gk_error error = {0};
    if (read_options(&fresh, argc, argv, &error) != GK_OK) {
        gk_log_error(&daemon->log, "reload_failed", &error);
        return;
    }
    struct gk_buf ignored;
    gk_buf_init(&ignored, 4096);
    enum gk_status status = gk_options_reload(&daemon->options, &fresh, &ignored);
    if (ignored.length > 0)
        gk_log(&daemon->log, GK_LOG_WARNING, "needs_restart", gk_log_text("options", ignored.data));
    daemon->log.level = level_of(daemon->options.log_level);
    gk_holder_reconfigure(daemon->holder, (uint32_t)daemon->options.poll_interval,
                          (uint32_t)daemon->options.token_grace);
    struct gk_api_config api = api_config(daemon);
    if (status == GK_OK)
        status = gk_api_reconfigure(daemon->api, &api);
    if (status == GK_OK)
        status =
            gk_server_set_public_url(daemon->public_server, daemon->options.public_url, &error);
    if (gk_server_reopen_audit(daemon->public_server, &error) != GK_OK)
        gk_log_error(&daemon->log, "reopen_audit_failed", &error);
    gk_log(&daemon->log, status == GK_OK ? GK_LOG_INFO : GK_LOG_ERROR, "reloaded",
           gk_log_text("status", gk_status_name(status)));
    gk_buf_release(&ignored);
    gk_options_release(&fresh);
}

static void sleep_until_the_end(struct gk_daemon *daemon, const sigset_t *signals, int argc,
                                char **argv)
{
    for (;;) {
        int number = 0;
        if (sigwait(signals, &number) != 0)
            continue;
        if (number == SIGHUP) {
            sd_notify(0, "RELOADING=1");
            reload(daemon, argc, argv);
            sd_notify(0, "READY=1");
            continue;
        }
        gk_log(&daemon->log, GK_LOG_INFO, "stopping", gk_log_number("signal", number));
        sd_notify(0, "STOPPING=1");
        return;
    }
}

/* Signals are blocked before any thread starts, so that only sigwait() sees
 * them; an inherited "ignore" would discard them before that. */
static void take_signals(sigset_t *signals)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    sigemptyset(signals);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        signal(numbers[i], SIG_DFL);
        sigaddset(signals, numbers[i]);
    }
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static enum gk_status run(struct gk_daemon *daemon, int argc, char **argv)
{
    struct gk_error error = {0};
    enum gk_status status = read_options(&daemon->options, argc, argv, &error);
    if (status != GK_OK) {
        fprintf(stderr, "grannkartad: %s\n", error.message);
        return status;
    }
    daemon->log =
        (struct gk_log){.fd = STDERR_FILENO, .level = level_of(daemon->options.log_level)};
    if (geteuid() == 0)
        gk_log(&daemon->log, GK_LOG_WARNING, "running_as_root",
               gk_log_text("advice", "run it as a user of its own"));
    sigset_t signals;
    take_signals(&signals);
    status = start(daemon, &error);
    if (status == GK_OK) {
        sd_notify(0, "READY=1");
        sleep_until_the_end(daemon, &signals, argc, argv);
    } else {
        gk_log_error(&daemon->log, "start_failed", &error);
    }
    stop(daemon);
    gk_log_write(&daemon->log, GK_LOG_INFO, "stopped", NULL, 0);
    gk_options_release(&daemon->options);
    return status;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help();
            return 0;
        }
        if (strcmp(argv[i], "--version") == 0) {
            puts("grannkartad " GK_VERSION);
            return 0;
        }
    }
    /* Tokens pass through this memory: no core dumps, no tracing by others. */
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* the leak check traces its own process */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    struct gk_daemon daemon = {0};
    return gk_status_exit(run(&daemon, argc, argv));
}
