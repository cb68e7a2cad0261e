"""A run that is killed loses nothing and doubles nothing: what it had finished stays, the next run does the rest."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.front_door import Elsewhere, ended
from tests.cli.mortals import Mortals
from tests.journeys.conftest import Copies, Prepare
from tests.journeys.state import what_is_known

REVIEW = """\
# Search was slow for an hour

- Date: 2026-05-04
- Severity: SEV-2
- Services: search, basket

## Impact

One search in five failed between 10:00 and 11:00 UTC.

## Lessons learned

- The index had no alarm for its disk, so nobody knew.

## Action items

- [ ] Add an alarm for the disk of the index (owner: Ada, due 2026-06-01)
- [x] Move the index to a larger disk, see OPS-12
- [ ] Write down who may restart the index
"""

REVISED = (
    REVIEW.replace("owner: Ada", "owner: Grace")
    .replace("- [ ] Write down who may restart the index\n", "- [ ] Rehearse a full disk in staging\n")
    .replace("so nobody knew.", "so nobody knew.\n- The procedure for a restart was out of date.")
)
UNCHANGED = REVIEW.replace("Search", "Basket").replace("the index", "the basket")
NEW = (
    REVIEW.replace("Search", "Checkout").replace("the index", "the till").replace("2026-05-04", "2026-07-01")
)

HEADER = '{"elsewhere": 1, "source": "%s", "kind": "iac", "observed_at": "2026-11-0%dT00:00:00Z"}\n'
ESTATE = """\
{"entity": "component:default/search", "type": "service", "tier": 1, "facts": {"replicas": 2, "timeout_ms": null}}
{"entity": "component:default/basket", "type": "service", "tags": ["shop"]}
{"entity": "component:default/till", "type": "service", "owner": "group:default/shop"}
{"from": "component:default/search", "to": "resource:default/index", "relation": "uses", "facts": {"timeout_ms": 5}}
{"from": "component:default/till", "to": "component:default/basket", "relation": "calls"}
{"covers": "component:default/*", "for": ["uses:out", "entities"]}
"""
CHANGED_ESTATE = (
    ESTATE.replace('"replicas": 2', '"replicas": 3')
    .replace('"relation": "calls"', '"relation": "uses"')
    .replace('["uses:out", "entities"]', '["uses:out", "calls:out"]')
    .replace(
        '"type": "service", "owner"', '"type": "service", "aliases": ["component:default/checkout"], "owner"'
    )
)
OTHER_ESTATE = """\
{"entity": "component:default/checkout", "type": "service"}
{"from": "component:default/checkout", "to": "pkg:pypi/redis", "relation": "contains", "facts": {"version": "5.0"}}
"""

COMMANDS = {
    "ingest": ("ingest", "revised.md", "new.md", "unchanged.md"),
    "catalog import": ("catalog", "import", "estate.jsonl", "other.jsonl"),
}


@dataclass(frozen=True)
class Stage:
    """Databases that hold what was known before, and the files that have changed since."""

    folder: Path
    fresh: Copies

    def files(self, command: str) -> tuple[list[str], list[Path]]:
        words = COMMANDS[command]
        first = next(index for index, word in enumerate(words) if "." in word)
        return list(words[:first]), [self.folder / name for name in words[first:]]


@pytest.fixture(scope="module")
def stage(prepare: Prepare, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("killed")

    def write(**texts: str) -> None:
        for name, text in texts.items():
            (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")

    def before(elsewhere: Elsewhere) -> None:
        write(revised_md=REVIEW, unchanged_md=UNCHANGED, estate_jsonl=HEADER % ("estate", 1) + ESTATE)
        elsewhere("ingest", folder / "revised.md", folder / "unchanged.md").done()
        elsewhere("catalog", "import", folder / "estate.jsonl").done()
        elsewhere("items", "edit", 1, "--owner", "Linus").done()

    fresh = prepare(before)
    write(revised_md=REVISED, new_md=NEW, estate_jsonl=HEADER % ("estate", 2) + CHANGED_ESTATE)
    write(other_jsonl=HEADER % ("other", 1) + OTHER_ESTATE)
    return Stage(folder, fresh)


def survives(mortals: Mortals, stage: Stage, command: str, moments: Callable[[int], range]) -> None:
    """Kill a run at each of these moments, run it again, and compare with a run that nobody disturbed."""
    words, files = stage.files(command)

    def run(url: str, files: list[Path], killed_at: int | None = None) -> int:
        end = mortals.run("--database", url, "--actor", "Ada", *words, *files, killed_at=killed_at)
        assert end.code == (0 if killed_at is None else None), end
        return end.moments or 0

    # Each file is a transaction of its own, so a killed run may have done the first, the first two, ...
    possible = []
    for done in range(len(files) + 1):
        with stage.fresh() as url:
            passed = run(url, files[:done]) if done else 0
            possible.append(what_is_known(url))
    for moment in moments(passed):
        with stage.fresh() as url:
            run(url, files, killed_at=moment)
            assert what_is_known(url) in possible, f"killed at moment {moment}, it left something half done"
            run(url, files)
            assert what_is_known(url) == possible[-1], f"killed at moment {moment}, it did not recover"


@pytest.mark.parametrize("command", COMMANDS)
def test_killed_at_some_moment_and_run_again_it_comes_to_the_same(
    mortals: Mortals, stage: Stage, command: str
) -> None:
    survives(mortals, stage, command, lambda passed: range(passed // 8, passed, passed // 4))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("command", COMMANDS)
def test_killed_at_any_moment_and_run_again_it_comes_to_the_same(
    mortals: Mortals, stage: Stage, command: str
) -> None:
    survives(mortals, stage, command, range)


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_killed_from_outside_and_run_again_it_comes_to_the_same(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(30):
        text = REVIEW.replace("Search", f"Search {number}").replace("the index", f"index {number}")
        (folder / f"{number:02}.md").write_text(text, encoding="utf-8")
    elsewhere = Elsewhere(database_url)

    killed = elsewhere.started("ingest", folder)
    while not elsewhere.json("postmortems", "list"):
        assert killed.poll() is None, "it ended before it could be killed"
        time.sleep(0.05)
    killed.kill()
    assert ended(killed).code == -9
    taken = elsewhere.json("postmortems", "list")
    assert 1 <= len(taken) < 30
    assert {(one["action_items"], one["learnings"]) for one in taken} == {(3, 1)}

    elsewhere("ingest", folder).done()
    again = elsewhere.json("postmortems", "list")
    assert [(one["action_items"], one["learnings"]) for one in again] == [(3, 1)] * 30
    known = what_is_known(database_url)
    assert len(known["postmortem_revision"]) == 30
    assert len(known["action_item"]) == len(set(known["action_item_origin"])) == 90
    assert (
        len(known["audit_entry"]) == len(set(known["audit_entry"])) == 150
    )  # also of learnings and documents


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("command", COMMANDS)
def test_killed_after_any_time_and_run_again_it_comes_to_the_same(
    stage: Stage, command: str, seed: int
) -> None:
    words, files = stage.files(command)
    with stage.fresh() as url:
        began = time.monotonic()
        Elsewhere(url).by_itself(*words, *files).done()
        lasted = time.monotonic() - began
        undisturbed = what_is_known(url)
    with stage.fresh() as url:
        process = Elsewhere(url).started(*words, *files)
        time.sleep(random.Random(seed).uniform(lasted / 2, lasted))
        process.kill()
        ended(process)
        Elsewhere(url).by_itself(*words, *files).done()
        assert what_is_known(url) == undisturbed
