"""What is built and installed: names, entry points, the lock file, and migrations inside the wheel."""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from importlib.metadata import EntryPoint, packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packageurl import PackageURL

from tests.house_rules.code_rules import imports_that_nothing_requires
from tests.house_rules.tree import ROOT, checkout, keep, planted

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
CONNECTORS = [
    EntryPoint(name, function, group)
    for group, points in PROJECT["entry-points"].items()
    for name, function in points.items()
]


def names(requirements: list[str]) -> set[str]:
    """Return the canonical names of what is required."""
    return {_canonical(re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]) for requirement in requirements}


def unlocked(requirements: list[str], lock: str) -> set[str]:
    """Return the names of the requirements that a lock does not pin."""
    pinned = re.findall(r"^([\w.-]+)(?:\[.*?\])?==", lock, re.MULTILINE)
    return names(requirements) - {_canonical(name) for name in pinned}


def _canonical(name: str) -> str:
    return PackageURL("pypi", name=name).name.replace(".", "-")


def test_the_lock_pins_all_that_is_required():
    required = [
        *PROJECT["dependencies"],
        *(r for extra in PROJECT["optional-dependencies"].values() for r in extra),
    ]
    assert unlocked(required, LOCK) == set(), (
        "lock again: uv pip compile --all-extras --universal --generate-hashes"
    )


def test_a_requirement_that_is_not_locked_is_found():
    assert unlocked(["redis>=5,<6", "Types_PyYAML"], "types-pyyaml==6.0 \\\n    --hash=sha256:00\n") == {
        "redis"
    }


def test_every_locked_package_has_a_hash():
    pinned = re.split(r"^(?=[A-Za-z])", LOCK, flags=re.MULTILINE)
    assert [
        block.partition(" ")[0] for block in pinned if block.strip() and "--hash=sha256:" not in block
    ] == []


def test_the_product_imports_only_what_it_requires():
    extras = PROJECT["optional-dependencies"]
    required = names(
        [*PROJECT["dependencies"], *(r for name in extras if name != "dev" for r in extras[name])]
    )
    keep(imports_that_nothing_requires(checkout(), required, packages_distributions()))


def test_an_import_that_nothing_requires_is_found(tmp_path: Path):
    (tmp_path / "tracker").mkdir()
    (tmp_path / "tracker/a.py").write_text("import os, click\nfrom yaml import safe_load\n")
    providers = {"click": ["click"], "yaml": ["PyYAML"]}
    (fault,) = imports_that_nothing_requires(planted(tmp_path), {"pyyaml"}, providers)
    assert fault.startswith("tracker/a.py: imports click")


@pytest.mark.parametrize("point", CONNECTORS, ids=lambda point: f"{point.group}:{point.name}")
def test_every_entry_point_is_a_connector_of_this_distribution(point: EntryPoint):
    assert point.value.startswith("connectors.")
    connect = point.load()
    environment: Mapping[str, str] = {}
    assert connect(environment).name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr.strip().splitlines()[-1]
    (path,) = Path(folder).glob("elsewhere-*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_takes_no_names_but_its_own(wheel: zipfile.ZipFile):
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tracker", "connectors"}


def test_the_wheel_carries_every_migration(wheel: zipfile.ZipFile):
    scripts = {
        path.relative_to(ROOT / "migrations").as_posix() for path in (ROOT / "migrations").rglob("*.py")
    }
    assert scripts
    assert {f"tracker/_migrations/{script}" for script in scripts} <= set(wheel.namelist())


def test_the_wheel_carries_the_licence_and_its_types(wheel: zipfile.ZipFile):
    names = set(wheel.namelist())
    assert {"tracker/py.typed", "connectors/py.typed"} <= names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
