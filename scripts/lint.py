#!/usr/bin/env python3
"""make lint: what style can be checked by a machine. Each check is a function that yields "place: what is wrong".

    scripts/lint.py [CHECK...]      all of them, or these: size arrows words format gcc clang cppcheck analyzer
"""
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FUNCTION_LINES, BRANCHES, NESTING, PARAMETERS, FILE_LINES, COLUMNS = 60, 15, 3, 5, 600, 120
FORMAT_MAJOR = 14  # clang-format's versions differ in small things; this one is the measure


# --- what is looked at

def tracked():
    """All files that git has or would take."""
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return [p for p in out.stdout.decode().split("\n") if p and os.path.isfile(os.path.join(ROOT, p))]


def generated(path):
    return path.startswith("src/") and path.endswith("_model.c")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def c_files(paths):
    return [p for p in paths if p.startswith("src/") and p.endswith((".c", ".h"))]


# --- C, as far as lint reads it

TOKEN = re.compile(r"""
    (?P<space>[ \t\r\f\v]+|\\\n) | (?P<line>\n) | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<directive>\#(?:\\\n|/\*.*?\*/|[^\n])*) | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<word>[A-Za-z_]\w*) | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<mark>\&\&|\|\||.)""", re.X | re.S)


def tokens(text):
    """(kind, text, line) of everything but space and comments; a directive is one token."""
    line, fresh = 1, True
    at = 0
    while at < len(text):
        m = TOKEN.match(text, at)
        kind, t = m.lastgroup, m.group()
        if kind == "directive" and not fresh:  # '#' inside a line belongs to a macro's body, not to us
            kind, t = "mark", "#"
        at += len(t)
        if kind not in ("space", "line", "comment"):
            yield kind, t, line
            fresh = False
        if kind in ("line", "directive"):
            fresh = True
        line += t.count("\n")


class Function:
    def __init__(self, name, line, parameters):
        self.name, self.line, self.parameters = name, line, parameters
        self.end, self.branches, self.nesting, self.gotos = line, 0, 0, []


def opening(toks, close):
    """The index of the '(' that toks[close], a ')', closes."""
    depth = 0
    for i in range(close, -1, -1):
        depth += {")": 1, "(": -1}.get(toks[i][1], 0)
        if depth == 0:
            return i
    return -1


def count_parameters(toks):
    """Between the parentheses of a function's head; '...' is none."""
    texts = [t[1] for t in toks]
    if not texts or texts == ["void"]:
        return 0
    depth, n = 0, 1
    for t in texts:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(t, 0)
        n += t == "," and depth == 0
    return n - (texts[-3:] == ["."] * 3)


def head_of(toks, brace):
    """(name, first line, parameters) when the '{' at brace, outside everything, opens a function."""
    i = brace - 1
    while i >= 0 and toks[i][1] == ")":
        start = opening(toks, i)
        name = toks[start - 1] if start > 0 else ("", "", 0)
        if name[0] == "word" and name[1] == "__attribute__":
            i = start - 2
            continue
        if name[0] != "word":
            return None
        first = start - 1
        while first > 0 and toks[first - 1][1] not in (";", "}") and toks[first - 1][0] != "directive":
            first -= 1
        return name[1], toks[first][2], count_parameters(toks[start + 1:i])
    return None


def opens_block(toks, i):
    """Is the '{' at i, in a function, a block (and no initializer, compound literal or list of members)?"""
    before = toks[i - 1][1]
    if before == ")":
        start = opening(toks, i - 1)
        return start > 0 and toks[start - 1][0] == "word" and toks[start - 1][1] not in ("return", "sizeof")
    return before in ("else", "do", ";", "{", "}", ":")


def functions(text):
    """Every function that is defined in text."""
    toks = list(tokens(text))
    found, current, stack = [], None, []
    for i, (kind, t, line) in enumerate(toks):
        if kind == "directive":
            continue
        if t == "{":
            head = head_of(toks, i) if not stack else None
            if head:
                current = Function(*head)
                found.append(current)
                stack.append("function")
            else:
                stack.append("block" if current and opens_block(toks, i) else "other")
            if current:
                current.nesting = max(current.nesting, stack.count("block"))
        elif t == "}" and stack:
            if stack.pop() == "function":
                current.end, current = line, None
        elif current and (t in ("if", "for", "while", "?") or t == "case" and not same_case(toks, i)):
            current.branches += 1
        elif current and t == "goto":
            current.gotos.append(line)
    return found


