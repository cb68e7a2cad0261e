"""The main job on real postmortems and a real estate, as far as their owners let anybody read them.

The postmortems are those of the shared corpus. Its part ``aside`` is run through the program, and what comes out is not
looked at: it is kept for measuring.
"""

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connectors.files.connector import ENDINGS
from tests import wikimedia_catalog
from tests.cli.front_door import Answer, Elsewhere

PATTERN = """\
pattern: calls-through-the-mesh-without-retries
about: Calls another service through the mesh and gives up at the first failure.
applies_to: {kind: component, type: service}
relation:
  type: calls
  where:
    all:
      - {fact: listener, exists: true}
      - {fact: retries, equals: 0}
"""

WORDS = {"postmortem", "template", "other"}
STATES = {"open", "in_progress", "done", "declined", None}
TYPES = {"investigate", "mitigate", "repair", "detect", "prevent", "process", None}


@pytest.fixture(scope="module")
def documents(shared: Path) -> list[Path]:
    return sorted((shared / "corpus" / "docs").iterdir())


@pytest.fixture(scope="module")
def open_part(shared: Path) -> set[str]:
    """The ids of the documents that may be looked at."""
    index = (shared / "corpus" / "index.jsonl").read_text(encoding="utf-8").splitlines()
    return {
        one["id"]
        for one in map(json.loads, index)
        if int(hashlib.sha256(one["org"].encode()).hexdigest(), 16) % 3 != 0
    }


@pytest.fixture(scope="module")
def extracted(documents: list[Path]) -> Answer:
    return Elsewhere()("extract", *documents, "--format", "jsonl")


@pytest.fixture(scope="module")
def looked_at(extracted: Answer, open_part: set[str]) -> dict[str, dict[str, Any]]:
    """What was extracted from the documents that may be looked at."""
    found = {Path(one["path"]).stem: one for one in map(json.loads, extracted.out.splitlines())}
    return {number: found[number] for number in open_part}


def test_every_document_is_read_in_order(extracted: Answer, documents: list[Path]) -> None:
    assert (extracted.code, extracted.err) == (0, "")
    paths = [json.loads(line)["path"] for line in extracted.out.splitlines()]
    assert paths == [str(document) for document in documents]
    assert len(paths) == 196


def test_nothing_is_taken_from_templates(looked_at: dict[str, dict[str, Any]], shared: Path) -> None:
    lines = (shared / "corpus" / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = {one["id"]: one["kind"] for one in map(json.loads, lines) if one["id"] in looked_at}
    templates = {number for number, kind in kinds.items() if kind == "template"}
    assert templates
    assert [n for n in templates if looked_at[n]["action_items"] or looked_at[n]["learnings"]] == []


def test_what_is_extracted_keeps_the_contract(
    looked_at: dict[str, dict[str, Any]], documents: list[Path]
) -> None:
    lengths = {document.stem: document.read_bytes().count(b"\n") + 1 for document in documents}
    for number, document in looked_at.items():
        assert document["kind"] in WORDS
        for item in document["action_items"]:
            assert item["title"].strip()
            assert item["status"] in STATES
            assert {item["type"], item["suggested_type"]} <= TYPES
            assert 0 <= item["confidence"] <= 1
        for taken in document["action_items"] + document["learnings"]:
            assert 1 <= taken["line_start"] <= taken["line_end"] <= lengths[number], number


def recounted(shared: Path) -> tuple[set[str], set[str]]:
    """Count in the tables: the services that call through the mesh without retries, and all other services."""
    folder = shared / "catalogs" / "wikimedia"
    with (folder / "services.csv").open(encoding="utf-8") as services:
        names = {
            row["name"] for row in csv.DictReader(services) if row["kind"] in ("k8s-service", "lvs-service")
        }
    with (folder / "edges.csv").open(encoding="utf-8") as edges:
        calling = {
            row["src"]
            for row in csv.DictReader(edges)
            if row["type"] == "mesh-listener" and "retries=0" in row["attrs"].split(";")
        }
    return calling, names - calling


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_a_lesson_of_a_real_postmortem_finds_where_else_it_applies_in_a_real_estate(
    shared: Path, open_part: set[str], elsewhere: Elsewhere, tmp_path: Path
) -> None:
    # The postmortems come in; a second time, nothing is left to do.
    corpus = shared / "corpus" / "docs"
    first = elsewhere.json("ingest", corpus)
    assert len(first) == len([name for name in corpus.iterdir() if name.suffix in ENDINGS])
    assert {one["outcome"] for one in first} == {"new", "template", "not a postmortem"}
    again = elsewhere.json("ingest", corpus)
    assert [one["outcome"] for one in again] == [one["outcome"].replace("new", "unchanged") for one in first]

    # The estate comes in.
    file = tmp_path / "wikimedia.jsonl"
    subprocess.run([sys.executable, wikimedia_catalog.__file__, str(file)], check=True)
    elsewhere("catalog", "import", file).done()

    # A learning becomes a lesson, with a pattern.
    source = next(
        one
        for one in elsewhere.json("postmortems", "list")
        if one["learnings"] and Path(one["name"]).stem in open_part
    )
    [learning, *_] = elsewhere.json("postmortems", "show", source["id"])["learned"]
    key = "retries-in-the-mesh"
    elsewhere("lessons", "create", key, "--title", "Retry in the mesh", "--learning", learning["id"]).done()
    pattern = tmp_path / "pattern.yaml"
    pattern.write_text(PATTERN, encoding="utf-8")
    elsewhere("lessons", "add-pattern", key, pattern).done()

    # The report says what a recount of the tables says.
    report = elsewhere.json("where-else", "--lesson", key)
    calling, others = recounted(shared)
    assert {one["ref"] for one in report["exposed"]} == {f"component:default/{name}" for name in calling}
    assert {one["ref"] for one in report["unknown"]} == {f"component:default/{name}" for name in others}
    assert report["learned_from"] == [source["title"] or source["name"]]
    for exposed in report["exposed"]:
        assert {line["source"] for line in exposed["evidence"]} - {None} == {"wikimedia-tables"}

    # A program carries the lesson to all of them.
    elsewhere("programs", "create", "mesh", "--title", "One mesh").done()
    elsewhere("programs", "add-lesson", "mesh", key).done()
    program = elsewhere.json("programs", "show", "mesh")
    assert program["coverage"]["by_progress"] == {"proposed": len(calling)}
    assert {ref for item in program["items"] for ref in item["refs"]} == {
        one["ref"] for one in report["exposed"]
    }
