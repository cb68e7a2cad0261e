"""Rules about code and files. Each returns the faults that it finds; a fault names its place and how to repair it."""

import ast
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from tests.house_rules.tree import Tree

PRODUCT = ("tracker", "connectors", "migrations")

MOST_LINES = 600
COUNTED = {".py", ".html", ".css", ".js", ".sh", ".mako"}

NAMELESS = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "service", "misc"}

TOP_LEVEL = {
    *("pyproject.toml", "tracker", "connectors", "migrations", "tests", "docs"),
    *("README.md", "LICENSE", "CHANGELOG.md", "requirements.lock"),
}

COMMITTER = PurePosixPath("tracker/storage/session.py")

# Web servers call an application asynchronously: these files are the seam between them and the rest.
SEAM = {PurePosixPath("tracker/api/asgi.py"), PurePosixPath("tracker/api/at_once.py")}

CLOCKS = {
    *(("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")),
    *(("time", "time"), ("time", "time_ns")),
}

COMPARATORS = {"packaging", "semver", "semantic_version", "pkg_resources", "distutils", "looseversion"}

# Hosts that serve packages to one machine and perhaps to no other, and folders that are one person's (not "you").
HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|conda\.anaconda\.org"
)
HOMES = re.compile(r"(?<![\w.~$}])/(?:home|root|Users|work)/(?!you\b)[\w.-]+|\b[A-Z]:\\Users\\")


def files_that_are_too_long(tree: Tree) -> Iterator[str]:
    for path in tree.paths:
        if path.suffix in COUNTED and (lines := tree.text(path).count("\n")) > MOST_LINES:
            yield f"{path}: {lines} lines, at most {MOST_LINES}; split it by noun"


def names_that_say_nothing(tree: Tree) -> Iterator[str]:
    for path in tree.paths:
        for part in path.parts:
            if part.partition(".")[0].lower() in NAMELESS:
                yield f"{path}: {part!r} could hold anything; name it after its noun"


def strangers_at_the_top(tree: Tree) -> Iterator[str]:
    for name in sorted({path.parts[0] for path in tree.paths} - TOP_LEVEL):
        if not name.startswith("."):
            yield f"{name}: does not belong at the top; move it into one of {', '.join(sorted(TOP_LEVEL))}"


def telltales_of_one_machine(tree: Tree) -> Iterator[str]:
    for path in tree.paths:
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if found := HOSTS.search(line):
                yield f"{path}:{number}: names the package host {found[0]}; write the package's name alone"
            if found := HOMES.search(line):
                yield f"{path}:{number}: {found[0]} exists on one machine only; use a relative path or a setting"


def commits(tree: Tree) -> Iterator[str]:
    places = {path for path, text in tree.python(*PRODUCT) if re.search(r"\bcommit\(", text)}
    for path in sorted(places - {COMMITTER}):
        yield f"{path}: calls commit(; open a transaction with what {COMMITTER} offers, it commits at its end"
    if COMMITTER not in places:
        yield f"{COMMITTER}: does not commit any more; name the new place in tests/house_rules/code_rules.py"


def clocks(tree: Tree) -> Iterator[str]:
    for path, text in tree.python(*PRODUCT):
        is_own_program = path.parts[0] == "connectors" and path.name == "__main__.py"
        if is_own_program or path.parts[:2] in (("tracker", "bootstrap.py"), ("tracker", "bootstrap")):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and (_last_name(node.value), node.attr) in CLOCKS:
                yield f"{path}:{node.lineno}: reads {ast.unparse(node)}; take a `tracker.core.ports.Clock` instead"
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                for name in {alias.name for alias in node.names} & {"time", "time_ns"}:
                    yield f"{path}:{node.lineno}: imports time.{name}; take a `tracker.core.ports.Clock` instead"


def asynchronous_code(tree: Tree) -> Iterator[str]:
    for path, text in tree.python(*PRODUCT):
        if path in SEAM:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
                yield f"{path}:{node.lineno}: asynchronous; write it synchronously (docs/decisions/0005)"


def version_comparators(tree: Tree) -> Iterator[str]:
    for path, text in tree.python(*PRODUCT):
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                if name.partition(".")[0] in COMPARATORS:
                    yield f"{path}:{node.lineno}: compares by {name}; each package type has its own order: use univers"


def packages_without_a_caption(tree: Tree) -> Iterator[str]:
    for path, text in tree.python("tracker", "connectors"):
        if path.name != "__init__.py" or path == PurePosixPath("tracker/__init__.py"):
            continue
        first = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
        is_room = len(path.parts) == 3 - (path.parts[0] == "connectors")
        if is_room and not re.fullmatch(r"[A-Z][a-z]*s\b[^:]*: .+\.", first):
            yield f"{path}:1: begin with a caption that says what the room does, such as 'Remembers: tables and queries.'"
        elif not re.fullmatch(r"[A-Z].+\.", first):
            yield f"{path}:1: begin with a docstring whose first line is one whole sentence"


def folders_of_tests_that_are_no_packages(tree: Tree) -> Iterator[str]:
    folders = {path.parent for path, _ in tree.python("tests")}
    for folder in sorted(folder for folder in folders if folder / "__init__.py" not in tree.paths):
        yield f"{folder}: has no __init__.py, so the same noun in two rooms would clash; add an empty one"


def imports_that_nothing_requires(
    tree: Tree, required: Collection[str], providers: Mapping[str, Collection[str]]
) -> Iterator[str]:
    """``providers`` tells which distributions a module may come from, as `importlib.metadata` does."""
    for path, text in tree.python(*PRODUCT):
        for module in sorted(_outside_modules(text)):
            distributions = {name.lower().replace("_", "-") for name in providers.get(module, ())}
            if not distributions & set(required) and (path.parts[1], module) != ("testing", "pytest"):
                yield f"{path}: imports {module}, which comes by chance; add it to dependencies in pyproject.toml"


def _outside_modules(text: str) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.partition(".")[0])
    return modules - sys.stdlib_module_names - {"tracker", "connectors"}


def _last_name(node: ast.expr) -> str | None:
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
    return None
