"""A private PostgreSQL cluster for one test file, and the command run on it.

    with Cluster() as cluster:
        cluster.grannkarta("import", "districts", path)
        rows = cluster.query("SELECT code, name FROM district")   # as owner
        db = cluster.new_database()       # a fresh, migrated one; tens of ms

The cluster stops and vanishes at the end of the block, also when the test
fails. Every role logs in over the cluster's own socket. Only psql is needed.
"""
import csv
import io
import os
import shutil
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", "asan")
os.environ.setdefault("GRANNKARTA_CONFIG", "")  # not that of an installed service


def program(name):
    """Path of a program under test."""
    return os.path.join(ROOT, "build", BUILD, "bin", name)


class SqlError(Exception):
    """What the server said; .sqlstate is its code."""

    def __init__(self, text):
        super().__init__(text)
        self.sqlstate = ""
        for line in text.splitlines():
            if ": " in line and line.split(": ", 1)[0].strip() in ("ERROR", "FATAL"):
                self.sqlstate = line.split(": ", 2)[1]
                break


class Database:
    """One database of a cluster."""

    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name

    def conninfo(self, user=None):
        """For libpq; without user the programs take the login of their role."""
        text = "host=%s dbname=%s" % (self.cluster.socket, self.name)
        return text + (" user=" + user if user else "")

    def psql(self, sql, user="postgres", role=None, *flags):
        """Runs SQL (several statements if you like, stopping at the first error)
        and returns the finished process with text in stdout and stderr."""
        environment = dict(os.environ, PGOPTIONS="-c search_path=grannkarta,public -c client_min_messages=warning")
        if role:
            sql = "SET ROLE %s;\n%s" % (role, sql)
        return subprocess.run(
            ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", *flags, "-d", self.conninfo(user)],
            input=sql, text=True, capture_output=True, env=environment)

    def query(self, sql, user="postgres", role=None):
        """Rows of one or more SELECTs as lists of texts, NULL as None; SqlError."""
        done = self.psql(sql, user, role, "--csv", "-t", "-P", "null=\x01")
        if done.returncode != 0:
            raise SqlError(done.stderr)
        return [[None if v == "\x01" else v for v in row] for row in csv.reader(io.StringIO(done.stdout))]

    def value(self, sql, user="postgres", role=None):
        """The only value of the only row."""
        rows = self.query(sql, user, role)
        assert len(rows) == 1 and len(rows[0]) == 1, rows
        return rows[0][0]

    def execute(self, sql, user="postgres", role=None):
        """Statements without results; SqlError."""
        done = self.psql(sql, user, role, "-o", "/dev/null")
        if done.returncode != 0:
            raise SqlError(done.stderr)

    def grannkarta(self, *arguments, check=True, input=None, environment=None):
        """Runs the command on this database; its finished process. With `check`
        a failure raises with what it said."""
        done = subprocess.run([program("grannkarta"), "--database", self.conninfo(), *map(str, arguments)],
                              input=input, text=True, capture_output=True,
                              env=dict(os.environ, **(environment or {})))
        if check and done.returncode != 0:
            raise AssertionError("grannkarta %s: exit %d\n%s%s" % (
                " ".join(map(str, arguments)), done.returncode, done.stdout, done.stderr))
        return done


class Cluster(Database):
    """A running cluster; itself its first database, `grannkarta`, set up and
    (unless migrate=False) migrated."""

    speed = ["--fast"]  # no safety against power cuts

    def __init__(self, migrate=True):
        super().__init__(self, "grannkarta")
        self.migrate = migrate
        self.databases = 0

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="gk-test-")
        try:
            self.start()
            self.setup("grannkarta")
            if self.migrate:
                self.grannkarta("migrate")
            # What new_database() copies: it must have no connections, so it is
            # not the one that the test works on.
            self._server("CREATE DATABASE grannkarta_template TEMPLATE grannkarta OWNER grannkarta_owner")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run([os.path.join(ROOT, "deploy", "private-cluster"), "destroy", self.directory],
                       check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        """Starts the server (again)."""
        out = subprocess.run([os.path.join(ROOT, "deploy", "private-cluster"), "start", self.directory, *self.speed],
                             check=True, text=True, stdout=subprocess.PIPE).stdout
        self.socket = out.split()[0].split("=", 1)[1]
        self.home = os.path.realpath(os.path.join(self.directory, "cluster"))  # data/, log: to be searched

    def stop(self):
        """Stops the server; the data stay."""
        subprocess.run([os.path.join(ROOT, "deploy", "private-cluster"), "stop", self.directory], check=True)

    def setup(self, name):
        """deploy/setup-database for a database of that name."""
        subprocess.run([os.path.join(ROOT, "deploy", "setup-database"), "--database", name,
                        "-h", self.socket, "-U", "postgres"], check=True)

    def _server(self, sql):
        Database(self, "postgres").execute(sql)

    def new_database(self, name=None):
        """A copy of the database as it was after migrating."""
        if name is None:
            self.databases += 1
            name = "grannkarta_%d" % self.databases
        self._server("CREATE DATABASE %s TEMPLATE grannkarta_template OWNER grannkarta_owner" % name)
        # Grants on a database are not copied.
        self._server("REVOKE ALL ON DATABASE %s FROM PUBLIC; GRANT CONNECT ON DATABASE %s TO grannkarta, grannkarta_admin, "
                     "grannkarta_reader, grannkarta_importer, grannkarta_public_views, grannkarta_analyst_views; "
                     "GRANT TEMPORARY ON DATABASE %s TO grannkarta_importer" % (name, name, name))
        return Database(self, name)
