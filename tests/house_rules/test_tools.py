"""Types, lint, format and import contracts hold, and each can be broken."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house_rules.tree import ROOT

RUFF = [sys.executable, "-m", "ruff"]
MYPY = [sys.executable, "-m", "mypy"]
LINT_IMPORTS = [
    sys.executable,
    "-c",
    "from importlinter.cli import lint_imports_command as main; main()",
    "--no-cache",
]


def run(command: list[str], folder: Path) -> tuple[bool, str]:
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return finished.returncode == 0, finished.stdout + finished.stderr


def test_types_hold():
    passed, said = run(MYPY, ROOT)
    assert passed, f"{said}\nrepair the types; `.venv/bin/mypy` tells again"


def test_lint_holds():
    passed, said = run([*RUFF, "check", "--output-format=concise", "."], ROOT)
    assert passed, f"{said}\nrepair by hand, or with `.venv/bin/ruff check --fix`"


def test_the_format_holds():
    passed, said = run([*RUFF, "format", "--check", "--output-format=concise", "."], ROOT)
    assert passed, f"{said}\nrepair with `.venv/bin/ruff format`"


def test_import_contracts_hold():
    passed, said = run(LINT_IMPORTS, ROOT)
    assert passed, f"{said}\nmove the code to the room that may do this; `.venv/bin/lint-imports` tells again"


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """The rooms without their furniture, under the project's own settings."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rooms = [room.strip() for layer in contracts[0]["layers"] for room in layer.split("|")]
    outside = {name for contract in contracts for name in contract.get("forbidden_modules", [])}
    outside = {name.removeprefix("tracker.") for name in outside if name.startswith("tracker.")}
    folders = [f"tracker/{room}" for room in {*rooms, *outside, "settings"}]
    for folder in ("tracker", *folders, "connectors", "connectors/jira", "connectors/files"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text('"""Holds: nothing."""\n')
    return tmp_path


def test_a_skeleton_of_the_rooms_passes(skeleton: Path):
    passed, said = run(LINT_IMPORTS, skeleton)
    assert passed, said


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("tracker/storage", "import tracker.workflows", "Rooms open inwards"),
        ("tracker/extra", "", "Rooms open inwards"),
        ("tracker/core", "import os", "The core is pure"),
        ("tracker/core", "import sqlmodel", "The core is pure"),
        ("tracker/bootstrap", "import connectors.jira", "tracker never imports a connector"),
        ("connectors/jira", "import tracker.storage", "A connector sees only the core"),
        ("connectors/jira", "import connectors.files", "Connectors are strangers to each other"),
        (
            "tracker/workflows",
            "import tracker.settings",
            "Only the composition root and the command line read settings",
        ),
    ],
)
def test_a_forbidden_import_breaks_its_contract(skeleton: Path, file: str, line: str, contract: str):
    (skeleton / file).mkdir(exist_ok=True)
    (skeleton / file / "__init__.py").write_text(f'"""Holds: one import."""\n{line}\n')
    passed, said = run(LINT_IMPORTS, skeleton)
    assert not passed
    assert f"{contract} BROKEN" in said
    assert "1 broken" in said


def test_a_wrong_type_is_refused(skeleton: Path):
    (skeleton / "tracker/core/a.py").write_text(
        '"""A."""\n\n\ndef double(n: int) -> str:\n    return 2 * n\n'
    )
    passed, said = run([*MYPY, "--cache-dir", str(skeleton / "cache")], skeleton)
    assert not passed
    assert "Incompatible return value" in said


def test_a_missing_type_is_refused(skeleton: Path):
    (skeleton / "tracker/core/a.py").write_text('"""A."""\n\n\ndef double(n):\n    return 2 * n\n')
    passed, said = run([*MYPY, "--cache-dir", str(skeleton / "cache")], skeleton)
    assert not passed
    assert "missing a type annotation" in said


def test_an_undocumented_function_is_refused(skeleton: Path):
    (skeleton / "tracker/core/a.py").write_text(
        '"""A."""\n\n\ndef double(n: int) -> int:\n    return 2 * n\n'
    )
    passed, said = run([*RUFF, "check", "--no-cache", "."], skeleton)
    assert not passed
    assert "D103" in said
