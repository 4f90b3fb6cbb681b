#!/usr/bin/python3
"""Memory stays flat when many clients ask for large answers and do not read them.
Raw sockets with small buffers; the daemon's memory as the kernel tells it. The
release build is measured, as sanitizers keep what was freed."""
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
os.environ["BUILD"] = "release"
from daemon import Daemon
from fixture import municipality
from tap import diag, is_eq, ok, run

READERS, MIB = 96, 1 << 20
context = municipality()
m = context.__enter__()
# A page larger than any socket buffer: all cells, as the daemon has them.
LARGE = "/collections/cells/items?limit=%d"


def resident(daemon):
    with open("/proc/%d/status" % daemon.process.pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) * 1024


def metric(daemon, name):
    text = daemon.operations("/metrics").text()
    return int(re.search(r"^grannkarta_%s (-?\d+)$" % name, text, re.M)[1])


class Reader:
    """Sends a request and reads only what it is told to."""

    def __init__(self, daemon, path, headers=""):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", daemon.port))
        self.socket.sendall(("GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n" % (path, headers)).encode())
        self.bytes = b""

    def head(self):
        """Reads the headers (and what comes with them); the status."""
        while b"\r\n\r\n" not in self.bytes:
            self.bytes += self.socket.recv(1024)
        return int(self.bytes[9:12])

    def header(self, name):
        found = re.search(rb"\r\n%s: ([^\r]*)" % name, self.bytes, re.I)
        return found and found[1].decode()

    def rest(self):
        """Everything to the end; None if it was cut off."""
        try:
            while True:
                part = self.socket.recv(65536)
                if not part:
                    break
                self.bytes += part
        except ConnectionResetError:
            return None
        body = self.bytes.split(b"\r\n\r\n", 1)[1]
        return body if len(body) == int(self.header(b"Content-Length")) else None


def memory_is_bounded_and_small_answers_go_out():
    with Daemon(m.conninfo(), answers_memory=16, answer_cache=0) as daemon:
        page = len(daemon.get(LARGE % 9999).body)
        ok(page * READERS > 2 * 16 * MIB, "%d answers of %d bytes are more than twice what is allowed" % (READERS, page))
        before = resident(daemon)
        readers = [Reader(daemon, LARGE % (9998 - i)) for i in range(READERS)]  # each another answer
        statuses = [r.head() for r in readers]
        grown = resident(daemon) - before
        refused = [r for r, s in zip(readers, statuses) if s == 503]
        diag("%d refused, grown by %.1f MiB, waiting %.1f MiB" %
             (len(refused), grown / MIB, metric(daemon, "answers_memory_bytes") / MIB))
        is_eq(set(statuses), {200, 503}, "some are answered, some are asked to come again")
        is_eq(set(r.header(b"Retry-After") for r in refused), {"1"}, "in a second")
        ok(all(b"too many large answers" in (r.rest() or b"") for r in refused), "and told why")
        is_eq(metric(daemon, "answers_refused_total"), len(refused), "and counted")
        ok(metric(daemon, "answers_memory_bytes") <= 16 * MIB, "what waits is within answers_memory")
        ok(grown <= 16 * MIB + 4 * page + READERS * 66000 + 4 * MIB, "and so is the daemon")
        is_eq(daemon.get("/collections/cells/items?limit=10").status, 200, "small answers are given all the same")
        is_eq(daemon.get(LARGE % 9000).status, 503, "large ones are not")
        daemon.poll(lambda: daemon.get(LARGE % 9999).status == 200, "until the slow ones are cut off")
        ok(metric(daemon, "slow_connections_closed_total") > 0, "which is counted")
        ok(any(r.rest() is None for r, s in zip(readers, statuses) if s == 200), "as they see")
        for r in readers:
            r.socket.close()
        daemon.poll(lambda: metric(daemon, "answers_memory_bytes") == 0, "nothing waits any more")


def who_holds_all_of_it_must_read_in_earnest():
    with Daemon(m.conninfo(), answers_memory=16, answer_cache=0) as daemon:
        daemon.get(LARGE % 9999)
        readers = [Reader(daemon, LARGE % (9998 - i)) for i in range(16)]
        held = [r for r in readers if r.head() == 200]
        stop, refused = time.monotonic() + 30, 0
        # 90 kB a second each: enough while nobody waits, not while others are refused.
        while time.monotonic() < stop and metric(daemon, "slow_connections_closed_total") == 0:
            refused += daemon.get(LARGE % 9000).status == 503
            for r in held:
                try:
                    r.bytes += r.socket.recv(9000)
                except ConnectionResetError:
                    stop = 0
            time.sleep(0.08)
        ok(refused > 0, "%d answers are held at 90 kB/s, %d others refused" % (len(held), refused))
        daemon.poll(lambda: daemon.get(LARGE % 9000).status == 200, "then they must give way")
        for r in readers:
            r.socket.close()


def who_reads_slowly_is_left_alone_while_there_is_room():
    with Daemon(m.conninfo(), answers_memory=16) as daemon:
        whole = daemon.get(LARGE % 9999).body
        slow = Reader(daemon, LARGE % 9999)
        is_eq(slow.head(), 200, "a slow reader alone")
        time.sleep(7)  # beyond what is borne when others wait
        ok(slow.rest() == whole, "gets its whole answer")
        is_eq(metric(daemon, "slow_connections_closed_total"), 0, "and nobody is cut off")


def who_takes_nothing_is_closed_after_idle_timeout():
    with Daemon(m.conninfo(), answers_memory=16, idle_timeout=2) as daemon:
        reader = Reader(daemon, LARGE % 9999)
        is_eq(reader.head(), 200, "a client reads the beginning of an answer and stops")
        ok(metric(daemon, "answers_memory_bytes") > 0, "it is held for it")
        daemon.poll(lambda: metric(daemon, "answers_memory_bytes") == 0, "but not for ever")
        ok(reader.rest() is None, "the connection is closed")


def one_body_for_many_is_held_once():
    with Daemon(m.conninfo(), answers_memory=16) as daemon:
        whole = daemon.get(LARGE % 9999).body
        before = resident(daemon)
        readers = [Reader(daemon, LARGE % 9999) for _ in range(READERS)]
        is_eq(set(r.head() for r in readers), {200}, "%d ask for the same: all are answered" % READERS)
        ok(metric(daemon, "answers_memory_bytes") <= 2 * len(whole), "from the same bytes")
        ok(resident(daemon) - before < len(whole) + READERS * 66000 + 4 * MIB, "the daemon grows by the connections only")
        ok(all(r.rest() == whole for r in readers), "and each gets all of it")


def a_reader_that_goes_away_frees_its_answer():
    with Daemon(m.conninfo(), answers_memory=16, answer_cache=0) as daemon:
        for _ in range(3):
            readers = [Reader(daemon, LARGE % (9998 - i)) for i in range(8)]
            for r in readers:
                r.head()
            for r in readers:
                r.socket.close()
            daemon.poll(lambda: metric(daemon, "answers_memory_bytes") == 0, "freed")
        ok(True, "three times eight")
        is_eq(daemon.stop(), 0, "and it ends as it should")


try:
    run(memory_is_bounded_and_small_answers_go_out, who_holds_all_of_it_must_read_in_earnest,
        who_reads_slowly_is_left_alone_while_there_is_room, who_takes_nothing_is_closed_after_idle_timeout,
        one_body_for_many_is_held_once, a_reader_that_goes_away_frees_its_answer)
finally:
    context.__exit__(None, None, None)
