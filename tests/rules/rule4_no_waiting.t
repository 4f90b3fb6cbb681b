#!/usr/bin/python3
"""Rule 4: a request never waits for PostgreSQL.

The database is stopped, then frozen in the middle of everything (SIGSTOP, which
holds connections open and answers nothing); public answers must keep coming,
the same bytes, and say that they are stale. Then it comes back."""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import is_eq, ok, run

PATH = "/collections/cells/items?limit=50"


def slowest_of(daemon, count, path=PATH):
    worst = 0.0
    for _ in range(count):
        start = time.monotonic()
        assert daemon.get(path).status == 200
        worst = max(worst, time.monotonic() - start)
    return worst


def postmaster_processes(cluster):
    with open(os.path.join(cluster.home, "data", "postmaster.pid")) as f:
        pid = int(f.readline())
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [pid] + [int(c) for c in children]


def requests_are_served_while_the_database_is_stopped():
    with municipality() as m, Daemon(m.conninfo(), poll_interval=100) as daemon:
        before = daemon.get(PATH)
        m.stop()
        daemon.poll(lambda: daemon.get(PATH).headers.get("Grannkarta-Stale") == "true", "answers say that they are stale")
        answer = daemon.get(PATH)
        is_eq(answer.status, 200, "public answers keep coming")
        is_eq(answer.body, before.body, "the same bytes")
        is_eq(answer.headers["ETag"], before.headers["ETag"], "the same ETag")
        ok(int(answer.headers["Grannkarta-Data-Age"]) >= 1, "the age is in a header")
        is_eq(daemon.operations("/readyz").status, 200, "the service stays ready")
        m.start()
        daemon.poll(lambda: daemon.get(PATH).headers.get("Grannkarta-Stale") is None, "and is fresh again after")


def requests_do_not_wait_for_a_frozen_database():
    with municipality() as m, Daemon(m.conninfo(), poll_interval=50) as daemon:
        processes = postmaster_processes(m)
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            # Long enough for the loader to be stuck in a query; nobody else is.
            worst = slowest_of(daemon, 200)
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGCONT)
        ok(worst < 2.0, "the slowest of 200 answers took %.0f ms" % (worst * 1000))


def tokens_hold_for_the_grace_period_only():
    with municipality() as m:
        token = analyst_token(m)
        with Daemon(m.conninfo(), poll_interval=50, token_grace=1) as daemon:
            ask = lambda: daemon.get(PATH, token=token).status
            daemon.poll(lambda: ask() == 200, "an analyst is let in")
            m.stop()
            daemon.poll(lambda: ask() == 503, "after the grace period without database the answer is 503")
            is_eq(daemon.get(PATH).status, 200, "the public is not concerned")
            m.start()
            daemon.poll(lambda: ask() == 200, "with the database back the analyst is let in")


def without_a_database_from_the_start_it_says_503_and_recovers():
    with municipality() as m:
        m.stop()
        with Daemon(m.conninfo(), wait_ready=False, poll_interval=50) as daemon:
            answer = daemon.get(PATH)
            is_eq(answer.status, 503, "no snapshot yet: 503")
            ok(int(answer.headers["Retry-After"]) >= 1, "with Retry-After")
            is_eq(answer.headers["Content-Type"], "application/problem+json", "as a problem")
            is_eq(daemon.operations("/healthz").status, 200, "alive")
            is_eq(daemon.operations("/readyz").status, 503, "not ready")
            m.start()
            daemon.ready()
            is_eq(daemon.get(PATH).status, 200, "then the release is served")


run(requests_are_served_while_the_database_is_stopped, requests_do_not_wait_for_a_frozen_database,
    tokens_hold_for_the_grace_period_only, without_a_database_from_the_start_it_says_503_and_recovers)
