"""The slow tier: tests marked ``slow`` are skipped, with the reason, unless ``--slow`` is given.

What stands above the storage is tried on SQLite at once and on PostgreSQL in the slow tier: the rooms below are always
tried on both.
"""

from pathlib import Path

import pytest

_SQLITE_FIRST = [Path(__file__).parent / name for name in ("workflows", "api", "journeys", "benchmarks")]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests that take long, too")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes long; runs with --slow, and always in .ci/run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        above = any(item.path.is_relative_to(folder) for folder in _SQLITE_FIRST)
        if above and isinstance(item, pytest.Function) and "postgresql" in item.name:
            item.add_marker(pytest.mark.slow)
    if not config.getoption("--slow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="takes long; --slow runs it"))
