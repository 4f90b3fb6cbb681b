"""Validation of answers against JSON schemas: those of OpenAPI 3.0 documents, and
the standards' own in tests/schemas (YAML, as published)."""
import functools
import json
import os

import jsonschema
import yaml

from cluster import ROOT

STANDARDS = os.path.join(ROOT, "tests", "schemas")


def _plain(schema):
    """An OpenAPI 3.0 schema as a JSON Schema: `nullable` becomes a type."""
    if isinstance(schema, list):
        return [_plain(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {k: _plain(v) for k, v in schema.items()}
    if plain.pop("nullable", False) is True:
        if isinstance(plain.get("type"), str):
            plain["type"] = [plain["type"], "null"]
        if None not in plain.get("enum", [None]):
            plain["enum"] = plain["enum"] + [None]
    return plain


class Interface:
    """The schemas of an OpenAPI document."""

    def __init__(self, api):
        self.api = _plain(api)

    def faults(self, value, schema, most=3):
        """What is wrong with a value by a schema of the document, as texts."""
        resolver = jsonschema.RefResolver("", self.api)
        return _texts(jsonschema.Draft4Validator(_plain(schema), resolver=resolver), value, most)


def _texts(validator, value, most):
    found = []
    for error in validator.iter_errors(value):
        found.append("/%s: %s" % ("/".join(map(str, error.absolute_path)), error.message[:200]))
        if len(found) == most:
            break
    return found


def _repaired(schema):
    """`type: null` is YAML for nothing where the text "null" is meant."""
    if isinstance(schema, list):
        return [_repaired(s) for s in schema]
    if isinstance(schema, dict):
        return {k: "null" if k == "type" and v is None else _types(v) if k == "type" else _repaired(v)
                for k, v in schema.items()}
    return schema


def _types(value):
    return ["null" if v is None else v for v in value] if isinstance(value, list) else _repaired(value)


@functools.lru_cache(None)
def _load(path):
    with open(path, encoding="utf-8") as f:
        return _repaired(json.load(f) if path.endswith(".json") else yaml.safe_load(f))  # YAML refuses tabs


@functools.lru_cache(None)
def standard(name):
    """The validator of a schema file in tests/schemas, such as "features/collection.yaml"."""
    path = os.path.join(STANDARDS, name)

    def local(uri):
        assert uri.startswith("file://" + STANDARDS), uri  # nothing is fetched
        return _load(uri[len("file://"):])

    resolver = jsonschema.RefResolver("file://" + path, _load(path), handlers={"file": local})
    return jsonschema.Draft7Validator(_load(path), resolver=resolver)


def standard_faults(value, name, most=3):
    return _texts(standard(name), value, most)