def same_case(toks, i):
    """Does this 'case' stand directly behind another one's colon (two labels, one branch)?"""
    if toks[i - 1][1] != ":":
        return False
    j = i - 2
    while j > 0 and toks[j][1] not in (";", "{", "}", ":", "case"):
        j -= 1
    return toks[j][1] == "case"


# --- the checks

def check_size(paths):
    """Lengths, branches, nesting, parameters, columns, goto."""
    for p in paths:
        if not p.endswith((".c", ".h", ".py", ".sh")) or generated(p):
            continue
        text = read(p)
        lines = text.split("\n")
        if len(lines) - 1 > FILE_LINES:
            yield f"{p}: {len(lines) - 1} lines; a file has at most {FILE_LINES} (split it by noun)"
        for n, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > COLUMNS:
                yield f"{p}:{n}: {len(line.expandtabs(8))} columns; a line has at most {COLUMNS}"
        if p.endswith((".c", ".h")):
            yield from too_much(p, functions(text))


def too_much(p, found):
    for f in found:
        rows = ((f.end - f.line + 1, FUNCTION_LINES, "lines"), (f.branches, BRANCHES, "branches"),
                (f.nesting, NESTING, "blocks inside each other"), (f.parameters, PARAMETERS, "parameters"))
        for value, limit, what in rows:
            if value > limit:
                yield f"{p}:{f.line}: {f.name} has {value} {what}; a function has at most {limit}"
        for line in f.gotos:
            yield f"{p}:{line}: goto in {f.name}"


def rooms():
    """{room: what it may use} from the table in ARCHITECTURE.md."""
    table, inside = {}, False
    for line in read("ARCHITECTURE.md").split("\n"):
        cells = [c.strip() for c in line.strip("|").split("|")]
        if cells[:2] == ["room", "may use"]:
            inside = True
        elif inside and not line.startswith("|"):
            break
        elif inside and not cells[0].startswith("-"):
            table[cells[0]] = cells[1].split()
    return table


def check_arrows(paths, table=None):
    """Includes along the arrows of ARCHITECTURE.md; #if in base alone."""
    table = table or rooms()
    for p in c_files(paths):
        room = p.split("/")[1]
        if room not in table:
            yield f"{p}: the room {room} is not in ARCHITECTURE.md's table"
            continue
        for kind, t, line in tokens(read(p)):
            if kind != "directive":
                continue
            m = re.match(r'#\s*include\s*"([^"]*)"', t)
            to = m.group(1).split("/")[0] if m and "/" in m.group(1) else None
            if m and (to is None or to != room and to not in table[room]):
                yield f"{p}:{line}: {room} may not include {m.group(1)} (ARCHITECTURE.md has the arrows)"
            if room != "base" and re.match(r"#\s*(if|ifdef|ifndef|elif|else)\b", t):
                yield f"{p}:{line}: #if belongs into base/"


# The words are put together here so that this file passes its own check.
HOSTS = r"deb\.debian\." + r"org|py" + r"pi\.org|pythonhosted\." + r"org|registry\.np" + r"mjs|proxy\.golang\." + \
    r"org|cra" + r"tes\.io/|repo1?\.mav" + r"en"
PLACES = r"(?:^|[^A-Za-z0-9_.$~{}])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me|fa" + r"rm)/[\w.]"
WORDS = ((re.compile(HOSTS), "names the host of a registry; clients find theirs by their own configuration"),
         (re.compile(PLACES), "names a path of one machine"),
         (re.compile(r"\.\./sha" + r"red\b"), "users do not have that folder"))


def check_words(paths):
    """No registry hosts, no paths of somebody's machine, no work left for later."""
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    for p in paths:
        if generated(p):
            continue
        for n, line in enumerate(read(p).split("\n"), 1):
            for pattern, why in WORDS:
                if pattern.search(line):
                    yield f"{p}:{n}: {why}"
            if p.startswith(("src/", "scripts/", "tests/")) and later.search(line):
                yield f"{p}:{n}: do it now or write an issue"


