#!/usr/bin/python3
"""The daemon as a process: bad options, taken ports, signals, reload, audit."""
import os
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import Cluster, program
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import contains, is_eq, ok, run

ITEMS = "/collections/cells/items?limit=2"


def starts(*arguments, environment=None):
    done = subprocess.run([program("grannkartad"), *arguments], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, **(environment or {})))
    return done.returncode, done.stderr


def bad_options_are_named_and_end_it():
    for arguments, words in ((["--port", "70000"], ("port", "70000", "65535")),
                             (["--prot", "80"], ("--prot",)),
                             (["--config", "/nonexistent"], ("/nonexistent",)),
                             (["--log-level", "loud"], ("log_level", "loud", "debug")),
                             (["extra"], ("extra",))):
        code, said = starts(*arguments)
        ok(code == 2 and all(w in said for w in words), "%s: exit 2, naming %s" % (" ".join(arguments), ", ".join(words)))
    code, said = starts(environment={"GRANNKARTA_PROT": "1"})
    ok(code == 2 and "prot" in said, "an unknown GRANNKARTA_ variable is an error")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write("port = 1\n\nrubbish\n")
        f.flush()
        code, said = starts("--config", f.name)
        ok(code == 2 and f"{f.name}:3" in said, "a bad line is named with its number")


def a_taken_port_is_named():
    with municipality() as m, Daemon(m.conninfo()) as daemon:
        code, said = starts("--database", m.conninfo(), "--port", str(daemon.port), "--operations-port", "0",
                            "--audit-log", daemon.options["audit_log"] + "2")
        ok(code != 0 and str(daemon.port) in said, "the second daemon says which port and ends")


def sigterm_drains_and_hup_reloads():
    with municipality() as m, Daemon(m.conninfo(), limit_default=10) as daemon:
        ask = lambda: daemon.get("/collections/cells/items").json()["numberReturned"]
        is_eq(ask(), 10, "limit_default holds")
        daemon.write_config(limit_default=20, port=daemon.port)
        daemon.signal(signal.SIGHUP)
        daemon.poll(lambda: ask() == 20, "SIGHUP takes the new one")
        daemon.wait_line("needs_restart")  # it is logged after the new one is taken
        ok(True, "what needs a restart is named")
        daemon.write_config(limit_default="rubbish")
        daemon.signal(signal.SIGHUP)
        daemon.wait_line("reload_failed")
        is_eq(ask(), 20, "a faulty file changes nothing")
        stop, failures, count = threading.Event(), [], [0]

        def load():
            while not stop.is_set():
                try:
                    if daemon.get(ITEMS).status != 200:
                        failures.append("status")
                    count[0] += 1
                except ConnectionRefusedError:
                    return
                except OSError as e:  # accepted by the kernel, never by the daemon
                    if not stop.is_set():
                        failures.append(repr(e))
                    return

        threads = [threading.Thread(target=load) for _ in range(4)]
        for t in threads:
            t.start()
        daemon.poll(lambda: count[0] > 100, "requests flow")
        stop.set()
        is_eq(daemon.stop(), 0, "SIGTERM ends it with 0")
        for t in threads:
            t.join()
        is_eq(failures, [], "no request was cut off")


def analyst_requests_are_audited_or_refused():
    with municipality() as m:
        token = analyst_token(m)
        with Daemon(m.conninfo()) as daemon:
            path = daemon.options["audit_log"]
            daemon.poll(lambda: daemon.get(ITEMS, token=token).status == 200, "an analyst is let in")
            daemon.get("/collections/incidents/items?limit=3&datetime=2024-01-01", token=token)
            daemon.get(ITEMS)
            log = open(path).read()
            contains(log, "/collections/incidents/items?limit=3&datetime=2024-01-01", "the request is in the audit log")
            ok(token not in log and token not in daemon.log(), "the token is in no log")
            lines = len(log.splitlines())
            daemon.get(ITEMS)
            is_eq(len(open(path).read().splitlines()), lines, "the public leaves no line")
            os.rename(path, path + ".1")
            daemon.signal(signal.SIGHUP)
            daemon.wait_line("event=reloaded")
            daemon.get(ITEMS, token=token)
            ok(os.path.getsize(path) > 0, "after SIGHUP a new file is written (logrotate)")
        # A full disk: every write fails.
        with Daemon(m.conninfo(), audit_log="/dev/full") as daemon:
            daemon.poll(lambda: daemon.get(ITEMS, token=token).status != 401, "the token is known")
            is_eq(daemon.get(ITEMS, token=token).status, 503, "without audit the analyst is refused")
            is_eq(daemon.get(ITEMS).status, 200, "the public is not concerned")


def tokens_are_revoked_within_a_second_or_so():
    with municipality() as m, Daemon(m.conninfo(), poll_interval=100) as daemon:
        token = analyst_token(m, "short")
        ask = lambda: daemon.get(ITEMS, token=token).status
        daemon.poll(lambda: ask() == 200, "a new token works")
        number = m.value("SELECT id FROM grannkarta.token WHERE name = 'short'")
        m.grannkarta("token", "revoke", number)
        daemon.poll(lambda: ask() == 401, "a revoked one does not")
        is_eq(daemon.get(ITEMS, token="gk_" + "A" * 43).status, 401, "an unknown one does not")
        is_eq(daemon.get("/collections/incidents/items").status, 401, "incidents need one")


def a_token_that_cannot_be_kept_to_its_limits_is_not_honoured():
    with municipality() as m, Daemon(m.conninfo(), poll_interval=100) as daemon:
        token, limited = analyst_token(m, "free"), analyst_token(m, "limited")
        ask = lambda t: daemon.get("/collections/incidents/items?limit=1", token=t).status
        daemon.poll(lambda: ask(limited) == 200, "two analysts are let in")
        m.execute("UPDATE token SET municipality_id = (SELECT min(id) FROM district WHERE set_name = 'kommun')"
                  " WHERE name = 'limited'")
        daemon.poll(lambda: ask(limited) == 401, "one limited to a municipality is not shown all of them")
        # An end that arithmetic fails on must not stop the others from being read.
        m.execute("UPDATE token SET expires_at = 'infinity' WHERE name = 'free'")
        later = analyst_token(m, "later")
        daemon.poll(lambda: ask(later) == 200, "with a token that ends at infinity, new ones are still taken")
        is_eq(ask(token), 200, "which is valid")
        ok("store_lost" not in daemon.log(), "nor was the store lost")


def a_database_of_another_version_is_named():
    with Cluster(migrate=False) as cluster, Daemon(cluster.conninfo(), wait_ready=False) as daemon:
        daemon.wait_line("event=store_lost.*grannkarta migrate")
        is_eq(daemon.get(ITEMS).status, 503, "it waits for the schema, and says so in the log")
        cluster.grannkarta("migrate")
        daemon.wait_line("event=store_back")
        ok(True, "and goes on when it is there")


run(bad_options_are_named_and_end_it, a_taken_port_is_named, sigterm_drains_and_hup_reloads,
    analyst_requests_are_audited_or_refused, tokens_are_revoked_within_a_second_or_so,
    a_token_that_cannot_be_kept_to_its_limits_is_not_honoured,
    a_database_of_another_version_is_named)
