"""Rules about what people read. Each returns the faults that it finds; a fault names its place and how to repair it."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

import yaml

from tests.house_rules.tree import Tree

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>.*)$")
_CITED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_CITED_CONTRACT = re.compile(r"[Ii]mport contract\s+\*(.+?)\*", re.DOTALL)
_INLINE_COMMAND = re.compile(r"`(?:\.venv/bin/)?elsewhere ([^`]+)`")
_TYPED_COMMAND = re.compile(r"(?:^|\$ |&& |\| )(?:\.venv/bin/)?elsewhere ((?:(?! [|&;>#]).)+)", re.MULTILINE)


@dataclass(frozen=True)
class Snippet:
    """A fenced block of a page."""

    page: PurePosixPath
    line: int
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


class Command(Protocol):
    """What this needs to know of a command of the command line; a group has subcommands."""

    params: Iterable[Any]


def snippets(tree: Tree) -> Iterator[Snippet]:
    """Yield every fenced block of every page."""
    for page, text in tree.pages():
        start, info, indent, inside = 0, "", "", []
        for number, line in enumerate(text.splitlines(), 1):
            fence = _FENCE.match(line)
            if fence and start:
                title = re.search(r'title="([^"]*)"', info)
                body = "".join(f"{one.removeprefix(indent)}\n" for one in inside)
                yield Snippet(page, start, info.partition(" ")[0], title[1] if title else "", body)
                start, inside = 0, []
            elif fence:
                start, info, indent = number, fence["info"], fence["indent"]
            elif start:
                inside.append(line)


def changelog_behind_the_version(tree: Tree) -> Iterator[str]:
    version = re.search(r'^__version__ = "(.+)"', tree.text("tracker/__init__.py"), re.MULTILINE)
    newest = re.search(r"^## (\d\S*)", tree.text("CHANGELOG.md"), re.MULTILINE)
    said, is_ = newest and newest[1], version and version[1]
    if said != is_ or said is None:
        yield f"CHANGELOG.md: its newest version is {said}, tracker.__version__ is {is_}; make them the same"


def pages_and_navigation_apart(tree: Tree) -> Iterator[str]:
    linked = set(_leaves(yaml.safe_load(tree.text(".ci/docs.yml"))["nav"]))
    written = {str(path.relative_to("docs")) for path, _ in tree.pages() if path.parts[0] == "docs"}
    for page in sorted(linked - written):
        yield f".ci/docs.yml: nav links {page}, which is not in docs/; write it or take it out of nav"
    for page in sorted(written - linked):
        yield f"docs/{page}: nobody can find it; add it to nav in .ci/docs.yml"


def decisions_without_a_check(tree: Tree) -> Iterator[str]:
    contracts = (
        tomllib.loads(tree.text("pyproject.toml"))
        .get("tool", {})
        .get("importlinter", {})
        .get("contracts", [])
    )
    names = {contract["name"] for contract in contracts}
    for page, text in tree.pages():
        if not re.match(r"docs/decisions/\d{4}-", str(page)):
            continue
        sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
        if sections != ["Context", "Decision", "Consequences", "Check"]:
            yield f"{page}: has the sections {sections}; write Context, Decision, Consequences and Check"
            continue
        check = text.partition("\n## Check\n")[2]
        tests = _CITED_TEST.findall(check)
        cited = [" ".join(name.split()) for name in _CITED_CONTRACT.findall(check)]
        if not tests and not cited:
            yield f"{page}: names no check; cite `tests/….py::test_…` or import contract *its name* under Check"
        for name in cited:
            if name not in names:
                yield f"{page}: there is no import contract {name!r} in pyproject.toml; cite one that enforces this"
        for file, test in tests:
            if not _defines(tree, file, test):
                yield f"{page}: there is no {file}::{test}; cite a test that enforces this"


def commands_that_do_not_exist(tree: Tree, program: Command) -> Iterator[str]:
    quoted = [(page, words) for page, text in tree.pages() for words in _INLINE_COMMAND.findall(text)]
    for snippet in snippets(tree):
        if snippet.language in ("", "console", "sh"):
            typed = snippet.text.replace("\\\n", " ")
            quoted.extend((snippet.page, words) for words in _TYPED_COMMAND.findall(typed))
    for page, words in quoted:
        for fault in _unknown_words(program, words.split()):
            yield f"{page}: `elsewhere {words}`: {fault}; see `elsewhere --help`"


def data_that_nothing_reads(tree: Tree, readable: Iterable[str]) -> Iterator[str]:
    for snippet in snippets(tree):
        is_data = snippet.page.parts[:2] == ("docs", "reference") and snippet.language in ("json", "yaml")
        if is_data and not snippet.title.endswith(tuple(readable)):
            yield f'{snippet}: nothing checks this block; end its title="…" with one of {", ".join(readable)}'


def _unknown_words(command: Command, words: list[str]) -> Iterator[str]:
    """Yield what is wrong with the words after a command: subcommands and options that it does not have."""
    for position, word in enumerate(words):
        subcommands: Mapping[str, Command] = getattr(command, "commands", {})
        if word.startswith("--"):
            known = {o for parameter in command.params for o in (*parameter.opts, *parameter.secondary_opts)}
            if (option := word.partition("=")[0]) not in known | {"--help"}:
                yield f"there is no option {option}"
        elif subcommands and re.fullmatch(r"[a-z][a-z|-]*", word):
            alternatives = word.split("|")
            for missing in sorted(set(alternatives) - set(subcommands)):
                yield f"there is no command {missing}"
            if len(alternatives) == 1 and word in subcommands:
                yield from _unknown_words(subcommands[word], words[position + 1 :])
            return


def _defines(tree: Tree, file: str, test: str) -> bool:
    if PurePosixPath(file) not in tree.paths:
        return False
    return any(
        isinstance(n, ast.FunctionDef) and n.name == test for n in ast.walk(ast.parse(tree.text(file)))
    )


def _leaves(nav: Any) -> Iterator[str]:
    match nav:
        case str():
            yield nav
        case list():
            for entry in nav:
                yield from _leaves(entry)
        case dict():
            for entry in nav.values():
                yield from _leaves(entry)
