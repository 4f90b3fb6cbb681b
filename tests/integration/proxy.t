#!/usr/bin/python3
"""deploy/nginx.conf, in front of a daemon: the real nginx with the file as it is,
but for the addresses, the certificate and where it logs. What passes through is
what the daemon says; who asks too often is told 429, and when to come back."""
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT
from daemon import Answer, Daemon
from fixture import analyst_token, municipality
from tap import contains, is_eq, ok, run

CELLS = "/collections/cells/items?limit=1000"
VOLATILE = {"date", "grannkarta-data-age", "server", "connection"}
MAIN = """daemon off; master_process off; pid %(folder)s/pid; error_log %(folder)s/start.log;
events { worker_connections 256; }
http { access_log off; client_body_temp_path %(folder)s/a; proxy_temp_path %(folder)s/b; fastcgi_temp_path %(folder)s/c;
uwsgi_temp_path %(folder)s/d; scgi_temp_path %(folder)s/e;
%(site)s }
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Proxy:
    def __init__(self, daemon):
        self.daemon, self.port = daemon, free_port()

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="gk-nginx-")
        with open(os.path.join(ROOT, "deploy", "nginx.conf")) as f:
            site = f.read()
        for pattern, new in ((r"server 127\.0\.0\.1:8080;", "server 127.0.0.1:%d;" % self.daemon.port),
                             (r"listen 443 ssl http2;", "listen 127.0.0.1:%d;" % self.port),
                             (r"listen 80;", "listen 127.0.0.1:%d;" % free_port()),
                             (r"ssl_certificate\S*\s+\S+;", ""), (r"error_log \S+", "error_log %s/log" % self.folder)):
            site, found = re.subn(pattern, new, site)
            assert found, pattern
        with open(os.path.join(self.folder, "nginx.conf"), "w") as f:
            f.write(MAIN % {"folder": self.folder, "site": site})
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", self.folder, "-c", self.folder + "/nginx.conf",
                                         "-e", self.folder + "/start.log"])
        self.daemon.poll(self.answers, "nginx answers")
        return self

    def answers(self):
        assert self.process.poll() is None, open(self.folder + "/start.log").read()
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except ConnectionRefusedError:
            return False

    def get(self, path, headers=None, method="GET", token=None):
        return self.daemon._ask(self.port, path, dict(headers or {}), method, token, None)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


context = municipality()
m = context.__enter__()
token = analyst_token(m)
daemon = Daemon(m.conninfo(), public_url="https://karta.example.se").__enter__()


def shown(a):
    return a.status, sorted((k.lower(), v) for k, v in a.headers.items() if k.lower() not in VOLATILE), a.body


def answers_pass_through_unchanged():
    daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the token is known")
    with Proxy(daemon) as proxy:
        for encoding in ("identity", "gzip", "zstd"):
            for who in (None, token):
                headers = {"Accept-Encoding": encoding}
                direct, through = daemon.get(CELLS, headers, token=who), proxy.get(CELLS, headers, token=who)
                ok(shown(direct) == shown(through), "%s, %s" % (encoding, "analyst" if who else "public"))
                headers["If-None-Match"] = direct.headers["ETag"]
                is_eq(proxy.get(CELLS, headers, token=who).status, 304, "and not sent again")
        is_eq(shown(proxy.get(CELLS, method="HEAD")), shown(daemon.get(CELLS, method="HEAD")), "HEAD")
        is_eq(shown(proxy.get(CELLS, method="OPTIONS")), shown(daemon.get(CELLS, method="OPTIONS")), "OPTIONS")
        is_eq(proxy.get("/collections/incidents/items").status, 401, "without a token 401")
        longest = "/collections/cells/items?f=csv&limit=1&filter=dwellings%3E0" + "+" * 4080
        direct, through = daemon.get(longest), proxy.get(longest)
        is_eq(direct.status, 200, "CSV with the longest filter")
        is_eq(shown(through), shown(direct), "passes with the address of its next page")


def who_asks_too_often_is_told_to_wait():
    with Proxy(daemon) as proxy:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
        refused, begun = None, time.monotonic()
        for _ in range(5000):
            connection.request("GET", "/conformance")
            a = connection.getresponse()
            answer = Answer(a.status, a.headers, a.read())
            if answer.status == 429:
                refused = answer
                break
        ok(refused is not None, "after a burst: 429 (%.1f s)" % (time.monotonic() - begun))
        is_eq([refused.headers[h] for h in ("Retry-After", "Content-Type", "Cache-Control", "Access-Control-Allow-Origin")],
              ["1", "application/problem+json", "no-store", "*"], "with Retry-After, as a problem, kept by nobody")
        is_eq(refused.json()["status"], 429, "that can be read")
        contains(refused.json()["detail"], "slower", "and says what to do")
        time.sleep(float(refused.headers["Retry-After"]))
        is_eq(proxy.get("/conformance").status, 200, "after that time there is an answer again")


try:
    if os.access("/usr/sbin/nginx", os.X_OK):
        run(answers_pass_through_unchanged, who_asks_too_often_is_told_to_wait)
    else:
        print("1..0 # SKIP nginx is not installed")
finally:
    daemon.__exit__()
    context.__exit__(None, None, None)
