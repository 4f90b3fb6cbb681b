"""grannkartad under test, on free ports, with a configuration of its own.

    with Daemon(database.conninfo()) as daemon:
        answer = daemon.get("/collections")
        answer.status, answer.headers["ETag"], answer.json()

The daemon prints a line with event=listening and its port for each address
(port 0 lets it choose); ready() waits on /readyz of the operations address.
"""
import http.client
import json
import os
import re
from signal import SIGTERM
import subprocess
import tempfile
import threading
import time

from cluster import program


class Answer:
    """One HTTP answer, read completely."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # http.client's: case-insensitive, get_all()
        self.body = body

    def json(self):
        return json.loads(self.body)

    def text(self):
        return self.body.decode("utf-8")


class Daemon:
    """A running grannkartad. `options` are those of the configuration file."""

    def __init__(self, database, wait_ready=True, timeout_s=60, environment=None, **options):
        self.options = {"database": database, "port": 0, "operations_port": 0, **options}
        self.wait_ready = wait_ready
        self.timeout_s = timeout_s
        self.environment = environment or {}
        self.lines = []
        self.port = self.operations_port = None
        self._changed = threading.Condition()

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="gk-daemon-")
        self.config = os.path.join(self.directory.name, "grannkarta.conf")
        self.options.setdefault("audit_log", os.path.join(self.directory.name, "audit.log"))
        self.options.setdefault("key_ring", os.path.join(self.directory.name, "keys"))
        self.write_config()
        self.start()
        return self

    def write_config(self, **options):
        """Writes the file again with changed options, for SIGHUP."""
        self.options.update(options)
        with open(self.config, "w") as f:
            f.writelines("%s = %s\n" % (k, v) for k, v in self.options.items())

    def start(self):
        self.lines, self.port, self.operations_port = [], None, None
        self.process = subprocess.Popen([program("grannkartad"), "--config", self.config],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        env=dict(os.environ, **self.environment))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.wait(lambda: self.port and self.operations_port, "the daemon listens")
            if self.wait_ready:
                self.ready()
        except BaseException:
            self.stop()
            raise

    def _read(self):
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line)
                if "event=listening" in line:
                    port = re.search(r"\bport=(\d+)", line)
                    if port and ("operations" in line):
                        self.operations_port = int(port[1])
                    elif port:
                        self.port = int(port[1])
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait(self, condition, what):
        """Waits until condition() holds after some log line."""
        deadline = time.monotonic() + self.timeout_s
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if self.process.poll() is not None and not self._reader.is_alive():
                    raise AssertionError("%s: it ended with %s\n%s" % (what, self.process.returncode, self.log()))
                if left <= 0:
                    raise AssertionError("%s: not within %d s\n%s" % (what, self.timeout_s, self.log()))
                self._changed.wait(min(left, 0.2))

    def wait_line(self, pattern, after=0):
        """Waits for a log line (index `after` or later) that matches."""
        self.wait(lambda: any(re.search(pattern, l) for l in self.lines[after:]), "a line like " + pattern)

    def poll(self, question, what):
        """Asks question() every 20 ms until it is true; its value."""
        deadline = time.monotonic() + self.timeout_s
        while True:
            value = question()
            if value:
                return value
            if self.process.poll() is not None:
                raise AssertionError("%s: the daemon ended with %s\n%s" % (what, self.process.returncode, self.log()))
            if time.monotonic() > deadline:
                raise AssertionError("%s: not within %d s\n%s" % (what, self.timeout_s, self.log()))
            time.sleep(0.02)

    def ready(self):
        """Waits until /readyz says 200."""
        self.poll(lambda: self.operations("/readyz").status == 200, "the daemon is ready")

    def log(self):
        return "".join(self.lines[-50:])

    def get(self, path, headers=None, method="GET", token=None, body=None):
        """One request on the public port on a connection of its own."""
        return self._ask(self.port, path, headers, method, token, body)

    def operations(self, path, headers=None):
        """One request on the operations port."""
        return self._ask(self.operations_port, path, headers, "GET", None, None)

    def _ask(self, port, path, headers, method, token, body):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=self.timeout_s)
        try:
            headers = dict(headers or {})
            if token:
                headers["Authorization"] = "Bearer " + token
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def url(self, path=""):
        return "http://127.0.0.1:%d%s" % (self.port, path)

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, number=SIGTERM):
        """Ends it and returns its exit status; kills it after timeout_s."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(self.timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self._reader.join(self.timeout_s)
        self.process.stderr.close()
        return status

    def __exit__(self, *_):
        self.stop()
        self.directory.cleanup()
