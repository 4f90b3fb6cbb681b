#!/usr/bin/env python3
"""Prints lib/api/cql2_unicode.def from Python's Unicode database: how CASEI and ACCENTI fold.

tests/integration/cql2.t checks that the file is what this prints."""
import sys
import unicodedata

KEPT = (0x3099, 0x309A)  # Japanese voicing marks: without them words change


def points():
    return (c for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def is_dropped(c):
    return unicodedata.category(chr(c)) == "Mn" and c not in KEPT


def foldings():
    """(code point, what it folds to) by full case folding."""
    for c in points():
        folded = [ord(x) for x in chr(c).casefold()]
        if folded != [c]:
            yield c, folded


def strippings():
    """(code point, its canonical decomposition without marks), without Hangul, which is arithmetic."""
    for c in points():
        if 0xAC00 <= c < 0xD7A4 or is_dropped(c):
            continue
        rest = [ord(x) for x in unicodedata.normalize("NFD", chr(c)) if not is_dropped(ord(x))]
        if rest != [c]:
            yield c, rest


def ranges():
    first = None
    for c in range(0x110001):
        dropped = c < 0x110000 and not 0xD800 <= c < 0xE000 and is_dropped(c)
        if dropped and first is None:
            first = c
        if not dropped and first is not None:
            yield first, c - 1
            first = None


def rows(macro, items, width):
    line = ""
    for item in items:
        text = f"{macro}({', '.join(hex(x) if x else '0' for x in item)})"
        if len(line) + len(text) > width:
            yield line.rstrip()
            line = ""
        line += text + " "
    if line:
        yield line.rstrip()


def main():
    out = [
        "/* Tables of Unicode 14.0, made by tests/lib/unicode_tables.py: full case folding,",
        " * canonical decomposition without nonspacing marks (Hangul left out), and the",
        " * ranges of those marks, without the two of Japanese. By code point.",
        " *",
        " * F(code point, folds to: up to three), D(code point, is without marks: up to three),",
        " * M(first, last). */",
        "#ifdef F",
        *rows("F", ((c, *(f + [0, 0])[:3]) for c, f in foldings()), 100),
        "#endif",
        "#ifdef D",
        *rows("D", ((c, *(d + [0, 0, 0])[:3]) for c, d in strippings()), 100),
        "#endif",
        "#ifdef M",
        *rows("M", ranges(), 100),
        "#endif",
    ]
    sys.stdout.write("\n".join(out) + "\n")


main()
