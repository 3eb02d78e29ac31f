"""Every rule of scripts/lint.py must find its bad sample, and nothing in the good one. TAP on stdout."""
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

GOOD = """\
#include "base/sample.h"

int sample_add(int a, int b) {
	if (a > b) {
		return a;
	}
	return a + b;
}
"""

HEAD = "int sample_add(int a, int b);\n"


def many(line, n):
    return GOOD + "\nint sample_long(int a);\n\nint sample_long(int a) {\n" + line * n + "\treturn a;\n}\n"


NESTED = GOOD.replace("\treturn a + b;", "\twhile (a) {\n\t\tif (b) {\n\t\t\twhile (b) {\n\t\t\t\tif (a) {\n"
                      "\t\t\t\t\tb--;\n\t\t\t\t}\n\t\t\t}\n\t\t}\n\t}\n\treturn a + b;")
SWITCH = "\tswitch (a) {\n" + "".join(f"\tcase {i}: a += {i * 7}; break;\n" for i in range(16)) + "\t}\n"
ZERO = GOOD.replace("return a + b;", "return 100 / (a - a) + b;")
UNUSED = GOOD.replace("return a + b;", "char c = (char)a;\n\tc = a;\n\treturn c;")
ANALYZED = GOOD.replace("#include \"base/sample.h\"", "#include \"base/sample.h\"\n\n#include <stdio.h>").replace(
    "return a + b;", "FILE *f = fopen(\"a\", \"r\");\n\tfclose(f);\n\tfclose(f);\n\treturn b;")

# name, check, source of src/base/sample.c (None: as it is), what lint must say, other files
SAMPLES = (
    ("a good file", "size arrows words format gcc clang cppcheck analyzer", GOOD, None, {}),
    ("long function", "size", many("\ta += a * 2;\n", 60), "sample_long has 63 lines", {}),
    ("branches", "size", many("\ta = a ? 1 : 2;\n", 16), "sample_long has 16 branches", {}),
    ("cases", "size", many(SWITCH, 1), "sample_long has 16 branches", {}),
    ("nesting", "size", NESTED, "sample_add has 4 blocks inside each other", {}),
    ("parameters", "size", "int f(int a, int b, int (*c)(int, int), int d, int e, int g) {\n\treturn a;\n}\n",
     "f has 6 parameters", {}),
    ("long file", "size", GOOD + "\n" * 600, "a file has at most 600", {}),
    ("wide line", "size", GOOD + "/* " + "-" * 120 + " */\n", "a line has at most 120", {}),
    ("goto", "size", many("\tgoto end;\nend:\n", 1), "goto in sample_long", {}),
    ("arrow", "arrows", GOOD.replace("base/sample.h", "s3/s3.h"), "base may not include s3/s3.h", {}),
    ("include without its room", "arrows", GOOD.replace("base/", ""), "base may not include sample.h", {}),
    ("unknown room", "arrows", None, "the room cellar is not in", {"src/cellar/wine.c": GOOD}),
    ("#if", "arrows", None, "#if belongs into base/", {"src/s3/a.c": "#ifdef A\nint a;\n#endif\n"}),
    ("registry", "words", None, "names the host of a registry", {"docs/a.md": "see py" + "pi.org\n"}),
    ("path", "words", None, "names a path of one machine", {"docs/a.md": "look in /ho" + "me/me/x\n"}),
    ("later", "words", GOOD + "/* TO" + "DO: more */\n", "do it now", {}),
    ("format", "format", GOOD.replace("int a,", "int  a,"), "clang-format -i would change this", {}),
    ("gcc warns", "gcc", UNUSED, "-Werror=conversion", {}),
    ("clang warns", "clang", UNUSED, "implicit-int-conversion", {}),
    ("banned", "gcc", None, "malloc_is_banned_use_base",
     {"src/s3/a.c": "#include <stdlib.h>\nvoid *f(void);\nvoid *f(void) {\n\treturn malloc(3);\n}\n"}),
    ("cppcheck", "cppcheck", ZERO, "[zerodiv]", {}),
    ("analyzer", "analyzer", ANALYZED, "analyzer-double-fclose", {}),
)


def plant(folder, source, files):
    """A small tree with the project's own rules in it."""
    shutil.copytree(os.path.join(ROOT, "scripts"), os.path.join(folder, "scripts"))
    for name in ("Makefile", "ARCHITECTURE.md", ".clang-format", "src/base/banned.h"):
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        shutil.copy(os.path.join(ROOT, name), os.path.join(folder, name))
    for name, text in {"src/base/sample.h": HEAD, "src/base/sample.c": source or GOOD, **files}.items():
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    subprocess.run(["git", "init", "-q", folder], check=True)
    with open(os.path.join(folder, ".gitignore"), "w", encoding="utf-8") as f:
        f.write("/out/\n__pycache__/\n")


def lint(checks, source, files):
    with tempfile.TemporaryDirectory() as folder:
        plant(folder, source, files)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        done = subprocess.run([sys.executable, os.path.join(folder, "scripts/lint.py"), *checks.split()], env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout


def missing(check):
    """A tool of this check that the machine lacks."""
    tools = {"format": "clang-format-14", "clang": "clang", "cppcheck": "cppcheck"}
    return next((t for c, t in tools.items() if c in check.split() and not shutil.which(t)), None)


def main():
    print(f"1..{len(SAMPLES)}")
    bad = 0
    for n, (name, check, source, said, files) in enumerate(SAMPLES, 1):
        if missing(check):
            print(f"ok {n} - {name} # SKIP no {missing(check)} here")
            continue
        rc, out = lint(check, source, files)
        right = rc == 0 if said is None else rc == 1 and said in out
        print(f"{'ok' if right else 'not ok'} {n} - {name}", flush=True)
        if not right:
            bad += 1
            print("".join(f"# {line}\n" for line in out.split("\n")))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
