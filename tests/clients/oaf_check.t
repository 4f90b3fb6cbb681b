#!/usr/bin/python3
"""A restatement of the OGC's executable tests by others, where it lies beside this
repository, on every collection: no FAIL. Ours is ogc_features.t; this one was
written apart from it. It knows no tokens: what it sees of analysts it sees through
a proxy that adds one."""
import http.client
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import diag, ok, run

CHECK = os.path.join(ROOT, "..", "shared", "bin", "oaf-check")


class WithToken(BaseHTTPRequestHandler):
    """Passes GET on with the server's token."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.to, timeout=60)
        headers = {"Accept": self.headers.get("Accept", "*/*"), "Authorization": "Bearer " + self.server.token}
        connection.request("GET", self.path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    def log_message(self, *_):
        pass


def check(root):
    """The restatement, on every collection; its lines."""
    finished = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True)
    lines = finished.stdout.splitlines()
    bad = [l for l in lines if l.startswith("FAIL")] + finished.stderr.splitlines()[-3:]
    if not ok(not bad and lines, "%d checks: no FAIL" % (len(lines))):
        diag("\n".join(bad[:20]))
    diag(lines[-1] if lines else "nothing")
    return lines


def the_public_passes():
    with municipality() as m, Daemon(m.conninfo()) as daemon:
        lines = check(daemon.url())
        count = len(daemon.get("/collections").json()["collections"])
        ok(("tested %d " % count) in lines[-1], "%d collections were tested" % count)


def an_analyst_passes():
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), WithToken)
    address = "http://127.0.0.1:%d" % proxy.server_port
    with municipality() as m, Daemon(m.conninfo(), public_url=address) as daemon:
        proxy.to, proxy.token = daemon.port, analyst_token(m)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        daemon.poll(lambda: daemon.get("/collections/incidents", token=proxy.token).status == 200, "the analyst is let in")
        lines = check(address)
        count = len(daemon.get("/collections", token=proxy.token).json()["collections"])
        ok(("tested %d " % count) in lines[-1], "%d collections were tested" % count)
        proxy.shutdown()


if not os.path.exists(CHECK):
    print("1..0 # SKIP there is no oaf-check beside this repository")
    sys.exit(0)
run(the_public_passes, an_analyst_passes)
