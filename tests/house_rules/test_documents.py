"""What people read tells the truth: versions, pages, decisions, commands and the table of rooms."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from tests.house_rules import document_rules as rules
from tests.house_rules.tree import ROOT, Tree, checkout, keep, planted

ARCHITECTURE = Path(".ci/architecture.py")

LOADS = re.compile(
    r"""<(?:script|img|iframe)[^>]+src=["']?(?:https?:)?//[^>]+|<link rel="?(?:stylesheet|preconnect)"?[^>]+//[^>]+"""
)


def test_the_changelog_knows_the_version():
    keep(rules.changelog_behind_the_version(checkout()))


def test_every_page_is_in_the_navigation_and_exists():
    keep(rules.pages_and_navigation_apart(checkout()))


def test_every_decision_names_a_check_that_exists():
    keep(rules.decisions_without_a_check(checkout()))


def test_every_quoted_command_exists():
    command = importlib.import_module("tracker.cli.command")
    keep(rules.commands_that_do_not_exist(checkout(), typer.main.get_command(command.app)))


def test_the_table_of_rooms_is_up_to_date():
    told = subprocess.run(
        [sys.executable, ARCHITECTURE, "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr


def build_site(config: Path, site: Path) -> str:
    """Return what mkdocs complains of."""
    # Not --quiet: a quiet mkdocs does not count its warnings, and --strict lives by them.
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--config-file",
        str(config),
        "--site-dir",
        str(site),
    ]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return built.stderr if built.returncode else ""


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_other_hosts(tmp_path: Path):
    complaints = build_site(ROOT / ".ci/docs.yml", tmp_path)
    assert not complaints, f"{complaints}\nrepair the pages; .ci/run builds them the same way"
    pages = [page.read_text(encoding="utf-8") for page in tmp_path.rglob("*.html")]
    assert pages
    assert [load for page in pages for load in LOADS.findall(page)] == []


def test_a_page_that_links_nowhere_is_refused(tmp_path: Path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("[gone](gone.md)\n")
    (tmp_path / "docs.yml").write_text("site_name: A\nplugins: []\n")
    assert "gone.md" in build_site(tmp_path / "docs.yml", tmp_path / "site")


def test_what_a_page_loads_is_found():
    assert LOADS.search('<script src="https://cdn.example.com/a.js">')
    assert LOADS.search('<link rel="stylesheet" href="//fonts.example.com/a.css">')
    assert not LOADS.search('<a href="https://example.com/">')


@pytest.fixture
def pages(tmp_path: Path) -> Tree:
    """A small house whose papers are in order."""
    files = {
        "tracker/__init__.py": '__version__ = "1.2.0"\n',
        "CHANGELOG.md": "# Changes\n\n## 1.2.0 (2026-11-23)\n\n## 1.1.0\n",
        ".ci/docs.yml": "nav:\n  - index.md\n  - Decisions:\n      - One: decisions/0001-one.md\n",
        "docs/index.md": "Say `elsewhere db upgrade|check`.\n\n```console\n$ elsewhere db check --quick\n```\n",
        "docs/decisions/0001-one.md": (
            "# One\n\n## Context\n\n## Decision\n\n## Consequences\n\n## Check\n\n"
            "`tests/test_one.py::test_one` and the import contract *Rooms open\ninwards*.\n"
        ),
        "pyproject.toml": '[[tool.importlinter.contracts]]\nname = "Rooms open inwards"\n',
        "tests/test_one.py": "def test_one(): ...\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return planted(tmp_path)


def program() -> rules.Command:
    option = SimpleNamespace(opts=["--quick"], secondary_opts=[])
    check, upgrade = SimpleNamespace(params=[option]), SimpleNamespace(params=[])
    database = SimpleNamespace(params=[], commands={"check": check, "upgrade": upgrade})
    return SimpleNamespace(params=[], commands={"db": database})


def faults_of(tree: Tree) -> list[str]:
    return [
        *rules.changelog_behind_the_version(tree),
        *rules.pages_and_navigation_apart(tree),
        *rules.decisions_without_a_check(tree),
        *rules.commands_that_do_not_exist(tree, program()),
    ]


def test_papers_in_order_have_no_faults(pages: Tree):
    assert faults_of(pages) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("CHANGELOG.md", "## 1.2.0", "## 1.3.0", "its newest version is 1.3.0, tracker.__version__ is 1.2.0"),
        (".ci/docs.yml", "index.md", "start.md", "nav links start.md"),
        (".ci/docs.yml", "  - index.md\n", "", "docs/index.md: nobody can find it"),
        ("docs/decisions/0001-one.md", "## Check", "## Checks", "has the sections"),
        ("docs/decisions/0001-one.md", "tests/test_one.py::test_one", "test_one", "no check"),
        ("docs/decisions/0001-one.md", "::test_one", "::test_two", "there is no tests/test_one.py::test_two"),
        ("docs/decisions/0001-one.md", "open\ninwards", "open", "no import contract 'Rooms open'"),
        ("docs/index.md", "upgrade|check", "upgrade|repair", "there is no command repair"),
        ("docs/index.md", "db check", "database check", "there is no command database"),
        ("docs/index.md", "--quick", "--slow", "there is no option --slow"),
    ],
)
def test_papers_out_of_order_are_found(pages: Tree, file: str, old: str, new: str, fault: str):
    text = pages.text(file)
    changed = text.replace(old, new)
    if fault == "no check":
        changed = changed.replace(" and the import contract *Rooms open\ninwards*", "")
    (pages.root / file).write_text(changed)
    assert changed != text
    assert any(fault in found for found in faults_of(planted(pages.root)))


def test_a_table_of_rooms_that_is_out_of_date_is_found_and_written(tmp_path: Path):
    page = tmp_path / "docs/explanation/architecture.md"
    for folder in (".ci", "tracker/core", "connectors", "docs/explanation"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / ARCHITECTURE, tmp_path / ".ci")
    (tmp_path / "tracker/core/__init__.py").write_text('"""Decides: all."""\n')
    page.write_text(
        "# Rooms\n\n<!-- rooms: written by .ci/architecture.py -->\n<!-- end of rooms -->\n\nThe end.\n"
    )

    check, write = ([sys.executable, str(tmp_path / ARCHITECTURE), *option] for option in (["--check"], []))
    told = subprocess.run(check, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "run python3 .ci/architecture.py" in told.stderr

    subprocess.run(write, check=True)
    assert "| `tracker/core/` | Decides: all. |" in page.read_text()
    assert page.read_text().endswith("\nThe end.\n")
    subprocess.run(check, check=True)
