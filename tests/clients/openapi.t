#!/usr/bin/python3
"""The definition of the interface, by tools that know nothing of this service:
redocly lints it, its examples are sent, and what comes back is validated against
the schemas that it names (python3-jsonschema).

Every path must answer what it documents, with every documented type; every
example, and every value of a parameter that has a list of them, must be taken;
a value outside is 400, as the document says, with a problem by its schema."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT
from daemon import Daemon
from fixture import municipality
from ogc import OPENAPI, all_of, at, both, parameters
from schemas import Interface
from tap import diag, is_eq, ok, run

HERE = os.path.dirname(os.path.abspath(__file__))
REDOCLY = os.path.join(ROOT, "tests", "browser", "node_modules", ".bin", "redocly")
NOT_SENT = {"f", "lang", "cursor"}  # the server's own, and one that only a link can give


def redocly(files, *options):
    done = subprocess.run([REDOCLY, "lint", "--format=stylish", *options, *files], capture_output=True, text=True,
                          env=dict(os.environ, REDOCLY_TELEMETRY="off", REDOCLY_SUPPRESS_UPDATE_NOTICE="true"))
    if not ok(done.returncode == 0 and "warning" not in done.stdout, "redocly lint %s" % " ".join(options)):
        diag(done.stdout + done.stderr)


def linters_find_nothing():
    with tempfile.TemporaryDirectory(prefix="gk-openapi-") as folder:
        files = []
        for client in (public, analyst):
            for language in ("sv", "en"):
                files.append(os.path.join(folder, "%s-%s.json" % (client.name, language)))
                with open(files[-1], "wb") as f:
                    f.write(client.get("/api", accept=OPENAPI, lang=language).body)
        redocly(files, "--extends=spec")
        redocly(files, "--config=" + os.path.join(HERE, "redocly.yaml"))


def written(value):
    """A value as an address has it (style form, explode false)."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def values(parameter):
    """All that the document says can be sent."""
    schema = parameter["schema"]
    some = [parameter["example"]] if "example" in parameter else []
    return [written(v) for v in some + schema.get("enum", []) + ([schema["default"]] if "default" in schema else [])]


def filled(path, api):
    """The path with the examples of its variables."""
    for p in parameters(api, path):
        if p["in"] == "path":
            path = path.replace("{%s}" % p["name"], written(p.get("example", p["schema"].get("default"))))
    assert "{" not in path, path
    return path


def requests(api, path):
    """[(parameters, whether all types are asked for)]: none, each value alone, all examples at once."""
    asked = [({}, True)]
    together = {}
    for p in parameters(api, path):
        if p["in"] != "query" or p["name"] in NOT_SENT:
            continue
        for value in dict.fromkeys(values(p)):
            asked.append(({p["name"]: value}, False))
        if "example" in p and p["name"] not in ("release", "revision"):
            together[p["name"]] = written(p["example"])
    return asked + [(together, False)] if len(together) > 1 else asked


def type_of(answer):
    return (answer.headers["Content-Type"] or "").split("; charset")[0]


def answer_faults(client, interface, path, query, type_, content):
    answer = client.get(path, accept=type_, **query)
    what = "%s %r as %s: " % (path, query, type_)
    if answer.status == 204:
        return []  # an empty tile
    if answer.status != 200 or type_of(answer) != type_:
        return [what + "%d %s %s" % (answer.status, type_of(answer), answer.body[:200])]
    if not answer.body:
        return [what + "nothing"]
    if "json" not in type_:
        return []
    return [what + f for f in interface.faults(answer.json(), content["schema"])]


def examples_are_answered_as_documented():
    for client in (public, analyst):
        api = client.interface()
        interface, faults, sent, selected = Interface(api), [], 0, 0
        for path in api["paths"]:
            documented = api["paths"][path]["get"]["responses"]["200"]["content"]
            for query, with_all_types in requests(api, path):
                for type_, content in list(documented.items())[:None if with_all_types else 1]:
                    faults += answer_faults(client, interface, filled(path, api), query, type_, content)
                    sent += 1
            selected += sum("example" in p for p in parameters(api, path))
        all_of(faults, "%s: %d requests to %d paths are answered as documented" % (client.name, sent, len(api["paths"])))
        ok(selected > 3 * len(client.collections()), "with %d examples" % selected)


def examples_select_something():
    for client in (public, analyst):
        api = client.interface()
        empty = []
        for path in (p for p in api["paths"] if p.endswith("/items")):
            for p in parameters(api, path):
                if p["in"] == "query" and "example" in p:
                    body = client.json(path, **{p["name"]: written(p["example"])})
                    if not body["numberMatched"]:
                        empty.append("%s?%s=%s" % (path, p["name"], written(p["example"])))
        all_of(empty, client.name + ": every example finds features")


def wrong(parameter):
    """A value that the document excludes, None when it excludes none."""
    schema = parameter["schema"]
    if schema["type"] in ("integer", "array") or "enum" in schema:
        return "x!"
    if "maxLength" in schema:
        return "x" * (schema["maxLength"] + 1)
    return None


def values_outside_are_refused_as_documented():
    for client in (public, analyst):
        api = client.interface()
        interface, faults, sent = Interface(api), [], 0
        for path in api["paths"]:
            for p in parameters(api, path):
                value = wrong(p)
                if p["in"] != "query" or value is None:
                    continue
                answer = client.get(filled(path, api), **{p["name"]: value})
                sent += 1
                responses = api["paths"][path]["get"]["responses"]
                response = responses.get(str(answer.status), {})
                response = at(api, response["$ref"]) if "$ref" in response else response
                if answer.status != 400 or type_of(answer) not in response.get("content", {}):
                    faults.append("%s?%s=%s: %d %s" % (path, p["name"], value[:20], answer.status, type_of(answer)))
                    continue
                faults += interface.faults(answer.json(), response["content"][type_of(answer)]["schema"])
        all_of(faults, "%s: %d values outside are 400" % (client.name, sent))


def nothing_is_described_that_a_caller_may_not_have():
    api, more = public.interface(), analyst.interface()
    ok(set(api["paths"]) < set(more["paths"]), "an analyst's document has more paths")
    text = public.get("/api", accept=OPENAPI).text()
    for word in ("incidents", '"revision"', "/revisions", '"name":"definition"', "securitySchemes"):
        ok(word not in text, "the public's does not speak of %s" % word)
    is_eq(more["security"], [{"token": []}], "an analyst's says that a token is needed")


with municipality() as m, Daemon(m.conninfo()) as daemon:
    public, analyst = both(m, daemon)
    run(linters_find_nothing, examples_are_answered_as_documented, examples_select_something,
        values_outside_are_refused_as_documented, nothing_is_described_that_a_caller_may_not_have)
