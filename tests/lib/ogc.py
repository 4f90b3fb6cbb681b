"""What tests of OGC interfaces share: a client that asks as one caller, links,
the definition of the interface.

    public, analyst = both(m, daemon)
    analyst.json("/collections/cells/items", limit=3)["features"]
"""
from urllib.parse import urlencode

from fixture import analyst_token
from tap import diag, ok

GEOJSON = "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"


class Client:
    """Asks as one caller; follows links only if they stay with the service."""

    def __init__(self, daemon, token=None):
        self.daemon = daemon
        self.token = token
        self.name = "analyst" if token else "public"

    def get(self, path, accept=GEOJSON + ", application/json", **query):
        if path.startswith("http"):
            root = self.daemon.url()
            assert path == root or path[len(root):][:1] in ("/", "?") and path.startswith(root), path
            path = path[len(root):] or "/"
        if query:
            path += ("&" if "?" in path else "?") + urlencode(query)
        return self.daemon.get(path, headers={"Accept": accept}, token=self.token)

    def json(self, path, **query):
        answer = self.get(path, **query)
        assert answer.status == 200, (path, query, answer.status, answer.body[:300])
        return answer.json()

    def collections(self):
        return self.json("/collections")["collections"]

    def interface(self):
        return self.get("/api", accept=OPENAPI).json()


def both(m, daemon):
    """The public and an analyst who has been let in."""
    public, analyst = Client(daemon), Client(daemon, analyst_token(m))
    daemon.poll(lambda: analyst.get("/collections/incidents").status == 200, "the analyst is let in")
    return public, analyst


def link(links, rel, type_=None):
    return next((l for l in links if l["rel"] == rel and (type_ is None or l.get("type") == type_)), None)


def at(api, reference):
    """What a reference leads to, None outside the document."""
    if not reference.startswith("#/"):
        return None
    for key in reference[2:].split("/"):
        api = api.get(key) if isinstance(api, dict) else None
    return api


def parameters(api, path):
    """The parameters of a path, followed into the components."""
    return [at(api, p["$ref"]) if "$ref" in p else p for p in api["paths"][path]["get"].get("parameters", [])]


def all_of(faults, name):
    """One assertion over many: the first faults are shown."""
    faults = list(faults)
    if not ok(not faults, name):
        for fault in faults[:5]:
            diag(fault)
    return not faults
