"""The rules of the house that code keeps, each with a planted violation that it finds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house_rules import code_rules as rules
from tests.house_rules.tree import Tree, checkout, keep, planted

Rule = Callable[[Tree], Iterator[str]]


def test_no_file_is_too_long_to_read():
    keep(rules.files_that_are_too_long(checkout()))


def test_every_name_says_what_it_holds():
    keep(rules.names_that_say_nothing(checkout()))


def test_the_top_level_holds_what_belongs_there():
    keep(rules.strangers_at_the_top(checkout()))


def test_no_file_tells_of_one_machine():
    keep(rules.telltales_of_one_machine(checkout()))


def test_one_file_commits():
    keep(rules.commits(checkout()))


def test_only_the_composition_root_reads_the_clock():
    keep(rules.clocks(checkout()))


def test_the_product_is_synchronous():
    keep(rules.asynchronous_code(checkout()))


def test_versions_are_compared_by_one_library():
    keep(rules.version_comparators(checkout()))


def test_every_package_begins_with_its_caption():
    keep(rules.packages_without_a_caption(checkout()))


def test_every_folder_of_tests_is_a_package():
    keep(rules.folders_of_tests_that_are_no_packages(checkout()))


SESSION = ("tracker/storage/session.py", "session.commit()")

PLANTED: list[tuple[Rule, dict[str, str], str]] = [
    (rules.files_that_are_too_long, {"tracker/core/long.py": "\n" * 601}, "tracker/core/long.py: 601 lines"),
    (rules.names_that_say_nothing, {"tracker/utils/dates.py": ""}, "tracker/utils/dates.py: 'utils'"),
    (rules.names_that_say_nothing, {"tracker/core/Manager.py": ""}, "'Manager.py' could hold anything"),
    (rules.strangers_at_the_top, {"scripts/do.py": ""}, "scripts: does not belong at the top"),
    (
        rules.telltales_of_one_machine,
        {"a.lock": "\nhttps://pypi" + ".org/simple"},
        "a.lock:2: names the package host",
    ),
    (rules.telltales_of_one_machine, {"docs/a.md": "cd /home" + "/ana/elsewhere"}, "docs/a.md:1: /home"),
    (
        rules.commits,
        {SESSION[0]: SESSION[1], "tracker/api/a.py": "session.commit()"},
        "tracker/api/a.py: calls",
    ),
    (rules.commits, {"tracker/storage/session.py": ""}, "does not commit any more"),
    (
        rules.clocks,
        {"tracker/core/a.py": "import datetime\ndatetime.datetime.now()"},
        "tracker/core/a.py:2: reads",
    ),
    (
        rules.clocks,
        {"connectors/a.py": "from datetime import date\ndate.today()"},
        "connectors/a.py:2: reads",
    ),
    (rules.clocks, {"tracker/cli/a.py": "from time import time"}, "tracker/cli/a.py:1: imports time.time"),
    (
        rules.asynchronous_code,
        {"tracker/api/a.py": "async def answer(): ..."},
        "tracker/api/a.py:1: asynchronous",
    ),
    (
        rules.version_comparators,
        {"tracker/a.py": "from packaging.version import Version"},
        "tracker/a.py:1: compares",
    ),
    (rules.version_comparators, {"tracker/a.py": "import semver"}, "compares by semver"),
    (
        rules.packages_without_a_caption,
        {"tracker/web/__init__.py": ""},
        "tracker/web/__init__.py:1: begin with a caption",
    ),
    (rules.packages_without_a_caption, {"tracker/web/__init__.py": '"""The web."""'}, "begin with a caption"),
    (rules.packages_without_a_caption, {"connectors/jira/__init__.py": '"""Jira"""'}, "whole sentence"),
    (rules.packages_without_a_caption, {"connectors/jira/__init__.py": '"""Jira"""'}, "whole sentence"),
    (
        rules.folders_of_tests_that_are_no_packages,
        {"tests/web/test_a.py": ""},
        "tests/web: has no __init__.py",
    ),
]


@pytest.mark.parametrize(("rule", "files", "fault"), PLANTED, ids=[rule.__name__ for rule, _, _ in PLANTED])
def test_a_planted_violation_is_found(tmp_path: Path, rule: Rule, files: dict[str, str], fault: str):
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    faults = list(rule(planted(tmp_path)))
    assert len(faults) == 1
    assert fault in faults[0]


@pytest.mark.parametrize("root", ["tracker/bootstrap.py", "connectors/jira/stand_in/__main__.py"])
def test_a_composition_root_may_read_the_clock(tmp_path: Path, root: str):
    (tmp_path / root).parent.mkdir(parents=True)
    (tmp_path / root).write_text("from datetime import UTC, datetime\ndatetime.now(UTC)\n")
    assert not list(rules.clocks(planted(tmp_path)))