def run(command):
    """Without what a make around this one left in the environment: it would take away the other processors."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace")


def check_format(paths):
    """.clang-format, with the version that is the measure."""
    tool = shutil.which(f"clang-format-{FORMAT_MAJOR}") or shutil.which("clang-format")
    version = tool and re.search(r"version (\d+)", run([tool, "--version"]).stdout)
    if not version or int(version.group(1)) != FORMAT_MAJOR:
        print(f"    skipped: clang-format {FORMAT_MAJOR} is not here, and others differ in small things", flush=True)
        return
    files = [p for p in c_files(paths) if not generated(p)]
    out = run([tool, "--dry-run", "-Werror", *files]).stdout if files else ""
    for line in out.split("\n"):
        if "error:" in line:
            yield line.split(" error:")[0] + " clang-format -i would change this"


def make(folder, *variables):
    """The compilers' complaints about all of src, object files cached by make in out/lint."""
    done = run(["make", "--no-print-directory", "-k", f"O=out/lint/{folder}", *variables, "objects"])
    if done.returncode == 0:
        return
    told = [line for line in done.stdout.split("\n") if re.search(r"(error|warning):", line)]
    yield from told or done.stdout.strip().split("\n")[-20:]


def check_gcc(paths):
    """gcc's warnings."""
    del paths
    yield from make("gcc", "CC=gcc")


def check_clang(paths):
    """clang's warnings."""
    del paths
    yield from make("clang", "CC=clang", "CFLAGS=-O1 -g")


# Reasons for what is off: -fanalyzer (gcc 12) follows one function at a time through arenas that it cannot see into.
# malloc-leak: an arena's chunks look lost to it. use-of-uninitialized-value: it loses the tie between what a function
# returns and whether it filled its out parameter; the compilers' -Wmaybe-uninitialized (in -Wall) keeps it.
# too-complex: says only that it gave up.
ANALYZER = ("-O1 -g -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-use-of-uninitialized-value "
            "-Wno-analyzer-too-complex")


def check_analyzer(paths):
    """gcc -fanalyzer, but not over generated tables."""
    del paths
    yield from make("analyzer", "CC=gcc", f"CFLAGS={ANALYZER}")


def check_cppcheck(paths):
    """cppcheck; what it gets wrong is listed with its reason in scripts/cppcheck.txt."""
    folder = os.path.join(ROOT, "out/lint/cppcheck")
    os.makedirs(folder, exist_ok=True)
    files = [p for p in c_files(paths) if p.endswith(".c") and not generated(p)]
    if not files:
        return
    done = run(["cppcheck", "-q", f"-j{os.cpu_count()}", f"--cppcheck-build-dir={folder}", "--std=c11", "-Isrc",
                "-D_GNU_SOURCE", "--enable=warning,performance,portability", "--suppressions-list=scripts/cppcheck.txt",
                "--error-exitcode=1", "--template={file}:{line}: {severity}: {message} [{id}]", *files])
    if done.returncode:
        yield from (line for line in done.stdout.split("\n") if line)


CHECKS = {"size": check_size, "arrows": check_arrows, "words": check_words, "format": check_format, "gcc": check_gcc,
          "clang": check_clang, "cppcheck": check_cppcheck, "analyzer": check_analyzer}


def main():
    unknown = [name for name in sys.argv[1:] if name not in CHECKS]
    if unknown:
        sys.exit(f"no such check: {' '.join(unknown)} (there are: {' '.join(CHECKS)})")
    paths, bad = tracked(), 0
    for name in sys.argv[1:] or CHECKS:
        start = time.monotonic()
        found = list(CHECKS[name](paths))
        took = time.monotonic() - start
        print(f"{'not ok' if found else 'ok'} {name}: {CHECKS[name].__doc__} ({took:.1f} s)")
        for line in found:
            print(f"    {line}")
        sys.stdout.flush()
        bad += bool(found)
    print("lint: clean" if not bad else f"lint: {bad} of the checks above found something")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
