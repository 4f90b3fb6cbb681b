#!/usr/bin/python3
"""What the documents say is there: links lead somewhere, every module tells what
it is, every public prototype is explained, and names of files, targets and
options in the texts exist."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT
from tap import is_eq, ok, run


def tracked(*patterns):
    """Files as git knows them; in an unpacked archive, those that are there."""
    done = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True)
    names = [n for n in done.stdout.split("\0") if n and os.path.exists(os.path.join(ROOT, n))]
    if done.returncode == 0 and names:
        return names
    return [os.path.relpath(n, ROOT) for p in patterns for n in glob.glob(os.path.join(ROOT, "**", p), recursive=True)
            if "/build/" not in n and "/node_modules/" not in n]


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


def anchors(text):
    """The fragments that headings of a Markdown text get."""
    heads = re.findall(r"^#+ +(.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}


def every_relative_link_leads_somewhere():
    wrong, count = [], 0
    for page in tracked("*.md"):
        for target in re.findall(r"\]\(([^)\s]+)\)", read(page)):
            if re.match(r"[a-z]+:", target):
                continue
            count += 1
            path, _, fragment = target.partition("#")
            file = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if not os.path.exists(os.path.join(ROOT, file)):
                wrong.append(f"{page}: {target}")
            elif fragment and fragment not in anchors(read(file)):
                wrong.append(f"{page}: {target}")
    ok(count >= 10, "%d links" % count)
    is_eq(wrong, [], "all lead somewhere")


def every_module_has_a_readme_that_names_its_headers_and_is_linked():
    modules = re.search(r"^MODULES := (.*)$", read("Makefile"), re.M)[1].split()
    overview = read("lib/README.md")
    is_eq(sorted(modules), sorted(d for d in os.listdir(os.path.join(ROOT, "lib"))
                                  if os.path.isdir(os.path.join(ROOT, "lib", d))), "the Makefile names every module")
    for module in modules:
        ok(os.path.exists(os.path.join(ROOT, "lib", module, "README.md")), f"lib/{module} has a README")
        ok(module in overview, f"lib/README.md speaks of {module}")
        text = read(f"lib/{module}/README.md")
        ok(re.search(r"outside librar", text, re.I), f"lib/{module}/README.md says which outside library it uses")
        headers = [os.path.basename(h) for h in glob.glob(os.path.join(ROOT, f"lib/{module}/include/{module}/*.h"))]
        is_eq([h for h in headers if h not in text and len(headers) > 1], [], f"lib/{module}/README.md names its headers")


def every_file_named_in_a_readme_of_a_folder_exists():
    wrong = []
    for page in tracked("*.md"):
        folder = os.path.dirname(page)
        for name in re.findall(r"`((?:lib|cmd|sql|tests|deploy)/[\w./-]*\w)`", read(page)):
            if not os.path.exists(os.path.join(ROOT, name)) and not name.startswith(("build/",)):
                wrong.append(f"{page}: {name}")
        if folder.startswith("lib/"):
            for name in re.findall(r"`(\w+\.[ch])`", read(page)):
                if not glob.glob(os.path.join(ROOT, folder, "**", name), recursive=True) and \
                        not glob.glob(os.path.join(ROOT, "tests", "**", name), recursive=True):
                    wrong.append(f"{page}: {name}")
    is_eq(wrong, [], "every file that a document names exists")


def every_make_target_named_in_a_document_exists():
    makefile = read("Makefile")
    named = {t for page in tracked("*.md") for t in re.findall(r"(?:`|^|&& )(?:sudo )?make ([a-z][a-z-]+)", read(page), re.M)}
    ok({"demo", "test", "install"} <= named, "targets are named")
    is_eq([t for t in sorted(named) if not re.search(rf"^{t}:", makefile, re.M)], [], "and exist")
    phony = " ".join(re.findall(r"^all deps demo.*|^\t@echo '(.*)'$", makefile, re.M))
    wanted = ("all deps demo test test-heavy check lint format format-check check-headers check-layers coverage bench "
              "compdb install dist clean").split()
    is_eq([t for t in wanted if t not in phony.split()], [], "make help lists every target")


def every_public_prototype_has_a_comment_of_its_own():
    prototype = re.compile(r"^(?!typedef|static)[A-Za-z_][\w \t*]*\bgk_\w+\([^;{]*\)[^;{]*;", re.M)
    bare, count = [], 0
    for header in tracked("lib/*/include/*.h"):
        text = read(header)
        for match in prototype.finditer(text):
            count += 1
            if not text[:match.start()].rstrip().endswith("*/"):
                bare.append(header + ": " + match[0].split("(")[0].split()[-1])
    ok(count > 200, "%d public prototypes" % count)
    is_eq(bare, [], "all are explained")


def every_source_file_says_what_lives_in_it():
    files = tracked("lib/*.c", "lib/*.h", "cmd/*.c", "cmd/*.h", "lib/*.def", "cmd/*.def")
    ok(len(files) > 100, "%d files" % len(files))
    is_eq([f for f in files if not read(f).startswith("/*")], [], "each begins with a comment")
    is_eq([f for f in tracked("sql/migrations/*.sql") if not read(f).startswith("--")], [], "migrations too")


run(every_relative_link_leads_somewhere, every_module_has_a_readme_that_names_its_headers_and_is_linked,
    every_file_named_in_a_readme_of_a_folder_exists, every_make_target_named_in_a_document_exists,
    every_public_prototype_has_a_comment_of_its_own, every_source_file_says_what_lives_in_it)
