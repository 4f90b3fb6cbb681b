#!/usr/bin/python3
"""From empty to head gives the schema of schema.expected (tests/sql/update-schema
writes it), and an applied migration is never edited."""
import difflib
import importlib.machinery
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from cluster import ROOT, Cluster
from tap import diag, ok, run

update_schema = importlib.machinery.SourceFileLoader("update_schema", os.path.join(HERE, "update-schema")).load_module()
dump = update_schema.dump


def the_schema_is_the_expected_one():
    with Cluster() as cluster:
        got = dump(cluster).splitlines()
    with open(os.path.join(HERE, "schema.expected")) as f:
        expected = f.read().splitlines()
    ok(len(expected) > 300, "there is a schema to compare with")
    if not ok(got == expected, "the dump equals schema.expected"):
        diag("\n".join(difflib.unified_diff(expected, got, "schema.expected", "this build", lineterm="")))


def verify_compares_with_the_schema_of_this_version():
    with Cluster() as cluster:
        got = update_schema.lines(cluster).splitlines()
    with open(os.path.join(ROOT, "lib", "store", "verify", "schema.expected")) as f:
        expected = f.read().splitlines()
    ok(len(expected) > 300, "there are lines to compare with")
    if not ok(got == expected, "they are those of lib/store/verify/schema.expected"):
        diag("\n".join(difflib.unified_diff(expected, got, "schema.expected", "this build", lineterm="")))


run(the_schema_is_the_expected_one, verify_compares_with_the_schema_of_this_version)
